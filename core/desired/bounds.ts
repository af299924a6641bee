import { compareDecisions } from '../decide/change.ts';
import { type Amounts, formatAmount, overruns, parseQuota, raisedFields, sumAmounts } from '../decide/quota-math.ts';
import { reservedCodes } from '../model/department.ts';
import type { Member, Quota } from '../model/fields.ts';
import type { GrantSpec } from '../model/grant.ts';
import { grantName } from '../model/names.ts';
import type { SiteReason } from '../model/reasons-site.ts';
import { sameValue } from './content.ts';
import { orderedSpec } from './spec.ts';

/**
 * What a Grant may do at a site, whoever wrote it. The management centre decides; the site holds it to these bounds, so
 * that a wrong or taken-over management centre cannot do much harm quickly (docs/design.md 1).
 */

/** What the site knows when it judges an offered decision. */
export interface Bounds {
  /** `metadata.name` of the offered Grant. */
  readonly name: string;
  readonly offered: GrantSpec;
  /** The decision in force here, as the site accepted it. */
  readonly known: GrantSpec | undefined;
  /** Groups of the tenant's department in the site's own directory; undefined when the department is not in it. */
  readonly departmentGroups: readonly string[] | undefined;
  /** What the site can hold; an absent resource is not limited. */
  readonly capacity: Quota | undefined;
  /** What the other Grants in force take of it. */
  readonly usedByOthers: Amounts;
  readonly budget: Budget;
}

/** Changes that people notice, within the last hour. */
export interface Budget {
  readonly removalsPerHour: number;
  readonly roleChangesPerHour: number;
  /** Of other Grants: accepted within the hour, or waiting for confirmation. */
  readonly removals: number;
  readonly roleChanges: number;
  /** This Grant waits already; it goes on waiting when the hour is over. */
  readonly waiting: boolean;
  /** `jinhong site confirm` is in force. */
  readonly confirmed: boolean;
}

/** A change that counts for the budget. */
export type BudgetedChange = 'removal' | 'roleChange';

/** What becomes of an offered decision. */
export type Verdict =
  | { readonly type: 'accept'; readonly change: BudgetedChange | undefined }
  /** It is the one in force. */
  | { readonly type: 'same' }
  /** The one in force stays; `change` says what of the budget a waiting one will use. */
  | { readonly type: 'keep'; readonly reason: SiteReason; readonly message: string; readonly change?: BudgetedChange };

/** Whether the site takes `offered`. Order: whose it is, is it newer, who may enter, does it fit, is it too much at once. Pure. */
export function judge(bounds: Bounds): Verdict {
  return wrongName(bounds) ?? notNewer(bounds) ?? wrongGroup(bounds) ?? tooLarge(bounds) ?? tooMuchAtOnce(bounds);
}

/** What a Grant takes of a site's capacity: all environments of an active one that are not removed. Pure. */
export function usedBy(spec: GrantSpec): Amounts {
  if (spec.role !== 'active' || spec.state === 'Removed') return {};
  const held = spec.environments.filter((environment) => environment.state !== 'Removed');
  return sumAmounts(held.map((environment) => parseQuota(environment.quota)));
}

/**
 * The members that may enter by the site's own directory. Without the department in it nothing is known, and what was
 * accepted stays. Pure.
 */
export function boundMembers(members: readonly Member[], departmentGroups: readonly string[] | undefined): Member[] {
  return members.filter(({ group }) => !isSystemGroup(group) && (departmentGroups?.includes(group) ?? true));
}

/** The change of the budget that `to` would be after `from`; a first decision is none. Pure. */
export function changeOf(from: GrantSpec | undefined, to: GrantSpec): BudgetedChange | undefined {
  if (from === undefined) return undefined;
  if (leaving(to).some((name) => !leaving(from).includes(name))) return 'removal';
  const frozen = to.state === 'Frozen' && from.state !== 'Frozen';
  return frozen || from.role !== to.role || membersOf(from) !== membersOf(to) ? 'roleChange' : undefined;
}

