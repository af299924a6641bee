import { nearest } from '../../core/manifest/near.ts';

/** A kind as API servers serve it. */
export interface Served {
  readonly group: string;
  readonly kind: string;
  /** `deployments` */
  readonly plural: string;
  readonly namespaced: boolean;
}

/**
 * What Kubernetes 1.35 serves, by group: `Kind plural`, with `*` before what stands in no namespace. A test compares it
 * with the discovery of a real API server. Reviews are questions and are never stored, so nobody has them in a file.
 */
const builtIn: Readonly<Record<string, string>> = {
  '': `Binding bindings, ConfigMap configmaps, Endpoints endpoints, Event events, LimitRange limitranges,
    *Namespace namespaces, *Node nodes, *PersistentVolume persistentvolumes,
    PersistentVolumeClaim persistentvolumeclaims, Pod pods, PodTemplate podtemplates,
    ReplicationController replicationcontrollers, ResourceQuota resourcequotas, Secret secrets, Service services,
    ServiceAccount serviceaccounts`,
  'admissionregistration.k8s.io': `*MutatingAdmissionPolicy mutatingadmissionpolicies,
    *MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings,
    *MutatingWebhookConfiguration mutatingwebhookconfigurations,
    *ValidatingAdmissionPolicy validatingadmissionpolicies,
    *ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings,
    *ValidatingWebhookConfiguration validatingwebhookconfigurations`,
  'apiextensions.k8s.io': '*CustomResourceDefinition customresourcedefinitions',
  'apiregistration.k8s.io': '*APIService apiservices',
  apps: `ControllerRevision controllerrevisions, DaemonSet daemonsets, Deployment deployments, ReplicaSet replicasets,
    StatefulSet statefulsets`,
  autoscaling: 'HorizontalPodAutoscaler horizontalpodautoscalers',
  batch: 'CronJob cronjobs, Job jobs',
  'certificates.k8s.io': `*CertificateSigningRequest certificatesigningrequests, *ClusterTrustBundle clustertrustbundles,
    PodCertificateRequest podcertificaterequests`,
  'coordination.k8s.io': 'Lease leases',
  'discovery.k8s.io': 'EndpointSlice endpointslices',
  'events.k8s.io': 'Event events',
  'flowcontrol.apiserver.k8s.io': '*FlowSchema flowschemas, *PriorityLevelConfiguration prioritylevelconfigurations',
  'internal.apiserver.k8s.io': '*StorageVersion storageversions',
  'networking.k8s.io': `Ingress ingresses, *IngressClass ingressclasses, *IPAddress ipaddresses,
    NetworkPolicy networkpolicies, *ServiceCIDR servicecidrs`,
  'node.k8s.io': '*RuntimeClass runtimeclasses',
  policy: 'PodDisruptionBudget poddisruptionbudgets',
  'rbac.authorization.k8s.io': `*ClusterRole clusterroles, *ClusterRoleBinding clusterrolebindings, Role roles,
    RoleBinding rolebindings`,
  'resource.k8s.io': `*DeviceClass deviceclasses, *DeviceTaintRule devicetaintrules, ResourceClaim resourceclaims,
    ResourceClaimTemplate resourceclaimtemplates, *ResourceSlice resourceslices`,
  'scheduling.k8s.io': '*PriorityClass priorityclasses',
  'storagemigration.k8s.io': '*StorageVersionMigration storageversionmigrations',
  'storage.k8s.io': `*CSIDriver csidrivers, *CSINode csinodes, CSIStorageCapacity csistoragecapacities,
    *StorageClass storageclasses, *VolumeAttachment volumeattachments, *VolumeAttributesClass volumeattributesclasses`,
};

/** Kinds of the Gateway API 1.4, which the platform installs, and of its experimental channel. */
const gatewayApi: Readonly<Record<string, string>> = {
  'gateway.networking.k8s.io': `BackendTLSPolicy backendtlspolicies, Gateway gateways, *GatewayClass gatewayclasses,
    GRPCRoute grpcroutes, HTTPRoute httproutes, ReferenceGrant referencegrants, TCPRoute tcproutes,
    TLSRoute tlsroutes, UDPRoute udproutes`,
};

function parse(table: Readonly<Record<string, string>>): Served[] {
  return Object.entries(table).flatMap(([group, list]) =>
    list.split(',').map((entry) => {
      const [, star, kind = '', plural = ''] = /^(\*?)(\S+) (\S+)$/.exec(entry.trim()) ?? [];
      return { group, kind, plural, namespaced: star === '' };
    }),
  );
}

/** Every kind that is known here. */
export const knownKinds: readonly Served[] = [...parse(builtIn), ...parse(gatewayApi)];
const byName = new Map(knownKinds.map((served) => [`${served.group}/${served.kind}`, served]));

/** How a kind is served; undefined for one that is in no table: a custom resource, or a slip. Pure. */
export function servedKind(apiVersion: string, kind: string): Served | undefined {
  return byName.get(`${groupOf(apiVersion)}/${kind}`);
}

/** The API group that an apiVersion names; empty for the core group. Pure. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** Names of served kinds that may have been meant; only in a group that is Kubernetes' own, else empty. Pure. */
export function kindsNear(apiVersion: string, kind: string): string[] {
  const group = groupOf(apiVersion);
  if (!knownKinds.some((served) => served.group === group)) return [];
  const same = knownKinds.find((served) => served.kind === kind);
  if (same !== undefined) return [same.group === '' ? kind : `${same.group} ${kind}`];
  return nearest(
    kind,
    knownKinds.filter((served) => served.group === group).map((served) => served.kind),
  );
}
