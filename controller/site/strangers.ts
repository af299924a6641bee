import { type Desired, memberRoles } from '../../core/desired/index.ts';
import { annotations, managers } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject, ObjectMeta } from '../../kube/types.ts';
import { ensureObject, removeExactly, wantedHash } from './apply.ts';
import type { SiteContext } from './context.ts';
import { areAlikeButRegistries, type Held } from './held.ts';

/**
 * Members may bind groups of their tenant by RoleBindings of their own, and admission sees to it that they are members. But
 * a group that leaves the tenant would keep what such a binding gave it: so when the marks of a namespace change, which
 * name its members, bindings that name others go. They are the tenant's own; its admins write again what they still mean.
 *
 * Scenario: the process dies, and a tool of the tenant writes such a binding again before the new marks are there to
 * forbid it. So the marks come first, with a note that the bindings are not looked through yet: a run cut short anywhere
 * leaves marks that are not as wanted, and the next one begins again.
 */

interface RoleBinding extends KubeObject {
  subjects?: { kind: string; name: string }[];
}

interface Present {
  readonly owner: string;
  readonly desired: Desired;
  /** The namespace as it is. */
  readonly held: Held;
}

/** Whose a binding is tells its name, which admission keeps for the platform: a field manager may be chosen by anybody. */
const platformNames: ReadonlySet<string> = new Set(Object.values(memberRoles));

/**
 * Removes the tenant's own RoleBindings that name a group or a person who is no member (any more), if more than the
 * registries is to change in the marks of its namespace; they are written with a note, which is left for the caller to take
 * away. @throws as the client
 */
export async function removeStrangers(ctx: SiteContext, { owner, desired, held }: Present): Promise<void> {
  const { namespace, steps } = desired;
  const marked = steps.flat().find(({ kind }) => kind === 'Namespace');
  if (marked === undefined || areAlikeButRegistries(held.hash, wantedHash(marked))) return;
  const { metadata } = marked;
  const noted = { ...metadata, annotations: { ...metadata.annotations, [annotations.membersChange]: 'true' } };
  await ensureObject(ctx, { ...marked, metadata: noted }, { owner, fresh: false });
  const groups = new Set((metadata.annotations?.[annotations.groups] ?? '').split(','));
  const { items } = await ctx.deps.client.list<RoleBinding>(resources.roleBinding, { namespace });
  const strange = items.filter(
    ({ metadata, subjects = [] }) =>
      !platformNames.has(metadata.name) &&
      subjects.some(({ kind, name }) => kind !== 'ServiceAccount' && !groups.has(name)),
  );
  for (const { metadata } of strange) {
    ctx.deps.log.warn({ grant: owner, namespace, binding: metadata.name }, 'a binding of somebody who left is removed');
    if (metadata.finalizers !== undefined) await letNobodyIn(ctx, metadata);
    const target = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata };
    await removeExactly(ctx, target, metadata.uid ?? '');
  }
}

/** Until its finalizers are gone, which may be never, a removed binding is there and RBAC goes by it. */
async function letNobodyIn({ deps }: SiteContext, { namespace, name, uid }: ObjectMeta): Promise<void> {
  const options = { type: 'merge', fieldManager: managers.site, idempotent: true } as const;
  await deps.client.patch(resources.roleBinding, { namespace, name }, { metadata: { uid }, subjects: null }, options);
}
