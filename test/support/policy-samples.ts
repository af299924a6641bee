/** One small object of every kind that the rules about objects are tried on, and the subresources by which it is written. */
import { ownCertificate } from '../../policies/own-certificate.ts';
import { deploymentExample } from '../../policies/pods.ts';
import { innerOf, type JsonObject } from '../../policies/rule.ts';
import { resourceNamed } from './policy-kinds.ts';

/** Resources by group; all samples are known by `plural.group`, for example `deployments.apps` or `pods.`. */
export type KindName = string;

const selector = { matchLabels: { app: 'web' } };
const template = innerOf(deploymentExample(), 'spec', 'template') as JsonObject;
const pod = template['spec'] as JsonObject;
const jobSpec: JsonObject = { template: { ...template, spec: { ...pod, restartPolicy: 'Never' } } };
const rbac = 'rbac.authorization.k8s.io';
const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'jinhong:tenant-view' };
const staff = { kind: 'Group', apiGroup: rbac, name: 'parks-staff' };

/** Everything but apiVersion, kind and metadata. */
const bodies: Readonly<Record<KindName, JsonObject>> = {
  'configmaps.': { data: { colour: 'green' } },
  'secrets.': { data: { key: 'dmFsdWU=' } },
  'serviceaccounts.': {},
  'services.': { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } },
  'pods.': { spec: pod },
  'podtemplates.': { template },
  'replicationcontrollers.': { spec: { replicas: 1, selector: { app: 'web' }, template } },
  'events.': { reason: 'Fed', message: 'fed', type: 'Normal' },
  'events.events.k8s.io': {
    eventTime: '2026-04-20T01:00:00.000000Z',
    reportingController: 'zoo.example/keeper',
    reportingInstance: 'keeper-1',
    action: 'Feed',
    reason: 'Fed',
    type: 'Normal',
  },
  'endpoints.': { subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }] },
  'limitranges.': { spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '9Ti' } }] } },
  'resourcequotas.': { spec: { hard: { 'count/widgets.zoo.example': '3' } } },
  'persistentvolumeclaims.': { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  'deployments.apps': { spec: { replicas: 1, selector, template } },
  'replicasets.apps': { spec: { replicas: 1, selector, template } },
  'statefulsets.apps': { spec: { serviceName: 'web', replicas: 1, selector, template } },
  'daemonsets.apps': { spec: { selector, template } },
  'controllerrevisions.apps': { revision: 1, data: { spec: {} } },
  'jobs.batch': { spec: { ...jobSpec, manualSelector: true, selector } },
  'cronjobs.batch': { spec: { schedule: '0 3 * * *', jobTemplate: { spec: jobSpec } } },
  'horizontalpodautoscalers.autoscaling': {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  },
  'poddisruptionbudgets.policy': { spec: { minAvailable: 1, selector } },
  'leases.coordination.k8s.io': { spec: { holderIdentity: 'web' } },
  'endpointslices.discovery.k8s.io': { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }] },
  'ingresses.networking.k8s.io': { spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
  'networkpolicies.networking.k8s.io': { spec: { podSelector: {}, policyTypes: ['Egress'] } },
  [`rolebindings.${rbac}`]: { roleRef, subjects: [staff] },
  [`roles.${rbac}`]: { rules: [] },
  'resourceclaims.resource.k8s.io': { spec: {} },
  'resourceclaimtemplates.resource.k8s.io': { spec: { spec: {} } },
  'csistoragecapacities.storage.k8s.io': { storageClassName: 'fast' },
  ...Object.fromEntries(
    ['httproutes', 'grpcroutes', 'tlsroutes', 'tcproutes', 'udproutes', 'gateways', 'referencegrants']
      .concat('backendtlspolicies', 'gatewayclasses')
      .map((plural) => [`${plural}.gateway.networking.k8s.io`, { spec: {} }]),
  ),
  'xlistenersets.gateway.networking.x-k8s.io': { spec: {} },

  'namespaces.': {},
  'nodes.': {},
  'persistentvolumes.': {
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/srv/zoo' } },
  },
  [`clusterroles.${rbac}`]: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  [`clusterrolebindings.${rbac}`]: { roleRef, subjects: [staff] },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { webhooks: [] },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { webhooks: [] },
  'ingressclasses.networking.k8s.io': { spec: { controller: 'zoo.example/ingress' } },
  'servicecidrs.networking.k8s.io': { spec: { cidrs: ['203.0.113.0/24'] } },
  'storageclasses.storage.k8s.io': { provisioner: 'zoo.example/disk' },
  'csidrivers.storage.k8s.io': { spec: { attachRequired: false } },
  'csinodes.storage.k8s.io': { spec: { drivers: [] } },
  'volumeattachments.storage.k8s.io': {
    spec: { attacher: 'zoo.example', nodeName: 'zoo', source: { persistentVolumeName: 'zoo' } },
  },
  'volumeattributesclasses.storage.k8s.io': { driverName: 'zoo.example', parameters: { speed: 'high' } },
  'priorityclasses.scheduling.k8s.io': { value: 1000 },
  'runtimeclasses.node.k8s.io': { handler: 'zoo' },
  'deviceclasses.resource.k8s.io': { spec: {} },
  'resourceslices.resource.k8s.io': {
    spec: {
      driver: 'zoo.example',
      pool: { name: 'zoo', generation: 1, resourceSliceCount: 1 },
      allNodes: true,
      devices: [],
    },
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': { spec: { priorityLevelConfiguration: { name: 'exempt' } } },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } },
  },
  'certificatesigningrequests.certificates.k8s.io': { spec: innerOf(ownCertificate.failing.object, 'spec') },
};

