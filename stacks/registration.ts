import { managers } from '../core/model/names.ts';
import type { KubeObject } from '../kube/types.ts';

/** Version of the Kubernetes provider, as pinned in local/binaries; written into the state. */
export const providerVersion = '4.25.0';

/** One centre's API server, by a file rather than by content: what is in the kubeconfig never enters the state. */
export interface Target {
  readonly site: string;
  /** Absolute path of the kubeconfig. */
  readonly kubeconfig: string;
  readonly context: string;
}

/** Kinds whose creation the engine waits for, because others cannot be made before. */
const awaited: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'Namespace']);

/**
 * The object with the annotations by which the provider is told how to treat it; they are stored with the object. One
 * fixed field manager, so that another writer's fields show as a conflict; no waiting but for what others need: whether a
 * controller runs is said by `jinhong status`, not by the installation. Pure.
 */
export function annotated(object: KubeObject): KubeObject {
  const annotations = {
    ...object.metadata.annotations,
    'pulumi.com/patchFieldManager': managers.platform,
    ...(awaited.has(object.kind) ? {} : { 'pulumi.com/skipAwait': 'true' }),
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** `kubernetes:<group>/<version>:<Kind>`; the provider takes kinds it has no schema for the same way. Pure. */
export function typeToken(object: Pick<KubeObject, 'apiVersion' | 'kind'>): string {
  const group = object.apiVersion.includes('/') ? object.apiVersion : `core/${object.apiVersion}`;
  return `kubernetes:${group}:${object.kind}`;
}

/** Name of the resource in the state: kind, namespace and name, so that it never changes with the order. Pure. */
export function resourceName(object: Pick<KubeObject, 'kind' | 'metadata'>): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? `${object.kind}/${name}` : `${object.kind}/${namespace}/${name}`;
}
