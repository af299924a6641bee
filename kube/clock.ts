import { performance } from 'node:perf_hooks';

/** Time as the runtime modules see it, so that tests can move it by hand. */
export interface Clock {
  /** Wall clock in epoch milliseconds; may jump. */
  now(): number;
  /** Milliseconds that only grow, also while the process is stopped; for deadlines and ages. */
  monotonic(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** The real clock. Its timers keep the process alive; whoever starts one cancels it on stop. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Waits `delayMs`; an aborted `signal` ends the wait at once without an error: the caller looks at the signal. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
