import { controllerUsers } from '../core/access/objects.ts';
import type { Cloud } from '../core/model/cloud.ts';
import { type Audience, celList } from './rule.ts';

/**
 * The only list of those whom the rules do not bind. Everyone else is bound, cluster administrators included.
 *
 * The API server itself counts what a quota uses, makes the roles that every cluster has and names what it serves. The
 * controller manager acts on what has passed the rules before: it makes Pods from admitted templates, endpoints from
 * admitted Services, and empties namespaces. Pod security still judges the Pods that it makes. Its accounts are those that
 * Kubernetes 1.35 binds to `system:controller:*` (a test compares), and three that have no such role.
 */
const controlPlane = [
  'system:apiserver',
  'system:kube-controller-manager',
  ...[
    'attachdetach-controller',
    'bootstrap-signer',
    'certificate-controller',
    'clusterrole-aggregation-controller',
    'cronjob-controller',
    'daemon-set-controller',
    'deployment-controller',
    'disruption-controller',
    'endpoint-controller',
    'endpointslice-controller',
    'endpointslicemirroring-controller',
    'ephemeral-volume-controller',
    'expand-controller',
    'generic-garbage-collector',
    'horizontal-pod-autoscaler',
    'job-controller',
    'legacy-service-account-token-cleaner',
    'namespace-controller',
    'node-controller',
    'persistent-volume-binder',
    'pod-garbage-collector',
    'pv-protection-controller',
    'pvc-protection-controller',
    'replicaset-controller',
    'replication-controller',
    'resource-claim-controller',
    'resourcequota-controller',
    'root-ca-cert-publisher',
    'route-controller',
    'selinux-warning-controller',
    'service-account-controller',
    'service-cidrs-controller',
    'service-controller',
    'statefulset-controller',
    'token-cleaner',
    'tokens-controller',
    'ttl-after-finished-controller',
    'ttl-controller',
    'validatingadmissionpolicy-status-controller',
    'volumeattributesclass-protection-controller',
  ].map((name) => `system:serviceaccount:kube-system:${name}`),
];

/** Who puts Pods on nodes. */
export const scheduler = 'system:kube-scheduler';

/** Parts of a cluster that make what no department may: volumes, their attachments, nodes, requests for certificates. */
const cluster = {
  users: [scheduler],
  groups: ['system:nodes', 'system:bootstrappers', 'system:serviceaccounts:kube-system'],
};

/** Users and groups on the list for an audience. */
export interface Exempt {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Groups of a city that the list names. */
export type StaffGroups = Pick<Cloud['groups'], 'platform' | 'breakGlass'>;

/** Who is not bound by rules for this audience. Pure. */
export function exemptFrom(audience: Audience, staff: StaffGroups): Exempt {
  if (audience === 'all') return { users: [], groups: [] };
  const users = [controllerUsers.site, ...controlPlane];
  if (audience === 'tenants') return { users, groups: [staff.breakGlass] };
  // `system:masters` is the certificate that a centre is installed and rescued with.
  const groups = [staff.breakGlass, staff.platform, 'system:masters'];
  const people = { users: [...users, controllerUsers.management], groups };
  if (audience === 'people') return people;
  return { users: [...people.users, ...cluster.users], groups: [...people.groups, ...cluster.groups] };
}

/** Whether a caller is on the list. Pure. */
export function isExempt(caller: { user: string; groups: readonly string[] }, exempt: Exempt): boolean {
  return exempt.users.includes(caller.user) || caller.groups.some((group) => exempt.groups.includes(group));
}

/** CEL that holds for those who are bound; undefined when all are. Pure. */
export function boundCel({ users, groups }: Exempt): string | undefined {
  if (users.length === 0 && groups.length === 0) return undefined;
  const named = `request.userInfo.username in ${celList(users)}`;
  const member = `has(request.userInfo.groups) && request.userInfo.groups.exists(g, g in ${celList(groups)})`;
  return `!(${named}) && !(${member})`;
}
