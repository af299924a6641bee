import { describe, expect, it } from 'vitest';
import { createFollowed } from '../../../controller/management/followed.ts';
import type { Informer } from '../../../kube/list-watch.ts';

interface Thing {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}
const thing = (name: string, version: number, uid = 'u1'): Thing => ({
  metadata: { name, uid, resourceVersion: String(version) },
});

/** A cache that the test moves on by hand. */
function followed() {
  const cache = { version: '10', items: new Map<string, Thing>() };
  const informer = {
    get resourceVersion() {
      return cache.version;
    },
    get: (key: string) => cache.items.get(key),
    keys: () => [...cache.items.keys()],
  } as unknown as Informer<Thing>;
  return { cache, things: createFollowed(informer) };
}

describe('a cache with own writes over it', () => {
  it('shows an own write before the cache does, and the cache once it is as far', () => {
    const { cache, things } = followed();
    things.note(thing('a', 12));
    expect(things.list()).toEqual([thing('a', 12)]);
    cache.items.set('a', thing('a', 11));
    expect(things.get('a')).toEqual(thing('a', 12));
    cache.version = '13';
    cache.items.set('a', thing('a', 13));
    expect(things.get('a')).toEqual(thing('a', 13));
  });

  it('does not bring back what was removed after an own write', () => {
    const { cache, things } = followed();
    things.note(thing('a', 12));
    cache.version = '14';
    expect(things.get('a')).toBeUndefined();
  });

  it('hides what was removed until another object has its name', () => {
    const { cache, things } = followed();
    cache.items.set('a', thing('a', 9));
    things.noteRemoved(thing('a', 9));
    expect(things.list()).toEqual([]);
    cache.items.set('a', thing('a', 20, 'u2'));
    expect(things.get('a')).toEqual(thing('a', 20, 'u2'));
  });
});
