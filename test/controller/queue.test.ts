import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQueue, done, type Outcome, type QueueOptions } from '../../controller/queue.ts';
import { AppError } from '../../core/errors.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';

/** A queue whose runs end when the test says so. */
function setUp(options: QueueOptions = {}) {
  const clock = createFakeClock();
  const started: string[] = [];
  const ends = new Map<string, (outcome: Outcome | Error) => void>();
  const queue = createQueue(
    (key) => {
      if (ends.has(key)) throw new Error(`two runs of ${key} at once`);
      started.push(key);
      return new Promise((resolve, reject) => {
        ends.set(key, (outcome) => {
          ends.delete(key);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        });
      });
    },
    { clock, random: () => 1, workers: 2, ...options },
  );
  const end = async (key: string, outcome: Outcome | Error = done): Promise<void> => {
    ends.get(key)?.(outcome);
    await settle();
  };
  return { clock, queue, started, end, ends };
}

const throttled = new AppError('unreachable', 'slow down', { code: 'throttled', data: { retryAfterMs: 60_000 } });

describe('the work queue', () => {
  it('runs nothing before it is started, and each key once however often it was added', async () => {
    const { queue, started, end } = setUp();
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
    expect(started).toEqual([]);
    expect(queue.depth()).toBe(2);
    queue.start();
    expect(started).toEqual(['a', 'b']);
    await end('a');
    await end('b');
    expect([queue.depth(), queue.running()]).toEqual([0, 0]);
  });

  it('runs as many keys at once as there are workers, in the order they were added', async () => {
    const { queue, started, end } = setUp();
    queue.start();
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    expect(started).toEqual(['a', 'b']);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('a key added during its run runs once more, after it and not beside it', async () => {
    const { queue, started, end } = setUp();
    queue.start();
    queue.add('a');
    queue.add('a');
    queue.add('a');
    expect(started).toEqual(['a']);
    await end('a');
    expect(started).toEqual(['a', 'a']);
    await end('a');
    expect(started).toHaveLength(2);
  });

  it('a run that throws is tried again after 5 s, 10 s, 20 s ... at most 5 min, and a success forgets that', async () => {
    const { queue, started, end, clock } = setUp();
    queue.start();
    queue.add('a');
    for (const [index, seconds] of [5, 10, 20, 40, 80, 160, 300, 300].entries()) {
      await end('a', new Error('no'));
      await clock.advance(seconds * 1000 - 1);
      expect(started).toHaveLength(index + 1);
      await clock.advance(1);
      expect(started).toHaveLength(index + 2);
    }
    await end('a');
    queue.add('a');
    await end('a', new Error('no'));
    await clock.advance(5000);
    expect(started).toHaveLength(11);
  });

  it('pauses are spread between half and all of their length', async () => {
    const { queue, started, end, clock } = setUp({ random: () => 0 });
    queue.start();
    queue.add('a');
    await end('a', new Error('no'));
    await clock.advance(2500);
    expect(started).toHaveLength(2);
  });

  it('a key that is added during its pause runs at once', async () => {
    const { queue, started, end, clock } = setUp();
    queue.start();
    queue.add('a');
    await end('a', new Error('no'));
    queue.add('a');
    expect(started).toHaveLength(2);
    await end('a');
    await clock.advance(600_000);
    expect(started).toHaveLength(2);
  });

  it('a key that the server asked to leave alone for a time waits that long, also when it is added meanwhile', async () => {
    const { queue, started, end, clock } = setUp();
    queue.start();
    queue.add('a');
    queue.add('a');
    await end('a', throttled);
    queue.add('a');
    await clock.advance(59_999);
    expect(started).toEqual(['a']);
    await clock.advance(1);
    expect(started).toEqual(['a', 'a']);
    await end('a');
    queue.add('a');
    expect(started).toHaveLength(3);
  });

  it('a timer that fires a little early loses nothing', async () => {
    const exact = createFakeClock();
    let earlyMs = 0.4;
    const after = (ms: number, action: () => void) => {
      const cancel = exact.after(ms - earlyMs, action);
      earlyMs = 0;
      return cancel;
    };
    const clock = { ...exact, after };
    const { queue, started, end } = setUp({ clock });
    queue.start();
    queue.add('a');
    await end('a', throttled);
    await exact.advance(60_000);
    expect(started).toEqual(['a', 'a']);
  });

  it('requeue runs again after its time, blocked does not', async () => {
    const { queue, started, end, clock } = setUp();
    queue.start();
    queue.add('a');
    queue.add('b');
    await end('a', { type: 'requeue', afterMs: 60_000, reason: 'Lag' });
    await end('b', { type: 'blocked', reason: 'NotServed' });
    await clock.advance(59_999);
    expect(started).toEqual(['a', 'b']);
    await clock.advance(1);
    expect(started).toEqual(['a', 'b', 'a']);
    await clock.advance(3_600_000);
    expect(started).toHaveLength(3);
  });

  it('of several delays the soonest counts', async () => {
    const { queue, started, clock } = setUp();
    queue.start();
    queue.addAfter('a', 1000);
    queue.addAfter('a', 500);
    queue.addAfter('a', 2000);
    expect(queue.delayed()).toBe(1);
    await clock.advance(500);
    expect(started).toEqual(['a']);
  });

  it('a delay that ends during a run leads to one more run', async () => {
    const { queue, started, end, clock } = setUp();
    queue.start();
    queue.add('a');
    queue.addAfter('a', 100);
    await clock.advance(100);
    await end('a');
    expect(started).toEqual(['a', 'a']);
  });

  it('one key that always fails does not hold up another', async () => {
    const { queue, started, end, clock } = setUp({ workers: 1 });
    queue.start();
    for (let round = 0; round < 5; round += 1) {
      queue.add('bad');
      queue.add('good');
      await end('bad', new Error('no'));
      await end('good');
      await clock.advance(10);
    }
    expect(started.filter((key) => key === 'good')).toHaveLength(5);
  });

  it('stop waits for runs under way and starts no other; nothing is left behind', async () => {
    const { queue, started, end, clock } = setUp({ workers: 1 });
    queue.start();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    let stopped = false;
    const stopping = queue.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    await end('a', new Error('no'));
    await stopping;
    queue.add('d');
    await clock.advance(600_000);
    expect(started).toEqual(['a']);
    expect(clock.pending()).toBe(0);
  });

  it('tells how long the oldest key has been due', async () => {
    const { queue, clock } = setUp({ workers: 1 });
    queue.start();
    queue.add('a');
    queue.add('b');
    await clock.advance(700);
    expect(queue.ageMs()).toBe(700);
  });

  it('never loses a key, never runs one twice at once, never exceeds its workers (model)', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const ending = fc.constantFrom<Outcome | 'error'>(
      done,
      { type: 'requeue', afterMs: 50, reason: 'r' },
      { type: 'blocked', reason: 'b' },
      'error',
    );
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('later' as const), key, ms: fc.integer({ min: 0, max: 200 }) }),
      fc.record({ do: fc.constant('end' as const), key, ending }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 300 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (steps, workers) => {
        const { queue, started, end, clock, ends } = setUp({ workers, minBackoffMs: 100, maxBackoffMs: 400 });
        // Keys that were added and whose next run has not begun since.
        const owed = new Set<string>();
        let seen = 0;
        const observe = (): void => {
          for (const run of started.slice(seen)) owed.delete(run);
          seen = started.length;
          expect(ends.size).toBeLessThanOrEqual(workers);
          // No worker idles while something is due.
          expect(queue.depth() > 0 && ends.size < workers).toBe(false);
        };
        queue.start();
        for (const current of steps) {
          if (current.do === 'add') {
            owed.add(current.key);
            queue.add(current.key);
          } else if (current.do === 'later') {
            owed.add(current.key);
            queue.addAfter(current.key, current.ms);
          } else if (current.do === 'end') {
            await end(current.key, current.ending === 'error' ? new Error('no') : current.ending);
          } else {
            await clock.advance(current.ms);
          }
          observe();
        }
        for (let round = 0; round < 20; round += 1) {
          for (const running of [...ends.keys()]) await end(running);
          await clock.advance(500);
          observe();
        }
        expect([...owed]).toEqual([]);
        expect([queue.depth(), queue.running(), queue.delayed(), clock.pending()]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