/** Every kind that lives in a namespace and has a sample. */
export const namespacedKinds: readonly KindName[] = Object.keys(bodies).filter((kind) => resourceOf(kind).namespaced);

/** How a kind is served. */
export function resourceOf(kind: KindName): ReturnType<typeof resourceNamed> {
  const dot = kind.indexOf('.');
  return resourceNamed(kind.slice(dot + 1), kind.slice(0, dot));
}

/** The sample of a kind with this metadata; `namespace` is left out for kinds of cluster scope. Pure. */
export function sampleOf(kind: KindName, metadata: JsonObject, body: JsonObject = bodies[kind] ?? {}): JsonObject {
  const { group, version, kind: name, namespaced } = resourceOf(kind);
  const { namespace, ...rest } = metadata;
  const about = { kind: 'Pod', name: 'web', namespace };
  const event = kind === 'events.' ? { involvedObject: about } : { regarding: about };
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind: name,
    metadata: namespaced ? { ...rest, namespace } : rest,
    ...body,
    ...(kind.startsWith('events.') ? event : {}),
  };
}

/** A subresource that can be written. */
export interface Subresource {
  readonly kind: KindName;
  readonly name: string;
  readonly operation: 'CREATE' | 'UPDATE';
  /** Whether labels, annotations, finalizers and owners of the body are taken over. */
  readonly keepsMetadata: boolean;
  /** The body when it is not the object itself; then only the name of the object is seen. */
  readonly view?: JsonObject;
}

const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 2 } };
const status = (kind: KindName, keepsMetadata = false): Subresource => ({
  kind,
  name: 'status',
  operation: 'UPDATE',
  keepsMetadata,
});
const scaled = (kind: KindName): Subresource => ({
  kind,
  name: 'scale',
  operation: 'UPDATE',
  keepsMetadata: true,
  view: scale,
});

/** Every subresource in a tenant's namespace by which an object is written. */
export const subresources: readonly Subresource[] = [
  ...['pods.', 'services.', 'replicationcontrollers.', 'persistentvolumeclaims.', 'resourcequotas.'].map((kind) =>
    status(kind),
  ),
  ...['replicasets.apps', 'statefulsets.apps', 'daemonsets.apps', 'jobs.batch', 'cronjobs.batch'].map((kind) =>
    status(kind),
  ),
  status('horizontalpodautoscalers.autoscaling'),
  status('poddisruptionbudgets.policy'),
  status('ingresses.networking.k8s.io'),
  status('deployments.apps', true),
  status('resourceclaims.resource.k8s.io', true),
  status('httproutes.gateway.networking.k8s.io', true),
  ...['deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'replicationcontrollers.'].map(scaled),
  { kind: 'pods.', name: 'ephemeralcontainers', operation: 'UPDATE', keepsMetadata: true },
  { kind: 'pods.', name: 'resize', operation: 'UPDATE', keepsMetadata: true },
  {
    kind: 'pods.',
    name: 'eviction',
    operation: 'CREATE',
    keepsMetadata: true,
    view: { apiVersion: 'policy/v1', kind: 'Eviction' },
  },
  {
    kind: 'pods.',
    name: 'binding',
    operation: 'CREATE',
    keepsMetadata: true,
    view: { apiVersion: 'v1', kind: 'Binding', target: { kind: 'Node', name: 'zoo' } },
  },
  {
    kind: 'serviceaccounts.',
    name: 'token',
    operation: 'CREATE',
    keepsMetadata: true,
    view: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['zoo'] } },
  },
];
