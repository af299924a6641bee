import type { PlainObject } from '../../core/access/objects.ts';
import { correction } from '../../core/desired/index.ts';
import { managers } from '../../core/model/names.ts';
import { causesOf, ifFound, isConflict, isFieldConflict, isInvalid, isNotFound } from '../../kube/errors.ts';
import { keyOf, resourceOf } from '../../kube/resource.ts';
import type { KubeObject, ObjectRef } from '../../kube/types.ts';
import type { SiteContext } from './context.ts';
import { contentHash, type Held, heldOf, isOurs } from './held.ts';

/** What came of making one object as wanted; `created` when there was none of its name before. */
export type Applied = 'unchanged' | 'written' | 'created' | 'foreign';

/** Whose objects are applied, and whether their namespace was made in this very run, so that nothing of others is in it. */
export interface ApplyScope {
  readonly owner: string;
  readonly fresh: boolean;
}

/** By kind the field that cannot be changed. What differs there is removed and made anew. */
const immutableFields: Readonly<Record<string, RegExp>> = {
  RoleBinding: /^roleRef\b/,
  ResourceQuota: /^spec\.scope(s|Selector)\b/,
};

/**
 * Makes one object as wanted. Nothing is sent when cache and own writes show it so. An object that we did not make is not
 * touched: `foreign`. The default ServiceAccount is made by Kubernetes itself, so that one is ours by its name.
 * @throws as the client
 */
export async function ensureObject(ctx: SiteContext, object: PlainObject, scope: ApplyScope): Promise<Applied> {
  if (isAsWanted(ctx, object)) return 'unchanged';
  let ours = ctx.caches.held(object.kind, keyOf(object)) !== undefined || object.kind === 'ServiceAccount';
  if (!ours && !scope.fresh) {
    if (await createOnly(ctx, object)) return 'created';
    const live = await lookAt(ctx, object);
    if (live !== undefined && !isOurs(live, scope.owner)) return 'foreign';
    ours = live !== undefined;
  }
  await write(ctx, object, ours);
  return ours ? 'written' : 'created';
}

/** Hashes of wanted objects: one that is asked for twice in a run is put into words once. */
const wantedHashes = new WeakMap<PlainObject, string>();

/** The `contentHash` that an object is to have. */
export function wantedHash(object: PlainObject): string {
  const wanted = wantedHashes.get(object) ?? contentHash(object);
  wantedHashes.set(object, wanted);
  return wanted;
}

/** Whether cache and own writes show that an object is there as it is to be. */
function isAsWanted(ctx: SiteContext, object: PlainObject): boolean {
  const held = ctx.caches.held(object.kind, keyOf(object));
  return held !== undefined && !held.terminating && held.hash === wantedHash(object);
}

/** A version that no object has any more: an apply that names it is refused when there is one, and creates it when not. */
export const versionOfNone = '1';

/**
 * Applies an object that must not be there yet; false when there is one of its name, which is left as it is. One request
 * instead of a look and a write, and nobody can put one there in between. @throws as the client
 */
async function createOnly(ctx: SiteContext, object: PlainObject): Promise<boolean> {
  const metadata = { ...object.metadata, resourceVersion: versionOfNone };
  try {
    const live = await ctx.deps.client.apply<KubeObject>({ ...object, metadata }, { fieldManager: managers.site });
    noteWritten(ctx, object, live);
    return true;
  } catch (error) {
    if (isConflict(error) || isFieldConflict(error)) return false;
    throw error;
  }
}

/** Removes an object that we made and that is not wanted any more; one that we did not make stays. @throws as the client */
export async function ensureAbsent(ctx: SiteContext, target: KubeObject, owner: string): Promise<boolean> {
  const key = keyOf(target);
  const held = ctx.caches.held(target.kind, key);
  const uid = held?.uid ?? (await lookOnce(ctx, target, owner))?.metadata.uid;
  if (uid === undefined) return false;
  await removeExactly(ctx, target, uid);
  return true;
}

/**
 * An object of ours that no cache holds, because it lost its labels or a list was wrong; undefined when there is none. The
 * server is asked until it has none, and again when one vanishes from the cache. @throws as the client
 */
export async function lookOnce(ctx: SiteContext, target: KubeObject, owner: string): Promise<KubeObject | undefined> {
  if (!ctx.lookups.needed(target)) return undefined;
  const live = await lookAt(ctx, target);
  if (live !== undefined && isOurs(live, owner)) return live;
  ctx.lookups.none(target);
  return undefined;
}

/** Deletes the object with this uid and no other; one that is gone already is as good. @throws as the client */
export async function removeExactly(ctx: SiteContext, target: KubeObject, uid: string): Promise<void> {
  try {
    await ctx.deps.client.remove(resourceOf(target), refOf(target), { uid });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  // A namespace goes on existing until its content is gone; the cache tells when.
  if (target.kind !== 'Namespace') ctx.caches.written(target.kind).noteRemoved(uid);
}

function lookAt(ctx: SiteContext, object: KubeObject): Promise<KubeObject | undefined> {
  return ifFound(ctx.deps.client.get(resourceOf(object), refOf(object)));
}

/**
 * Server-side apply, which takes our fields back from anyone when the object is ours; then a patch for what others added
 * in places that are ours alone, because an apply leaves that.
 */
async function write(ctx: SiteContext, object: PlainObject, ours: boolean): Promise<void> {
  const { client } = ctx.deps;
  const options = { fieldManager: managers.site, force: ours };
  let live: KubeObject;
  try {
    live = await client.apply<KubeObject>(object, options);
    live = await correct(ctx, live, object);
  } catch (error) {
    const known = await immutablePart(ctx, object, { error, ours });
    if (known === undefined) throw error;
    await removeExactly(ctx, object, known);
    live = await client.apply<KubeObject>(object, options);
  }
  noteWritten(ctx, object, live);
}

function noteWritten(ctx: SiteContext, object: PlainObject, live: KubeObject): void {
  const held: Held = heldOf(live);
  ctx.lookups.written(live);
  ctx.caches.written(object.kind).note(keyOf(object), held.version, held);
}

async function correct(ctx: SiteContext, live: KubeObject, object: PlainObject): Promise<KubeObject> {
  const patch = correction(live, object);
  if (patch === undefined) return live;
  const { resourceVersion } = live.metadata;
  const metadata = { ...(patch['metadata'] as object | undefined), resourceVersion };
  return ctx.deps.client.patch(
    resourceOf(object),
    refOf(object),
    { ...patch, metadata },
    { type: 'merge', fieldManager: managers.site },
  );
}

/**
 * The uid of the object that has to be made anew, when that is what the refusal means. The server names the field then; a
 * policy that refuses the write looks the same but for that, and would refuse the new object too.
 */
async function immutablePart(
  ctx: SiteContext,
  object: PlainObject,
  { error, ours }: { error: unknown; ours: boolean },
): Promise<string | undefined> {
  const immutable = immutableFields[object.kind];
  const named = isInvalid(error) && causesOf(error).some(({ field }) => immutable?.test(field) === true);
  if (!ours || !named) return undefined;
  ctx.deps.log.warn({ kind: object.kind, object: keyOf(object), err: error }, 'an object is removed and made anew');
  return (await lookAt(ctx, object))?.metadata.uid;
}

function refOf(object: { metadata: ObjectRef }): ObjectRef {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}
