import type { TenantClass } from '../model/fields.ts';
import type { GrantedEnvironment } from '../model/grant.ts';
import type { Tenant } from '../model/kinds.ts';
import { type Assembled, assemble, type PlannedGrant } from './assemble.ts';
import {
  type Current,
  compareRequest,
  currentOf,
  type ExistingGrant,
  isBehind,
  isProtectedRemoval,
  leadingGrant,
  placesOf,
} from './change.ts';
import { type ApprovalState, allowsRemoval, endOfApprovals, readApprovals } from './envelope.ts';
import type { Asked } from './expand.ts';
import { entryOf } from './ledger.ts';
import { endWarning, type Life, type LifeInput, lifeOf, nextLifeMs, nextWarningMs, retainMs } from './lifecycle.ts';
import { hasCopy, hasStandby, type Places } from './placement.ts';
import { priceOf } from './price.ts';
import { approvalRefusal, correctionOf, findRoom, type Refusal, reviewerFor, understand } from './request.ts';
import type { Decided, TenantView, Verdict, World } from './types.ts';
import { outcomeOf, quiet, stateOfGrants, type Target } from './verdict.ts';

/**
 * Decides about one tenant.
 *
 * Scenario: a tenant runs with 8 cores and asks for 12, and for one member less. The member goes at once, because a
 * lower is never kept waiting; the 12 cores wait until both approvals, the allowance and the centres' capacity cover
 * them, and meanwhile the 8 stay. Asked for 6 instead, it has 6 at once. Asked for nothing (deleted), its Grants say
 * `Retiring` with a date, and until then the same request takes everything back. Time is part of the input, so the same
 * input always gives the same decision, and deciding about its own result changes nothing. Pure.
 */
export function decideTenant(view: TenantView, world: World): Decided {
  const behind = view.existing.filter(isBehind).map(({ site }) => site);
  if (behind.length > 0) return stay(view, world, behind);
  if (view.tenant === undefined) return decideGone(view, world);
  return decidePresent({ ...view, tenant: view.tenant }, world);
}

/** A Grant as a decision that changes nothing: without its number, or it would look like another one. */
function asItIs({ site, spec: { decision: _, ...spec } }: ExistingGrant): PlannedGrant {
  return { site, spec };
}

/** Nothing changes while a centre knows more than the management centre: any decision could be a step back. */
function stay(view: TenantView, world: World, sites: readonly string[]): Decided {
  const grants = view.existing.map(asItIs);
  const verdict: Verdict = {
    ...quiet,
    state: stateOfGrants(view),
    granted: false,
    reason: 'ManagementBehind',
    message: `${[...sites].sort().join(', ')}; jinhong recover`,
    waits: [{ part: 'site', group: world.cloud.groups.platform }],
  };
  const rest = { finished: [], finalizer: true, nextCheckMs: undefined };
  return { ...finish({ grants, finished: [] }), ...rest, verdict: view.tenant === undefined ? undefined : verdict };
}

/**
 * A request that is gone. Only what was on its way out goes on; Grants that nobody ever retired stay, because an absence
 * decides nothing.
 */
function decideGone(view: TenantView, world: World): Decided {
  const leading = leadingGrant(view.existing);
  if (leading === undefined) return { ...finish({ grants: [], finished: [] }), finalizer: false, verdict: undefined };
  const { spec } = leading;
  if (spec.state !== 'Retiring' && spec.state !== 'Removed') {
    const grants = view.existing.map(asItIs);
    return { ...finish({ grants, finished: [] }), finalizer: false, verdict: undefined, nextCheckMs: undefined };
  }
  const assembled = assemble({
    common: { ...spec, state: 'Active' },
    environments: [],
    places: {},
    existing: view.existing,
    cloud: world.cloud,
    nowMs: world.nowMs,
    removeAfterMs: world.nowMs + retainMs(spec.class, world.cloud),
  });
  return { ...finish(assembled, world.nowMs), finalizer: false, verdict: undefined };
}

type Present = TenantView & { readonly tenant: Tenant };

