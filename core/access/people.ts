import type { Cloud } from '../model/cloud.ts';
import { namespaces } from '../model/names.ts';
import { binding, ourGroup, type PlainObject, type PolicyRule, rbacGroup, role, type Subject } from './objects.ts';

/** ClusterRoles for people. They are bound to groups, never to users (docs/design.md 2). */
export const peopleRoles = {
  /** In a tenant's namespaces at a site, by the site controller. */
  tenantAdmin: 'jinhong:tenant-admin',
  tenantEdit: 'jinhong:tenant-edit',
  tenantView: 'jinhong:tenant-view',
  /** In a `dept-*` namespace, by the management controller. */
  asker: 'jinhong:asker',
  viewer: 'jinhong:viewer',
  reviewer: 'jinhong:reviewer',
  /** In the whole management centre, by `up`: everyone of the directory finds departments, sites and hostnames. */
  directoryReader: 'jinhong:directory-reader',
  /** Platform staff: in the whole centre, by `up`. */
  observer: 'jinhong:observer',
  siteOperator: 'jinhong:site-operator',
} as const;

/** ConfigMap in `jinhong-system` of a site by which `jinhong site confirm` lets a large change through. */
export const siteConfirmation = 'jinhong-site-confirm';

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const rule = (group: string, resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
  apiGroups: [group],
  resources: [...resources].sort(),
  verbs: [...verbs].sort(),
});

const workloads = ['deployments', 'deployments/scale', 'replicasets', 'statefulsets', 'statefulsets/scale'];
const coreData = ['configmaps', 'persistentvolumeclaims', 'pods', 'services'];

/** What a member may see: all of its namespace but the content of Secrets. */
const tenantView: PolicyRule[] = [
  rule('', [...coreData, 'endpoints', 'events', 'limitranges', 'namespaces', 'resourcequotas'], read),
  rule('', ['pods/log', 'pods/status', 'replicationcontrollers', 'serviceaccounts'], read),
  rule('apps', [...workloads, 'controllerrevisions', 'daemonsets'], read),
  rule('autoscaling', ['horizontalpodautoscalers'], read),
  rule('batch', ['cronjobs', 'jobs'], read),
  rule('discovery.k8s.io', ['endpointslices'], read),
  rule('events.k8s.io', ['events'], read),
  rule('networking.k8s.io', ['networkpolicies'], read),
  rule('policy', ['poddisruptionbudgets'], read),
  rule(rbacGroup, ['rolebindings', 'roles'], read),
];

/** What a member with `edit` changes beside: workloads, services, configuration, secrets. No daemons, no node access. */
const tenantEdit: PolicyRule[] = [
  ...tenantView,
  rule('', coreData, write),
  rule('', ['secrets'], [...read, ...write]),
  rule('', ['pods/attach', 'pods/exec', 'pods/portforward'], ['create', 'get']),
  rule('', ['pods/eviction'], ['create']),
  rule('apps', workloads, write),
  rule('autoscaling', ['horizontalpodautoscalers'], write),
  rule('batch', ['cronjobs', 'jobs'], write),
  rule('policy', ['poddisruptionbudgets'], write),
];

/**
 * What a member with `admin` changes beside: narrow network policies, service accounts, and who of its own groups may do
 * what. Admission keeps network policies narrow, and bindings inside the tenant's groups and to these three roles
 * (policies/); a Role of a member's own could not be bound, so none can be written.
 */
const tenantAdmin: PolicyRule[] = [
  ...tenantEdit,
  rule('', ['serviceaccounts'], write),
  rule('networking.k8s.io', ['networkpolicies'], write),
  rule(rbacGroup, ['rolebindings'], write),
];

const viewer: PolicyRule[] = [
  rule('', ['events', 'namespaces'], read),
  rule('events.k8s.io', ['events'], read),
  rule(ourGroup, ['approvals', 'tenants'], read),
];

const peopleRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  [peopleRoles.tenantAdmin]: tenantAdmin,
  [peopleRoles.tenantEdit]: tenantEdit,
  [peopleRoles.tenantView]: tenantView,
  [peopleRoles.asker]: [...viewer, rule(ourGroup, ['tenants'], ['create', 'delete', 'patch', 'update'])],
  [peopleRoles.viewer]: viewer,
  [peopleRoles.reviewer]: [...viewer, rule(ourGroup, ['approvals'], ['create'])],
  [peopleRoles.directoryReader]: [rule(ourGroup, ['departments', 'hostnameclaims', 'sites'], read)],
  [peopleRoles.observer]: [
    ...tenantView,
    rule('', ['nodes', 'persistentvolumes'], read),
    rule('apiextensions.k8s.io', ['customresourcedefinitions'], read),
    rule('coordination.k8s.io', ['leases'], read),
    rule(ourGroup, ['approvals', 'departments', 'grants', 'hostnameclaims', 'sites', 'tenants'], read),
  ],
  [peopleRoles.siteOperator]: [
    {
      apiGroups: [''],
      resources: ['configmaps'],
      verbs: ['get', 'patch', 'update'],
      resourceNames: [siteConfirmation],
    },
  ],
};

/** Every ClusterRole for people, sorted by name; the same at every centre. Pure. */
export function peopleClusterRoles(): PlainObject[] {
  return Object.keys(peopleRules)
    .sort()
    .map((name) => role(name, peopleRules[name] ?? []));
}

/** The rules of one of the platform's roles for people; empty for a name that is none. Pure. */
export function rulesOfPeopleRole(name: string): readonly PolicyRule[] {
  return peopleRules[name] ?? [];
}

/** What the bindings of people at one centre depend on. */
export interface PeopleOptions {
  readonly groups: Cloud['groups'];
  readonly management: boolean;
  /** All groups of all departments; read at the management centre only. Order does not matter. */
  readonly directory: readonly string[];
}

/**
 * Bindings of platform staff at one centre and, at the management centre, of everyone of the directory. Engineers and the
 * break-glass group hold `cluster-admin`: installing roles needs every right in them, and `escalate` would be no less.
 * Groups of tenants are bound by the controllers. Sorted by name. Pure.
 */
export function peopleBindings(options: PeopleOptions): PlainObject[] {
  const { platform, breakGlass, onCall, supervision } = options.groups;
  const all = [
    ...clusterBindings('cluster-admin', 'jinhong:platform', [platform, breakGlass]),
    ...clusterBindings(peopleRoles.observer, peopleRoles.observer, [onCall, supervision]),
    binding({
      name: peopleRoles.siteOperator,
      role: { kind: 'ClusterRole', name: peopleRoles.siteOperator },
      subjects: groupSubjects([onCall]),
      namespace: namespaces.system,
    }),
  ];
  if (!options.management) return all;
  const everyone = [...options.directory, platform, breakGlass, onCall, supervision];
  const reader = 'jinhong:cloud-reader';
  return [
    ...all,
    ...clusterBindings(peopleRoles.directoryReader, peopleRoles.directoryReader, everyone),
    role(
      reader,
      [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'watch'], resourceNames: ['jinhong-cloud'] }],
      namespaces.system,
    ),
    binding({
      name: reader,
      role: { kind: 'Role', name: reader },
      subjects: groupSubjects(everyone),
      namespace: namespaces.system,
    }),
  ];
}

function clusterBindings(clusterRole: string, name: string, groups: readonly string[]): PlainObject[] {
  return [binding({ name, role: { kind: 'ClusterRole', name: clusterRole }, subjects: groupSubjects(groups) })];
}

function groupSubjects(groups: readonly string[]): Subject[] {
  return [...new Set(groups)].sort().map((name) => ({ kind: 'Group', name }));
}
