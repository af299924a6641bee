import { isOlder } from '../../kube/version.ts';

/** A cache of one kind as far as reading our own writes needs it. */
export interface Followed<T> {
  readonly resourceVersion: string;
  get(key: string): T | undefined;
}

/**
 * Own writes that the cache has not seen yet. Without them a second run right after a write would believe the old state
 * and write again.
 */
export interface Written<T> {
  /** The object as the cache or our last write has it, whichever is later. */
  get(key: string): T | undefined;
  /** Remembers what the server answered to a write. */
  note(key: string, version: string, value: T): void;
  /** Remembers that we removed the object with this uid. */
  noteRemoved(uid: string): void;
  /** The cache has told of a change of this key: an own write that it is past is forgotten. */
  caughtUp(key: string): void;
  /** Whether this version is one that we wrote ourselves. */
  isOwn(key: string, version: string): boolean;
  /** The cache told of the removal of an object. */
  forget(uid: string): void;
}

/** Own writes over `cache`; `uidOf` tells removed objects from new ones of the same name. */
export function createWritten<T>(cache: Followed<T>, uidOf: (value: T) => string): Written<T> {
  const written = new Map<string, { version: string; value: T }>();
  const removed = new Set<string>();
  const caughtUp = (key: string): void => {
    const own = written.get(key);
    if (own !== undefined && !isOlder(cache.resourceVersion, own.version)) written.delete(key);
  };
  return {
    caughtUp,
    get(key) {
      caughtUp(key);
      const value = written.get(key)?.value ?? cache.get(key);
      return value !== undefined && removed.has(uidOf(value)) ? undefined : value;
    },
    note(key, version, value) {
      written.set(key, { version, value });
    },
    noteRemoved(uid) {
      removed.add(uid);
    },
    isOwn: (key, version) => written.get(key)?.version === version,
    forget(uid) {
      removed.delete(uid);
    },
  };
}
