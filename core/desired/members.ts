import { type PlainObject, rbacGroup, rbacVersion } from '../access/objects.ts';
import type { Member } from '../model/fields.ts';
import { memberRoles, objectNames } from './names.ts';
import { namespaceOf, ownerLabels } from './namespace.ts';
import type { EnvironmentInput } from './types.ts';

/** The namespace's default ServiceAccount, whose token is not handed to Pods that do not ask for it. Pure. */
export function desiredServiceAccount(input: EnvironmentInput): PlainObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: objectNames.serviceAccount, namespace: namespaceOf(input), labels: ownerLabels(input) },
    automountServiceAccountToken: false,
  };
}

/** One RoleBinding per role that a group has; in mode `readonly` every group may only look. Pure. */
export function desiredBindings(input: EnvironmentInput): PlainObject[] {
  const roles: readonly Member['role'][] = ['admin', 'edit', 'view'];
  return roles.flatMap((role) => {
    const groups = input.grant.members
      .filter((member) => (input.mode === 'readonly' ? 'view' : member.role) === role)
      .map((member) => member.group)
      .sort();
    if (groups.length === 0) return [];
    return [
      {
        apiVersion: rbacVersion,
        kind: 'RoleBinding',
        metadata: { name: memberRoles[role], namespace: namespaceOf(input), labels: ownerLabels(input) },
        roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: memberRoles[role] },
        subjects: groups.map((name) => ({ kind: 'Group', apiGroup: rbacGroup, name })),
      },
    ];
  });
}
