import { keyOf } from './resource.ts';
import type { KubeObject } from './types.ts';
import { isOlder, newerOf } from './version.ts';

/** One change of the cache. */
export interface StoreChange<T> {
  readonly key: string;
  readonly kind: 'added' | 'modified' | 'deleted';
  /** The object now, or the last known one when it was deleted. */
  readonly object: T;
  readonly old: T | undefined;
}

/** What is kept of one object, and the version that it was seen at. */
export interface Entry<T> {
  readonly version: string;
  readonly value: T;
}

/** Where a store keeps its entries: a Map, or something smaller that gives back what was put in, equal if not the same. */
export interface Table<T> {
  readonly size: number;
  get(key: string): Entry<T> | undefined;
  has(key: string): boolean;
  set(key: string, entry: Entry<T>): unknown;
  delete(key: string): boolean;
  keys(): Iterable<string>;
}

/**
 * The cache of one informer. It never goes back: an event that is not newer than what is known of its object, whether
 * present, removed or absent from the last list, changes nothing.
 */
export interface Store<T> {
  get(key: string): T | undefined;
  has(key: string): boolean;
  list(): T[];
  keys(): string[];
  size(): number;
  /** Latest version seen; empty before the first list. */
  version(): string;
  /** What would be kept of an object. */
  entryOf(object: KubeObject): Entry<T>;
  /** Takes in one event; undefined when it was old. */
  takeEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): StoreChange<T> | undefined;
  /** Moves the version on; an older one is ignored. */
  takeBookmark(version: string): void;
  /** Takes in a whole list at a version that is not older than `version()`. */
  takeList(entries: ReadonlyMap<string, Entry<T>>, version: string): StoreChange<T>[];
}

/** An empty cache; `transform` says what to keep of an object, `entries` where. */
export function createStore<T>(
  transform: (object: KubeObject) => T,
  entries: Table<T> = new Map<string, Entry<T>>(),
): Store<T> {
  /** Versions at which objects were removed since the last list: a late event must not bring them back. */
  const removed = new Map<string, string>();
  let listVersion = '';
  let version = '';

  const entryOf = (object: KubeObject): Entry<T> => {
    const seenAt = object.metadata.resourceVersion ?? '';
    return { version: seenAt, value: transform(object) };
  };

  const isNews = (key: string, seenAt: string): boolean => {
    const known = entries.get(key)?.version ?? removed.get(key) ?? listVersion;
    const floor = newerOf(known, listVersion);
    return seenAt !== floor && !isOlder(seenAt, floor);
  };

  return {
    get: (key) => entries.get(key)?.value,
    has: (key) => entries.has(key),
    list: () => Array.from(entries.keys(), (key) => (entries.get(key) as Entry<T>).value),
    keys: () => Array.from(entries.keys()),
    size: () => entries.size,
    version: () => version,
    entryOf,
    takeEvent(type, object) {
      const key = keyOf(object);
      const seenAt = object.metadata.resourceVersion ?? '';
      version = newerOf(version, seenAt);
      if (!isNews(key, seenAt)) return undefined;
      const known = entries.get(key);
      const old = known?.value;
      if (type === 'DELETED') {
        removed.set(key, seenAt);
        if (known === undefined) return undefined;
        entries.delete(key);
        return { key, kind: 'deleted', object: known.value, old };
      }
      const entry = entryOf(object);
      const kind = known === undefined ? 'added' : 'modified';
      entries.set(key, entry);
      removed.delete(key);
      return { key, kind, object: entry.value, old };
    },
    takeBookmark(seenAt) {
      version = newerOf(version, seenAt);
    },
    takeList(next, seenAt) {
      const changes = differences(entries, next);
      for (const { key, kind } of changes) if (kind === 'deleted') entries.delete(key);
      for (const { key, kind } of changes) {
        const entry = next.get(key);
        if (kind !== 'deleted' && entry !== undefined) entries.set(key, entry);
      }
      removed.clear();
      listVersion = seenAt;
      version = newerOf(version, seenAt);
      return changes;
    },
  };
}

function differences<T>(before: Table<T>, next: ReadonlyMap<string, Entry<T>>): StoreChange<T>[] {
  const changes: StoreChange<T>[] = [];
  for (const [key, { value, version }] of next) {
    const known = before.get(key);
    if (known === undefined) changes.push({ key, kind: 'added', object: value, old: undefined });
    else if (known.version !== version) changes.push({ key, kind: 'modified', object: value, old: known.value });
  }
  for (const key of before.keys()) {
    const gone = next.has(key) ? undefined : before.get(key);
    if (gone !== undefined) changes.push({ key, kind: 'deleted', object: gone.value, old: gone.value });
  }
  return changes;
}

/** The object itself without managedFields, frozen at every depth: caches are shared by all their readers. */
export function frozenObject(object: KubeObject): KubeObject {
  delete object.metadata.managedFields;
  return deepFreeze(object);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) deepFreeze(field);
  return Object.freeze(value);
}