function wrongName({ name, offered }: Bounds): Verdict | undefined {
  const { department, name: tenant } = offered.tenant;
  if ((reservedCodes as readonly string[]).includes(department)) {
    return keep('NameMismatch', `the department code ${department} is reserved for the platform`);
  }
  const expected = grantName(department, tenant);
  return name === expected ? undefined : keep('NameMismatch', `it should be named ${expected}`);
}

function notNewer({ known, offered }: Bounds): Verdict | undefined {
  if (known === undefined) return undefined;
  const order = compareDecisions(offered.decision, known.decision);
  if (order === 0 && offered.epoch === known.epoch && sameValue(orderedSpec(offered), orderedSpec(known))) {
    return { type: 'same' };
  }
  if (order > 0 && offered.epoch >= known.epoch) return undefined;
  return keep('ManagementBehind', `offered ${numbers(offered)}, in force ${numbers(known)}`);
}

/** A group that was let in before and has left the directory since holds nothing up: `boundMembers` leaves it out. */
function wrongGroup({ offered, known, departmentGroups }: Bounds): Verdict | undefined {
  const before = known?.members.map(({ group }) => group) ?? [];
  const mayEnter = (group: string) => before.includes(group) || departmentGroups?.includes(group) === true;
  const groups = offered.members.map(({ group }) => group);
  const refused = groups.filter((group) => isSystemGroup(group) || !mayEnter(group));
  if (refused.length === 0) return undefined;
  const { department } = offered.tenant;
  if (departmentGroups === undefined) return keep('DepartmentUnknown', `department ${department} is not known here`);
  return keep('GroupNotInDepartment', `not of department ${department}: ${refused.sort().join(', ')}`);
}

/** A decision that raises nothing is taken even by a site that is too full: it can only make room. */
function tooLarge({ offered, known, capacity, usedByOthers }: Bounds): Verdict | undefined {
  const wanted = usedBy(offered);
  const raised = raisedFields(known === undefined ? {} : usedBy(known), wanted);
  const over = overruns(sumAmounts([usedByOthers, wanted]), parseQuota(capacity)).filter(({ field }) =>
    raised.includes(field),
  );
  if (over.length === 0) return undefined;
  const list = over.map(
    ({ field, asked, allowed }) => `${field} ${formatAmount(field, asked)} of ${formatAmount(field, allowed)}`,
  );
  return keep('OverCapacity', list.join(', '));
}

function tooMuchAtOnce({ known, offered, budget }: Bounds): Verdict {
  const change = changeOf(known, offered);
  if (change === undefined || budget.confirmed) return { type: 'accept', change };
  const removal = change === 'removal';
  const used = removal ? budget.removals : budget.roleChanges;
  const most = removal ? budget.removalsPerHour : budget.roleChangesPerHour;
  if (!budget.waiting && used < most) return { type: 'accept', change };
  const what = removal ? 'removals' : 'role changes';
  return { ...keep('AwaitingConfirmation', `more than ${most} ${what} within an hour`), change };
}

/** What is on its way out: `*` for the tenant, else names of environments. */
function leaving(spec: GrantSpec): string[] {
  const gone = (state: string) => state === 'Retiring' || state === 'Removed';
  const all = spec.environments.filter((environment) => gone(spec.state) || gone(environment.state));
  return [...(gone(spec.state) ? ['*'] : []), ...all.map((environment) => environment.name)];
}

function membersOf(spec: GrantSpec): string {
  return spec.members
    .map(({ group, role }) => `${group}=${role}`)
    .sort()
    .join(',');
}

/** Groups that the API server itself hands out, such as all signed-in users. */
function isSystemGroup(group: string): boolean {
  return group.startsWith('system:');
}

function numbers({ decision, epoch }: GrantSpec): string {
  return `term ${decision.term} revision ${decision.revision} epoch ${epoch}`;
}

function keep(reason: SiteReason, message: string): { type: 'keep'; reason: SiteReason; message: string } {
  return { type: 'keep', reason, message };
}
