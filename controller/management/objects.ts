import { labels, managers } from '../../core/model/names.ts';
import { equalsOwned } from '../../kube/apply.ts';
import { ifFound } from '../../kube/errors.ts';
import { keyOf, resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import type { CacheName } from './caches.ts';
import type { ManagementContext } from './context.ts';
import type { Followed } from './followed.ts';

const cacheOf: Readonly<Record<string, CacheName>> = {
  Namespace: 'namespace',
  Role: 'role',
  RoleBinding: 'roleBinding',
  ServiceAccount: 'serviceAccount',
};

/** Kinds of which an addition by someone else counts as drift. */
const compareInFull = new Set(['Role', 'RoleBinding']);

/**
 * Brings objects of ours to what they shall be, in order; one that is so already is not written. A namespace of the same
 * name that is not ours is never taken over: its name is returned and nothing is written.
 */
export async function applyOwn(ctx: ManagementContext, objects: readonly KubeObject[]): Promise<string | undefined> {
  for (const object of objects) {
    const isOther = object.kind === 'Namespace' && !holdsOurs(ctx, object, objects) && (await isForeign(ctx, object));
    if (isOther) return `Namespace ${object.metadata.name}`;
  }
  for (const object of objects) {
    const cache = cacheFor(ctx, object);
    const live = cache.get(keyOf(object));
    if (live !== undefined && equalsOwned(live, object, { full: compareInFull.has(object.kind) })) continue;
    ctx.deps.log.info({ kind: object.kind, key: keyOf(object), isNew: live === undefined }, 'writing an object');
    cache.note(await ctx.deps.client.apply(object, { fieldManager: managers.management, force: true }));
  }
  return undefined;
}

function cacheFor({ caches }: ManagementContext, { kind }: KubeObject): Followed<KubeObject> {
  return caches[cacheOf[kind] ?? 'namespace'] as Followed<KubeObject>;
}

/** Whether something of ours is in the namespace already; these caches hold nothing else. */
function holdsOurs(ctx: ManagementContext, { metadata }: KubeObject, objects: readonly KubeObject[]): boolean {
  const inside = objects.filter((object) => object.metadata.namespace === metadata.name);
  return inside.some((object) => cacheFor(ctx, object).get(keyOf(object)) !== undefined);
}

/**
 * Whether somebody else made a namespace of this name. A cache may not have heard of it yet, and ours may have lost its
 * labels: then the server is asked, and who applied it counts. @throws as the client
 */
async function isForeign(ctx: ManagementContext, { metadata: { name } }: KubeObject): Promise<boolean> {
  if (isMarked(ctx.caches.namespace.get(name))) return false;
  const live = await ifFound(ctx.deps.client.get(resources.namespace, { name }));
  return live !== undefined && !isMarked(live) && live.metadata.managedFields?.some(isOurEntry) !== true;
}

function isMarked(namespace: KubeObject | undefined): boolean {
  return namespace?.metadata.labels?.[labels.managedBy] === 'jinhong';
}

function isOurEntry(entry: unknown): boolean {
  const { manager, operation } = entry as { manager?: string; operation?: string };
  return manager === managers.management && operation === 'Apply';
}
