import type { Cloud } from '../model/cloud.ts';
import type { Condition } from '../model/fields.ts';
import type { Reason } from '../model/reasons.ts';
import type { TenantStatus, Waiting } from '../model/tenant.ts';
import { isoTime } from './assemble.ts';
import { addDays, addWorkingDays, civilDate, startOfDayMs } from './calendar.ts';
import { type ExistingGrant, hasReported, leadingGrant } from './change.ts';
import { sumOf } from './ledger.ts';
import { formatMoney } from './price.ts';
import { formatQuota } from './quota-math.ts';
import type { Verdict, Wait } from './types.ts';

/** How a site is heard. */
export interface SiteContact {
  readonly name: string;
  readonly reachable: boolean;
  /** When its heartbeat was last renewed; undefined: never. */
  readonly lastContact: string | undefined;
}

export interface StatusInput {
  readonly verdict: Verdict;
  /** As they are after the decision was written. */
  readonly grants: readonly ExistingGrant[];
  readonly sites: readonly SiteContact[];
  readonly previous: TenantStatus | undefined;
  /** `metadata.generation` of the Tenant. */
  readonly generation: number;
  readonly cloud: Cloud;
  readonly nowMs: number;
}

/**
 * The status of a Tenant. Ready is True only when every site with a Grant has reported this decision and epoch and says
 * so; False when one says that it cannot, Unknown when one is silent or has not reported. Nothing in it changes with time
 * alone but the warnings about an approval's end, on the days they are due. The same input gives the same status, and
 * its own result as `previous` changes nothing. Pure.
 */
export function composeStatus(input: StatusInput): TenantStatus {
  const { verdict, grants, previous, generation, cloud, nowMs } = input;
  const sites = [...grants].sort((a, b) => (a.site < b.site ? -1 : 1)).map((grant) => siteEntry(grant, input.sites));
  const waits = waitsOf(verdict, sites, input);
  const waitingFor = waits.map((wait) => clocked(wait, previous, cloud, nowMs));
  const leading = leadingGrant(grants)?.spec;
  const active = leading?.environments.filter(({ state }) => state === 'Active') ?? [];
  const conditions = conditionsOf(input, sites, waitingFor);
  return {
    observedGeneration: generation,
    state: verdict.state,
    conditions: withTimes(conditions, previous?.conditions ?? [], generation, nowMs),
    ...(waitingFor.length > 0 ? { waitingFor: waitingFor.map(({ wait }) => wait) } : {}),
    ...(sites.length > 0 ? { sites } : {}),
    ...(leading === undefined ? {} : { granted: formatQuota(sumOf(active)) }),
    ...(leading === undefined ? {} : { grantedGeneration: leading.tenant.generation }),
    ...(verdict.priceFen === undefined ? {} : { pricePerMonth: formatMoney(verdict.priceFen) }),
    ...(verdict.priceFen === undefined ? {} : { priceList: cloud.prices.version }),
    ...(leading?.removeAfter === undefined || verdict.state !== 'Retiring' ? {} : { removeAfter: leading.removeAfter }),
    ...(verdict.blocking.length > 0 ? { blocking: [...verdict.blocking] } : {}),
  };
}

type SiteEntry = NonNullable<TenantStatus['sites']>[number];

function siteEntry(grant: ExistingGrant, contacts: readonly SiteContact[]): SiteEntry {
  const { site, spec, status } = grant;
  const base = { name: site, role: spec.role, epoch: spec.epoch };
  const contact = contacts.find(({ name }) => name === site);
  if (contact?.reachable !== true) {
    const reason: Reason = contact?.lastContact === undefined ? 'NeverContacted' : 'SiteSilent';
    return { ...base, ready: 'Unknown', reason };
  }
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  if (!hasReported(grant) || ready === undefined) {
    // A site that refuses the decision, or is stuck before it, says so without having taken it.
    const stuck = status?.conditions.some(({ type, status: value }) => type === 'Stalled' && value === 'True');
    const refuses = ready?.status === 'False' && stuck === true;
    return refuses ? told(base, ready) : { ...base, ready: 'Unknown', reason: 'NotReported' satisfies Reason };
  }
  return told(base, ready);
}

function told(base: Pick<SiteEntry, 'name' | 'role' | 'epoch'>, ready: Condition): SiteEntry {
  const message = cut(ready.message, 1024);
  return { ...base, ready: ready.status, reason: ready.reason, ...(message === '' ? {} : { message }) };
}

function waitsOf(verdict: Verdict, sites: readonly SiteEntry[], { cloud }: StatusInput): Wait[] {
  const silent = sites.some(
    ({ ready, reason }) => ready === 'False' || reason === 'SiteSilent' || reason === 'NeverContacted',
  );
  const site: Wait[] = silent ? [{ part: 'site', group: cloud.groups.onCall }] : [];
  const all = [...verdict.waits, ...site];
  return all.filter((wait, index) => all.findIndex(({ part }) => part === wait.part) === index).slice(0, 8);
}

interface Clocked {
  readonly wait: Waiting;
  /** Year without a table of days off, so that there is no due date. */
  readonly noTableFor: string | undefined;
}

