import { durationMs } from '../decide/calendar.ts';
import type { Cloud } from '../model/cloud.ts';
import type { TenantClass } from '../model/fields.ts';

/** What is known of one environment on its way out. Times are epoch milliseconds by the site's own clock. */
export interface Leaving {
  /** Whether the Grant says `Removed`; `Retiring` alone removes nothing. */
  readonly removed: boolean;
  /** When the site first saw that it leaves; undefined when it sees it now. */
  readonly retiringSinceMs: number | undefined;
  readonly nowMs: number;
  readonly retainMs: number;
  /** Whether its namespace is there, and whether it is being deleted already. */
  readonly namespace: 'absent' | 'present' | 'terminating';
}

/** The next step of a removal. */
export type RemovalStep =
  | { readonly type: 'keep' }
  /** The decision is there, the site's own retention is not over. */
  | { readonly type: 'wait'; readonly untilMs: number }
  | { readonly type: 'delete' }
  | { readonly type: 'terminating' }
  | { readonly type: 'gone' };

/**
 * How far a removal may go now. Retention counts from the site's own first sight of it, whatever date the Grant names, so
 * that nobody can shorten it from elsewhere; a clock that was set back only makes it longer. Pure.
 */
export function removalStep({ removed, retiringSinceMs, nowMs, retainMs, namespace }: Leaving): RemovalStep {
  if (namespace === 'absent') return { type: 'gone' };
  if (namespace === 'terminating') return { type: 'terminating' };
  if (!removed) return { type: 'keep' };
  const untilMs = (retiringSinceMs ?? nowMs) + retainMs;
  return nowMs >= untilMs ? { type: 'delete' } : { type: 'wait', untilMs };
}

/** How long an environment of this class is kept, by the cloud's own table. Pure. */
export function retainMsOf(cloud: Pick<Cloud, 'retain'>, tenantClass: TenantClass): number {
  return durationMs(tenantClass === 'production' ? cloud.retain.production : cloud.retain.other);
}
