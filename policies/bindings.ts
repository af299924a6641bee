import { rbacGroup, rbacVersion } from '../core/access/objects.ts';
import type { JsonObject } from './rule.ts';

/** Where an example binds whom to what. */
interface BindingExample {
  readonly name: string;
  readonly namespace: string;
  /** A ClusterRole. */
  readonly role: string;
  /** A group, unless it is written out as a subject. */
  readonly to: string | JsonObject;
}

/** A RoleBinding as an example of the rules about them. Pure. */
export function bindingExample({ name, namespace, role, to }: BindingExample): JsonObject {
  return {
    apiVersion: rbacVersion,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
    subjects: [typeof to === 'string' ? { kind: 'Group', apiGroup: rbacGroup, name: to } : to],
  };
}
