import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isAppError } from '../core/errors.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import { ifFound, isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import { type Lease, leaseObject, microTime } from './lease.ts';
import { resources } from './resource.ts';
import { type KubeClient, type Log, type Random, silentLog } from './types.ts';

/**
 * Election of one process by a Lease.
 *
 * A holder counts its own time from before the request that renewed the Lease; the others count from when they saw the
 * renewal. Nobody compares wall clocks. So the holder's right (`renewMs`) always ends before anyone else's patience
 * (`leaseMs`) does, also when the holder was stopped in between: `isLeader` asks a clock that goes on meanwhile.
 *
 * What no lock can prevent: a process that is stopped after it asked and before its request left sends that one request
 * when it is resumed. So a write that must not land late (a decision) carries the resourceVersion it was decided on.
 */
export interface Leader {
  /** Whether this process may write now. Cheap; ask it before every write. */
  isLeader(): boolean;
  /** Who holds the Lease, as far as seen; empty when nobody does. */
  holder(): string;
  /** Counts the changes of holder; grows with each. The number of the present holder. */
  term(): number;
  /** Resolves when this process first leads. Rejects when it is stopped before. */
  readonly elected: Promise<void>;
  /** Ends the election and gives the Lease back, so that another need not wait. */
  stop(): Promise<void>;
}

/** The Lease and its times. */
export interface LeaderOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Must be different in every process. @default host name, process id and a random part */
  readonly identity?: string | undefined;
  /** The others wait for so long after the last renewal they saw. @default 15_000 */
  readonly leaseMs?: number | undefined;
  /** A holder that could not renew for so long gives up. Less than `leaseMs`. @default 10_000 */
  readonly renewMs?: number | undefined;
  /** Pause between two attempts, spread by a fifth. @default 2_000 */
  readonly retryMs?: number | undefined;
  /** Called once, when leading begins. */
  readonly onElected?: (() => void) | undefined;
  /** Called once, when leading ended without `stop`. The election is over then: end the process and start anew. */
  readonly onLost?: (() => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
}

interface Election {
  readonly options: LeaderOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly stopping: AbortController;
  readonly elected: PromiseWithResolvers<void>;
  /** The Lease as last seen, and when it was first seen so. */
  seen: Lease | undefined;
  seenMs: number;
  /** Until when this process leads; -Infinity when it does not. */
  untilMs: number;
  leads: boolean;
  lost: boolean;
  cancelDeadline: () => void;
}

/** Takes part in the election at once; see Leader. */
export function startLeader(options: LeaderOptions): Leader {
  const election: Election = {
    options,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    identity: options.identity ?? `${hostname()}_${process.pid}_${randomUUID().slice(0, 8)}`,
    leaseMs: options.leaseMs ?? 15_000,
    renewMs: options.renewMs ?? 10_000,
    stopping: new AbortController(),
    elected: Promise.withResolvers<void>(),
    seen: undefined,
    seenMs: Number.NEGATIVE_INFINITY,
    untilMs: Number.NEGATIVE_INFINITY,
    leads: false,
    lost: false,
    cancelDeadline: () => undefined,
  };
  election.elected.promise.catch(() => undefined);
  const running = run(election);
  return {
    isLeader: () => leadsNow(election),
    holder: () => election.seen?.spec.holderIdentity ?? '',
    term: () => election.seen?.spec.leaseTransitions ?? 0,
    elected: election.elected.promise,
    async stop() {
      election.stopping.abort();
      await running;
      await giveBack(election);
    },
  };
}

function leadsNow(election: Election): boolean {
  return election.leads && !election.lost && election.clock.monotonic() < election.untilMs;
}

async function run(election: Election): Promise<void> {
  const { clock, options } = election;
  const { signal } = election.stopping;
  while (!signal.aborted) {
    // Not by a timer alone: after a pause of the process this line may run before the timer does.
    if (election.leads && !leadsNow(election)) lose(election, 'it was not renewed in time');
    if (election.lost) break;
    const startedMs = clock.monotonic();
    try {
      await attempt(election, startedMs);
    } catch (error) {
      if (signal.aborted) break;
      const code = isAppError(error) ? error.code : 'unexpected';
      election.log.debug({ err: error, code, lease: options.name }, 'the Lease could not be read or renewed');
    }
    const retryMs = (options.retryMs ?? 2_000) * (1 + (options.random ?? Math.random)() / 5);
    if (!election.lost) await sleep(clock, retryMs, signal);
  }
  election.cancelDeadline();
  election.elected.reject(new Error('the election ended'));
}

