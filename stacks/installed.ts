import { createHash } from 'node:crypto';
import { platformLabels } from '../core/access/objects.ts';
import { labels, managers } from '../core/model/names.ts';
import { canonicalJson, equalsOwned } from '../kube/apply.ts';
import { isNotFound } from '../kube/errors.ts';
import { keyOf, resourceOf } from '../kube/resource.ts';
import type { KubeClient, KubeObject } from '../kube/types.ts';
import { annotated, providerVersion } from './registration.ts';

/** One object of the platform that is not at the centre as it should be. */
export interface Deviation {
  readonly object: KubeObject;
  readonly state: 'missing' | 'different';
  readonly live?: KubeObject;
}

/** Raised whenever the way in which objects are registered changes, so that old records no longer count. */
const registration = 1;

/**
 * Kinds whose every field counts: an added rule, subject or validation is a deviation even when all of ours are there.
 * The engine's own refresh does not see such additions (research: Pulumi 5).
 */
const comparedInFull: ReadonlySet<string> = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** Hash of all that decides what the engine would install: objects, provider and form of registration. Pure. */
export function platformHash(objects: readonly KubeObject[]): string {
  const text = canonicalJson({ objects, providerVersion, registration });
  return createHash('sha256').update(text).digest('base64url');
}

/** From so many objects of a kind on, one list of all that carry the platform's label is less work than a read of each. */
const worthAList = 3;

/**
 * Which of `objects` are missing at the centre or differ from it, in the order given; empty when all are as they should
 * be. One list per kind, all at once over one connection, and a read of each object that no list has: it is of a kind with
 * few, or lost the label. Missing kinds count as missing objects.
 */
export async function findDeviations(client: KubeClient, objects: readonly KubeObject[]): Promise<Deviation[]> {
  const kinds = [...Map.groupBy(objects, ({ apiVersion, kind }) => `${apiVersion} ${kind}`).values()];
  const lists = await Promise.all(kinds.map((ofKind) => listed(client, ofKind)));
  const known = new Map(lists.flat().map((live) => [`${live.kind} ${keyOf(live)}`, live]));
  const found = await Promise.all(
    objects.map((object) => compare(client, object, known.get(`${object.kind} ${keyOf(object)}`))),
  );
  return found.flatMap((deviation) => deviation ?? []);
}

async function listed(client: KubeClient, wanted: readonly KubeObject[]): Promise<KubeObject[]> {
  const [first] = wanted;
  if (first === undefined || wanted.length < worthAList) return [];
  const { namespace } = first.metadata;
  const inOne = wanted.every(({ metadata }) => metadata.namespace === namespace);
  const labelSelector = `${labels.partOf}=${platformLabels[labels.partOf]}`;
  try {
    const options = inOne && namespace !== undefined ? { labelSelector, namespace } : { labelSelector };
    return (await client.list(resourceOf(first), options)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function compare(
  client: KubeClient,
  object: KubeObject,
  known: KubeObject | undefined,
): Promise<Deviation | undefined> {
  try {
    const { name, namespace } = object.metadata;
    const ref = namespace === undefined ? { name } : { name, namespace };
    const live = known ?? (await client.get(resourceOf(object), ref));
    const same = equalsOwned(live, object, { full: isComparedInFull(object) });
    return same ? undefined : { object, state: 'different', live };
  } catch (error) {
    if (isNotFound(error)) return { object, state: 'missing' };
    throw error;
  }
}

/**
 * Puts one deviation right without the engine: applies the object under the engine's own manager, then removes what
 * somebody else added to a map that is compared in full. The engine's state stays true, as it holds the same object.
 */
export async function repair(client: KubeClient, { object }: Deviation): Promise<void> {
  const live = await client.apply(annotated(object), { fieldManager: managers.platform, force: true });
  if (!isComparedInFull(object)) return;
  const { name, namespace } = object.metadata;
  const patch = removalPatch(bodyOf(live), bodyOf(object));
  if (patch === undefined) return;
  const ref = namespace === undefined ? { name } : { name, namespace };
  await client.patch(resourceOf(object), ref, patch, { type: 'merge', fieldManager: managers.platform });
}

/**
 * A merge patch that removes the keys of maps that `wanted` does not have, at any depth outside lists; undefined when
 * there are none. Pure.
 */
export function removalPatch(live: unknown, wanted: unknown): Record<string, unknown> | undefined {
  if (!isMap(live) || !isMap(wanted)) return undefined;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(live)) {
    if (!(key in wanted)) patch[key] = null;
    else {
      const inner = removalPatch(value, wanted[key]);
      if (inner !== undefined) patch[key] = inner;
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** A ConfigMap that we give no data to is written by somebody else. */
function isComparedInFull(object: KubeObject): boolean {
  return comparedInFull.has(object.kind) || (object.kind === 'ConfigMap' && object['data'] !== undefined);
}

function bodyOf(object: KubeObject): Record<string, unknown> {
  const { metadata: _, status: __, ...body } = object;
  return body;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