/** What is read off the input before anything is decided. */
interface Facts {
  readonly view: Present;
  readonly world: World;
  readonly current: Current | undefined;
  /** As it was granted; else as it is asked. */
  readonly class: TenantClass;
  readonly approvals: ApprovalState;
  readonly life: LifeInput;
  readonly phase: Life;
  readonly asked: Asked;
}

function readFacts(view: Present, world: World): Facts {
  const { tenant, existing } = view;
  const current = currentOf(existing);
  const approvals = readApprovals(view.approvals, view.name, tenant.metadata.generation ?? 1);
  const tenantClass = current?.class ?? tenant.spec.class;
  const life: LifeInput = {
    class: tenantClass,
    until: tenant.spec.until,
    approvals,
    granted: existing.length > 0,
    cloud: world.cloud,
    nowMs: world.nowMs,
  };
  const asked = understand(view, tenant, current, world);
  return { view, world, current, class: tenantClass, approvals, life, phase: lifeOf(life), asked };
}

function decidePresent(view: Present, world: World): Decided {
  const facts = readFacts(view, world);
  const { approvals, phase, current } = facts;
  const leaves = view.tenant.metadata.deletionTimestamp !== undefined;
  const mayLeave = facts.class !== 'production' || view.existing.length === 0 || allowsRemoval(approvals, [], true);
  const gone = leaves && mayLeave;
  const target =
    gone || phase.phase === 'retire'
      ? nothing
      : leaves
        ? keepAll(view, current, waitForRemoval(view, current?.environments ?? [], world))
        : targetOf(facts);
  const assembled = draft(facts, target);
  const until = endOfApprovals(approvals);
  const warned = until !== undefined && assembled.grants.length > 0;
  const verdict: Verdict = {
    ...outcomeOf({ view, phase, target, assembled, approvals }, world),
    warning: warned ? endWarning(until, world.cloud, world.nowMs) : undefined,
    priceFen: facts.asked.problems.length > 0 ? undefined : priceOf(facts.asked.environments, world.cloud),
  };
  const times = [
    nextLifeMs(facts.life),
    until === undefined ? undefined : nextWarningMs(until, world.cloud, world.nowMs),
  ];
  return { ...finish(assembled, world.nowMs, times), finalizer: !gone && assembled.grants.length > 0, verdict };
}

/** The Grants that a target comes to. */
function draft(facts: Facts, target: Pick<Target, 'environments' | 'places' | 'asAsked'>): Assembled {
  const { view, world, current, phase } = facts;
  const { tenant, existing } = view;
  const node = world.tree.nodes.get(view.department);
  const leading = leadingGrant(existing)?.spec;
  return assemble({
    common: {
      tenant: {
        department: view.department,
        name: view.name,
        displayName: tenant.spec.displayName,
        ancestors: node === undefined ? (leading?.tenant.ancestors ?? []) : [...node.ancestors],
        uid: tenant.metadata.uid,
        generation: target.asAsked ? (tenant.metadata.generation ?? 1) : (current?.generation ?? 1),
      },
      class: target.asAsked ? tenant.spec.class : facts.class,
      members: node === undefined ? (leading?.members ?? []) : facts.asked.members,
      state: phase.phase === 'frozen' ? 'Frozen' : 'Active',
      epoch: Math.max(1, ...existing.map(({ spec }) => spec.epoch)),
    },
    environments: target.environments,
    places: target.places,
    existing,
    cloud: world.cloud,
    nowMs: world.nowMs,
    removeAfterMs: phase.phase === 'retire' ? phase.removeAfterMs : world.nowMs + retainMs(facts.class, world.cloud),
  });
}

const nothing: Target = { environments: [], places: {}, asAsked: false, refusal: undefined, blocking: [] };

