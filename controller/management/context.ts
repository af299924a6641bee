import { buildTree, type DepartmentTree } from '../../core/decide/allowance.ts';
import { siteNamespace } from '../../core/model/names.ts';
import { canonicalJson } from '../../kube/apply.ts';
import type { Recorder } from '../../kube/events.ts';
import type { KubeObject } from '../../kube/types.ts';
import type { ControllerDeps } from '../deps.ts';
import type { Caches } from './caches.ts';
import type { Contacts } from './contacts.ts';
import type { Followable, Followed } from './followed.ts';

/** What all runs of the management controller share. */
export interface ManagementContext {
  readonly deps: ControllerDeps;
  readonly caches: Caches;
  readonly contacts: Contacts;
  /** Says on a Tenant what became of it, for `kubectl describe`. */
  readonly events: Recorder;
}

/** The departments as a tree, by the cache. */
export function treeOf(caches: Pick<Caches, 'department'>): DepartmentTree {
  return buildTree(caches.department.list().map(({ metadata, spec }) => ({ code: metadata.name, spec })));
}

/** Sites that carry Grants and report: all but the management centre itself. */
export function workingSites(caches: Pick<Caches, 'site'>) {
  return caches.site.list().filter(({ spec }) => spec.role !== 'management');
}

/** The site whose namespace this is; undefined: none. */
export function siteOfNamespace(namespace: string | undefined): string | undefined {
  const prefix = siteNamespace('');
  return namespace?.startsWith(prefix) === true ? namespace.slice(prefix.length) : undefined;
}

interface WithStatus<S> extends Followable {
  readonly status?: S;
}

/**
 * Writes the status that `change` makes of the present one, guarded by resourceVersion; an equal one is not written.
 * Resolves with whether it wrote. @throws conflict when someone else wrote the object in between
 */
export async function updateStatus<S, T extends WithStatus<S>>(
  ctx: Pick<ManagementContext, 'deps'>,
  followed: Followed<T>,
  key: string,
  change: (status: S | undefined) => S,
): Promise<boolean> {
  const object = followed.get(key);
  if (object === undefined) return false;
  const status = change(object.status);
  if (canonicalJson(object.status) === canonicalJson(status)) return false;
  const wanted = { ...object, status } as unknown as KubeObject;
  followed.note((await ctx.deps.client.update(wanted, { subresource: 'status' })) as unknown as T);
  return true;
}
