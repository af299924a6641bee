import { setImmediate } from 'node:timers/promises';
import { formatMoney, parseMoney } from '../../core/decide/price.ts';
import { exitCodes, isAppError } from '../../core/errors.ts';
import { planTenants } from '../../core/plan/tenants.ts';
import type { TenantPlan, TenantsPlan } from '../../core/plan/types.ts';
import type { KubeObject } from '../../kube/types.ts';
import { comparePlatform, type PlatformChanges, planPlatform } from '../../stacks/centre.ts';
import { diffPaths, type PathDiff } from '../view/diff.ts';
import { type Centre, eachAtMost } from './centres.ts';
import { type CentrePlan, type DepartmentPlan, hasChanges, type PlanDocument } from './document.ts';
import { refOfManifest } from './folder.ts';
import { lookUpIn, type SeenState, type SiteState } from './live.ts';
import { heldBack } from './reading.ts';
import { type PlanRecord, readPlanRecord, writePlanRecord } from './record.ts';
import { type Session, stackOf } from './session.ts';
import { departmentChanges, foreignTenants, refuseForeign, type TenantChanges } from './sets.ts';

/** Previews that run at once, all of a usual cloud: each is two processes and most of a core for two seconds. */
const previewsAtOnce = 4;

/** How far a plan is, per centre. */
export type OnCentre = (name: string, plan: CentrePlan | undefined) => void;

/**
 * What `up` would do, against the centres as they are now. A centre that does not answer is named and stops no other; the
 * management centre's last known state is used when it is the one. Remembers what it saw.
 * @throws policy `owned-by-other-set`
 */
export async function planOnline(session: Session, onCentre: OnCentre): Promise<PlanDocument> {
  const begun = session.ctx.now();
  // The centres look at their platform while the tenants are planned here.
  const looking = heldBack(planCentres(session, onCentre));
  const [sites, departments] = await Promise.all([readSites(session), planDepartments(session)]);
  const { stateDir, management, live } = session;
  const answered = management.down === undefined;
  const record = answered ? undefined : readPlanRecord(stateDir);
  const remembered = answered ? writePlanRecord(stateDir, { at: session.ctx.now(), live, sites }) : undefined;
  // Planning gives no way to what runs beside it: the questions go out first.
  await setImmediate();
  const tenants = planOf({ ...session, live: record?.live ?? live }, sites, begun);
  const [platform] = await Promise.all([looking, remembered]);
  return document(session, { platform, departments, tenants, recordedAt: record?.at, begun });
}

/** What `up` would do by what the last online plan and installation recorded; asks no centre. */
export function planOffline(session: Session, record: PlanRecord | undefined): PlanDocument {
  const begun = session.ctx.now();
  const platform = session.centres.map((centre) => recorded(session, centre));
  const sites = new Map(Object.entries(record?.sites ?? {}).map(([name, { state }]) => [name, state]));
  const tenants = planOf(session, sites, begun);
  const departments = departmentsOf(session, departmentChanges(session.folder, session.live.departments, true), [
    session.management.site.name,
  ]);
  return document(session, { platform, departments, tenants, recordedAt: record?.at, begun });
}

function recorded(session: Session, centre: Centre): CentrePlan {
  const { changes, at } = comparePlatform(stackOf(session, centre));
  const known = at === undefined ? {} : { knownAt: new Date(at).toISOString() };
  return {
    name: centre.site.name,
    role: centre.site.role,
    state: 'recorded',
    changes,
    drifted: [],
    warnings: [],
    ...known,
  };
}