function targetOf(facts: Facts): Target {
  const { view, world, current, approvals, asked, phase } = facts;
  if (asked.problems.length > 0) {
    return keepAll(view, current, correctionOf(asked.problems, view.tenant.spec.contacts.owner));
  }
  const change = compareRequest(current, asked.environments, world.cloud);
  const guarded = change.leftOut.filter(
    (environment) =>
      environment.state === 'Active' &&
      isProtectedRemoval(facts.class, environment, world.cloud) &&
      !allowsRemoval(approvals, [environment.name], false),
  );
  const blocked = guarded.length === 0 ? undefined : waitForRemoval(view, guarded, world);
  const wanted = [...asked.environments, ...guarded];
  const places = placesOf(view.existing);
  const whole: Target = {
    environments: wanted,
    places,
    asAsked: blocked === undefined,
    refusal: blocked,
    blocking: guarded.map(({ name }) => name),
  };
  const raises = change.raises || (current !== undefined && current.class !== view.tenant.spec.class);
  const less: Target = { ...whole, environments: [...change.lowered, ...guarded], asAsked: false };
  if (raises && phase.phase === 'frozen') return less;
  const refused = raises ? approvalRefusal(view, approvals, wanted, world) : undefined;
  if (refused !== undefined) return { ...less, refusal: join(refused, blocked) };
  if (!raises && !needsPlace(wanted, places, world)) return whole;
  const entryAt = (at: Places) => entryOf(draft(facts, { ...whole, places: at }).grants);
  const room = findRoom(view, wanted, entryAt, world);
  if ('places' in room) return { ...whole, places: room.places };
  // Without a raise the request holds where the tenant is; only the further place waits.
  return { ...(raises ? less : whole), asAsked: false, refusal: join(room.refusal, blocked) };
}

/** Whether a protection tier asks for a centre that the tenant is not at yet. */
function needsPlace(environments: readonly GrantedEnvironment[], places: Places, { cloud }: World): boolean {
  const missing = (at: string | undefined, has: typeof hasStandby) =>
    at === undefined && environments.some(({ tier }) => has(tier, cloud));
  return (
    environments.length > 0 &&
    (places.active === undefined || missing(places.standby, hasStandby) || missing(places.copy, hasCopy))
  );
}

/** All that is there stays as it is; what is on its way out goes on. */
function keepAll(view: TenantView, current: Current | undefined, refusal: Refusal): Target {
  const taken = leadingGrant(view.existing)?.spec.state === 'Retiring';
  const environments = taken ? [] : (current?.environments ?? []).filter(({ state }) => state === 'Active');
  return { environments, places: placesOf(view.existing), asAsked: false, refusal, blocking: [] };
}

function waitForRemoval(view: Present, environments: readonly { readonly name: string }[], world: World): Refusal {
  return {
    reason: 'WaitingForRemovalApproval',
    message: environments.map(({ name }) => name).join(', '),
    stalled: false,
    waits: [{ part: 'removal', group: reviewerFor(view, 'project', world) }],
  };
}

function join(first: Refusal, second: Refusal | undefined): Refusal {
  if (second === undefined) return first;
  return {
    ...first,
    message: `${first.message}; ${second.reason}: ${second.message}`,
    waits: [...first.waits, ...second.waits],
  };
}

/** What follows from the Grants alone: hostnames, what is held, and the next date of a removal. */
function finish(assembled: Assembled, nowMs = 0, times: readonly (number | undefined)[] = []) {
  const { grants, finished } = assembled;
  const leading = grants.find(({ spec }) => spec.role === 'active') ?? grants[0];
  const claims = new Map<string, string>();
  for (const { name, hostnames } of leading?.spec.environments ?? []) {
    for (const hostname of hostnames ?? []) claims.set(hostname, name);
  }
  // A date in the past is of what became `Retiring` just now; the next decision goes on with it.
  const removals = grants.flatMap(({ spec }) => nextDates(spec)).map((date) => Math.max(Date.parse(date), nowMs));
  const all = [...times, ...removals].filter((atMs) => atMs !== undefined);
  return {
    grants,
    finished,
    claims,
    entry: entryOf(grants),
    nextCheckMs: all.length === 0 ? undefined : Math.min(...all),
  };
}

/** Dates at which the next step of a removal is due; once a whole Grant goes, its own date is the only one. */
function nextDates({ state, removeAfter, environments }: PlannedGrant['spec']): string[] {
  const going = [{ state, removeAfter }, ...(state === 'Active' || state === 'Frozen' ? environments : [])];
  return going.flatMap((one) => (one.state === 'Retiring' && one.removeAfter !== undefined ? [one.removeAfter] : []));
}
