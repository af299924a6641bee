import type { GrantedEnvironment } from '../model/grant.ts';
import type { Tenant } from '../model/kinds.ts';
import type { Reason } from '../model/reasons.ts';
import { type AllowanceOverrun, allowanceOverruns, reviewersOf } from './allowance.ts';
import { civilDate } from './calendar.ts';
import type { CapacityOverrun } from './capacity.ts';
import { type Current, placesOf } from './change.ts';
import { type ApprovalState, formatMisfits, type PartRefusal, refusals } from './envelope.ts';
import { type Asked, expandTenant, type Problem } from './expand.ts';
import { hostnameProblems } from './hostnames.ts';
import type { Entry } from './ledger.ts';
import { lastDay } from './lifecycle.ts';
import { hasCopy, hasStandby, type Placement, type Places, place } from './placement.ts';
import { formatAmount, raisedFields } from './quota-math.ts';
import type { TenantView, Wait, World } from './types.ts';

/** Why something is not granted, and who has to act. */
export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  readonly stalled: boolean;
  readonly waits: readonly Wait[];
}

/** The request resolved, with all that the department has to correct in it. Pure. */
export function understand(view: TenantView, tenant: Tenant, current: Current | undefined, world: World): Asked {
  const { tree, ownerOf, cloud } = world;
  const node = tree.nodes.get(view.department);
  const asked = expandTenant(tenant.spec, node?.spec, cloud);
  const has = new Set((current?.environments ?? []).flatMap(({ hostnames }) => hostnames ?? []));
  const fresh = asked.environments.flatMap(({ hostnames }) => hostnames ?? []).filter((name) => !has.has(name));
  const key = `${view.department}/${view.name}`;
  const problems: Problem[] = [
    ...asked.problems,
    ...hostnameProblems(fresh, key, node?.spec.domain, { ownerOf, cloud }),
  ];
  const broken = tree.problems.find(({ code }) => code === view.department);
  if (node === undefined) problems.unshift({ reason: 'UnknownDepartment', message: view.department });
  if (broken !== undefined) {
    problems.unshift({ reason: 'DepartmentBroken', message: `${broken.problem}: ${broken.parent}` });
  }
  const names = new Set([...asked.environments, ...(current?.environments ?? [])].map(({ name }) => name));
  if (names.size > 16) problems.push({ reason: 'TooManyRetiring', message: `${names.size} of 16` });
  return { ...asked, problems };
}

/** The refusal for mistakes that the department has to correct. Pure. */
export function correctionOf(problems: readonly Problem[], owner: string): Refusal {
  const message = problems.map(({ reason, message: what }) => `${reason}: ${what}`).join('; ');
  const reason = problems[0]?.reason ?? 'UnknownPreset';
  return { reason, message, stalled: true, waits: [{ part: 'correction', group: owner }] };
}

const reasonOf: Record<PartRefusal['why'], Reason> = {
  rejected: 'Rejected',
  samePerson: 'SamePerson',
  missing: 'WaitingForApproval',
  ended: 'ApprovalEnded',
  priceList: 'PriceListChanged',
  ceiling: 'OverCeiling',
  outside: 'OutsideEnvelope',
};
const order = Object.keys(reasonOf) as PartRefusal['why'][];

/** What keeps reviewers' decisions from covering a request; undefined: they do. Pure. */
export function approvalRefusal(
  view: TenantView & { readonly tenant: Tenant },
  approvals: ApprovalState,
  environments: readonly GrantedEnvironment[],
  world: World,
): Refusal | undefined {
  const { tree, cloud, nowMs } = world;
  const { spec } = view.tenant;
  const owner: Wait = { part: 'correction', group: spec.contacts.owner };
  const today = civilDate(nowMs, cloud.utcOffset);
  if (spec.class !== 'production') {
    const end = lastDay({ until: spec.until, approvals });
    if (end === undefined || end < today) {
      return { reason: 'Ended', message: end ?? '', stalled: true, waits: [owner] };
    }
  }
  const domain = tree.nodes.get(view.department)?.spec.domain;
  const list = refusals(approvals, { class: spec.class, environments, domain }, cloud, today);
  const [worst] = [...list].sort((a, b) => order.indexOf(a.why) - order.indexOf(b.why));
  if (worst === undefined) return undefined;
  const message = list.map((refusal) => `${refusal.part}: ${describe(refusal, approvals)}`).join('; ');
  if (worst.why === 'rejected') return { reason: 'Rejected', message, stalled: true, waits: [owner] };
  const waits = list.map(({ part }): Wait => ({ part, group: reviewerFor(view, part, world) }));
  return { reason: reasonOf[worst.why], message, stalled: false, waits };
}

