import { randomBytes } from 'node:crypto';
import { isAppError } from '../core/errors.ts';
import { type Clock, systemClock } from './clock.ts';
import { microTime } from './lease.ts';
import { resources } from './resource.ts';
import { type KubeClient, type KubeObject, type Log, silentLog } from './types.ts';

/** What happened to an object, for the people who look at it with `kubectl describe`. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** A constant in CamelCase: why. */
  readonly reason: string;
  /** A constant in CamelCase: what was done or tried. */
  readonly action: string;
  /** For people; cut at 1024 characters, the server's limit. Never secrets. */
  readonly note: string;
}

/** How events are reported. */
export interface RecorderOptions {
  readonly client: KubeClient;
  /** e.g. `jinhong.dev/site`. */
  readonly controller: string;
  /** Which process of it. */
  readonly instance: string;
  /** A repetition within this time counts up the first event. @default 360_000 */
  readonly seriesMs?: number | undefined;
  /** Repetitions are written at most this often per event. @default 30_000 */
  readonly flushMs?: number | undefined;
  /** Different events of one object at once. @default 10 */
  readonly burst?: number | undefined;
  /** After which time the object may have one more. @default 60_000 */
  readonly refillMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly log?: Log | undefined;
}

/** Reports events without making anyone wait: what cannot be written is dropped. */
export interface Recorder {
  event(regarding: KubeObject, note: EventNote): void;
  /** Resolves when what was reported so far is written or dropped. */
  flush(): Promise<void>;
  /** Writes the repetitions counted so far and ends. */
  stop(): Promise<void>;
}

/** Limits of memory: objects and events remembered, and writes waiting. */
const mostRemembered = 2_000;
const mostWaiting = 1_000;
const longestNote = 1_024;

interface Reported {
  readonly name: string;
  readonly namespace: string;
  count: number;
  writtenCount: number;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

interface State {
  readonly options: RecorderOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly reported: Map<string, Reported>;
  readonly buckets: Map<string, Bucket>;
  chain: Promise<void>;
  waiting: number;
  stopped: boolean;
}

/** See Recorder. */
export function createRecorder(options: RecorderOptions): Recorder {
  const clock = options.clock ?? systemClock;
  const state: State = {
    options,
    clock,
    log: options.log ?? silentLog,
    reported: new Map(),
    buckets: new Map(),
    chain: Promise.resolve(),
    waiting: 0,
    stopped: false,
  };
  let cancel = (): void => undefined;
  const tick = (): void => {
    writeSeries(state);
    cancel = clock.after(options.flushMs ?? 30_000, tick);
  };
  cancel = clock.after(options.flushMs ?? 30_000, tick);
  return {
    event: (regarding, note) => report(state, regarding, note),
    flush: () => state.chain,
    async stop() {
      cancel();
      writeSeries(state);
      state.stopped = true;
      await state.chain;
    },
  };
}

function report(state: State, regarding: KubeObject, note: EventNote): void {
  if (state.stopped) return;
  const nowMs = state.clock.monotonic();
  const subject = regarding.metadata.uid ?? `${regarding.kind} ${regarding.metadata.name}`;
  const key = [subject, note.type, note.reason, note.action, note.note].join('\n');
  const known = state.reported.get(key);
  if (known !== undefined && nowMs - known.lastMs < (state.options.seriesMs ?? 360_000)) {
    known.count += 1;
    known.lastMs = nowMs;
    return;
  }
  if (!takeToken(state, subject, nowMs)) return;
  const { name } = regarding.metadata;
  const namespace = regarding.metadata.namespace ?? 'default';
  const entry = { name: eventName(name), namespace, count: 1, writtenCount: 1, lastMs: nowMs };
  remember(state.reported, key, entry);
  enqueue(state, async () => {
    await state.options.client.create(eventObject(state, regarding, note, entry));
  });
}

/** Counts the repetitions into the events they repeat, and forgets events that are over. */
function writeSeries(state: State): void {
  const nowMs = state.clock.monotonic();
  const seriesMs = state.options.seriesMs ?? 360_000;
  for (const [key, entry] of state.reported) {
    if (entry.count > entry.writtenCount) {
      entry.writtenCount = entry.count;
      const series = { count: entry.count, lastObservedTime: microTime(state.clock.now() - (nowMs - entry.lastMs)) };
      const { namespace, name } = entry;
      enqueue(state, async () => {
        await state.options.client.patch(resources.event, { namespace, name }, { series }, { type: 'merge' });
      });
    } else if (nowMs - entry.lastMs >= seriesMs) {
      state.reported.delete(key);
    }
  }
}

/** One write after another, so that a burst of events never crowds out the work itself. */
function enqueue(state: State, write: () => Promise<void>): void {
  if (state.waiting >= mostWaiting) return;
  state.waiting += 1;
  state.chain = state.chain
    .then(write)
    .catch((error: unknown) => {
      const code = isAppError(error) ? error.code : 'unexpected';
      state.log.debug({ code }, 'an event could not be written');
    })
    .finally(() => {
      state.waiting -= 1;
    });
}

/** Whether the object may have one more event now. */
function takeToken(state: State, subject: string, nowMs: number): boolean {
  const burst = state.options.burst ?? 10;
  const bucket = state.buckets.get(subject) ?? { tokens: burst, atMs: nowMs };
  const refilled = (nowMs - bucket.atMs) / (state.options.refillMs ?? 60_000);
  const tokens = Math.min(burst, bucket.tokens + refilled);
  const taken = tokens >= 1;
  state.buckets.delete(subject);
  remember(state.buckets, subject, { tokens: taken ? tokens - 1 : tokens, atMs: nowMs });
  return taken;
}

/** Adds an entry; the oldest one goes when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= mostRemembered) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}

function eventName(subject: string): string {
  const safe = subject
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/gu, '-')
    .slice(0, 200)
    .replace(/^[.-]+|[.-]+$/gu, '');
  return `${safe || 'object'}.${randomBytes(8).toString('hex')}`;
}

function eventObject(state: State, regarding: KubeObject, note: EventNote, entry: Reported): KubeObject {
  const { name, namespace, uid, resourceVersion } = regarding.metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: entry.name, namespace: entry.namespace },
    eventTime: microTime(state.clock.now()),
    reportingController: state.options.controller,
    reportingInstance: state.options.instance.slice(0, 128),
    action: note.action,
    reason: note.reason,
    type: note.type,
    note: note.note.length > longestNote ? `${note.note.slice(0, longestNote - 1)}…` : note.note,
    regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, name, namespace, uid, resourceVersion },
  };
}
