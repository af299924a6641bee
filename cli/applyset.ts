import { createHash } from 'node:crypto';
import { isAppError } from '../core/errors.ts';
import { managers } from '../core/model/names.ts';
import { coversDesired, equalsOwned } from '../kube/apply.ts';
import { keyOf } from '../kube/resource.ts';
import type { KubeClient, KubeObject } from '../kube/types.ts';

/**
 * Sets of objects that are applied and pruned together, in the form that other tools know (KEP-3659): a parent object
 * names the set, each member carries its id. An object with another set's id is another folder's and is never touched.
 */
export interface ApplySet {
  readonly id: string;
  /** The ConfigMap that stands for the set. */
  readonly parent: KubeObject;
}

/** Label of a member. */
export const partOfLabel = 'applyset.kubernetes.io/part-of';

/** What a set is named by. */
export interface SetOptions {
  /** Namespace of its parent. */
  readonly namespace: string;
  /** Name of the set; the parent is `jinhong-set-<name>`. */
  readonly name: string;
  /** `Kind.group` of its members. */
  readonly groupKind: string;
}

/** The set with its id, which depends on nothing but the parent's name, namespace and kind. Pure. */
export function applySetOf({ namespace, name, groupKind }: SetOptions): ApplySet {
  const parentName = `jinhong-set-${name}`;
  const hash = createHash('sha256').update(`${parentName}.${namespace}.ConfigMap.`).digest('base64url');
  const id = `applyset-${hash}-v1`;
  const metadata = {
    name: parentName,
    namespace,
    labels: { 'applyset.kubernetes.io/id': id },
    annotations: {
      'applyset.kubernetes.io/tooling': 'jinhong/v1',
      'applyset.kubernetes.io/contains-group-kinds': groupKind,
    },
  };
  return { id, parent: { apiVersion: 'v1', kind: 'ConfigMap', metadata } };
}

/** `object` as a member of `set`: what is applied. Pure. */
export function memberOf(set: ApplySet, object: KubeObject): KubeObject {
  const labels = { ...object.metadata.labels, [partOfLabel]: set.id };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** What applying a set does. Lists sorted by key. */
export interface SetChanges {
  readonly create: readonly KubeObject[];
  readonly update: readonly { readonly wanted: KubeObject; readonly live: KubeObject }[];
  readonly same: readonly KubeObject[];
  /** Live members that are no longer wanted. */
  readonly prune: readonly KubeObject[];
  /** Wanted objects that belong to another set. */
  readonly foreign: readonly KubeObject[];
}

/**
 * Compares the wanted members of a set with the live objects of the same kinds and places; only live objects with the
 * set's own id can be pruned. Pure.
 */
export function compareSet(set: ApplySet, wanted: readonly KubeObject[], live: readonly KubeObject[]): SetChanges {
  const liveByKey = new Map(live.map((object) => [keyOf(object), object]));
  const wantedKeys = new Set(wanted.map(keyOf));
  const changes = { create: [], update: [], same: [], prune: [], foreign: [] } as {
    -readonly [K in keyof SetChanges]: SetChanges[K][number][];
  };
  for (const object of sortByKey(wanted)) {
    const member = memberOf(set, object);
    const found = liveByKey.get(keyOf(object));
    const owner = found?.metadata.labels?.[partOfLabel];
    if (found === undefined) changes.create.push(member);
    else if (owner !== undefined && owner !== set.id) changes.foreign.push(found);
    else if (isApplied(found, member)) changes.same.push(member);
    else changes.update.push({ wanted: member, live: found });
  }
  for (const object of sortByKey(live)) {
    if (wantedKeys.has(keyOf(object)) || object.metadata.deletionTimestamp !== undefined) continue;
    if (object.metadata.labels?.[partOfLabel] === set.id) changes.prune.push(object);
  }
  return changes;
}

/** Whether applying `wanted` once more would change nothing: same content, and no label of ours left over. Pure. */
export function isApplied(live: KubeObject, wanted: KubeObject): boolean {
  if (live.metadata.deletionTimestamp !== undefined) return false;
  if (!equalsOwned(live, wanted, { full: true }) || !coversDesired(live, wanted)) return false;
  for (const field of ['labels', 'annotations'] as const) {
    const ours = ownedKeys(live, field);
    if (ours.some((key) => wanted.metadata[field]?.[key] === undefined)) return false;
  }
  return true;
}

/** One object that could not be applied. */
export interface Failure {
  readonly object: KubeObject;
  readonly error: unknown;
}

/**
 * Applies all objects at once over the client's one connection, as `jinhong-cli`, never by force. A failure does not stop
 * the others; failures come back sorted by key. An aborted run stops sending.
 */
export async function applyAll(
  client: KubeClient,
  objects: readonly KubeObject[],
  options: { readonly signal?: AbortSignal; readonly onDone?: (done: number) => void } = {},
): Promise<Failure[]> {
  let done = 0;
  const results = await Promise.all(
    objects.map(async (object): Promise<Failure | undefined> => {
      try {
        options.signal?.throwIfAborted();
        await client.apply(object, { fieldManager: managers.cli, signal: options.signal });
        return undefined;
      } catch (error) {
        return { object, error };
      } finally {
        done += 1;
        options.onDone?.(done);
      }
    }),
  );
  return results
    .filter((failure) => failure !== undefined)
    .sort((a, b) => (keyOf(a.object) < keyOf(b.object) ? -1 : 1));
}

/** Writes the parent of a set unless it is there as it should be; true when it wrote. */
export async function ensureParent(client: KubeClient, set: ApplySet): Promise<boolean> {
  const { resources } = await import('../kube/resource.ts');
  const { name, namespace } = set.parent.metadata;
  try {
    const live = await client.get(resources.configMap, { name, ...(namespace === undefined ? {} : { namespace }) });
    if (coversDesired(live, set.parent)) return false;
  } catch (error) {
    if (!isAppError(error) || error.kind !== 'notFound') throw error;
  }
  await client.apply(set.parent, { fieldManager: managers.cli });
  return true;
}

interface ManagedField {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

function ownedKeys(live: KubeObject, field: 'labels' | 'annotations'): string[] {
  const entries = (live.metadata.managedFields ?? []) as ManagedField[];
  return entries
    .filter((entry) => entry.manager === managers.cli && entry.operation === 'Apply')
    .flatMap((entry) => {
      const metadata = entry.fieldsV1?.['f:metadata'] as Record<string, Record<string, unknown>> | undefined;
      return Object.keys(metadata?.[`f:${field}`] ?? {});
    })
    .filter((key) => key.startsWith('f:'))
    .map((key) => key.slice(2));
}

function sortByKey(objects: readonly KubeObject[]): KubeObject[] {
  return [...objects].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
