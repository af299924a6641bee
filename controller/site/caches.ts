import type { Department, Grant } from '../../core/model/kinds.ts';
import { namespaces } from '../../core/model/names.ts';
import { type Informer, type InformerOptions, startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject, Resource } from '../../kube/types.ts';
import type { ControllerDeps } from '../deps.ts';
import { keptGrant, type Share } from './alike.ts';
import { type Held, heldOf, heldSelector } from './held.ts';
import { createHeldTables } from './held-table.ts';
import { createTotals, type Totals } from './totals.ts';
import { createWritten, type Written } from './written.ts';

/** Kinds that the controller puts into tenants' namespaces, and the namespaces themselves. */
export const heldResources = [
  resources.namespace,
  resources.resourceQuota,
  resources.limitRange,
  resources.networkPolicy,
  resources.serviceAccount,
  resources.roleBinding,
] as const satisfies readonly Resource[];

/** What the controller knows of its own centre, from caches and its own last writes. */
export interface SiteCaches {
  /** The mirrored Grants, by name. */
  readonly grants: Written<Grant>;
  grantNames(): string[];
  /** Sums over the mirrored Grants. */
  readonly totals: Totals;
  /** An object of a tenant by kind and key; undefined when there is none with our labels. */
  held(kind: string, key: string): Held | undefined;
  written(kind: string): Written<Held>;
  /** Names of the namespaces that carry the labels of this Grant. */
  namespacesOf(owner: string): string[];
  /** Groups of a department by this centre's own directory; undefined when it is not in it. */
  groupsOf(department: string): readonly string[] | undefined;
  /** Until when the change budget does not hold, in epoch milliseconds; 0 when it does. */
  confirmedUntilMs(): number;
  readonly synced: Promise<unknown>;
  unready(): string[];
  stop(): Promise<void>;
}

/** Where changes are told. */
export interface CacheListener {
  /** Something of this Grant, its environments or its department changed. */
  changed(grant: string): void;
  /** The groups of a department changed. */
  changedDepartment(department: string): void;
  /** Something that all Grants depend on changed. */
  changedAll(): void;
  /** An object with our labels is gone, or lost its labels. */
  lost(held: Held): void;
}

