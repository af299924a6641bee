/**
 * Everything that happened to some kinds of one API server, in the order in which it happened: resourceVersions of one
 * server count all writes of all kinds, so the watches of many kinds can be put into one exact order.
 */
import { keyOf } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../kube/types.ts';
import { until } from './centre.ts';

/** One write as the server stored it. */
export interface Change {
  /** Of the write itself, also for a removal. */
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

/** A record that grows until `stop`. */
export interface History {
  /** All changes so far, oldest first. */
  changes(): Change[];
  /** Resolves when the record holds everything that is stored now. */
  caughtUp(): Promise<void>;
  /** When the last change arrived, by performance.now(). */
  lastMs(): number;
  stop(): Promise<void>;
}

/** `Kind namespace/name`: how an object is named here. */
export function markOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

/** Begins to record `kinds`; what is there already comes first, as added. */
export async function startHistory(client: KubeClient, kinds: readonly Resource[]): Promise<History> {
  const changes: Change[] = [];
  const live = new Map<string, string>();
  const stopping = new AbortController();
  const state = { lastMs: performance.now(), error: undefined as unknown };
  const take = (type: Change['type'], object: KubeObject): void => {
    const mark = markOf(object);
    const version = object.metadata.resourceVersion ?? '';
    if (type === 'DELETED') live.delete(mark);
    else live.set(mark, version);
    state.lastMs = performance.now();
    changes.push({ version: Number(version), type, object });
  };
  const follow = async (resource: Resource, resourceVersion: string): Promise<void> => {
    const options = { resourceVersion, timeoutSeconds: 7_200, signal: stopping.signal };
    for await (const event of client.watch<KubeObject>(resource, options)) {
      if (event.type !== 'BOOKMARK') take(event.type, event.object);
    }
    if (!stopping.signal.aborted) throw new Error(`the watch of ${resource.plural} ended`);
  };
  const followers: Promise<void>[] = [];
  for (const resource of kinds) {
    const { items, resourceVersion } = await client.list(resource, {});
    for (const item of items) take('ADDED', item);
    followers.push(
      follow(resource, resourceVersion).catch((error: unknown) => {
        if (!stopping.signal.aborted) state.error ??= error;
      }),
    );
  }
  return {
    changes: () => [...changes].sort((a, b) => a.version - b.version),
    lastMs: () => state.lastMs,
    async caughtUp() {
      await until('the record holds what is stored', async () => {
        if (state.error !== undefined) throw new Error('the record is broken', { cause: state.error });
        const stored = (await Promise.all(kinds.map((resource) => client.list(resource, {})))).flatMap((l) => l.items);
        return (
          stored.length === live.size &&
          stored.every((object) => live.get(markOf(object)) === object.metadata.resourceVersion)
        );
      });
    },
    async stop() {
      stopping.abort();
      await Promise.all(followers);
    },
  };
}

/** The objects after `changes`, by mark. Pure. */
export function stateAfter(changes: readonly Change[]): Map<string, KubeObject> {
  const state = new Map<string, KubeObject>();
  for (const change of changes) step(state, change);
  return state;
}

/** Brings `state` one change further. */
export function step(state: Map<string, KubeObject>, { type, object }: Change): void {
  if (type === 'DELETED') state.delete(markOf(object));
  else state.set(markOf(object), object);
}

const isoTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const decisionNumber = /"revision": \d+/g;
const specHash = /("jinhong\.dev\/accepted-spec": )"[\w-]{43}"/g;

/**
 * An object as text without what differs between two runs that went alike: times, uids, versions, decision numbers,
 * hashes over those, and `name`, which stands as NAME. Of `managedFields` our own entries stay. Pure.
 */
export function maskedText(object: KubeObject, name: string): string {
  const { uid: _, resourceVersion: __, creationTimestamp: ___, managedFields = [], ...metadata } = object.metadata;
  const { status, ...rest } = object;
  const managers = (managedFields as { manager?: string; time?: string }[])
    .filter(({ manager }) => manager?.startsWith('jinhong-'))
    .map(({ time: ____, ...entry }) => sorted(entry))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  // Of these Kubernetes itself writes the status, in its own time.
  const withStatus = !['Namespace', 'ResourceQuota'].includes(object.kind) && status !== undefined;
  const whole = { ...rest, metadata: { ...metadata, managedFields: managers }, ...(withStatus ? { status } : {}) };
  return JSON.stringify(sorted(whole), undefined, 1)
    .replaceAll(name, 'NAME')
    .replaceAll(isoTime, 'TIME')
    .replaceAll(uid, 'UID')
    .replaceAll(decisionNumber, '"revision": 0')
    .replaceAll(specHash, '$1"HASH"');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** How often each object was made and removed, by masked mark. Pure. */
export function makingsOf(changes: readonly Change[], name: string): Record<string, string> {
  const made = new Map<string, Set<string>>();
  const removed = new Map<string, number>();
  for (const { type, object } of changes) {
    const mark = markOf(object).replaceAll(name, 'NAME');
    made.set(mark, (made.get(mark) ?? new Set()).add(object.metadata.uid ?? ''));
    if (type === 'DELETED') removed.set(mark, (removed.get(mark) ?? 0) + 1);
  }
  const marks = [...made.keys()].sort();
  return Object.fromEntries(
    marks.map((mark) => [mark, `made ${made.get(mark)?.size}, removed ${removed.get(mark) ?? 0}`]),
  );
}
