import { decideTenant } from '../../../core/decide/decide.ts';
import { entryOf, Ledger } from '../../../core/decide/ledger.ts';
import type { World } from '../../../core/decide/types.ts';
import type { Decision } from '../../../core/model/fields.ts';
import { tenantRef } from '../../../core/model/names.ts';
import { isConflict, retryAfterOf } from '../../../kube/errors.ts';
import { createQueue, done, type Outcome, type Queue } from '../../queue.ts';
import { type ManagementContext, treeOf } from '../context.ts';
import { changesGrants, commit, Outdated, type Plan, planOf } from './commit.ts';
import { allKeys, type Gathered, type GatheredView, gather, ownerOfClaim } from './gather.ts';
import { latestDecision, type Numbers } from './numbers.ts';
import { countForeign, releaseForeign, reserve, settle } from './reserve.ts';
import { writeApprovalStatuses, writeTenantStatus } from './status.ts';

/**
 * The one place where anything is decided. A single worker takes all tenants that are due at once, decides one after the
 * other against the same ledger, so that the second of two sees what the first got, reserves the sum, and only then
 * writes Grants. Deciding is never shared out.
 */
export interface DecidingLoop {
  readonly ledger: Ledger;
  /** To be decided about now. */
  enqueue(key: string): void;
  enqueueAll(): void;
  /** Those that wait for what just became free: capacity, allowance, or a hostname. */
  enqueueWaiting(): void;
  /** Has reservations compared with the ledger in the next run, though no tenant is due. */
  settleLater(): void;
  /** Begins, once the caches hold everything: the Grants are the first thing a new leader reads. */
  start(): void;
  stop(): Promise<void>;
}

/** Tenants written at the same time; deciding is done by then. */
const commitsAtOnce = 8;
/** Timers are renewed at least so often: longer ones overflow, and clocks jump. */
const longestTimerMs = 6 * 3_600_000;
/** One batch: bounded so that the first decisions of a full city are written before the last are made. */
const batchSize = 200;

interface State {
  readonly context: () => ManagementContext;
  readonly ledger: Ledger;
  readonly pending: Set<string>;
  readonly failures: Map<string, number>;
  readonly batches: Queue;
  readonly timers: Queue;
  /** The highest number that is stored or was given. */
  latest: Decision;
  cancelForeign: () => void;
}

/** A loop that works on `context()`, which must be there by `start`. */
export function createDecidingLoop(
  options: Parameters<typeof createQueue>[1] & object,
  context: () => ManagementContext,
): DecidingLoop {
  const batches = createQueue(() => runBatch(state), { ...options, workers: 1 });
  const timers = createQueue(async (key) => enqueue(state, key), { ...options, metrics: undefined });
  const state: State = {
    context,
    ledger: new Ledger(),
    pending: new Set(),
    failures: new Map(),
    batches,
    timers,
    latest: { term: 1, revision: 0 },
    cancelForeign: () => undefined,
  };
  return {
    ledger: state.ledger,
    enqueue: (key) => void enqueue(state, key),
    enqueueAll: () => enqueueAll(state),
    enqueueWaiting: () => enqueueWaiting(state),
    settleLater: () => batches.add(batchKey),
    start() {
      begin(state);
      timers.start();
      batches.start();
    },
    async stop() {
      state.cancelForeign();
      await timers.stop();
      await batches.stop();
    },
  };
}

const batchKey = 'batch';

function enqueue(state: State, key: string): Outcome {
  state.pending.add(key);
  state.batches.add(batchKey);
  return done;
}

function enqueueAll(state: State): void {
  for (const key of allKeys(state.context())) enqueue(state, key);
}

function enqueueWaiting(state: State): void {
  for (const { metadata, status } of state.context().caches.tenant.list()) {
    const waits = status?.waitingFor?.some(({ part }) => ['capacity', 'allowance', 'correction'].includes(part));
    if (waits === true) enqueue(state, `${metadata.namespace?.slice('dept-'.length)}/${metadata.name}`);
  }
}

/** What all Grants hold, and beside it what someone else reserved: that may still become a Grant for one Lease's time. */
function begin(state: State): void {
  const ctx = state.context();
  refreshLedger(state, allKeys(ctx), gather(ctx));
  const { leaseMs } = ctx.deps.config.current().timings;
  if (countForeign(ctx, state.ledger)) {
    ctx.deps.log.warn({ forMs: leaseMs }, 'reservations without Grants are kept until their process must have ended');
    state.cancelForeign = ctx.deps.clock.after(leaseMs, () => {
      releaseForeign(ctx, state.ledger);
      enqueueWaiting(state);
      state.batches.add(batchKey);
    });
  }
  enqueueAll(state);
}

function refreshLedger(state: State, keys: Iterable<string>, gathered: Gathered): void {
  for (const key of keys) state.ledger.set(key, entryOf(gathered.view(key).existing));
}

