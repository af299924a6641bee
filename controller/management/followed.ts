import type { Informer } from '../../kube/list-watch.ts';
import { keyOf } from '../../kube/resource.ts';
import { isOlder } from '../../kube/version.ts';

/** The part of an object's metadata that a cache with own writes needs. */
export interface Followable {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

/**
 * One kind as this process knows it: the cache, and over it what this process wrote and the cache has not seen yet.
 * Without the second part a decision right after a write would be made from what was true before it.
 */
export interface Followed<T extends Followable> {
  get(key: string): T | undefined;
  list(): T[];
  /** Remembers what the server answered to a write of ours. */
  note(object: T): void;
  /** Remembers that we removed this very object. */
  noteRemoved(object: T): void;
}

/** Own writes over `informer`. */
export function createFollowed<T extends Followable>(informer: Informer<T>): Followed<T> {
  const written = new Map<string, T>();
  const removed = new Map<string, string>();

  const get = (key: string): T | undefined => {
    const cached = informer.get(key);
    const own = written.get(key);
    if (own !== undefined && !isOlder(informer.resourceVersion, own.metadata.resourceVersion ?? ''))
      written.delete(key);
    const later = written.get(key);
    const known = later !== undefined && !isNewer(cached, later) ? later : cached;
    const gone = removed.get(key);
    if (gone === undefined) return known;
    if (known?.metadata.uid === gone) return undefined;
    removed.delete(key);
    return known;
  };
  return {
    get,
    list() {
      const keys = new Set([...informer.keys(), ...written.keys()]);
      return [...keys].flatMap((key) => get(key) ?? []);
    },
    note(object) {
      const key = keyOf(object);
      removed.delete(key);
      written.set(key, object);
    },
    noteRemoved(object) {
      written.delete(keyOf(object));
      removed.set(keyOf(object), object.metadata.uid ?? '');
    },
  };
}

function isNewer(cached: Followable | undefined, own: Followable): boolean {
  return isOlder(own.metadata.resourceVersion ?? '', cached?.metadata.resourceVersion ?? '');
}