/** Since when and until when; `since` stays while the same group has the same thing to do. */
function clocked(wait: Wait, previous: TenantStatus | undefined, cloud: Cloud, nowMs: number): Clocked {
  const before = previous?.waitingFor?.find(({ part, group }) => part === wait.part && group === wait.group);
  const since = before?.since ?? isoTime(nowMs);
  const days = {
    project: cloud.decisionDays.project,
    removal: cloud.decisionDays.project,
    funds: cloud.decisionDays.funds,
  };
  const count = wait.part in days ? days[wait.part as keyof typeof days] : undefined;
  if (count === undefined) return { wait: { ...wait, since }, noTableFor: undefined };
  const due = addWorkingDays(civilDate(Date.parse(since), cloud.utcOffset), count, cloud);
  if ('noTableFor' in due) return { wait: { ...wait, since }, noTableFor: due.noTableFor };
  return { wait: { ...wait, since, due: due.date }, noTableFor: undefined };
}

/** When a due date passes next, epoch milliseconds; undefined: none is open. Pure. */
export function nextDueMs(status: TenantStatus, cloud: Pick<Cloud, 'utcOffset'>, nowMs: number): number | undefined {
  const ends = (status.waitingFor ?? []).flatMap(({ due }) =>
    due === undefined ? [] : [startOfDayMs(addDays(due, 1), cloud.utcOffset)],
  );
  return ends.filter((atMs) => atMs > nowMs).sort((a, b) => a - b)[0];
}

type Wish = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function conditionsOf(input: StatusInput, sites: readonly SiteEntry[], waiting: readonly Clocked[]): Wish[] {
  const { verdict, cloud, nowMs } = input;
  const noTable = waiting.flatMap(({ noTableFor }) => noTableFor ?? [])[0];
  const message = noTable === undefined ? verdict.message : `${verdict.message}; no table for ${noTable}`;
  const today = civilDate(nowMs, cloud.utcOffset);
  const late = waiting.filter(({ wait }) => wait.due !== undefined && wait.due < today);
  const unreported = sites.filter(({ reason }) => reason === 'NotReported');
  const under = !verdict.stalled && (verdict.waits.length > 0 || unreported.length > 0);
  const wishes: Wish[] = [
    readyOf(input, sites),
    wish('Approved', verdict.granted, verdict.reason, message),
    wish('Stalled', verdict.stalled, verdict.stalled ? verdict.reason : 'NothingToDo', verdict.stalled ? message : ''),
    unreported.length > 0
      ? wish('Reconciling', under, 'WaitingForSites', unreported.map(({ name }) => name).join(', '))
      : wish('Reconciling', under, under ? verdict.reason : 'NothingToDo', ''),
  ];
  if (late.length > 0) {
    wishes.push(
      wish('Overdue', true, 'Overdue', late.map(({ wait }) => `${wait.part} ${wait.group} ${wait.due}`).join('; ')),
    );
  }
  if (verdict.warning !== undefined) {
    const ended = verdict.warning.type === 'ApprovalExpired';
    wishes.push(wish(verdict.warning.type, true, ended ? 'ApprovalEnded' : 'ApprovalEnds', verdict.warning.message));
  }
  return wishes;
}

function readyOf(input: StatusInput, sites: readonly SiteEntry[]): Wish {
  const { verdict } = input;
  if (sites.length === 0 || verdict.state !== 'Active') return wish('Ready', false, verdict.reason, verdict.message);
  const cannot = sites.filter(({ ready }) => ready === 'False');
  if (cannot.length > 0) {
    const message = cannot.map(
      ({ name, reason, message: why }) => `${name}: ${reason}${why === undefined ? '' : ` ${why}`}`,
    );
    return wish('Ready', false, 'SiteNotReady', message.join('; '));
  }
  const silent = sites.filter(({ reason }) => reason === 'SiteSilent' || reason === 'NeverContacted');
  if (silent.length > 0) {
    const message = silent.map(({ name }) => {
      const contact = input.sites.find((site) => site.name === name)?.lastContact;
      return `${name}: last contact ${contact ?? 'never'}`;
    });
    return { type: 'Ready', status: 'Unknown', reason: 'SiteSilent', message: message.join('; ') };
  }
  const unknown = sites.filter(({ ready }) => ready === 'Unknown').map(({ name }) => name);
  if (unknown.length > 0) {
    return { type: 'Ready', status: 'Unknown', reason: 'WaitingForSites', message: unknown.join(', ') };
  }
  return wish('Ready', true, 'Ready', '');
}

function wish(type: string, holds: boolean, reason: Reason, message: string): Wish {
  return { type, status: holds ? 'True' : 'False', reason, message };
}

/** The conditions sorted by type; each keeps the time of its last transition while its status is the same. */
function withTimes(
  wishes: readonly Wish[],
  before: readonly Condition[],
  observedGeneration: number,
  nowMs: number,
): Condition[] {
  return [...wishes]
    .sort((a, b) => (a.type < b.type ? -1 : 1))
    .map(({ type, status, reason, message }) => {
      const old = before.find((condition) => condition.type === type);
      const lastTransitionTime = old?.status === status ? old.lastTransitionTime : isoTime(nowMs);
      return { type, status, reason, message: cut(message, 2048), lastTransitionTime, observedGeneration };
    });
}

/** Text of at most `max` code points. */
function cut(text: string, max: number): string {
  const points = [...text];
  return points.length <= max ? text : `${points.slice(0, max - 1).join('')}…`;
}
