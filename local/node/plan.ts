/** From a Deployment to the processes the node runs for it. Pure. */
import { createHash } from 'node:crypto';
import type { Container, Deployment, EnvVar, PodSpec, ProjectedSource, Snapshot, Volume } from './kube-types.ts';

/** One process: one container of one replica. */
export interface UnitPlan {
  /** `<deployment>-<replica>`, plus `-<container>` when the template has several. */
  readonly name: string;
  readonly deployment: string;
  readonly replica: number;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Changes when the template does; then the process is replaced. */
  readonly hash: string;
  readonly command: readonly string[];
  readonly env: readonly EnvVar[];
  readonly mounts: readonly MountPlan[];
  /** Names of the container's ports. */
  readonly portNames: readonly string[];
  /** Asked for 200; without one, a running process is ready. */
  readonly ready: { readonly path: string; readonly portName: string } | undefined;
}

/** Files below one mount path. */
export interface MountPlan {
  readonly mountPath: string;
  /** Empty for an emptyDir: made once, never cleaned. */
  readonly sources: readonly FileSource[];
}

/** Where the files of a mount come from. */
export type FileSource =
  | { readonly kind: 'token'; readonly path: string; readonly audience: string; readonly seconds: number }
  | { readonly kind: 'field'; readonly path: string; readonly field: string }
  | {
      readonly kind: 'secret' | 'configMap';
      readonly name: string;
      /** undefined: every key, under its own name. */
      readonly items: readonly { readonly key: string; readonly path: string }[] | undefined;
      readonly optional: boolean;
    };

/** Where the API server's admission mounts the token of the service account (Kubernetes' own fixed path). */
const accountMount = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Life of that token as the kubelet asks for it: an hour and seven seconds. */
const accountTokenSeconds = 3607;

/** Whether the node runs a container: its image is called `jinhong`, with any registry, tag or digest. */
export function isOurImage(image: string | undefined): boolean {
  const last = image?.split('@')[0]?.split('/').at(-1);
  return last?.split(':')[0] === 'jinhong';
}

/** The processes of a Deployment: replicas times containers with our image; none when it is being deleted. */
export function planUnits(deployment: Deployment): UnitPlan[] {
  const { metadata, spec } = deployment;
  if (metadata.deletionTimestamp !== undefined) return [];
  const pod = spec.template.spec;
  const hash = createHash('sha256').update(JSON.stringify(spec.template)).digest('hex').slice(0, 12);
  const ours = pod.containers.filter((container) => isOurImage(container.image));
  return Array.from({ length: spec.replicas ?? 1 }, (_, replica) =>
    ours.map((container) => ({
      name: `${metadata.name}-${replica}${pod.containers.length > 1 ? `-${container.name}` : ''}`,
      deployment: metadata.name,
      replica,
      namespace: metadata.namespace ?? 'default',
      serviceAccount: pod.serviceAccountName ?? 'default',
      hash,
      command: [...(container.command ?? []), ...(container.args ?? [])],
      env: container.env ?? [],
      mounts: planMounts(pod, container),
      portNames: (container.ports ?? []).flatMap((port) => port.name ?? []),
      ready: planProbe(container),
    })),
  ).flat();
}

/**
 * The value of every environment variable of a container, or the first reference that does not exist yet. `$(NAME)` in
 * values refers to variables named before, as in a pod.
 */
export function resolveEnv(
  plan: UnitPlan,
  snapshot: Pick<Snapshot, 'secrets' | 'configMaps'>,
  base: Readonly<Record<string, string>>,
): { readonly env: Readonly<Record<string, string>> } | { readonly missing: string } {
  const env: Record<string, string> = { ...base };
  for (const entry of plan.env) {
    const value = envValue(entry, plan, snapshot);
    if (value === 'missing') return { missing: `env ${entry.name}` };
    if (value !== undefined) env[entry.name] = expand(value.text, env);
  }
  return { env };
}

