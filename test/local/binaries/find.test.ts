import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accepts, cachedPath, cacheRoot, findBinary } from '../../../local/binaries/find.ts';
import { pins } from '../../../local/binaries/pins.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-find-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program that says it is etcd of a version. */
function fakeEtcd(path: string, version: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "etcd Version: ${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

test('the order is: own variable, JINHONG_BIN_DIR, PATH, cache', async () => {
  const env: Record<string, string> = { XDG_CACHE_HOME: join(dir, 'cache'), PATH: '' };
  const find = async () => (await findBinary(pins.etcd, env)).found;
  expect(await find()).toBeUndefined();
  const cached = fakeEtcd(cachedPath(pins.etcd, env), '3.6.8');
  expect(await find()).toMatchObject({ from: 'cache', path: cached });
  env['PATH'] = dirname(fakeEtcd(join(dir, 'path', 'etcd'), '3.6.8'));
  expect(await find()).toMatchObject({ from: 'path' });
  env['JINHONG_BIN_DIR'] = dirname(fakeEtcd(join(dir, 'given', 'etcd'), '3.6.8'));
  expect(await find()).toMatchObject({ from: 'given', path: join(dir, 'given', 'etcd') });
  env['JINHONG_ETCD'] = fakeEtcd(join(dir, 'own', 'my-etcd'), '3.6.9');
  expect(await find()).toMatchObject({ from: 'given', path: join(dir, 'own', 'my-etcd') });
});

test('another version on PATH is passed over with a note that names it', async () => {
  const old = fakeEtcd(join(dir, 'old', 'etcd'), '3.5.21');
  const good = fakeEtcd(join(dir, 'good', 'etcd'), '3.6.8');
  const { found, notes } = await findBinary(pins.etcd, { PATH: `${dirname(old)}:${dirname(good)}` });
  expect(found?.path).toBe(good);
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain(old);
  expect(notes[0]).toContain('3.5.21');
});

test('a version that the user names but that does not fit is an error, not a fallback', async () => {
  const old = fakeEtcd(join(dir, 'etcd'), '3.5.21');
  await expect(findBinary(pins.etcd, { JINHONG_ETCD: old })).rejects.toMatchObject({ code: 'binary-wrong-version' });
  await expect(findBinary(pins.etcd, { JINHONG_BIN_DIR: dir })).rejects.toMatchObject({ code: 'binary-wrong-version' });
  await expect(findBinary(pins.etcd, { JINHONG_ETCD: join(dir, 'none') })).rejects.toMatchObject({
    code: 'binary-not-there',
  });
});

test.each([
  ['1.35.0', true],
  ['1.35.3', true],
  ['1.35.1-vendor.2', true],
  ['1.34.9', false],
  ['1.36.0', false],
  ['2.35.0', false],
])('Kubernetes %s for the pin 1.35.0: %s', (version, fits) => {
  expect(accepts({ version: '1.35.0', accept: 'patch' }, version)).toBe(fits);
});

test('what must be exact takes no newer patch', () => {
  expect(accepts({ version: '3.246.0', accept: 'exact' }, '3.246.0')).toBe(true);
  expect(accepts({ version: '3.246.0', accept: 'exact' }, '3.246.1')).toBe(false);
});

test('the cache is below XDG_CACHE_HOME, else below the home folder', () => {
  expect(cacheRoot({ XDG_CACHE_HOME: '/c' })).toBe('/c/jinhong/bin');
  expect(cacheRoot({})).toMatch(/\/\.cache\/jinhong\/bin$/);
});
