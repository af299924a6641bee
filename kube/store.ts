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

/** An empty cache; `transform` says what to keep of an object. */
export function createStore<T>(transform: (object: KubeObject) => T): Store<T> {
  let entries = new Map<string, Entry<T>>();
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
    list: () => Array.from(entries.values(), (entry) => entry.value),
    keys: () => [...entries.keys()],
    size: () => entries.size,
    version: () => version,
    entryOf,
    takeEvent(type, object) {
      const key = keyOf(object);
      const seenAt = object.metadata.resourceVersion ?? '';
      version = newerOf(version, seenAt);
      if (!isNews(key, seenAt)) return undefined;
      const old = entries.get(key)?.value;
      if (type === 'DELETED') {
        removed.set(key, seenAt);
        if (!entries.delete(key) || old === undefined) return undefined;
        return { key, kind: 'deleted', object: old, old };
      }
      const entry = entryOf(object);
      const kind = entries.has(key) ? 'modified' : 'added';
      entries.set(key, entry);
      removed.delete(key);
      return { key, kind, object: entry.value, old };
    },
    takeBookmark(seenAt) {
      version = newerOf(version, seenAt);
    },
    takeList(next, seenAt) {
      const changes = differences(entries, next);
      entries = new Map(next);
      removed.clear();
      listVersion = seenAt;
      version = newerOf(version, seenAt);
      return changes;
    },
  };
}

function differences<T>(before: ReadonlyMap<string, Entry<T>>, next: ReadonlyMap<string, Entry<T>>): StoreChange<T>[] {
  const changes: StoreChange<T>[] = [];
  for (const [key, { value, version }] of next) {
    const known = before.get(key);
    if (known === undefined) changes.push({ key, kind: 'added', object: value, old: undefined });
    else if (known.version !== version) changes.push({ key, kind: 'modified', object: value, old: known.value });
  }
  for (const [key, { value }] of before) {
    if (!next.has(key)) changes.push({ key, kind: 'deleted', object: value, old: value });
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