/** Replaces `$(NAME)` by its value where there is one. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (whole, name: string) => env[name] ?? whole);
}

/** What the downward API says of a field; undefined for a field that a process has not. */
export function fieldOf(plan: UnitPlan, field: string): string | undefined {
  switch (field) {
    case 'metadata.name':
      return plan.name;
    case 'metadata.namespace':
      return plan.namespace;
    case 'spec.serviceAccountName':
      return plan.serviceAccount;
    case 'spec.nodeName':
      return 'local-node';
    case 'status.podIP':
    case 'status.hostIP':
      return '127.0.0.1';
    default:
      return undefined;
  }
}

function planMounts(pod: PodSpec, container: Container): MountPlan[] {
  const mounts = (container.volumeMounts ?? []).flatMap(({ name, mountPath }) => {
    const volume = pod.volumes?.find((candidate) => candidate.name === name);
    return volume === undefined ? [] : [{ mountPath, sources: sourcesOf(volume) }];
  });
  if (pod.automountServiceAccountToken === false) return mounts;
  if (mounts.some((mount) => mount.mountPath === accountMount)) return mounts;
  const sources: FileSource[] = [
    { kind: 'token', path: 'token', audience: '', seconds: accountTokenSeconds },
    { kind: 'configMap', name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }], optional: false },
    { kind: 'field', path: 'namespace', field: 'metadata.namespace' },
  ];
  return [...mounts, { mountPath: accountMount, sources }];
}

function sourcesOf(volume: Volume): FileSource[] {
  const { secret, configMap, projected } = volume;
  if (secret !== undefined) return [keyed('secret', secret.secretName, secret)];
  if (configMap !== undefined) return [keyed('configMap', configMap.name, configMap)];
  return (projected?.sources ?? []).flatMap(projectedSources);
}

function projectedSources(source: ProjectedSource): FileSource[] {
  const { serviceAccountToken: token, secret, configMap, downwardAPI } = source;
  return [
    ...(token === undefined
      ? []
      : [
          {
            kind: 'token' as const,
            path: token.path,
            audience: token.audience ?? '',
            seconds: token.expirationSeconds ?? 3600,
          },
        ]),
    ...(secret === undefined ? [] : [keyed('secret', secret.name, secret)]),
    ...(configMap === undefined ? [] : [keyed('configMap', configMap.name, configMap)]),
    ...(downwardAPI?.items ?? []).flatMap(({ path, fieldRef }) =>
      fieldRef === undefined ? [] : [{ kind: 'field' as const, path, field: fieldRef.fieldPath }],
    ),
  ];
}

function keyed(
  kind: 'secret' | 'configMap',
  name: string | undefined,
  from: { readonly items?: readonly { readonly key: string; readonly path: string }[]; readonly optional?: boolean },
): FileSource {
  return { kind, name: name ?? '', items: from.items, optional: from.optional ?? false };
}

function planProbe(container: Container): UnitPlan['ready'] {
  const get = container.readinessProbe?.httpGet;
  if (get === undefined) return undefined;
  const byNumber = container.ports?.find((port) => port.containerPort === get.port)?.name;
  const portName = typeof get.port === 'string' ? get.port : (byNumber ?? 'http');
  return { path: get.path ?? '/', portName };
}

function envValue(
  entry: EnvVar,
  plan: UnitPlan,
  snapshot: Pick<Snapshot, 'secrets' | 'configMaps'>,
): { readonly text: string } | 'missing' | undefined {
  const from = entry.valueFrom;
  if (from === undefined) return { text: entry.value ?? '' };
  const { fieldRef, secretKeyRef, configMapKeyRef } = from;
  if (fieldRef !== undefined) return { text: fieldOf(plan, fieldRef.fieldPath) ?? '' };
  const ref = secretKeyRef ?? configMapKeyRef;
  if (ref === undefined) return undefined;
  const secret = secretKeyRef === undefined ? undefined : snapshot.secrets.get(ref.name ?? '')?.data?.[ref.key];
  const plain = configMapKeyRef === undefined ? undefined : snapshot.configMaps.get(ref.name ?? '')?.data?.[ref.key];
  const text = secret === undefined ? plain : Buffer.from(secret, 'base64').toString('utf8');
  if (text !== undefined) return { text };
  return ref.optional === true ? undefined : 'missing';
}