function describe({ part, why, misfits }: PartRefusal, approvals: ApprovalState): string {
  const { current, rejection } = approvals[part];
  if (why === 'rejected') {
    const said = rejection?.spec.reason;
    return `${rejection?.spec.decidedBy ?? ''}${said === undefined || said === '' ? '' : ` (${said})`}`;
  }
  if (why === 'samePerson') return current?.spec.decidedBy ?? '';
  return misfits.length > 0 ? formatMisfits(misfits) : 'no approval';
}

/** The group that decides a part for the tenant's department; the platform's where nobody is named. Pure. */
export function reviewerFor(view: Pick<TenantView, 'department'>, part: 'project' | 'funds', world: World): string {
  return reviewersOf(world.tree, view.department, part)[0] ?? world.cloud.groups.platform;
}

/** Where the tenant goes, or why there is no room; `entryAt` says what it would hold with all on its way out. Pure. */
export function findRoom(
  view: TenantView,
  wanted: readonly GrantedEnvironment[],
  entryAt: (places: Places) => Entry | undefined,
  world: World,
): { readonly places: Places } | { readonly refusal: Refusal } {
  const tenant = `${view.department}/${view.name}`;
  const { ledger, tree, sites, cloud } = world;
  const needs = {
    standby: wanted.some(({ tier }) => hasStandby(tier, cloud)),
    copy: wanted.some(({ tier }) => hasCopy(tier, cloud)),
  };
  const existing = placesOf(view.existing);
  const entry = entryAt({ ...existing, active: existing.active ?? anySite });
  const fields = raisedFields(ledger.get(tenant)?.total ?? {}, entry?.total ?? {});
  const over = ledger.try(tenant, entry, (after) =>
    allowanceOverruns(tree, (code) => after.own(code), view.department, fields),
  );
  if (over.length > 0) return { refusal: allowanceRefusal(over, world) };
  const placement = place({ tenant, needs, entryAt, existing, sites, ledger });
  return placement.places === undefined ? { refusal: capacityRefusal(placement, world) } : { places: placement.places };
}

/** Stands for the primary while only the sum counts; no site can have this name. */
const anySite = '*';

function allowanceRefusal(over: readonly AllowanceOverrun[], world: World): Refusal {
  const parts = over.map(({ department, field, asked, allowed }) => {
    return `${department} ${field}: ${formatAmount(field, asked)} of ${formatAmount(field, allowed)}`;
  });
  const { tree, cloud } = world;
  const parent = tree.nodes.get(over[0]?.department ?? '')?.ancestors[0];
  const group = (parent === undefined ? undefined : reviewersOf(tree, parent, 'project')[0]) ?? cloud.groups.platform;
  return {
    reason: 'AllowanceExceeded',
    message: parts.join('; '),
    stalled: false,
    waits: [{ part: 'allowance', group }],
  };
}

function capacityRefusal(placement: Extract<Placement, { places: undefined }>, { cloud }: World): Refusal {
  const waits: Wait[] = [{ part: 'capacity', group: cloud.groups.platform }];
  if (placement.missing !== undefined) {
    return { reason: 'NoSite', message: placement.missing, stalled: false, waits };
  }
  const message = placement.overruns.map(capacityText).join('; ');
  return { reason: 'CapacityExceeded', message, stalled: false, waits };
}

function capacityText({ site, field, asked, allowed, unnamed }: CapacityOverrun): string {
  const of = unnamed ? 'its capacity does not name it' : `of ${formatAmount(field, allowed)}`;
  return `${site} ${field}: ${formatAmount(field, asked)} ${of}`;
}
