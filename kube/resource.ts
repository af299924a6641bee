import { AppError } from '../core/errors.ts';
import type { KubeObject, Resource } from './types.ts';

/** API group and version of our own kinds. */
export const ourApiVersion = 'jinhong.dev/v1alpha1';

const core = (kind: string, plural: string, namespaced: boolean): Resource => ({
  group: '',
  version: 'v1',
  kind,
  plural,
  namespaced,
});

const grouped = (group: string, kind: string, plural: string, namespaced: boolean): Resource => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

const ours = (kind: string, plural: string, namespaced: boolean): Resource => ({
  group: 'jinhong.dev',
  version: 'v1alpha1',
  kind,
  plural,
  namespaced,
});

/** Every kind the program reads or writes, with the version it speaks. */
export const resources = {
  namespace: core('Namespace', 'namespaces', false),
  resourceQuota: core('ResourceQuota', 'resourcequotas', true),
  limitRange: core('LimitRange', 'limitranges', true),
  serviceAccount: core('ServiceAccount', 'serviceaccounts', true),
  service: core('Service', 'services', true),
  configMap: core('ConfigMap', 'configmaps', true),
  secret: core('Secret', 'secrets', true),
  pod: core('Pod', 'pods', true),
  networkPolicy: grouped('networking.k8s.io', 'NetworkPolicy', 'networkpolicies', true),
  role: grouped('rbac.authorization.k8s.io', 'Role', 'roles', true),
  roleBinding: grouped('rbac.authorization.k8s.io', 'RoleBinding', 'rolebindings', true),
  clusterRole: grouped('rbac.authorization.k8s.io', 'ClusterRole', 'clusterroles', false),
  clusterRoleBinding: grouped('rbac.authorization.k8s.io', 'ClusterRoleBinding', 'clusterrolebindings', false),
  lease: grouped('coordination.k8s.io', 'Lease', 'leases', true),
  event: grouped('events.k8s.io', 'Event', 'events', true),
  deployment: grouped('apps', 'Deployment', 'deployments', true),
  crd: grouped('apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions', false),
  validatingAdmissionPolicy: grouped(
    'admissionregistration.k8s.io',
    'ValidatingAdmissionPolicy',
    'validatingadmissionpolicies',
    false,
  ),
  validatingAdmissionPolicyBinding: grouped(
    'admissionregistration.k8s.io',
    'ValidatingAdmissionPolicyBinding',
    'validatingadmissionpolicybindings',
    false,
  ),
  flowSchema: grouped('flowcontrol.apiserver.k8s.io', 'FlowSchema', 'flowschemas', false),
  priorityLevelConfiguration: grouped(
    'flowcontrol.apiserver.k8s.io',
    'PriorityLevelConfiguration',
    'prioritylevelconfigurations',
    false,
  ),
  site: ours('Site', 'sites', false),
  department: ours('Department', 'departments', false),
  tenant: ours('Tenant', 'tenants', true),
  approval: ours('Approval', 'approvals', true),
  grant: ours('Grant', 'grants', true),
  hostnameClaim: ours('HostnameClaim', 'hostnameclaims', false),
} as const satisfies Record<string, Resource>;

/** `v1` or `group/version`, as objects write it. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

const byTypeName = new Map<string, Resource>(
  Object.values(resources).map((resource) => [`${apiVersionOf(resource)} ${resource.kind}`, resource]),
);

/** The resource of an object, by its apiVersion and kind. @throws bug `unknown-kind` when it is not in `resources` */
export function resourceOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Resource {
  const found = byTypeName.get(`${object.apiVersion} ${object.kind}`);
  if (found === undefined) {
    throw new AppError('bug', `No resource is registered for ${object.apiVersion} ${object.kind}.`, {
      code: 'unknown-kind',
      hint: 'Add it to `resources` in kube/resource.ts.',
    });
  }
  return found;
}

/** What a path points at: a collection, one object, or a subresource of one. */
export interface PathTarget {
  namespace?: string | undefined;
  name?: string | undefined;
  subresource?: string | undefined;
}

/**
 * The path of a collection (no `name`), an object or its subresource. A namespaced kind without namespace and name is
 * the collection of all namespaces. Names are checked and escaped, so that no name can lead to another path.
 * @throws input `bad-name` for a name that no object can have; bug `no-namespace` when a namespaced object has none
 */
export function pathOf(resource: Resource, target: PathTarget = {}): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const parts = [root];
  if (resource.namespaced && target.namespace !== undefined) {
    parts.push('namespaces', segment(target.namespace));
  } else if (resource.namespaced && target.name !== undefined) {
    throw new AppError('bug', `${resource.kind} ${target.name} was addressed without its namespace.`, {
      code: 'no-namespace',
    });
  }
  parts.push(resource.plural);
  if (target.name !== undefined) parts.push(segment(target.name));
  if (target.subresource !== undefined) parts.push(segment(target.subresource));
  return parts.join('/');
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key used by informers and queues. */
export function keyOf(object: { metadata: { namespace?: string | undefined; name: string } }): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The parts of a key made by `keyOf`. */
export function refOfKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/u.test(name)) {
    throw new AppError('input', `'${name}' cannot be the name of an object.`, { code: 'bad-name' });
  }
  return encodeURIComponent(name);
}
