import { AppError } from '../core/errors.ts';
import type { Priority } from './types.ts';

/** Bounds the calls under way on one connection. Urgent calls go first and have places that no other call can take. */
export interface Gate {
  /** Resolves with the function that gives the place back. @throws timeout `aborted` when the signal ends the wait */
  enter(priority: Priority, signal?: AbortSignal): Promise<() => void>;
  /** Refuses everyone who waits, and everyone after. */
  close(): void;
  /** Calls that wait for a place. */
  waiting(): number;
}

/** Places that only urgent calls can use: a Lease renewal and one retry of it. */
const reserved = 2;

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: AppError) => void;
}

/** `limit` is asked each time, because the server may lower the number of streams; it is at least one. */
export function createGate(limit: () => number): Gate {
  const queues: Record<Priority, Set<Waiter>> = { high: new Set(), normal: new Set() };
  let busy = 0;
  let closed = false;

  const release = (): void => {
    busy -= 1;
    admitNext();
  };

  const admitNext = (): void => {
    for (const priority of ['high', 'normal'] as const) {
      const queue = queues[priority];
      for (const waiter of queue) {
        if (busy >= places(priority)) break;
        queue.delete(waiter);
        busy += 1;
        waiter.admit();
      }
    }
  };

  const places = (priority: Priority): number => Math.max(1, limit()) + (priority === 'high' ? reserved : 0);

  const once = (): (() => void) => {
    let held = true;
    return () => {
      if (held) release();
      held = false;
    };
  };

  return {
    enter(priority, signal) {
      if (closed) return Promise.reject(clientClosed());
      if (signal?.aborted) return Promise.reject(abortedBy(signal));
      if (busy < places(priority)) {
        busy += 1;
        return Promise.resolve(once());
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          queues[priority].delete(waiter);
          reject(abortedBy(signal));
        };
        const waiter: Waiter = {
          admit() {
            signal?.removeEventListener('abort', leave);
            resolve(once());
          },
          refuse(error) {
            signal?.removeEventListener('abort', leave);
            reject(error);
          },
        };
        queues[priority].add(waiter);
        signal?.addEventListener('abort', leave, { once: true });
      });
    },
    close() {
      closed = true;
      for (const queue of Object.values(queues)) {
        for (const waiter of queue) waiter.refuse(clientClosed());
        queue.clear();
      }
    },
    waiting: () => queues.high.size + queues.normal.size,
  };
}

/** The error of a call that its caller gave up. */
export function abortedBy(signal: AbortSignal | undefined): AppError {
  return new AppError('timeout', 'The call was given up by its caller.', { code: 'aborted', cause: signal?.reason });
}

/** The error of a call on a client that was closed. */
export function clientClosed(): AppError {
  return new AppError('unreachable', 'The client was closed.', { code: 'client-closed' });
}