async function planCentres(session: Session, onCentre: OnCentre): Promise<CentrePlan[]> {
  const results = await eachAtMost(session.centres, previewsAtOnce, async (centre) => {
    onCentre(centre.site.name, undefined);
    const plan = await planCentre(session, centre);
    onCentre(centre.site.name, plan);
    return plan;
  });
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function planCentre(session: Session, centre: Centre): Promise<CentrePlan> {
  const base = { name: centre.site.name, role: centre.site.role, changes: [], drifted: [], warnings: [] };
  if (centre.down !== undefined) return { ...base, state: 'unreachable', message: centre.down.message };
  try {
    const planned: PlatformChanges = await planPlatform(stackOf(session, centre));
    const { changes, drifted, warnings } = planned;
    return { ...base, state: 'planned', changes, drifted, warnings };
  } catch (error) {
    // Without the engine there is no plan at any centre; that is one mistake, not four.
    if (!isAppError(error) || error.code === 'engine-missing' || error.kind === 'bug') throw error;
    const state = error.kind === 'unreachable' || error.kind === 'timeout' ? 'unreachable' : 'failed';
    return { ...base, state, message: error.message };
  }
}

async function readSites({ sites }: Session): Promise<Map<string, SeenState>> {
  return new Map(await Promise.all([...sites].map(async ([name, read]) => [name, (await read).state] as const)));
}

async function planDepartments(session: Session): Promise<DepartmentPlan[]> {
  const up = session.centres.filter((centre) => centre.down === undefined);
  const perCentre = await Promise.all(
    up.map(async ({ site: { name, role } }) => {
      const management = role === 'management';
      const live = management ? session.live.departments : (await session.sites.get(name))?.departments;
      const changes = departmentChanges(session.folder, live ?? [], management);
      refuseForeign([changes]);
      return departmentsOf(session, changes, [name]);
    }),
  );
  const merged = new Map<string, DepartmentPlan>();
  for (const plan of perCentre.flat()) {
    const known = merged.get(plan.name);
    merged.set(plan.name, known === undefined ? plan : { ...known, centres: [...known.centres, ...plan.centres] });
  }
  return [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function departmentsOf(
  session: Session,
  changes: ReturnType<typeof departmentChanges>,
  centres: readonly string[],
): DepartmentPlan[] {
  const displayNames = new Map(
    session.folder.departments.map(({ object }) => [object.metadata.name, object.spec.displayName]),
  );
  const planOne = (name: string, change: 'create' | 'update', before: unknown, after: unknown): DepartmentPlan => ({
    name,
    displayName: displayNames.get(name) ?? name,
    change,
    fields: change === 'create' ? [] : diffPaths(before, after),
    centres,
  });
  return [
    ...changes.create.map((object) => planOne(object.metadata.name, 'create', undefined, object['spec'])),
    ...changes.update.map(({ wanted, live }) => planOne(wanted.metadata.name, 'update', live['spec'], wanted['spec'])),
  ];
}

function planOf(session: Session, sites: ReadonlyMap<string, SiteState>, nowMs: number): TenantsPlan {
  const { folder, live, centres, tenants } = session;
  const named = new Set(folder.departments.map(({ object }) => object.metadata.name));
  const foreign = new Set(foreignTenants(tenants));
  const wanted = folder.tenants.filter(({ object }) => !foreign.has(refOfManifest(object)));
  const lookUps = new Map([...sites].map(([name, state]) => [name, lookUpIn(state)]));
  return planTenants({
    cloud: folder.cloud,
    departments: [
      ...folder.departments.map(({ object }) => ({ code: object.metadata.name, spec: object.spec })),
      ...live.departments
        .filter((department) => !named.has(department.metadata.name))
        .map((department) => ({ code: department.metadata.name, spec: department.spec })),
    ],
    wanted: wanted.map(({ object }) => {
      const [department = '', name = ''] = refOfManifest(object).split('/');
      return { department, name, spec: object.spec };
    }),
    removed: tenants.flatMap(({ prune }) => prune.map((object) => refOfManifest(object))),
    live: live.tenants,
    approvals: live.approvals,
    grants: live.grants,
    claims: live.claims,
    sites: centres
      .filter(({ site }) => site.role !== 'management')
      .map(({ site, down }) => ({ name: site.name, spec: site, reachable: down === undefined })),
    lookUp: (site) => lookUps.get(site),
    nowMs,
  });
}

interface Parts {
  readonly platform: readonly CentrePlan[];
  readonly departments: readonly DepartmentPlan[];
  readonly tenants: TenantsPlan;
  readonly recordedAt: number | undefined;
  readonly begun: number;
}

function document(session: Session, { platform, departments, tenants, recordedAt, begun }: Parts): PlanDocument {
  const { folder, live, ctx } = session;
  const updates = new Map(
    session.tenants.flatMap(({ update }) => update.map((one) => [refOfManifest(one.wanted), one] as const)),
  );
  const touched = tenants.tenants.map((tenant) => withFields(tenant, updates.get(tenant.ref))).filter(isTouched);
  const count = (change: TenantPlan['change']) => touched.filter((tenant) => tenant.change === change).length;
  const named = new Set(folder.departments.map(({ object }) => object.metadata.name));
  const plan = {
    apiVersion: 'jinhong.dev/v1alpha1' as const,
    kind: 'Plan' as const,
    ...(recordedAt === undefined ? {} : { recordedAt: new Date(recordedAt).toISOString() }),
    centres: platform,
    departments,
    departmentsKept: live.departments
      .map(({ metadata }) => metadata.name)
      .filter((name) => !named.has(name))
      .sort(),
    tenants: touched,
    tenantsUnchanged: tenants.tenants.length - touched.length,
    tenantsForeign: foreignTenants(session.tenants),
    allowances: tenants.allowances,
    capacities: tenants.capacities,
    price: {
      before: total(tenants.tenants.map((tenant) => tenant.priceBefore)),
      after: total(tenants.tenants.map((tenant) => tenant.priceAfter)),
      currency: folder.cloud.prices.currency,
    },
    totals: {
      create: count('create'),
      update: count('update'),
      remove: count('remove'),
      platform: platform.reduce((sum, centre) => sum + centre.changes.length, 0),
    },
    warnings: folder.problems.map(
      (problem) => `${problem.file}:${problem.line} ${problem.rule}: ${problem.text[ctx.lang]}`,
    ),
  };
  return { ...plan, ...outcome(plan), timings: { totalMs: Math.max(0, ctx.now() - begun) } };
}

function outcome(
  plan: Pick<PlanDocument, 'centres' | 'departments' | 'tenants' | 'tenantsForeign'>,
): Pick<PlanDocument, 'exitCode' | 'reason'> {
  if (plan.centres.some(({ state }) => state === 'unreachable')) {
    return { exitCode: exitCodes.unreachable, reason: 'SiteUnreachable' };
  }
  if (plan.centres.some(({ state }) => state === 'failed')) return { exitCode: exitCodes.error, reason: 'SiteFailed' };
  if (plan.tenantsForeign.length > 0) return { exitCode: exitCodes.refused, reason: 'OwnedByOtherSet' };
  if (hasChanges(plan)) return { exitCode: exitCodes.changesPending, reason: 'ChangesPending' };
  return { exitCode: exitCodes.done, reason: 'NoChanges' };
}

/** The request's own difference. A tenant that only joins the folder's set changes by its label. */
function withFields(
  tenant: TenantPlan,
  found: TenantChanges['update'][number] | undefined,
): TenantPlan & { readonly fields: readonly PathDiff[] } {
  if (found === undefined || tenant.change === 'remove') return { ...tenant, fields: [] };
  const part = ({ metadata: { labels, annotations }, spec }: KubeObject) => ({
    metadata: { labels, annotations },
    spec,
  });
  return { ...tenant, change: 'update', fields: diffPaths(part(found.live), part(found.wanted)) };
}

function isTouched(tenant: TenantPlan): boolean {
  return tenant.change !== 'none' || tenant.decides || tenant.sites.some(({ objects }) => objects.length > 0);
}

function total(amounts: readonly (string | undefined)[]): string {
  return formatMoney(amounts.reduce((sum, amount) => sum + parseMoney(amount ?? '0'), 0n));
}
