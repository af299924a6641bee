import type { Clock } from '../../kube/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves on by so much, running what becomes due in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Timers that wait. */
  pending(): number;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock at the given epoch milliseconds. */
export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let count = 0;
  const nextUntil = (endMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      const sooner = next === undefined || timer.atMs < next.atMs;
      const sameButFirst = timer.atMs === next?.atMs && timer.order < next.order;
      if (timer.atMs <= endMs && (sooner || sameButFirst)) next = timer;
    }
    return next;
  };
  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    after(delayMs, action) {
      count += 1;
      const timer = { atMs: elapsedMs + Math.max(0, delayMs), order: count, action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const endMs = elapsedMs + ms;
      await settle();
      for (let timer = nextUntil(endMs); timer !== undefined; timer = nextUntil(endMs)) {
        timers.delete(timer);
        elapsedMs = Math.max(elapsedMs, timer.atMs);
        timer.action();
        await settle();
      }
      elapsedMs = endMs;
      await settle();
    },
    pending: () => timers.size,
  };
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
