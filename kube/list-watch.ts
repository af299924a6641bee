import { AppError, isAppError } from '../core/errors.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import { isExpired, isForbidden, isNotFound, retryAfterOf } from './errors.ts';
import { keyOf } from './resource.ts';
import { createStore, type Entry, frozenObject, type Store, type StoreChange, type Table } from './store.ts';
import { type KubeClient, type KubeObject, type Log, type Random, type Resource, silentLog } from './types.ts';
import { isOlder } from './version.ts';

/**
 * A cache of one kind that follows the server and says what changed.
 *
 * Scenario it is built for: the watch ends, the server restarts, an old replica answers, a line arrives cut in half, a
 * list comes back empty although nobody removed anything. In all of them the cache keeps what it last knew for sure and
 * tries again with growing pauses. A removal is told only when an event says so, or a list that is not older than the
 * cache; a list that suddenly is empty is read a second time first, and then an object that it should hold is asked for.
 */
export interface Informer<T> {
  /** Resolves when the first list is in the cache; rejects when the informer is stopped before. */
  readonly synced: Promise<void>;
  /** The version the cache is at; empty before the first list. Compare with `isOlder`. */
  readonly resourceVersion: string;
  hasSynced(): boolean;
  /** By key: `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): T | undefined;
  has(key: string): boolean;
  /** All objects, in no order. */
  list(): T[];
  keys(): string[];
  size(): number;
  /**
   * Milliseconds since the server last said something that was accepted; Infinity before the first list. A quiet kind
   * may say nothing for twice `watchMs` plus `watchdogMs`.
   */
  lastContactMs(): number;
  /** Ends the watch; resolves when no more change will be told. The cache stays readable. */
  stop(): Promise<void>;
}

/** What happened to an object, as `onChange` tells it. */
export type ChangeKind = 'added' | 'modified' | 'deleted';

/** Events of an informer's life, for metrics. */
export interface InformerMetrics {
  /** A full list was taken in. */
  relisted?(resource: Resource, reason: string): void;
  /** A list or watch failed; `code` is the AppError's. */
  interrupted?(resource: Resource, code: string): void;
  /** An event came that was not newer than the cache. */
  dropped?(resource: Resource): void;
}

/** What to follow, and how. */
export interface InformerOptions<T> {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** What to keep of an object, e.g. its hash. @default the whole object, deep-frozen and without managedFields */
  readonly transform?: ((object: KubeObject) => T) | undefined;
  /** Where the cache keeps it; empty, and the informer's own from now on. @default a Map */
  readonly table?: Table<T> | undefined;
  /**
   * Told of each change, in order, after the cache holds it. For `deleted`, `object` is the last known one. An error
   * thrown here is logged and goes no further.
   */
  readonly onChange?: ((key: string, kind: ChangeKind, object: T, old: T | undefined) => void) | undefined;
  /** A full list at least this often, spread by a tenth. @default 600_000 */
  readonly relistMs?: number | undefined;
  /** How long the server is asked to keep a watch open, spread up to double. @default 300_000 */
  readonly watchMs?: number | undefined;
  /** A watch past its time on which nothing arrived for so long has stalled. @default 30_000 */
  readonly watchdogMs?: number | undefined;
  /** Longest pause between two attempts. @default 30_000 */
  readonly maxBackoffMs?: number | undefined;
  /** Objects per request. @default 500 */
  readonly pageSize?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
  readonly metrics?: InformerMetrics | undefined;
}

const firstBackoffMs = 200;
/** A watch that ends sooner than this and brought nothing counts as a failure, so that it cannot spin. */
const shortWatchMs = 1_000;
/** After so many unreadable watches in a row the missing event is looked for by a list. */
const garbledLimit = 3;

