import { type Desired, memberRoles } from '../../core/desired/index.ts';
import { annotations, managers } from '../../core/model/names.ts';
import { keyOf, resources } from '../../kube/resource.ts';
import type { KubeObject, ObjectMeta } from '../../kube/types.ts';
import { isAsWanted, removeExactly } from './apply.ts';
import type { SiteContext } from './context.ts';

/**
 * Members may bind groups of their tenant by RoleBindings of their own, and admission sees to it that they are members. But
 * a group that leaves the tenant would keep what such a binding gave it: so when the members change, bindings that name
 * others go. They are the tenant's own; its admins write again what they still mean.
 */

interface RoleBinding extends KubeObject {
  subjects?: { kind: string; name: string }[];
}

/** Whose a binding is tells its name, which admission keeps for the platform: a field manager may be chosen by anybody. */
const platformNames: ReadonlySet<string> = new Set(Object.values(memberRoles));

/**
 * Whether other groups are to be members of a namespace that is there: it has not yet the marks that name them, nor the
 * bindings, which come after the marks.
 */
export function membersChange(ctx: SiteContext, { namespace, steps, absent }: Desired): boolean {
  const wanted = steps.flat();
  const mark = wanted.find(({ kind }) => kind === 'Namespace');
  if (ctx.caches.held('Namespace', namespace) === undefined || mark === undefined || isAsWanted(ctx, mark))
    return false;
  const surplus = absent.some((object) => ctx.caches.held(object.kind, keyOf({ metadata: object })) !== undefined);
  return surplus || wanted.some((object) => object.kind === 'RoleBinding' && !isAsWanted(ctx, object));
}

/** Removes the tenant's own RoleBindings that name a group or a person who is no member (any more). @throws as the client */
export async function removeStrangers(ctx: SiteContext, owner: string, desired: Desired): Promise<void> {
  const { namespace } = desired;
  const marks = desired.steps.flat().find(({ kind }) => kind === 'Namespace')?.metadata.annotations;
  const groups = new Set((marks?.[annotations.groups] ?? '').split(','));
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