/** Renews the Lease when it is ours, takes it when it is free or has run out. */
async function attempt(election: Election, startedMs: number): Promise<void> {
  const current = election.leads ? election.seen : await look(election);
  if (current !== undefined && !isOurs(election, current) && !hasRunOut(election, current)) {
    if (election.leads) lose(election, `${current.spec.holderIdentity} holds it`);
    return;
  }
  try {
    const stored = await hold(election, current);
    observe(election, stored);
    win(election, startedMs);
  } catch (error) {
    if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error;
    // Someone else wrote it, or our own write whose answer was lost did. The next look tells.
    const now = await look(election);
    if (now !== undefined && isOurs(election, now) && election.leads) return;
    if (election.leads) lose(election, `${now?.spec.holderIdentity ?? 'nobody'} holds it`);
  }
}

async function look(election: Election): Promise<Lease | undefined> {
  const { client, namespace, name } = election.options;
  const lease = await ifFound(client.get<Lease>(resources.lease, { namespace, name }, limits(election)));
  if (lease !== undefined) observe(election, lease);
  return lease;
}

function hold(election: Election, current: Lease | undefined): Promise<Lease> {
  const { client, namespace, name } = election.options;
  const now = microTime(election.clock.now());
  const ours = current !== undefined && isOurs(election, current);
  const lease = leaseObject(namespace, name, {
    holderIdentity: election.identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(election.leaseMs / 1000)),
    renewTime: now,
    acquireTime: ours ? (current.spec.acquireTime ?? now) : now,
    leaseTransitions: (current?.spec.leaseTransitions ?? 0) + (ours ? 0 : 1),
  });
  if (current === undefined) return client.create(lease, limits(election));
  return client.update({ ...current, spec: { ...current.spec, ...lease.spec } }, limits(election));
}

/** One attempt never outlives the holder's right; it goes before all other calls. */
function limits(election: Election) {
  return { priority: 'high' as const, timeoutMs: election.renewMs / 2, signal: election.stopping.signal };
}

function observe(election: Election, lease: Lease): void {
  if (election.seen?.metadata.resourceVersion !== lease.metadata.resourceVersion) {
    election.seenMs = election.clock.monotonic();
  }
  election.seen = lease;
}

function isOurs(election: Election, lease: Lease): boolean {
  return lease.spec.holderIdentity === election.identity;
}

/** The Lease has not changed under our eyes for as long as its holder asked, and at least for as long as we would. */
function hasRunOut(election: Election, lease: Lease): boolean {
  if (!lease.spec.holderIdentity) return true;
  const patienceMs = Math.max(election.leaseMs, (lease.spec.leaseDurationSeconds ?? 0) * 1000);
  return election.clock.monotonic() - election.seenMs >= patienceMs;
}

function win(election: Election, startedMs: number): void {
  const { clock, options } = election;
  election.untilMs = startedMs + election.renewMs;
  election.cancelDeadline();
  election.cancelDeadline = clock.after(Math.max(1, election.untilMs - clock.monotonic()), () => {
    if (!leadsNow(election)) lose(election, 'it was not renewed in time');
  });
  if (election.leads || !(clock.monotonic() < election.untilMs)) return;
  election.leads = true;
  election.log.info({ lease: options.name, identity: election.identity }, 'this process leads');
  options.onElected?.();
  election.elected.resolve();
}

function lose(election: Election, why: string): void {
  if (!election.leads || election.lost || election.stopping.signal.aborted) return;
  election.lost = true;
  election.cancelDeadline();
  election.log.error({ lease: election.options.name, identity: election.identity, why }, 'the lead is lost');
  election.options.onLost?.();
}

/** Reads the Lease anew first: a renewal that `stop` cut short may have been stored. */
async function giveBack(election: Election): Promise<void> {
  const { options, clock } = election;
  if (!election.leads || election.lost) return;
  election.lost = true;
  const calm = { priority: 'high' as const, timeoutMs: election.renewMs / 2 };
  const { namespace, name } = options;
  try {
    const lease = await options.client.get<Lease>(resources.lease, { namespace, name }, calm);
    if (!isOurs(election, lease)) return;
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock.now()) };
    await options.client.update({ ...lease, spec }, calm);
  } catch {
    // Whoever comes next waits for the Lease to run out instead.
  }
}
