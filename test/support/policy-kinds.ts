/** The kinds with which the rules of policies/ are tried, and how an API server serves them. */
import { resources } from '../../kube/resource.ts';
import type { KubeObject, Resource } from '../../kube/types.ts';
import type { JsonObject } from '../../policies/rule.ts';

type Row = readonly [group: string, version: string, kind: string, plural: string, namespaced: boolean];

const gateway = 'gateway.networking.k8s.io';
const admission = 'admissionregistration.k8s.io';

/** Kinds of the Gateway API that the rules name. No centre has them yet, so the tests install a bare form of each. */
const gatewayKinds: readonly Row[] = [
  [gateway, 'v1', 'Gateway', 'gateways', true],
  [gateway, 'v1', 'GatewayClass', 'gatewayclasses', false],
  [gateway, 'v1', 'HTTPRoute', 'httproutes', true],
  [gateway, 'v1', 'GRPCRoute', 'grpcroutes', true],
  [gateway, 'v1', 'TLSRoute', 'tlsroutes', true],
  [gateway, 'v1', 'TCPRoute', 'tcproutes', true],
  [gateway, 'v1', 'UDPRoute', 'udproutes', true],
  [gateway, 'v1', 'BackendTLSPolicy', 'backendtlspolicies', true],
  [gateway, 'v1beta1', 'ReferenceGrant', 'referencegrants', true],
  ['gateway.networking.x-k8s.io', 'v1alpha1', 'XListenerSet', 'xlistenersets', true],
];

/** Kinds that tests write and production code does not. */
const moreKinds: readonly Row[] = [
  ['', 'v1', 'Pod', 'pods', true],
  ['', 'v1', 'PodTemplate', 'podtemplates', true],
  ['', 'v1', 'ReplicationController', 'replicationcontrollers', true],
  ['', 'v1', 'Binding', 'bindings', true],
  ['', 'v1', 'Endpoints', 'endpoints', true],
  ['', 'v1', 'Event', 'events', true],
  ['', 'v1', 'PersistentVolume', 'persistentvolumes', false],
  ['', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', true],
  ['', 'v1', 'Node', 'nodes', false],
  ['apps', 'v1', 'StatefulSet', 'statefulsets', true],
  ['apps', 'v1', 'ReplicaSet', 'replicasets', true],
  ['apps', 'v1', 'DaemonSet', 'daemonsets', true],
  ['apps', 'v1', 'ControllerRevision', 'controllerrevisions', true],
  ['batch', 'v1', 'Job', 'jobs', true],
  ['batch', 'v1', 'CronJob', 'cronjobs', true],
  ['autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true],
  ['policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true],
  ['discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', true],
  ['networking.k8s.io', 'v1', 'Ingress', 'ingresses', true],
  ['networking.k8s.io', 'v1', 'IngressClass', 'ingressclasses', false],
  ['networking.k8s.io', 'v1', 'IPAddress', 'ipaddresses', false],
  ['networking.k8s.io', 'v1', 'ServiceCIDR', 'servicecidrs', false],
  ['storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', false],
  ['storage.k8s.io', 'v1', 'CSIDriver', 'csidrivers', false],
  ['storage.k8s.io', 'v1', 'CSINode', 'csinodes', false],
  ['storage.k8s.io', 'v1', 'CSIStorageCapacity', 'csistoragecapacities', true],
  ['storage.k8s.io', 'v1', 'VolumeAttachment', 'volumeattachments', false],
  ['storage.k8s.io', 'v1', 'VolumeAttributesClass', 'volumeattributesclasses', false],
  ['scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses', false],
  ['node.k8s.io', 'v1', 'RuntimeClass', 'runtimeclasses', false],
  ['resource.k8s.io', 'v1', 'DeviceClass', 'deviceclasses', false],
  ['resource.k8s.io', 'v1', 'ResourceClaim', 'resourceclaims', true],
  ['resource.k8s.io', 'v1', 'ResourceClaimTemplate', 'resourceclaimtemplates', true],
  ['resource.k8s.io', 'v1', 'ResourceSlice', 'resourceslices', false],
  [admission, 'v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', false],
  [admission, 'v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', false],
  ['apiregistration.k8s.io', 'v1', 'APIService', 'apiservices', false],
  ['certificates.k8s.io', 'v1', 'CertificateSigningRequest', 'certificatesigningrequests', false],
  ...gatewayKinds,
];

const served: readonly Resource[] = [
  ...Object.values(resources),
  ...moreKinds.map(([group, version, kind, plural, namespaced]) => ({ group, version, kind, plural, namespaced })),
];

/** How an object is served, by its apiVersion and kind. @throws when the kind is not in the lists of this file */
export function servedAs(object: JsonObject): { resource: Resource; namespace: string | undefined; name: string } {
  const apiVersion = String(object['apiVersion']);
  const [version, group = ''] = apiVersion.split('/').reverse();
  const fits = (one: Resource) => one.kind === object['kind'] && one.group === group && one.version === version;
  const resource = served.find(fits);
  if (resource === undefined) throw new Error(`test/support/policy-kinds.ts lacks ${apiVersion} ${object['kind']}`);
  const metadata = (object['metadata'] ?? {}) as { namespace?: string; name?: string };
  return { resource, namespace: resource.namespaced ? metadata.namespace : undefined, name: metadata.name ?? '' };
}

/** The kind of a resource. @throws when it is not in the lists of this file */
export function resourceNamed(group: string, plural: string): Resource {
  const resource = served.find((one) => one.group === group && one.plural === plural);
  if (resource === undefined) throw new Error(`test/support/policy-kinds.ts lacks ${group}/${plural}`);
  return resource;
}

/** A CustomResourceDefinition that takes any object, with `status` and, if asked for, `scale`. */
export function bareCrd(kind: Resource, more: { scale?: boolean } = {}): KubeObject {
  const replicas = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${kind.plural}.${kind.group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests only' },
    },
    spec: {
      group: kind.group,
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      names: { plural: kind.plural, singular: kind.kind.toLowerCase(), kind: kind.kind, listKind: `${kind.kind}List` },
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: { status: {}, ...(more.scale === true ? { scale: replicas } : {}) },
        },
      ],
    },
  };
}

/** The bare Gateway API. */
export const gatewayCrds: readonly KubeObject[] = gatewayKinds.map(([group, version, kind, plural, namespaced]) =>
  bareCrd({ group, version, kind, plural, namespaced }),
);
