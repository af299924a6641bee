import { confirmConfigMap } from '../../core/access/site.ts';
import { grantName } from '../../core/model/names.ts';
import { findCondition } from '../../kube/conditions.ts';
import type { Connection } from '../../kube/config.ts';
import type { KubeClient } from '../../kube/types.ts';
import type { ControllerDeps, RunningController } from '../deps.ts';
import { createQueue, done, type Outcome, type Queue } from '../queue.ts';
import { createShare } from './alike.ts';
import { type CacheListener, startCaches } from './caches.ts';
import type { SiteContext } from './context.ts';
import { startLink } from './link.ts';
import { createLookups } from './lookups.ts';
import { mirrorKey } from './mirror.ts';
import { reconcileGrant } from './reconcile.ts';
import { sameStatus } from './status.ts';

/** What the site controller needs beside what every controller gets. */
export interface SiteDeps extends ControllerDeps {
  /** A client of the management centre for a credential; each is closed when it is not used any more. */
  readonly connect: (connection: Connection) => KubeClient;
  /** Runs of different tenants at the same time; each waits for one answer most of its time. @default 64 */
  readonly workers?: number;
  /** How often the credential's Secret is looked at. @default 10_000 */
  readonly credentialMs?: number;
}

/** Reports to the management centre at the same time. */
const reportWorkers = 4;

/**
 * Runs the site controller: mirrors the centre's Grants, keeps tenants' environments as decided and reports. It works on
 * the mirror alone while the management centre is away, and catches up when that is back. Starts at once; ends with
 * `stop`.
 */
export function runSite(deps: SiteDeps): RunningController {
  const { timings } = deps.config.current();
  const pauses = { minBackoffMs: timings.backoffBaseMs, maxBackoffMs: timings.backoffMaxMs };
  const shared = { ...pauses, clock: deps.clock, random: deps.random, log: deps.log };
  const parts: { ctx?: SiteContext } = {};
  const context = (): SiteContext => {
    if (parts.ctx === undefined) throw new Error('a run began before the context was there');
    return parts.ctx;
  };
  const grants = createQueue((name) => reconcileGrant(context(), name), {
    ...shared,
    workers: deps.workers ?? 64,
    metrics: deps.metrics.queue('Grant'),
  });
  const reports = createQueue((name) => sendReport(context(), name), {
    ...shared,
    workers: reportWorkers,
    metrics: deps.metrics.queue('Report'),
  });
  deps.metrics.watchQueue('Grant', grants);
  deps.metrics.watchQueue('Report', reports);
  const ctx = createContext(deps, { grants, reports });
  parts.ctx = ctx;
  // A Grant that is checked before the offer for it is known would have to be checked again.
  const starting = Promise.all([ctx.caches.synced, ctx.link.tried, sweep(ctx)]).then(
    () => begin(ctx, grants, reports),
    () => undefined,
  );
  const ends = [
    repeat(deps, timings.resyncMs, () => addAll(ctx, grants)),
    deps.config.onChange(() => addAll(ctx, grants)),
  ];
  return {
    unready: () => ctx.caches.unready(),
    async stop() {
      for (const end of ends) end();
      await ctx.caches.stop();
      await Promise.all([grants.stop(), ctx.link.stop()]);
      await starting;
      await reports.stop();
    },
  };
}

interface Queues {
  readonly grants: Queue;
  readonly reports: Queue;
}

function createContext(deps: SiteDeps, { grants, reports }: Queues): SiteContext {
  const lookups = createLookups();
  const share = createShare();
  const refused = new Set<string>();
  const listener: CacheListener = {
    changed: (name) => grants.add(name),
    changedDepartment(department) {
      const prefix = grantName(department, '');
      for (const name of namesOf(ctx)) if (name.startsWith(prefix)) grants.add(name);
    },
    changedAll: () => addAll(ctx, grants),
    // An object may have lost its labels and still be there; the next run looks.
    lost: ({ kind, namespace, name }) =>
      lookups.lost({ kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }),
  };
  const ctx: SiteContext = {
    deps,
    caches: startCaches({ deps, listener, confirmConfigMap, share }),
    link: startLink({
      deps,
      connect: deps.connect,
      share,
      onChange: (name) => grants.add(name),
      onConnected: () => addAll(ctx, grants),
      ...(deps.credentialMs === undefined ? {} : { credentialMs: deps.credentialMs }),
    }),
    storing: new Map(),
    waiting: { removal: new Set(), roleChange: new Set() },
    refused,
    lookups,
    reports: new Map(),
    sendReport: (name) => reports.add(name),
    onAccepted(name) {
      for (const other of refused) if (other !== name) grants.add(other);
    },
  };
  return ctx;
}

/** When it fails, every object is asked for by itself, which takes longer and is as good. */
async function sweep({ caches, lookups, deps }: SiteContext): Promise<void> {
  try {
    // What loses its labels after the caches are full is told by them.
    await caches.synced;
    await lookups.sweep(deps.client);
  } catch (error) {
    deps.log.debug({ err: error }, 'objects without labels could not be listed');
  }
}

/** Waiting decisions go on waiting over a restart: the mirror's status says which they are. */
function begin(ctx: SiteContext, grants: Queue, reports: Queue): void {
  for (const name of ctx.caches.grantNames()) {
    const conditions = ctx.caches.grants.get(mirrorKey(name))?.status?.conditions;
    if (findCondition(conditions as never, 'AwaitingConfirmation')?.status === 'True') ctx.waiting.removal.add(name);
  }
  addAll(ctx, grants);
  grants.start();
  reports.start();
}

function namesOf(ctx: Pick<SiteContext, 'caches' | 'link'>): Set<string> {
  return new Set([...ctx.caches.grantNames(), ...ctx.link.names()]);
}

function addAll(ctx: SiteContext, grants: Queue): void {
  for (const name of namesOf(ctx)) grants.add(name);
}

/** Calls `action` every `everyMs`, spread by a tenth; the returned function ends it. */
function repeat({ clock, random }: ControllerDeps, everyMs: number, action: () => void): () => void {
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(everyMs * (0.9 + random() / 5), () => {
      action();
      next();
    });
  };
  next();
  return () => cancel();
}

/** Tells the management centre how one Grant stands, unless it knows. What fails is sent later, with pauses. */
async function sendReport(ctx: SiteContext, name: string): Promise<Outcome> {
  const status = ctx.reports.get(name);
  const offer = ctx.link.offer(name);
  if (status === undefined || offer.type !== 'present') return done;
  if (!sameStatus(offer.grant.status, status)) await ctx.link.report(offer.grant, status);
  // What came meanwhile is another one; this one is told and need not be remembered.
  if (ctx.reports.get(name) === status) ctx.reports.delete(name);
  return done;
}
