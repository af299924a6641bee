import { group, namespaces } from '../model/names.ts';
import type { Call, Verb } from './call.ts';
import { peopleRoles } from './people.ts';

/** Name of the Lease, ServiceAccount, Role and RoleBinding by which a site is known in its `site-<name>`. */
export const siteAccountName = 'jinhong-site';

/** The ConfigMap in `jinhong-operations` whose key `term` orders decisions before and after a rebuild. */
export const termConfigMap = 'jinhong-term';

/** The Lease that says which replica decides. */
export const managementLease = 'jinhong-management';

/** ClusterRoles of the platform that the management controller binds inside `dept-*`; it may bind no others. */
export const boundInDepartments = [peopleRoles.asker, peopleRoles.viewer, peopleRoles.reviewer] as const;

interface Where {
  readonly scope?: Call['scope'];
  readonly names?: readonly string[];
}

function calls(verbs: readonly Verb[], apiGroup: string, path: string, where: Where = {}): Call[] {
  const [resource = path, subresource] = path.split('/');
  return verbs.map((verb) => ({
    verb,
    group: apiGroup,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    scope: where.scope ?? 'cluster',
    ...(where.names === undefined ? {} : { names: where.names }),
  }));
}

const rbac = 'rbac.authorization.k8s.io';
const coordination = 'coordination.k8s.io';
const read = ['list', 'watch'] as const;
const readAndApply = ['list', 'watch', 'create', 'patch'] as const;

/**
 * What a site's account may do in its own `site-<name>` in the management centre: read its Grants, report on them, renew
 * one Lease, and renew its own token. The Role there is made from this list.
 */
export function siteAccountCalls(namespace: string): readonly Call[] {
  const scope = { namespace };
  const own = [siteAccountName];
  return [
    ...calls(['get', 'list', 'watch'], group, 'grants', { scope }),
    ...calls(['patch', 'update'], group, 'grants/status', { scope }),
    ...calls(['get', 'update', 'patch'], coordination, 'leases', { scope, names: own }),
    ...calls(['create'], '', 'serviceaccounts/token', { scope, names: own }),
  ];
}

/**
 * Rights that the management controller holds only because the API server lets nobody hand out more than they have: it
 * makes the Role of each site and never uses these itself.
 */
export const managementDelegates: readonly Call[] = [
  ...calls(['get'], group, 'grants'),
  ...calls(['patch', 'update'], group, 'grants/status'),
  ...calls(['get', 'update', 'patch'], coordination, 'leases', { names: [siteAccountName] }),
  ...calls(['create'], '', 'serviceaccounts/token', { names: [siteAccountName] }),
];

/** Every API call that the management controller makes itself. */
export const managementOwnCalls: readonly Call[] = [
  ...calls([...read], group, 'departments'),
  ...calls(['update'], group, 'departments/status'),
  ...calls([...read], group, 'sites'),
  ...calls(['update'], group, 'sites/status'),
  ...calls([...read, 'patch'], group, 'tenants'),
  ...calls(['patch'], group, 'tenants/status'),
  ...calls([...read], group, 'approvals'),
  ...calls(['patch'], group, 'approvals/status'),
  ...calls([...read, 'create', 'update', 'delete'], group, 'grants'),
  ...calls([...read, 'create', 'update', 'delete'], group, 'hostnameclaims'),
  ...calls(['get', ...readAndApply], '', 'namespaces'),
  ...calls([...readAndApply], '', 'serviceaccounts'),
  ...calls([...readAndApply], rbac, 'roles'),
  ...calls([...readAndApply], rbac, 'rolebindings'),
  ...calls(['bind'], rbac, 'clusterroles', { names: boundInDepartments }),
  ...calls(['create', 'patch'], 'events.k8s.io', 'events'),
  // The heartbeats of the sites, and a heartbeat's Lease made together with the account that renews it.
  ...calls([...read, 'create'], coordination, 'leases'),
  ...calls(['get', 'update'], coordination, 'leases', {
    scope: { namespace: namespaces.system },
    names: [managementLease],
  }),
  ...calls([...read], '', 'configmaps', { scope: { namespace: namespaces.operations } }),
  ...calls([...read], '', 'configmaps', { scope: { namespace: namespaces.system } }),
];

/** All that the management controller's role must allow. */
export const managementCalls: readonly Call[] = [...managementOwnCalls, ...managementDelegates];