interface Slim {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Name of the ConfigMap with which a person lifts the change budget for a time, see core/access/site.ts. */
interface CacheOptions {
  readonly deps: ControllerDeps;
  readonly listener: CacheListener;
  readonly confirmConfigMap: string;
  readonly share: Share;
}

/** Starts to follow everything that the controller depends on at its own centre. */
export function startCaches(options: CacheOptions): SiteCaches {
  const { deps, listener } = options;
  const running: { resource: Resource; informer: Informer<unknown> }[] = [];
  const follow = <T>(more: Omit<InformerOptions<T>, 'client'>): Informer<T> => {
    const informer = startInformer<T>({
      client: deps.client,
      clock: deps.clock,
      random: deps.random,
      log: deps.log,
      metrics: deps.metrics.informer(deps.client.name),
      maxBackoffMs: deps.config.current().timings.backoffMaxMs,
      relistMs: deps.config.current().timings.resyncMs,
      ...more,
    });
    deps.metrics.watchInformer(deps.client.name, more.resource.kind, informer);
    running.push({ resource: more.resource, informer });
    return informer;
  };

  const grants = followGrants(follow, options);
  const held = followHeld(follow, listener);
  const departments = followDepartments(follow, listener);
  const confirmation = followConfirmation(follow, options);
  return {
    grants: grants.written,
    grantNames: grants.names,
    totals: grants.totals,
    held: (kind, key) => held.written(kind).get(key),
    written: held.written,
    namespacesOf: (owner) => [...(held.namespaces.get(owner) ?? [])],
    groupsOf: (department) => departments.get(department)?.groups,
    confirmedUntilMs: confirmation,
    synced: Promise.all(running.map(({ informer }) => informer.synced)),
    unready: () => running.filter(({ informer }) => !informer.hasSynced()).map(({ resource }) => resource.plural),
    async stop() {
      await Promise.all(running.map(({ informer }) => informer.stop()));
    },
  };
}

type Follow = <T>(more: Omit<InformerOptions<T>, 'client'>) => Informer<T>;

function followGrants(follow: Follow, { listener, share }: CacheOptions) {
  const informer = follow<Grant>({
    resource: resources.grant,
    namespace: namespaces.grants,
    transform: (object) => keptGrant(object, share),
    onChange(key, kind, { metadata }) {
      if (kind === 'deleted') written.forget(metadata.uid);
      if (kind === 'deleted' || !written.isOwn(key, metadata.resourceVersion)) listener.changed(metadata.name);
      written.caughtUp(key);
      totals.set(metadata.name, written.get(key));
    },
  });
  const totals = createTotals();
  const written = createWritten<Grant>(informer, (grant) => grant.metadata.uid);
  const prefix = `${namespaces.grants}/`;
  const noted: Written<Grant> = {
    ...written,
    note(key, version, grant) {
      written.note(key, version, grant);
      totals.set(grant.metadata.name, grant);
    },
  };
  return {
    totals,
    written: noted,
    names: () => informer.keys().map((key) => key.slice(prefix.length)),
  };
}

function followHeld(follow: Follow, listener: CacheListener) {
  const byKind = new Map<string, Written<Held>>();
  const tables = createHeldTables();
  const namespacesOf = new Map<string, readonly string[]>();
  const index = ({ owner, name }: Held, present: boolean): void => {
    const others = (namespacesOf.get(owner) ?? []).filter((known) => known !== name);
    if (present) namespacesOf.set(owner, [...others, name]);
    else if (others.length === 0) namespacesOf.delete(owner);
    else namespacesOf.set(owner, others);
  };
  for (const resource of heldResources) {
    const informer = follow<Held>({
      resource,
      labelSelector: heldSelector,
      transform: heldOf,
      table: tables.of(resource.kind),
      onChange(key, kind, now, old) {
        if (old !== undefined && old.owner !== now.owner) {
          // Also when it was ours to put right: the other one may have been told that it has something unnamed.
          if (old.kind === 'Namespace') index(old, false);
          listener.changed(old.owner);
        }
        if (now.kind === 'Namespace') index(now, kind !== 'deleted');
        if (kind === 'deleted') {
          byKind.get(now.kind)?.forget(now.uid);
          listener.lost(now);
          listener.changed(now.owner);
        } else if (matters(now, old) && byKind.get(now.kind)?.isOwn(key, now.version) !== true) {
          listener.changed(now.owner);
        }
        byKind.get(now.kind)?.caughtUp(key);
      },
    });
    byKind.set(
      resource.kind,
      createWritten<Held>(informer, (held) => held.uid),
    );
  }
  const written = (kind: string): Written<Held> => {
    const found = byKind.get(kind);
    if (found === undefined) throw new Error(`${kind} is not followed`);
    return found;
  };
  return { written, namespaces: namespacesOf };
}

/** Most changes of a quota are its usage, written by the API server's own controllers. */
function matters(now: Held, old: Held | undefined): boolean {
  return (
    old === undefined ||
    old.hash !== now.hash ||
    old.uid !== now.uid ||
    old.terminating !== now.terminating ||
    old.blocking.join() !== now.blocking.join()
  );
}

function followDepartments(follow: Follow, listener: CacheListener) {
  return follow<Slim>({
    resource: resources.department,
    transform: (object) => {
      const department = object as unknown as Department;
      return { name: department.metadata.name, groups: department.spec.groups };
    },
    onChange(_key, kind, now, old) {
      if (kind === 'modified' && old?.groups.join() === now.groups.join()) return;
      listener.changedDepartment(now.name);
    },
  });
}

function followConfirmation(follow: Follow, { deps, listener, confirmConfigMap }: CacheOptions): () => number {
  let untilMs = 0;
  follow<undefined>({
    resource: resources.configMap,
    namespace: namespaces.system,
    transform: (object) => {
      if (object.metadata.name === confirmConfigMap) untilMs = untilOf(object);
      return undefined;
    },
    onChange(key, kind) {
      if (key !== `${namespaces.system}/${confirmConfigMap}`) return;
      if (kind === 'deleted') untilMs = 0;
      deps.log.info({ until: untilMs === 0 ? '' : new Date(untilMs).toISOString() }, 'the confirmation changed');
      listener.changedAll();
    },
  });
  return () => untilMs;
}

function untilOf(object: KubeObject): number {
  const until = (object['data'] as { until?: string } | undefined)?.until ?? '';
  const untilMs = Date.parse(until);
  return Number.isNaN(untilMs) ? 0 : untilMs;
}
