/** Every kind that an API server serves, with verbs and subresources: what the attacks go through. */
import type { Wire } from './http.ts';

/** One kind or subresource as it is served. */
export interface Served {
  /** Empty for the core group. */
  readonly group: string;
  /** `/api/v1` or `/apis/<group>/<version>` */
  readonly base: string;
  readonly apiVersion: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

interface DiscoveryList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly scope: string;
        readonly verbs: readonly string[];
        readonly responseKind?: { readonly kind: string };
        readonly subresources?: readonly { readonly subresource: string; readonly verbs: readonly string[] }[];
      }[];
    }[];
  }[];
}

/** All kinds in every served version, sorted as the server does. */
export async function discover(wire: Wire): Promise<Served[]> {
  const headers = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
  const answers = await Promise.all(['/api', '/apis'].map((path) => wire.send({ method: 'GET', path, headers })));
  return answers.flatMap((answer) =>
    ((JSON.parse(answer.text) as DiscoveryList).items ?? []).flatMap((item) =>
      (item.versions ?? []).flatMap(({ version, resources = [] }) => {
        const group = item.metadata?.name ?? '';
        const apiVersion = group === '' ? version : `${group}/${version}`;
        const base = group === '' ? `/api/${version}` : `/apis/${apiVersion}`;
        return resources.map((served) => ({
          group,
          base,
          apiVersion,
          resource: served.resource,
          kind: served.responseKind?.kind ?? '',
          namespaced: served.scope === 'Namespaced',
          verbs: served.verbs,
          subresources: (served.subresources ?? []).map((sub) => ({ name: sub.subresource, verbs: sub.verbs })),
        }));
      }),
    ),
  );
}

/** A request for one verb. */
export interface VerbRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** How each verb of a kind is asked; in `namespace` for namespaced kinds, everywhere when it is undefined. Pure. */
export function requestsOf(served: Served, namespace: string | undefined, name = 'target'): VerbRequest[] {
  const { base, resource, apiVersion, kind } = served;
  const all = `${base}${served.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''}/${resource}`;
  const own = served.verbs.flatMap((verb) => verbRequest(verb, all, `${all}/${name}`, { apiVersion, kind }, name));
  const below = served.subresources.flatMap((sub) =>
    sub.verbs.flatMap((verb) => {
      const path = `${all}/${name}/${sub.name}`;
      return verbRequest(verb, path, path, { apiVersion, kind }, name);
    }),
  );
  return [...own, ...below];
}

function verbRequest(verb: string, all: string, one: string, type: object, name: string): VerbRequest[] {
  const body = { ...type, metadata: { name } };
  switch (verb) {
    case 'get':
      return [{ method: 'GET', path: one }];
    case 'list':
      return [{ method: 'GET', path: all }];
    case 'watch':
      return [{ method: 'GET', path: `${all}?watch=1&timeoutSeconds=1` }];
    case 'create':
      return [{ method: 'POST', path: all, body }];
    case 'update':
      return [{ method: 'PUT', path: one, body }];
    case 'patch':
      return [{ method: 'PATCH', path: one, body: {}, contentType: patchTypes.merge }];
    case 'delete':
      return [{ method: 'DELETE', path: one }];
    case 'deletecollection':
      return [{ method: 'DELETE', path: all }];
    default:
      return [];
  }
}

/** Media types of the four kinds of patch. */
export const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;
