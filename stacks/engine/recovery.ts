import type { Lock } from './locks.ts';
import type { PendingOperation } from './protocol.ts';
import type { StateCondition } from './state.ts';

/** What is known of one centre's state. */
export interface SiteFacts {
  readonly site: string;
  /** The engine's locks on its state. */
  readonly locks: readonly Lock[];
  /** Whether the state can be read; a centre without one is sound. */
  readonly state: StateCondition;
  /** Unfinished parts of an update that was killed; undefined: not looked at, because a lock is held or it cannot be read. */
  readonly pending: readonly PendingOperation[] | undefined;
  /** There is state, but no update has ended well since it was begun. */
  readonly unfinished: boolean;
}

/** What is known of everything. */
export interface Facts {
  /** The lock of a whole run of this program. */
  readonly stateLock: Lock | undefined;
  /** Sorted by wave. */
  readonly sites: readonly SiteFacts[];
  /** Grants that a centre knows newer than the management centre, as `site: name`. */
  readonly behind: readonly string[];
}

/** The one next step. */
export type Proposal =
  | { readonly step: 'none' }
  | { readonly step: 'wait'; readonly site?: string; readonly lock: Lock }
  | { readonly step: 'remove-state-lock'; readonly lock: Lock }
  | { readonly step: 'remove-lock'; readonly site: string; readonly lock: Lock }
  | { readonly step: 'replace-state'; readonly site: string; readonly from: Exclude<StateCondition, 'sound'> }
  | { readonly step: 'clear-pending'; readonly site: string; readonly pending: readonly PendingOperation[] }
  | { readonly step: 'read-back'; readonly behind: readonly string[] }
  | { readonly step: 'run-up'; readonly sites: readonly string[] };

/**
 * What to do next after a run that was cut off: nothing beside a living one; then the lock of a run on another machine;
 * then the engine's lock of a dead one; then a state that cannot be read; then what was left half done; then decisions that
 * the management centre lost; then the run again. Never more than one step, because each changes what the next one should
 * be. Pure.
 */
export function proposeRecovery({ stateLock, sites, behind }: Facts): Proposal {
  if (stateLock !== undefined && stateLock.holder === 'alive') return { step: 'wait', lock: stateLock };
  for (const { site, locks } of sites) {
    const alive = locks.find((lock) => lock.holder === 'alive');
    if (alive !== undefined) return { step: 'wait', site, lock: alive };
  }
  if (stateLock?.holder === 'unknown') return { step: 'remove-state-lock', lock: stateLock };
  for (const { site, locks } of sites) {
    const lock = locks[0];
    if (lock !== undefined) return { step: 'remove-lock', site, lock };
  }
  for (const { site, state } of sites) {
    if (state !== 'sound') return { step: 'replace-state', site, from: state };
  }
  for (const { site, pending } of sites) {
    if (pending !== undefined && pending.length > 0) return { step: 'clear-pending', site, pending };
  }
  if (behind.length > 0) return { step: 'read-back', behind };
  const unfinished = sites.filter((facts) => facts.unfinished).map(({ site }) => site);
  return unfinished.length > 0 ? { step: 'run-up', sites: unfinished } : { step: 'none' };
}
