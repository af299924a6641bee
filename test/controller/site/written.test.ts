import { describe, expect, it } from 'vitest';
import { createWritten } from '../../../controller/site/written.ts';

function setup() {
  const cache = {
    resourceVersion: '10',
    objects: new Map<string, string>(),
    get: (key: string) => cache.objects.get(key),
  };
  return { cache, written: createWritten<string>(cache, (value) => `uid of ${value}`) };
}

describe('own writes', () => {
  it('are seen before the cache has them', () => {
    const { cache, written } = setup();
    cache.objects.set('a', 'old');
    written.note('a', '12', 'new');
    expect(written.get('a')).toBe('new');
    cache.resourceVersion = '11';
    expect(written.get('a')).toBe('new');
  });

  it('give way to the cache once it is as late, also when the object is gone by then', () => {
    const { cache, written } = setup();
    written.note('a', '12', 'new');
    cache.resourceVersion = '12';
    cache.objects.set('a', 'newer');
    expect(written.get('a')).toBe('newer');
    written.note('b', '13', 'short');
    cache.resourceVersion = '20';
    expect(written.get('b')).toBeUndefined();
  });

  it('hide what was removed until the cache has told of it; one of the same name but another uid is another', () => {
    const { cache, written } = setup();
    cache.objects.set('a', 'first');
    written.noteRemoved('uid of first');
    expect(written.get('a')).toBeUndefined();
    cache.objects.set('a', 'second');
    expect(written.get('a')).toBe('second');
  });

  it('are recognised when they come back as an event', () => {
    const { written } = setup();
    written.note('a', '12', 'new');
    expect(written.isOwn('a', '12')).toBe(true);
    expect(written.isOwn('a', '13')).toBe(false);
  });
});
