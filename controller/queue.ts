import { type Clock, systemClock } from '../kube/clock.ts';
import { retryAfterOf } from '../kube/errors.ts';
import { type Log, type Random, silentLog } from '../kube/types.ts';

/** What a run of one key came to. A thrown error means: try again with growing pauses. */
export type Outcome =
  | { readonly type: 'done' }
  /** Run again after `afterMs`, for facts that no watch tells of. */
  | { readonly type: 'requeue'; readonly afterMs: number; readonly reason: string }
  /** Nothing can be done until something changes; whoever sees the change adds the key. */
  | { readonly type: 'blocked'; readonly reason: string };

/** The outcome of a run that left nothing to do. */
export const done: Outcome = { type: 'done' };

/** Facts for metrics; `outcome` is the type, or `error`. */
export interface QueueMetrics {
  /** A run ended; `waitedSeconds` is from the moment it was due. */
  ran?(outcome: Outcome['type'] | 'error', seconds: number, waitedSeconds: number): void;
}

/** How a queue works. */
export interface QueueOptions {
  /** Runs of different keys at the same time. @default 4 */
  readonly workers?: number | undefined;
  /** Pause after the first error of a key. @default 5_000 */
  readonly minBackoffMs?: number | undefined;
  /** Longest pause. @default 300_000 */
  readonly maxBackoffMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
  readonly metrics?: QueueMetrics | undefined;
}

/**
 * Keys that are to be run. A key waits at most once; two runs of one key never overlap; a key added during its run runs
 * once more afterwards, because the run may have looked before the change.
 */
export interface Queue {
  /** Due now. A pause after errors is cut short, because something changed; one that the server asked for is not. */
  add(key: string): void;
  /** Due after `delayMs`, or sooner if it already was. */
  addAfter(key: string, delayMs: number): void;
  /** Begins to run keys. */
  start(): void;
  /** Starts no further run; resolves when those under way have ended. */
  stop(): Promise<void>;
  /** Keys that are due and wait for a worker. */
  depth(): number;
  /** How long the oldest of them has been due, in milliseconds; 0 when none is. */
  ageMs(): number;
  /** Keys that are due later. */
  delayed(): number;
  /** Runs under way. */
  running(): number;
  /** Resolves when no key is due and none runs; delayed keys are not waited for. */
  idle(): Promise<void>;
}

interface State {
  readonly options: QueueOptions;
  readonly run: (key: string) => Promise<Outcome>;
  readonly clock: Clock;
  /** Keys that are due, in order, with the moment they became so. */
  readonly due: Map<string, number>;
  readonly later: Map<string, { atMs: number; cancel: () => void }>;
  /** Keys that run, and whether they were added meanwhile. */
  readonly active: Map<string, boolean>;
  readonly failures: Map<string, number>;
  /** Until when the server asked to be left alone with a key. */
  readonly notBefore: Map<string, number>;
  readonly idlers: Set<() => void>;
  started: boolean;
  stopped: boolean;
}

/** A queue that runs its keys through `run`; nothing happens before `start`. */
export function createQueue(run: (key: string) => Promise<Outcome>, options: QueueOptions = {}): Queue {
  const state: State = {
    options,
    run,
    clock: options.clock ?? systemClock,
    due: new Map(),
    later: new Map(),
    active: new Map(),
    failures: new Map(),
    notBefore: new Map(),
    idlers: new Set(),
    started: false,
    stopped: false,
  };
  return {
    add: (key) => add(state, key),
    addAfter: (key, delayMs) => addAfter(state, key, delayMs),
    start() {
      state.started = true;
      work(state);
    },
    async stop() {
      state.stopped = true;
      for (const { cancel } of state.later.values()) cancel();
      state.later.clear();
      state.due.clear();
      await idle(state);
    },
    depth: () => state.due.size,
    ageMs() {
      const oldest = state.due.values().next().value;
      return oldest === undefined ? 0 : state.clock.monotonic() - oldest;
    },
    delayed: () => state.later.size,
    running: () => state.active.size,
    idle: () => idle(state),
  };
}

function add(state: State, key: string): void {
  if (state.stopped) return;
  forgetDelay(state, key);
  const waitMs = (state.notBefore.get(key) ?? 0) - state.clock.monotonic();
  if (waitMs > 0 && !state.active.has(key)) {
    addAfter(state, key, waitMs);
    return;
  }
  if (state.active.has(key)) state.active.set(key, true);
  else if (!state.due.has(key)) state.due.set(key, state.clock.monotonic());
  work(state);
}

function addAfter(state: State, key: string, delayMs: number): void {
  if (state.stopped || state.due.has(key)) return;
  if (delayMs <= 0) {
    add(state, key);
    return;
  }
  const atMs = state.clock.monotonic() + delayMs;
  const known = state.later.get(key);
  if (known !== undefined && known.atMs <= atMs) return;
  known?.cancel();
  const cancel = state.clock.after(delayMs, () => add(state, key));
  state.later.set(key, { atMs, cancel });
}

function forgetDelay(state: State, key: string): void {
  state.later.get(key)?.cancel();
  state.later.delete(key);
}

/** Gives keys that are due to free workers. */
function work(state: State): void {
  const workers = state.options.workers ?? 4;
  if (!state.started || state.stopped) return;
  for (const [key, dueMs] of state.due) {
    if (state.active.size >= workers) break;
    state.due.delete(key);
    state.active.set(key, false);
    void runKey(state, key, dueMs);
  }
}

async function runKey(state: State, key: string, dueMs: number): Promise<void> {
  const startedMs = state.clock.monotonic();
  let outcome: Outcome | undefined;
  state.notBefore.delete(key);
  try {
    outcome = await state.run(key);
  } catch (error) {
    const askedMs = retryAfterOf(error) ?? 0;
    if (askedMs > 0) state.notBefore.set(key, state.clock.monotonic() + askedMs);
    (state.options.log ?? silentLog).warn({ err: error, key }, 'a run failed, it will be tried again');
  }
  const endedMs = state.clock.monotonic();
  state.options.metrics?.ran?.(
    outcome?.type ?? 'error',
    (endedMs - startedMs) / 1000,
    Math.max(0, startedMs - dueMs) / 1000,
  );
  const again = state.active.get(key) === true;
  state.active.delete(key);
  finish(state, key, outcome, again);
  work(state);
  if (state.active.size === 0 && state.due.size === 0) {
    for (const resolve of state.idlers) resolve();
    state.idlers.clear();
  }
}

function finish(state: State, key: string, outcome: Outcome | undefined, again: boolean): void {
  if (outcome === undefined) {
    const failures = (state.failures.get(key) ?? 0) + 1;
    state.failures.set(key, failures);
    if (!again) addAfter(state, key, backoffMs(state, failures));
  } else {
    state.failures.delete(key);
    if (outcome.type === 'requeue' && !again) addAfter(state, key, Math.max(1, outcome.afterMs));
  }
  if (again) add(state, key);
}

/** Doubling from the smallest to the longest pause, each between half and all of it. */
function backoffMs({ options }: State, failures: number): number {
  const least = options.minBackoffMs ?? 5_000;
  const most = options.maxBackoffMs ?? 300_000;
  const grown = Math.min(most, least * 2 ** Math.min(failures - 1, 30));
  return grown * (0.5 + (options.random ?? Math.random)() / 2);
}

function idle(state: State): Promise<void> {
  if (state.active.size === 0 && state.due.size === 0) return Promise.resolve();
  return new Promise((resolve) => state.idlers.add(resolve));
}
