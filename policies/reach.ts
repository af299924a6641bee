import { rbacGroup } from '../core/access/objects.ts';
import { nameOf } from './marks.ts';
import { type Cover, celList, type FieldPath, innerOf, type JsonObject, listOf, type RuleRequest } from './rule.ts';

/** What both rules about the controllers' own reach share: RBAC gives a controller its kinds, these say where and to whom. */
const operations = ['CREATE', 'UPDATE', 'DELETE'] as const;

/** Kinds that the controllers write and that could carry their rights elsewhere. */
export const reachCovers: readonly Cover[] = [
  { groups: [''], resources: ['namespaces', 'limitranges', 'resourcequotas', 'serviceaccounts'], operations },
  { groups: ['networking.k8s.io'], resources: ['networkpolicies'], operations },
  { groups: [rbacGroup], resources: ['roles', 'rolebindings'], operations },
];

/** The namespace that a write is about: its own, or itself. Pure. */
export function placeOf({ object, oldObject }: RuleRequest): string {
  const one = object ?? oldObject;
  return String(innerOf(one, 'metadata')['namespace'] ?? nameOf(one));
}

/** Whether a write binds somebody to a role. Pure. */
export function isBinding({ resource, operation }: RuleRequest): boolean {
  return resource === 'rolebindings' && operation !== 'DELETE';
}

/** Subjects that are not groups of the directory: people, accounts, and groups that Kubernetes itself gives. Pure. */
export function noGroups(object: JsonObject | undefined): FieldPath[] {
  return listOf(object ?? {}, 'subjects').flatMap(({ kind, name }, index): FieldPath[] =>
    kind === 'Group' && !String(name).startsWith('system:') ? [] : [['subjects', index]],
  );
}

/** CEL for `placeOf`. Kinds differ, so nothing is checked against a type. */
export const celPlace =
  '(object == null ? dyn(oldObject) : dyn(object)).metadata.?namespace.orValue((object == null ? dyn(oldObject) : ' +
  "dyn(object)).metadata.?name.orValue(''))";

/** CEL for `isBinding`. */
export const celBinding = "request.resource.resource == 'rolebindings' && request.operation != 'DELETE'";

/** CEL that holds when `noGroups` finds nothing. */
export const celGroups = "dyn(object).?subjects.orValue([]).all(s, s.kind == 'Group' && !s.name.startsWith('system:'))";

/** CEL that holds for one of these roles. Pure. */
export function celRole(kind: 'ClusterRole' | 'Role', names: readonly string[]): string {
  return `dyn(object).roleRef.kind == '${kind}' && dyn(object).roleRef.name in ${celList(names)}`;
}
