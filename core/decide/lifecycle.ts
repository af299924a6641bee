import type { Cloud } from '../model/cloud.ts';
import type { TenantClass } from '../model/fields.ts';
import { addDays, civilDate, daysBetween, durationMs, startOfDayMs } from './calendar.ts';
import { type ApprovalState, endOfApprovals, revokedParts } from './envelope.ts';

/** Which part of its life a tenant is in. */
export type Life =
  | { readonly phase: 'live' }
  | { readonly phase: 'frozen'; readonly reason: 'Revoked' | 'Ended' | 'EndUnknown' }
  /** Everything of it is to be removed, at `removeAfterMs` at the earliest. */
  | { readonly phase: 'retire'; readonly removeAfterMs: number };

/** How long an environment of this class is kept after the decision to remove it, in milliseconds. Pure. */
export function retainMs(tenantClass: TenantClass, cloud: Pick<Cloud, 'retain'>): number {
  return durationMs(tenantClass === 'production' ? cloud.retain.production : cloud.retain.other);
}

export interface LifeInput {
  /** What it was granted as; else what it asks to be. */
  readonly class: TenantClass;
  /** Last day that the department asks for. */
  readonly until: string | undefined;
  readonly approvals: ApprovalState;
  readonly granted: boolean;
  readonly cloud: Cloud;
  readonly nowMs: number;
}

/**
 * The part of its life that a tenant is in. Production never ends by a date. The others are frozen after their last day
 * (the earlier of the request's and the approvals') and removed `cloud.retain.other` later; one without any last day
 * counts as ended, or leaving out the date would make a trial endless. A revocation freezes every class. Pure.
 */
export function lifeOf(input: LifeInput): Life {
  if (input.class !== 'production' && input.granted) {
    const end = lastDay(input);
    if (end === undefined) return { phase: 'frozen', reason: 'EndUnknown' };
    const endMs = startOfDayMs(addDays(end, 1), input.cloud.utcOffset);
    const removeAfterMs = endMs + durationMs(input.cloud.retain.other);
    if (input.nowMs >= removeAfterMs) return { phase: 'retire', removeAfterMs };
    if (input.nowMs >= endMs) return { phase: 'frozen', reason: 'Ended' };
  }
  return revokedParts(input.approvals).length > 0 ? { phase: 'frozen', reason: 'Revoked' } : { phase: 'live' };
}

/** The last day of a tenant that is not production; undefined: none is known. Pure. */
export function lastDay(input: Pick<LifeInput, 'until' | 'approvals'>): string | undefined {
  return [input.until, endOfApprovals(input.approvals)].filter((date) => date !== undefined).sort()[0];
}

/** When `lifeOf` changes next by time alone. Pure. */
export function nextLifeMs(input: LifeInput): number | undefined {
  if (input.class === 'production' || !input.granted) return undefined;
  const end = lastDay(input);
  if (end === undefined) return undefined;
  const endMs = startOfDayMs(addDays(end, 1), input.cloud.utcOffset);
  return [endMs, endMs + durationMs(input.cloud.retain.other)].find((atMs) => atMs > input.nowMs);
}

/** A warning about the end of the approvals, and when it changes next. */
export interface EndWarning {
  readonly type: 'ApprovalExpiring' | 'ApprovalExpired';
  readonly message: string;
}

/** Days before the end at which a warning begins or changes; in the last week it changes daily. */
const steps = [60, 30, 7] as const;

/**
 * The warning due today about approvals that end after the day `until`; undefined: none yet. The message changes at 60, 30
 * and 7 days before, daily in the last week, when they have ended, and never after that (docs/decisions/0007). Pure.
 */
export function endWarning(until: string, cloud: Pick<Cloud, 'utcOffset'>, nowMs: number): EndWarning | undefined {
  const left = daysBetween(civilDate(nowMs, cloud.utcOffset), until);
  if (left < 0) return { type: 'ApprovalExpired', message: until };
  const step = steps.findLast((days) => left <= days);
  if (step === undefined) return undefined;
  return {
    type: 'ApprovalExpiring',
    message: step === 7 ? `${until}, in ${left} days` : `${until}, within ${step} days`,
  };
}

/** When `endWarning` changes next; undefined: never again. Pure. */
export function nextWarningMs(until: string, cloud: Pick<Cloud, 'utcOffset'>, nowMs: number): number | undefined {
  const today = civilDate(nowMs, cloud.utcOffset);
  const left = daysBetween(today, until);
  if (left < 0) return undefined;
  const step = steps.find((days) => left > days);
  const day = step === undefined ? addDays(today, 1) : addDays(until, -step);
  return startOfDayMs(day, cloud.utcOffset);
}
