import type { Kind, KindName } from './kinds.ts';
import { kinds } from './kinds.ts';
import { group, version } from './names.ts';
import { type OpenApi, openApi } from './openapi.ts';

/** A CustomResourceDefinition as plain JSON. */
export interface Crd {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: OpenApi;
}

/**
 * The CustomResourceDefinition of one kind, generated from its zod schemas: list-map keys, CEL rules, printer columns
 * and `kubectl explain` texts included. Throws TypeError when a schema is outside the subset.
 */
export function crdOf(name: KindName): Crd {
  const kind: Kind = kinds[name];
  const singular = kind.kind.toLowerCase();
  const wide = (column: { wide?: boolean }) => (column.wide === true ? { priority: 1 } : {});
  const nameRules = kind.nameRules.filter((rule) => rule.fieldPath?.startsWith('.metadata') === true);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${group}` },
    spec: {
      group,
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular,
        ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(kind.status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: kind.columns.map((column) => ({
            name: column.name,
            type: column.type,
            jsonPath: column.path,
            ...wide(column),
          })),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: `${kind.text.en}. ${kind.text.zh}`,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: openApi(kind.spec, '.spec'),
                ...(kind.status === undefined ? {} : { status: openApi(kind.status, '.status') }),
              },
              ...(nameRules.length === 0
                ? {}
                : {
                    'x-kubernetes-validations': nameRules.map((rule) => ({
                      rule: rule.cel,
                      message: `${rule.id}: ${rule.text.zh} / ${rule.text.en}`,
                    })),
                  }),
            },
          },
        },
      ],
    },
  };
}
