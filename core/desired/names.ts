import { namespaces } from '../model/names.ts';

/**
 * Names of what the platform puts into a tenant's namespace, the same in each. A name that is in these lists and not
 * wanted any more is removed; nothing else ever is.
 */
export const objectNames = {
  quota: 'jinhong-quota',
  limits: 'jinhong-limits',
  serviceAccount: 'default',
} as const;

/** NetworkPolicies, each for one purpose. */
export const policyNames = {
  defaultDeny: 'jinhong-default-deny',
  dns: 'jinhong-dns',
  sameEnvironment: 'jinhong-same-environment',
  zone: 'jinhong-zone',
  egress: 'jinhong-egress',
} as const;

/** RoleBindings, one per role of members; each is named like the ClusterRole that it binds. */
export const memberRoles = {
  admin: 'jinhong:tenant-admin',
  edit: 'jinhong:tenant-edit',
  view: 'jinhong:tenant-view',
} as const;

/** The value of the label `app.kubernetes.io/managed-by` on everything the platform makes. */
export const managedByValue = 'jinhong';

/** Label of the Pods of a zone's gateway in `jinhong-system`; its value is the zone. Only they may reach a website. */
export const gatewayLabel = 'jinhong.dev/gateway';
export const gatewayNamespace = namespaces.system;

/**
 * Version to which the pod security standard is pinned, so that an upgrade of a centre does not change what tenants may
 * run: the one that the platform is built and tested with (local/binaries/kubernetes/go.mod).
 */
export const podSecurityVersion = 'v1.35';