/** Starts following at once; see Informer. Errors are logged and retried, never thrown. */
export function startInformer<T = KubeObject>(options: InformerOptions<T>): Informer<T> {
  const clock = options.clock ?? systemClock;
  const stopping = new AbortController();
  const store = createStore<T>(options.transform ?? (frozenObject as (object: KubeObject) => T), options.table);
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => undefined);
  const loop: Loop<T> = {
    options,
    clock,
    store,
    signal: stopping.signal,
    random: options.random ?? Math.random,
    log: options.log ?? silentLog,
    contactMs: Number.NEGATIVE_INFINITY,
    listedMs: Number.NEGATIVE_INFINITY,
    onSynced: first.resolve,
  };
  const running = follow(loop).finally(() => {
    first.reject(new AppError('unreachable', 'The informer was stopped.', { code: 'informer-stopped' }));
  });
  return {
    synced: first.promise,
    get resourceVersion() {
      return store.version();
    },
    hasSynced: () => store.version() !== '',
    get: (key) => store.get(key),
    has: (key) => store.has(key),
    list: () => store.list(),
    keys: () => store.keys(),
    size: () => store.size(),
    lastContactMs: () => clock.monotonic() - loop.contactMs,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

interface Loop<T> {
  readonly options: InformerOptions<T>;
  readonly clock: Clock;
  readonly store: Store<T>;
  readonly signal: AbortSignal;
  readonly random: Random;
  readonly log: Log;
  readonly onSynced: () => void;
  contactMs: number;
  listedMs: number;
}

/** List, watch, watch again, list again; a pause after each failure, longer with each one in a row. */
async function follow<T>(loop: Loop<T>): Promise<void> {
  const { clock, signal } = loop;
  const relistMs = (loop.options.relistMs ?? 600_000) * (0.9 + loop.random() / 10);
  let failures = 0;
  let listReason = 'first';
  while (!signal.aborted) {
    try {
      if (listReason === '' && clock.monotonic() - loop.listedMs >= relistMs) listReason = 'period';
      if (listReason !== '') {
        await relist(loop, listReason);
        listReason = '';
        failures = 0;
      }
      await watchOnce(loop, loop.listedMs + relistMs - clock.monotonic(), () => {
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      report(loop, error, failures);
      if (isExpired(error)) listReason = 'expired';
      else if (codeOf(error) === 'watch-garbled' && failures >= garbledLimit) listReason = 'garbled';
      await sleep(clock, pauseMs(loop, error, failures), signal);
    }
  }
}

/**
 * Nothing at first, then 0.2 s doubling to the cap, each between half and all of it; never sooner than the server asks.
 * An expired version often hits every kind at once, so even the first pause is spread then.
 */
function pauseMs<T>(loop: Loop<T>, error: unknown, failures: number): number {
  const cap = loop.options.maxBackoffMs ?? 30_000;
  const grown = failures <= 1 ? 0 : firstBackoffMs * 2 ** Math.min(failures - 2, 20);
  const spread = isExpired(error) ? 5 * firstBackoffMs * loop.random() : 0;
  const own = Math.min(cap, grown * (0.5 + loop.random() / 2) + spread);
  const askedMs = retryAfterOf(error) ?? 0;
  return Math.max(own, askedMs * (1 + loop.random() / 10));
}

async function relist<T>(loop: Loop<T>, reason: string): Promise<void> {
  const { store, options, clock } = loop;
  let listed = await readAll(loop);
  if (listed.entries.size === 0 && store.size() > 0) {
    loop.log.warn({ kind: options.resource.kind, known: store.size() }, 'the list is empty, reading it once more');
    listed = await readAll(loop);
    if (listed.entries.size === 0) await refuseIfThere(loop);
  }
  for (const change of store.takeList(listed.entries, listed.version)) tell(loop, change);
  loop.listedMs = clock.monotonic();
  loop.contactMs = loop.listedMs;
  options.metrics?.relisted?.(options.resource, reason);
  loop.onSynced();
}

/** Objects that an empty list is tried with. */
const samples = 3;

/**
 * The worst lie is an empty list with status 200: all that was known would be told as removed. It is believed only when
 * none of some known objects is found by its own name. @throws unreachable `empty-list`; as the client
 */
async function refuseIfThere<T>({ options, store }: Loop<T>): Promise<void> {
  const { client, resource, labelSelector } = options;
  for (const key of store.keys().slice(0, samples)) {
    const [namespace, name = ''] = key.includes('/') ? key.split('/') : [undefined, key];
    try {
      const { metadata } = await client.get(resource, { namespace, name });
      if (!isSelected(labelSelector, metadata.labels ?? {})) continue;
    } catch (error) {
      if (isNotFound(error) || isForbidden(error)) continue;
      throw error;
    }
    const message = `${client.name}: the list of ${resource.plural} is empty, but ${key} is there.`;
    throw new AppError('unreachable', message, { code: 'empty-list', data: { key } });
  }
}

/** Whether labels fit a selector of the forms `name` and `name=value`. Pure. */
function isSelected(selector: string | undefined, labels: Readonly<Record<string, string>>): boolean {
  return (selector ?? '').split(',').every((term) => {
    const [name = '', value] = term.split('=');
    return name === '' || (name in labels && (value === undefined || labels[name] === value));
  });
}

/** A consistent list of all pages. Nothing of it is used unless all of it arrived and it is not older than the cache. */
async function readAll<T>(loop: Loop<T>): Promise<{ entries: Map<string, Entry<T>>; version: string }> {
  const { client, resource, namespace, labelSelector, fieldSelector, pageSize } = loop.options;
  const entries = new Map<string, Entry<T>>();
  let version = '';
  const { signal } = loop;
  for await (const page of client.pages(resource, { namespace, labelSelector, fieldSelector, pageSize, signal })) {
    version = page.resourceVersion;
    for (const object of page.items) entries.set(keyOf(object), loop.store.entryOf(object));
  }
  if (isOlder(version, loop.store.version())) {
    const message = `${client.name}: the list of ${resource.plural} is older than what is known already.`;
    throw new AppError('unreachable', message, {
      code: 'stale-list',
      data: { listed: version, known: loop.store.version() },
    });
  }
  return { entries, version };
}

/** One watch from the present version. Returns when it ended in time or it is time to list. @throws when it failed */
async function watchOnce<T>(loop: Loop<T>, untilListMs: number, onEvent: () => void): Promise<void> {
  const { client, resource, namespace, labelSelector, fieldSelector } = loop.options;
  const spreadMs = (loop.options.watchMs ?? 300_000) * (1 + loop.random());
  const timeoutSeconds = Math.max(1, Math.ceil(Math.min(spreadMs, untilListMs) / 1000));
  const dog = startWatchdog(loop, timeoutSeconds * 1000);
  const startedMs = loop.clock.monotonic();
  let events = 0;
  try {
    for await (const event of client.watch(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion: loop.store.version(),
      timeoutSeconds,
      signal: dog.signal,
      onBytes: dog.fed,
    })) {
      events += 1;
      onEvent();
      take(loop, event.type, event.object);
    }
  } finally {
    dog.stop();
  }
  if (loop.signal.aborted) return;
  if (dog.barked()) throw broken(loop, 'watch-stalled', 'the watch has stalled');
  const lastedMs = loop.clock.monotonic() - startedMs;
  if (events === 0 && lastedMs < Math.min(shortWatchMs, timeoutSeconds * 500)) {
    throw broken(loop, 'watch-short', 'the watch ended at once');
  }
}

interface Watchdog {
  readonly signal: AbortSignal;
  readonly fed: () => void;
  readonly barked: () => boolean;
  readonly stop: () => void;
}

/** Ends a watch that is past its time and silent; the server should have ended it itself. */
function startWatchdog<T>(loop: Loop<T>, timeoutMs: number): Watchdog {
  const { clock, signal } = loop;
  const watchdogMs = loop.options.watchdogMs ?? 30_000;
  const ender = new AbortController();
  const startedMs = clock.monotonic();
  let fedMs = startedMs;
  let barked = false;
  let cancel = (): void => undefined;
  const onStop = (): void => ender.abort();
  const check = (): void => {
    const dueMs = Math.max(startedMs + timeoutMs, fedMs + watchdogMs);
    const leftMs = dueMs - clock.monotonic();
    if (leftMs > 0) {
      cancel = clock.after(leftMs, check);
    } else {
      barked = true;
      ender.abort();
    }
  };
  check();
  signal.addEventListener('abort', onStop, { once: true });
  return {
    signal: ender.signal,
    fed() {
      fedMs = clock.monotonic();
      loop.contactMs = fedMs;
    },
    barked: () => barked,
    stop() {
      cancel();
      signal.removeEventListener('abort', onStop);
    },
  };
}

function take<T>(loop: Loop<T>, type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: KubeObject): void {
  if (type === 'BOOKMARK') {
    loop.store.takeBookmark(object.metadata.resourceVersion ?? '');
    return;
  }
  const change = loop.store.takeEvent(type, object);
  if (change === undefined) loop.options.metrics?.dropped?.(loop.options.resource);
  else tell(loop, change);
}

function tell<T>(loop: Loop<T>, change: StoreChange<T>): void {
  if (loop.signal.aborted) return;
  try {
    loop.options.onChange?.(change.key, change.kind, change.object, change.old);
  } catch (error) {
    loop.log.error({ err: error, kind: loop.options.resource.kind, key: change.key }, 'a change could not be handled');
  }
}

/** The first interruption is normal (servers restart); after that every doubling is worth a line. */
function report<T>(loop: Loop<T>, error: unknown, failures: number): void {
  const { resource, client, metrics } = loop.options;
  const code = codeOf(error);
  metrics?.interrupted?.(resource, code);
  const facts = { server: client.name, kind: resource.kind, code, failures, err: error };
  const isPowerOfTwo = (failures & (failures - 1)) === 0;
  if (failures > 1 && isPowerOfTwo) loop.log.warn(facts, 'following the server fails, trying again');
  else loop.log.debug(facts, 'list or watch interrupted');
}

function broken<T>(loop: Loop<T>, code: string, why: string): AppError {
  const { client, resource } = loop.options;
  return new AppError('unreachable', `${client.name}: ${resource.plural}: ${why}.`, { code });
}

function codeOf(error: unknown): string {
  return isAppError(error) ? error.code : 'unexpected';
}
