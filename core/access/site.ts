import { memberRoles } from '../desired/names.ts';
import { group, namespaces } from '../model/names.ts';
import type { Call, Verb } from './call.ts';
import { siteAccountCalls } from './management.ts';
import { rbacGroup } from './objects.ts';

/** The Lease that says which replica of a site's controller writes. */
export const siteLease = 'jinhong-site';

/** Secret in `jinhong-system` of a site with `server`, `ca.crt` and `token` for the management centre. */
export const managementCredential = 'jinhong-management-credential';

/**
 * ConfigMap in `jinhong-system` of a site, written by `jinhong site confirm`: `data.until` is the RFC 3339 time until which
 * the change budget does not hold.
 */
export const confirmConfigMap = 'jinhong-site-confirm';

interface Where {
  readonly scope?: Call['scope'];
  readonly names?: readonly string[];
}

function calls(
  verbs: readonly Verb[],
  apiGroup: string,
  path: string,
  { scope = 'cluster', names }: Where = {},
): Call[] {
  const [resource = path, subresource] = path.split('/');
  return verbs.map((verb) => ({
    verb,
    group: apiGroup,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    scope,
    ...(names === undefined ? {} : { names }),
  }));
}

const system = { scope: { namespace: namespaces.system } };
const mirror = { scope: { namespace: namespaces.grants } };
const follow = ['list', 'watch'] as const;
/** Read one before it is written for the first time: what is not ours is not taken over. */
const own = ['get', 'list', 'watch', 'create', 'patch'] as const;

/**
 * Every API call that the site controller makes at its own centre. It binds the roles of members by `bind` on exactly
 * these three, so it needs none of the rights in them.
 */
export const siteCalls: readonly Call[] = [
  ...calls([...own, 'delete'], group, 'grants', mirror),
  ...calls(['patch'], group, 'grants/status', mirror),
  ...calls([...follow], group, 'departments'),
  ...calls([...own, 'delete'], '', 'namespaces'),
  // A quota or binding whose immutable part was changed can only be made anew.
  ...calls([...own, 'delete'], '', 'resourcequotas'),
  ...calls([...own], '', 'limitranges'),
  // Kubernetes itself makes the default account, so there is nothing to look at first.
  ...calls([...follow, 'create', 'patch'], '', 'serviceaccounts'),
  ...calls([...own, 'delete'], 'networking.k8s.io', 'networkpolicies'),
  ...calls([...own, 'delete'], rbacGroup, 'rolebindings'),
  ...calls(['bind'], rbacGroup, 'clusterroles', { names: Object.values(memberRoles) }),
  ...calls([...follow], '', 'configmaps', system),
  ...calls(['get', 'patch'], '', 'secrets', { ...system, names: [managementCredential] }),
  ...calls(['create'], 'coordination.k8s.io', 'leases', system),
  ...calls(['get', 'update'], 'coordination.k8s.io', 'leases', { ...system, names: [siteLease] }),
];

/** Every API call that the site controller makes at the management centre, in its own `site-<name>`. */
export const siteManagementCalls = siteAccountCalls;
