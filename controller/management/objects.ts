import { labels, managers } from '../../core/model/names.ts';
import { equalsOwned } from '../../kube/apply.ts';
import { keyOf } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import type { CacheName, Caches } from './caches.ts';
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
  const foreign = objects.find((object) => object.kind === 'Namespace' && isForeign(ctx.caches, object));
  if (foreign !== undefined) return `Namespace ${foreign.metadata.name}`;
  for (const object of objects) {
    const cache = ctx.caches[cacheOf[object.kind] ?? 'namespace'] as Followed<KubeObject>;
    const live = cache.get(keyOf(object));
    if (live !== undefined && equalsOwned(live, object, { full: compareInFull.has(object.kind) })) continue;
    ctx.deps.log.info({ kind: object.kind, key: keyOf(object), isNew: live === undefined }, 'writing an object');
    cache.note(await ctx.deps.client.apply(object, { fieldManager: managers.management, force: true }));
  }
  return undefined;
}

function isForeign(caches: Caches, object: KubeObject): boolean {
  const live = caches.namespace.get(object.metadata.name);
  return live !== undefined && live.metadata.labels?.[labels.managedBy] !== 'jinhong';
}
