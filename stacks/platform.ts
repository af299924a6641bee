import type { Call } from '../core/access/call.ts';
import { managementCalls } from '../core/access/management.ts';
import { binding, controllers, platformLabels, role } from '../core/access/objects.ts';
import { peopleBindings, peopleClusterRoles, siteConfirmation } from '../core/access/people.ts';
import { rulesOf } from '../core/access/roles.ts';
import { siteCalls } from '../core/access/site.ts';
import { AppError } from '../core/errors.ts';
import type { Cloud, CloudSite } from '../core/model/cloud.ts';
import { apiVersion, labels, namespaces } from '../core/model/names.ts';
import type { KubeObject } from '../kube/types.ts';
import { policyObjects } from '../policies/objects.ts';
import { controllerDeployment } from './controllers.ts';
import { trafficObjects } from './traffic.ts';

/** ConfigMap with cloud.yaml for the controllers and for people's commands. */
export const cloudConfigMap = 'jinhong-cloud';

/** What the platform of one centre is made from. */
export interface PlatformInput {
  readonly cloud: Cloud;
  /** Name of the centre; must be one of `cloud.sites`. */
  readonly site: string;
  /** Image of the controllers. */
  readonly image: string;
  /** Groups of all departments: who may read the directory at the management centre. */
  readonly directory: readonly string[];
  /** The generated CRDs, all of them. */
  readonly crds: readonly KubeObject[];
  /** Copies of each controller. @default 2 */
  readonly replicas?: number;
  /** Shorter Leases and back-off for tests; the controllers have defaults. Milliseconds or seconds as their names say. */
  readonly timings?: Readonly<Record<string, number>>;
}

/** CRDs that a centre without departments of its own needs. */
const siteKinds = ['Department', 'Grant'];

/**
 * Everything that `jinhong up` installs at one centre, in the order in which it must exist: namespaces, CRDs, accounts,
 * roles, bindings, configuration, traffic, admission, controllers, Sites. The same input gives the same objects. Pure.
 * @throws input `site-unknown`
 */
export function platformObjects(input: PlatformInput): KubeObject[] {
  const site = siteOf(input);
  const management = site.role === 'management';
  const name = management ? controllers.management : controllers.site;
  const program = management ? 'management' : 'site';
  const names = [namespaces.system, namespaces.grants, ...(management ? [namespaces.operations] : [])];
  return [
    ...names.map(namespace),
    ...input.crds.filter((crd) => management || siteKinds.includes(kindOf(crd))),
    account(name),
    ...peopleClusterRoles(),
    ...controllerRoles(name, management ? managementCalls : siteCalls),
    ...peopleBindings({ groups: input.cloud.groups, management, directory: input.directory }),
    configuration(input),
    ...(management ? [] : [confirmation()]),
    ...trafficObjects({ accounts: [name], sites: management ? callers(input.cloud) : [] }),
    ...policyObjects(input.cloud.groups),
    controllerDeployment({ name, program, site: site.name, image: input.image, replicas: input.replicas ?? 2 }),
    ...(management ? input.cloud.sites.map(siteObject) : []),
  ];
}

/** The order of creation: an object may need all that come before it in another phase. Lower is earlier. Pure. */
export function phaseOf(object: Pick<KubeObject, 'kind'>): number {
  const order = [
    ['Namespace', 'CustomResourceDefinition'],
    ['ServiceAccount', 'ClusterRole', 'Role', 'PriorityLevelConfiguration', 'ValidatingAdmissionPolicy'],
    ['ClusterRoleBinding', 'RoleBinding', 'ConfigMap', 'FlowSchema', 'ValidatingAdmissionPolicyBinding'],
  ];
  const phase = order.findIndex((kinds) => kinds.includes(object.kind));
  return phase < 0 ? order.length : phase;
}

/** Objects whose loss would take tenants' data with them: never deleted by an update. Pure. */
export function isProtected(object: Pick<KubeObject, 'kind'>): boolean {
  return object.kind === 'Namespace' || object.kind === 'CustomResourceDefinition';
}

function siteOf({ cloud, site }: PlatformInput): CloudSite {
  const found = cloud.sites.find((entry) => entry.name === site);
  if (found !== undefined) return found;
  const known = cloud.sites.map((entry) => entry.name).join(', ');
  throw new AppError('input', `cloud.yaml has no site ${site}; it has ${known}.`, { code: 'site-unknown' });
}

function callers(cloud: Cloud): string[] {
  return cloud.sites.filter((entry) => entry.role !== 'management').map((entry) => entry.name);
}

function kindOf(crd: KubeObject): string {
  return (crd['spec'] as { names: { kind: string } }).names.kind;
}

function namespace(name: string): KubeObject {
  const level = (mode: string) => ({ [`pod-security.kubernetes.io/${mode}`]: 'restricted' });
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...platformLabels, ...level('enforce'), ...level('warn') } },
  };
}

function account(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: namespaces.system, labels: { ...platformLabels } },
    automountServiceAccountToken: false,
  };
}

function controllerRoles(name: string, calls: readonly Call[]): KubeObject[] {
  const { cluster, namespaced } = rulesOf(calls);
  const subjects = [{ kind: 'ServiceAccount' as const, name, namespace: namespaces.system }];
  // An empty list of rules reads back as none and would look like a change for ever.
  const roles = [
    ...(cluster.length === 0 ? [] : [role(name, cluster)]),
    ...namespaced.map((entry) => role(name, entry.rules, entry.namespace)),
  ];
  const bindings = [
    ...(cluster.length === 0 ? [] : [binding({ name, role: { kind: 'ClusterRole', name }, subjects })]),
    ...namespaced.map((entry) => binding({ name, role: { kind: 'Role', name }, subjects, namespace: entry.namespace })),
  ];
  return [...roles, ...bindings];
}

function configuration({ cloud, timings }: PlatformInput): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: cloudConfigMap, namespace: namespaces.system, labels: { ...platformLabels } },
    data: {
      'cloud.json': JSON.stringify(cloud),
      ...(timings === undefined ? {} : { 'timings.json': JSON.stringify(timings) }),
    },
  };
}

/** Empty until on-call staff write into it; it exists so that they need no right to make ConfigMaps. */
function confirmation(): KubeObject {
  const metadata = { name: siteConfirmation, namespace: namespaces.system, labels: { ...platformLabels } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

function siteObject(site: CloudSite): KubeObject {
  const { name, role: siteRole, region, wave, displayName, capacity } = site;
  return {
    apiVersion,
    kind: 'Site',
    metadata: { name, labels: { ...platformLabels, [labels.site]: name } },
    spec: {
      role: siteRole,
      region,
      wave,
      ...(displayName === undefined ? {} : { displayName }),
      ...(capacity === undefined ? {} : { capacity }),
    },
  };
}
