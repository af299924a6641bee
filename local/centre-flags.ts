/** The command lines of a centre's three processes, as pure functions of its paths and ports. Reasons: docs/local.md. */
import { join } from 'node:path';
import { type CentrePaths, serviceRange } from './centre-files.ts';
import type { CentrePorts } from './ports.ts';

/** What the flags depend on. */
export interface FlagInput {
  readonly name: string;
  readonly paths: CentrePaths;
  readonly ports: CentrePorts;
  readonly index: number;
  readonly unsafeNoFsync: boolean;
}

/** Issuer of every centre's service account tokens. Their keys differ, so a token of one centre is none at another. */
export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';

/**
 * Loops of kube-controller-manager that run. A centre has no nodes and runs no pods, so everything that makes, places
 * or cleans pods is off; docs/local.md lists what is off and why.
 */
export const controllerLoops = [
  'clusterrole-aggregation-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'persistentvolume-protection-controller',
  'persistentvolumeclaim-protection-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'service-cidr-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
] as const;

/**
 * Admission plugins switched on by name. The first ones are on by default in 1.35 too; naming them makes the command
 * fail when a later version drops one instead of silently running without it.
 */
export const admissionPlugins = [
  'NamespaceLifecycle',
  'ServiceAccount',
  'LimitRanger',
  'ResourceQuota',
  'PodSecurity',
  'ValidatingAdmissionPolicy',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionWebhook',
  'OwnerReferencesPermissionEnforcement',
] as const;

export function etcdFlags(input: FlagInput): string[] {
  const { paths, ports } = input;
  const pki = (file: string): string => join(paths.pki, file);
  return [
    `--name=${input.name}`,
    `--data-dir=${paths.etcdData}`,
    `--listen-client-urls=https://127.0.0.1:${ports.etcdClient}`,
    `--advertise-client-urls=https://127.0.0.1:${ports.etcdClient}`,
    `--listen-peer-urls=https://127.0.0.1:${ports.etcdPeer}`,
    `--initial-advertise-peer-urls=https://127.0.0.1:${ports.etcdPeer}`,
    `--initial-cluster=${input.name}=https://127.0.0.1:${ports.etcdPeer}`,
    '--client-cert-auth=true',
    `--trusted-ca-file=${pki('etcd-ca.crt')}`,
    `--cert-file=${pki('etcd.crt')}`,
    `--key-file=${pki('etcd.key')}`,
    '--peer-client-cert-auth=true',
    `--peer-trusted-ca-file=${pki('etcd-ca.crt')}`,
    `--peer-cert-file=${pki('etcd.crt')}`,
    `--peer-key-file=${pki('etcd.key')}`,
    // A single member needs no long election; the API server asks for compaction itself, every five minutes.
    '--heartbeat-interval=50',
    '--election-timeout=500',
    '--log-level=warn',
    ...(input.unsafeNoFsync ? ['--unsafe-no-fsync'] : []),
  ];
}

export function apiServerFlags(input: FlagInput): string[] {
  const { paths, ports } = input;
  const pki = (file: string): string => join(paths.pki, file);
  return [
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${ports.api}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    '--anonymous-auth=false',
    '--authorization-mode=RBAC',
    '--allow-privileged=false',
    `--enable-admission-plugins=${admissionPlugins.join(',')}`,
    `--etcd-servers=https://127.0.0.1:${ports.etcdClient}`,
    `--etcd-cafile=${pki('etcd-ca.crt')}`,
    `--etcd-certfile=${pki('etcd-client.crt')}`,
    `--etcd-keyfile=${pki('etcd-client.key')}`,
    `--service-account-issuer=${tokenIssuer}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-cluster-ip-range=${serviceRange(input.index)}`,
    '--endpoint-reconciler-type=none',
    `--audit-policy-file=${paths.auditPolicy}`,
    `--audit-log-path=${paths.auditLog}`,
    '--audit-log-maxsize=100',
    '--audit-log-maxbackup=3',
    '--profiling=false',
  ];
}

export function controllerManagerFlags(input: FlagInput): string[] {
  const { paths, ports } = input;
  const pki = (file: string): string => join(paths.pki, file);
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.controllers}`,
    `--tls-cert-file=${pki('controllers-server.crt')}`,
    `--tls-private-key-file=${pki('controllers-server.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--kubeconfig=${paths.controllersKubeconfig}`,
    `--root-ca-file=${pki('ca.crt')}`,
    `--service-account-private-key-file=${pki('sa.key')}`,
    '--use-service-account-credentials=true',
    `--controllers=${controllerLoops.join(',')}`,
    '--leader-elect=false',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    '--concurrent-namespace-syncs=20',
    '--concurrent-resource-quota-syncs=20',
    '--profiling=false',
  ];
}

/** Everything at metadata level, once per request (when it is answered, or begins to stream). */
export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
  - level: Metadata
`;
