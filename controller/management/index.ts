import { siteNamespace } from '../../core/model/names.ts';
import { createRecorder } from '../../kube/events.ts';
import type { ControllerDeps, RunningController } from '../deps.ts';
import { createQueue, type Queue } from '../queue.ts';
import { type CacheName, type Caches, type OnChange, startCaches } from './caches.ts';
import { type Contacts, createContacts } from './contacts.ts';
import { type ManagementContext, siteOfNamespace } from './context.ts';
import { reconcileDepartment } from './departments/index.ts';
import { reconcileSite } from './sites/index.ts';
import { ownerOfClaim, tenantKeyOf, tenantKeyOfApproval, tenantKeyOfGrant } from './tenants/gather.ts';
import { createDecidingLoop, type DecidingLoop } from './tenants/loop.ts';

/**
 * Runs the management controller: namespaces and rights of departments and sites, and the decisions about all tenants. It
 * is called by the process that leads; its client refuses writes once the lead is lost. Starts at once; ends with `stop`.
 */
export function runManagement(deps: ControllerDeps): RunningController {
  const { timings } = deps.config.current();
  const parts: { ctx?: ManagementContext } = {};
  const context = (): ManagementContext => {
    if (parts.ctx === undefined) throw new Error('a run began before the context was there');
    return parts.ctx;
  };
  const options = (kind: string) => ({
    minBackoffMs: timings.backoffBaseMs,
    maxBackoffMs: timings.backoffMaxMs,
    clock: deps.clock,
    random: deps.random,
    log: deps.log,
    metrics: deps.metrics.queue(kind),
  });
  const loop = createDecidingLoop(options('Tenant'), context);
  const departments = createQueue((code) => reconcileDepartment(context(), loop.ledger, code), options('Department'));
  const sites = createQueue((name) => reconcileSite(context(), loop.ledger, name), options('Site'));
  deps.metrics.watchQueue('Department', departments);
  deps.metrics.watchQueue('Site', sites);
  const queues = { loop, departments, sites };
  const contacts = createContacts({
    clock: deps.clock,
    silentAfterMs: () => deps.config.current().timings.silentAfterMs,
    onChange: (site) => contactChanged(context(), queues, site),
  });
  // Nothing is told before `ctx` is there: the first list takes at least one turn of the event loop.
  const caches = startCaches(deps, react(queues, contacts, context));
  const events = createRecorder({
    client: deps.client,
    controller: 'jinhong.dev/management',
    instance: deps.site,
    clock: deps.clock,
    log: deps.log,
  });
  parts.ctx = { deps, caches, contacts, events };
  const starting = caches.synced.then(
    () => begin(caches, queues),
    () => undefined,
  );
  const ends = [
    repeat(deps, () => lookAtAll(context(), queues)),
    deps.config.onChange(() => lookAtAll(context(), queues)),
  ];
  return {
    unready: () => caches.unready(),
    async stop() {
      for (const end of ends) end();
      contacts.stop();
      await caches.stop();
      await starting;
      await Promise.all([departments.stop(), sites.stop(), loop.stop()]);
      await events.stop();
    },
  };
}

interface Queues {
  readonly loop: DecidingLoop;
  readonly departments: Queue;
  readonly sites: Queue;
}

function begin(caches: Caches, { loop, departments, sites }: Queues): void {
  for (const { metadata } of caches.department.list()) departments.add(metadata.name);
  for (const { metadata } of caches.site.list()) sites.add(metadata.name);
  loop.start();
  departments.start();
  sites.start();
}

function lookAtAll({ caches }: ManagementContext, { loop, departments, sites }: Queues): void {
  for (const { metadata } of caches.department.list()) departments.add(metadata.name);
  for (const { metadata } of caches.site.list()) sites.add(metadata.name);
  loop.enqueueAll();
}

/** Which keys a change in each cache makes due. */
function react(queues: Queues, contacts: Contacts, context: () => ManagementContext): OnChange {
  const { loop, departments, sites } = queues;
  const isSpec = (old: Versioned | undefined, object: Versioned) =>
    old?.metadata.generation !== object.metadata.generation;
  const owner = (namespace: string | undefined): void => {
    const site = siteOfNamespace(namespace);
    if (site !== undefined) sites.add(site);
    else if (namespace?.startsWith('dept-') === true) departments.add(namespace.slice('dept-'.length));
  };
  const on: Record<CacheName, (change: never) => void> = {
    tenant: ({ object }: Change<'tenant'>) => add(loop, tenantKeyOf(object)),
    approval: ({ object }: Change<'approval'>) => add(loop, tenantKeyOfApproval(object)),
    grant: ({ object }: Change<'grant'>) => loop.enqueue(tenantKeyOfGrant(object)),
    hostnameClaim: ({ kind, object, old }: Change<'hostnameClaim'>) => {
      // Whoever owns it by its decision claims it again; then those that wait for the name are looked at.
      if (kind !== 'added') for (const claim of [object, old]) add(loop, ownerOfClaim(claim));
      if (kind === 'deleted') loop.enqueueWaiting();
    },
    department: ({ kind, object, old }: Change<'department'>) => {
      departments.add(object.metadata.name);
      if (kind === 'deleted') loop.settleLater();
      // A parent's groups, reviewers and allowance reach down the whole tree.
      if (kind !== 'deleted' && isSpec(old, object)) {
        for (const { metadata } of context().caches.department.list()) departments.add(metadata.name);
        loop.enqueueAll();
      }
    },
    site: ({ kind, object, old }: Change<'site'>) => {
      sites.add(object.metadata.name);
      if (kind !== 'deleted' && isSpec(old, object)) loop.enqueueWaiting();
    },
    lease: ({ kind, object }: Change<'lease'>) => {
      const site = siteOfNamespace(object.metadata.namespace);
      if (site === undefined) return;
      if (kind === 'deleted') sites.add(site);
      else contacts.heard(site, object);
    },
    namespace: ({ object }: Change<'namespace'>) => owner(object.metadata.name),
    role: ({ object }: Change<'role'>) => owner(object.metadata.namespace),
    roleBinding: ({ object }: Change<'roleBinding'>) => owner(object.metadata.namespace),
    serviceAccount: ({ object }: Change<'serviceAccount'>) => owner(object.metadata.namespace),
    configMap: () => undefined,
  };
  return (name, change) => (on[name] as (change: unknown) => void)(change);
}

interface Versioned {
  readonly metadata: { readonly generation?: number | undefined };
}

type Change<K extends CacheName> = {
  readonly kind: 'added' | 'modified' | 'deleted';
  readonly object: ReturnType<Caches[K]['list']>[number];
  readonly old: ReturnType<Caches[K]['list']>[number] | undefined;
};

function add(loop: DecidingLoop, key: string | undefined): void {
  if (key !== undefined) loop.enqueue(key);
}

/** A site fell silent or is heard again: its own status, and all tenants that have something there. */
function contactChanged({ caches }: ManagementContext, { loop, sites }: Queues, site: string): void {
  sites.add(site);
  for (const grant of caches.grant.list()) {
    if (grant.metadata.namespace === siteNamespace(site)) loop.enqueue(tenantKeyOfGrant(grant));
  }
}

/** Calls `action` every `resyncMs`, spread by a tenth; the returned function ends it. */
function repeat({ clock, random, config }: ControllerDeps, action: () => void): () => void {
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(config.current().timings.resyncMs * (0.9 + random() / 5), () => {
      action();
      next();
    });
  };
  next();
  return () => cancel();
}
