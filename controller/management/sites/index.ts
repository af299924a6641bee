import { siteAccountName } from '../../../core/access/management.ts';
import type { Ledger } from '../../../core/decide/ledger.ts';
import { siteNamespace } from '../../../core/model/names.ts';
import type { SiteStatus } from '../../../core/model/site.ts';
import { setConditions } from '../../../kube/conditions.ts';
import { isAlreadyExists } from '../../../kube/errors.ts';
import { done, type Outcome } from '../../queue.ts';
import { type ManagementContext, updateStatus } from '../context.ts';
import { applyOwn } from '../objects.ts';
import { emptyHeartbeat, siteConditions, siteObjects } from './plan.ts';

/** One site: its namespace and account in the management centre, and whether it is heard of. */
export async function reconcileSite(ctx: ManagementContext, ledger: Ledger, name: string): Promise<Outcome> {
  const site = ctx.caches.site.get(name);
  if (site === undefined) return done;
  const isManagement = site.spec.role === 'management';
  const foreign = isManagement ? undefined : await applyOwn(ctx, siteObjects(name));
  if (!isManagement && foreign === undefined) await createHeartbeat(ctx, name);
  const observedGeneration = site.metadata.generation ?? 0;
  const facts = { contact: ctx.contacts.of(name), ledger, foreign };
  const conditions = siteConditions(site, facts).map((condition) => ({ ...condition, observedGeneration }));
  await updateStatus<SiteStatus, typeof site>(ctx, ctx.caches.site, name, (status) => ({
    ...status,
    observedGeneration,
    conditions: [...setConditions((status?.conditions ?? []) as never, conditions, ctx.deps.clock.now())],
  }));
  return foreign === undefined ? done : { type: 'blocked', reason: `${foreign} is not ours` };
}

async function createHeartbeat(ctx: ManagementContext, site: string): Promise<void> {
  if (ctx.caches.lease.get(`${siteNamespace(site)}/${siteAccountName}`) !== undefined) return;
  try {
    ctx.caches.lease.note(await ctx.deps.client.create(emptyHeartbeat(site)));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