async function runBatch(state: State): Promise<Outcome> {
  const ctx = state.context();
  const keys = takeKeys(state, ctx);
  const gathered = gather(ctx);
  // Grants may have been changed by someone else; each change made its tenant due.
  refreshLedger(state, [...keys, ...state.pending], gathered);
  try {
    const numbers = countOn(state, latestDecision(ctx));
    const plans = decideAll(state, ctx, keys, gathered);
    const changed = plans.filter(changesGrants);
    if (changed.length > 0) await reserve(ctx, state.ledger);
    await inParallel(plans, (plan) => carryOut(state, ctx, plan, { gathered, numbers }));
    if (await settle(ctx, state.ledger)) enqueueWaiting(state);
  } catch (error) {
    for (const key of keys) state.pending.add(key);
    refreshLedger(state, keys, gather(ctx));
    throw error;
  }
  if (state.pending.size > 0) state.batches.add(batchKey);
  return done;
}

/** Numbers above all that are stored and all that this process gave, also where it could not write them. */
function countOn(state: State, stored: Decision): Numbers {
  const { term, revision } = state.latest;
  state.latest = { term: Math.max(term, stored.term), revision: Math.max(revision, stored.revision) };
  return {
    stored,
    next() {
      state.latest = { ...state.latest, revision: state.latest.revision + 1 };
      return state.latest;
    },
  };
}

/** The oldest requests first: who came first is served first. */
function takeKeys(state: State, ctx: ManagementContext): string[] {
  const ageOf = (key: string) => {
    const [department = '', name = ''] = key.split('/');
    return ctx.caches.tenant.get(`dept-${department}/${name}`)?.metadata.creationTimestamp ?? '';
  };
  const keys = [...state.pending]
    .map((key) => `${ageOf(key)} ${key}`)
    .sort()
    .map((line) => line.slice(line.indexOf(' ') + 1))
    .slice(0, batchSize);
  for (const key of keys) state.pending.delete(key);
  return keys;
}

/** Decides one after the other; the ledger and the hostnames hold what those before got. */
function decideAll(state: State, ctx: ManagementContext, keys: readonly string[], gathered: Gathered): Plan[] {
  const promised = new Map<string, string>();
  const world: World = {
    tree: treeOf(ctx.caches),
    ledger: state.ledger,
    sites: gathered.sites,
    ownerOf: (hostname) =>
      promised.get(hostname) ?? gathered.holderOf(hostname) ?? ownerOfClaim(ctx.caches.hostnameClaim.get(hostname)),
    cloud: ctx.deps.config.current().cloud,
    nowMs: ctx.deps.clock.now(),
  };
  return eachAlone(
    keys,
    (key) => {
      const view = gathered.view(key);
      const decided = decideTenant(view, world);
      state.ledger.set(key, decided.entry);
      for (const hostname of decided.claims.keys()) promised.set(hostname, key);
      return planOf(key, view, decided);
    },
    (key, error) => putOff(state, ctx, gathered.view(key), error),
  );
}

/** The results in order, without those of items that failed: what is wrong with one request must not stop the others. */
export function eachAlone<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
  failed: (item: Item, error: unknown) => void,
): Result[] {
  return items.flatMap((item) => {
    try {
      return [work(item)];
    } catch (error) {
      failed(item, error);
      return [];
    }
  });
}

interface Batch {
  readonly gathered: Gathered;
  readonly numbers: Numbers;
}

/** Writes one decision and its status. What goes wrong concerns this tenant alone; it is decided about again. */
async function carryOut(state: State, ctx: ManagementContext, plan: Plan, batch: Batch): Promise<void> {
  const { key, decided } = plan;
  const { gathered, numbers } = batch;
  try {
    const grants = await commit(ctx, plan, numbers);
    const view = gathered.view(key);
    const due =
      plan.tenant === undefined || view.tenant === undefined
        ? undefined
        : await writeTenantStatus(ctx, plan.tenant, decided, { grants, contacts: gathered.contacts });
    await writeApprovalStatuses(ctx, view);
    state.failures.delete(key);
    lookAgain(state, ctx, key, [decided.nextCheckMs, due]);
  } catch (error) {
    putOff(state, ctx, gathered.view(key), error);
  }
}

/** Leaves a tenant as it is, with what it has by now, and comes back to it, later each time. */
function putOff(state: State, ctx: ManagementContext, view: GatheredView, error: unknown): void {
  const key = tenantRef(view.department, view.name);
  const failures = (state.failures.get(key) ?? 0) + 1;
  state.failures.set(key, failures);
  const { backoffBaseMs, backoffMaxMs } = ctx.deps.config.current().timings;
  const expected = error instanceof Outdated || isConflict(error);
  const log = expected ? ctx.deps.log.info.bind(ctx.deps.log) : ctx.deps.log.warn.bind(ctx.deps.log);
  log({ err: error, tenant: key, failures }, 'a decision could not be made or written, it is made anew');
  state.ledger.set(key, entryOf(view.existing));
  const base = expected ? backoffBaseMs / 5 : backoffBaseMs;
  const pauseMs = Math.min(backoffMaxMs, base * 2 ** Math.min(failures - 1, 20));
  state.timers.addAfter(key, Math.max(pauseMs, retryAfterOf(error) ?? 0));
}

function lookAgain(state: State, ctx: ManagementContext, key: string, times: readonly (number | undefined)[]): void {
  const known = times.filter((atMs) => atMs !== undefined);
  if (known.length === 0) return;
  const waitMs = Math.min(...known) - ctx.deps.clock.now();
  state.timers.addAfter(key, Math.min(longestTimerMs, Math.max(1_000, waitMs)));
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: commitsAtOnce }, worker));
}
