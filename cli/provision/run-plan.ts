import { AppError } from '../../core/errors.ts';
import { stateDirOf } from '../../stacks/engine/state.ts';
import type { Context } from '../context.ts';
import { startProgress } from '../view/progress.ts';
import type { Centre } from './centres.ts';
import type { PlanDocument } from './document.ts';
import { checkAgainst, readFolder } from './folder.ts';
import { type OnCentre, planOffline, planOnline } from './plan.ts';
import { readPlanRecord } from './record.ts';
import { openSession, type ProvisionOptions, type Session } from './session.ts';
import { ownTenants, tenantChanges } from './sets.ts';

/** Makes a plan, online or from the record, with progress on stderr. */
export async function runPlan(
  ctx: Context,
  path: string,
  options: ProvisionOptions & { readonly offline?: boolean },
): Promise<PlanDocument> {
  if (options.offline === true) return offline(ctx, path, options);
  const session = await openSession(ctx, path, options, { sites: true });
  const progress = startProgress(ctx);
  const onCentre: OnCentre = (name, plan) => {
    if (plan === undefined) progress.set(name, { phase: ctx.say({ zh: '比较', en: 'comparing' }) });
    else if (plan.state === 'planned')
      progress.set(name, { phase: ctx.say({ zh: '已比较', en: 'compared' }), done: true });
    else progress.set(name, { phase: plan.message ?? plan.state, done: true, failed: true });
  };
  try {
    return await planOnline(session, onCentre);
  } finally {
    progress.end();
  }
}

async function offline(ctx: Context, path: string, options: ProvisionOptions): Promise<PlanDocument> {
  const folder = await readFolder(ctx, path, options.set);
  const stateDir = stateDirOf(ctx.env, ctx.cwd, options.state);
  const record = readPlanRecord(stateDir);
  if (record === undefined) {
    const text = { zh: '还没有记录过任何状态', en: 'no state has been recorded yet' };
    throw new AppError('input', text.en, { code: 'no-record', hint: `jinhong plan ${path}`, data: { text } });
  }
  const { live } = record;
  const recorded = { tenants: ownTenants(folder, live), departments: live.departments };
  const problems = checkAgainst(folder, recorded, ctx.yes.names, ctx.now());
  const centres = [...folder.cloud.sites]
    .sort((a, b) => a.wave - b.wave)
    // Nothing is asked offline: the clients are never used.
    .map((site) => ({ site, down: undefined }) as unknown as Centre);
  const management = centres.find(({ site }) => site.role === 'management') as Centre;
  const session: Session = {
    ctx,
    folder: { ...folder, problems },
    kubeconfig: '',
    stateDir,
    centres,
    management,
    live,
    sites: new Map(),
    tenants: tenantChanges(folder, live.tenants),
    options,
  };
  return planOffline(session, record);
}
