import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  readStackLocks,
  readStateLock,
  removeLock,
  removeStateLock,
  withStateLock,
} from '../../stacks/engine/locks.ts';
import { passphraseFile, prepareState, project, sitePaths } from '../../stacks/engine/state.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-locks-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('close', resolve));
  return child.pid ?? 0;
}

const held = (pid: number, host = hostname(), since = Date.now()) =>
  writeFileSync(join(dir, 'lock.json'), JSON.stringify({ pid, host, user: 'eva', since }));

function engineLock(pid: number, host = hostname(), timestamp = new Date().toISOString()): string {
  const folder = join(sitePaths(dir, 'north').backend, '.pulumi', 'locks', 'organization', project, 'north');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${pid}.json`);
  writeFileSync(path, JSON.stringify({ pid, username: 'eva', hostname: host, timestamp }));
  return path;
}

it('a second run at the same time is refused with pid, host and age', async () => {
  await withStateLock(dir, Date.now, async () => {
    await expect(withStateLock(dir, Date.now, async () => undefined)).rejects.toMatchObject({
      kind: 'locked',
      code: 'state-locked',
      data: { pid: process.pid, host: hostname() },
    });
  });
  expect(readStateLock(dir)).toBeUndefined();
});

it('the lock goes also when the run fails', async () => {
  await expect(withStateLock(dir, Date.now, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(readStateLock(dir)).toBeUndefined();
});

it('the lock of a dead process on this machine is taken over', async () => {
  held(await deadPid());
  await expect(withStateLock(dir, Date.now, async () => 'ran')).resolves.toBe('ran');
});

it('of many that find the same dead lock at once, one at a time works', async () => {
  const dead = JSON.stringify({ pid: await deadPid(), host: hostname(), user: 'eva', since: 1_000 });
  const locks = JSON.stringify(join(import.meta.dirname, '../../stacks/engine/locks.ts'));
  const script = `
    import { rmSync, writeFileSync } from 'node:fs';
    const { withStateLock } = await import(${locks});
    const [dir, dead] = process.argv.slice(1);
    for (const end = Date.now() + 1_500; Date.now() < end; ) {
      await withStateLock(dir, Date.now, async () => {
        writeFileSync(dir + '/alone', '', { flag: 'wx' });
        await new Promise(setImmediate);
        rmSync(dir + '/alone');
      }).catch((error) => {
        if (error.code !== 'state-locked') throw error;
      });
      try {
        writeFileSync(dir + '/lock.json', dead, { flag: 'wx' });
      } catch {}
    }`;
  const runs = Array.from({ length: 4 }, async () => {
    const args = ['--input-type=module', '-e', script, dir, dead];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    return code === 0 ? '' : said;
  });
  expect(await Promise.all(runs)).toEqual(['', '', '', '']);
}, 30_000);

it('the lock of another machine is never taken over', async () => {
  held(await deadPid(), 'elsewhere');
  await expect(withStateLock(dir, Date.now, async () => 'ran')).rejects.toMatchObject({ code: 'state-locked' });
  expect(readFileSync(join(dir, 'lock.json'), 'utf8')).toContain('elsewhere');
});

it('the lock of another machine goes when a person vouches, and only the very lock that the person was shown', async () => {
  held(7, 'elsewhere', 1_000);
  const shown = readStateLock(dir);
  if (shown === undefined) throw new Error('no lock');
  held(7, 'elsewhere', 2_000);
  expect(removeStateLock(dir, shown)).toBe(false);
  expect(readStateLock(dir)?.since).toBe(2_000);
  held(7, 'elsewhere', 1_000);
  expect(removeStateLock(dir, shown)).toBe(true);
  expect(removeStateLock(dir, shown)).toBe(false);
  await expect(withStateLock(dir, Date.now, async () => 'ran')).resolves.toBe('ran');
});

it('a pid that was given to a later process does not hold the lock', async () => {
  held(process.pid, hostname(), Date.now() - 3_600_000_000);
  expect(readStateLock(dir)?.holder).toBe(process.platform === 'linux' ? 'dead' : 'alive');
});

it("the engine's lock of a living process cannot be removed, that of a dead one can", async () => {
  engineLock(process.pid);
  const [alive] = readStackLocks(dir, 'north');
  expect(alive?.holder).toBe('alive');
  expect(() => alive && removeLock(alive, true)).toThrowError();
  rmSync(alive?.path ?? '');
  engineLock(await deadPid());
  const [dead] = readStackLocks(dir, 'north');
  expect(dead).toMatchObject({ holder: 'dead', user: 'eva' });
  if (dead !== undefined) removeLock(dead, false);
  expect(readStackLocks(dir, 'north')).toEqual([]);
});

it("the engine's lock of another machine goes only when a person vouches", () => {
  engineLock(1, 'elsewhere');
  const [lock] = readStackLocks(dir, 'north');
  expect(() => lock && removeLock(lock, false)).toThrowError();
  if (lock !== undefined) removeLock(lock, true);
  expect(readStackLocks(dir, 'north')).toEqual([]);
});

it('the passphrase is made once and readable by its owner only', () => {
  prepareState(dir, 'north');
  const first = readFileSync(passphraseFile(dir), 'utf8');
  prepareState(dir, 'south');
  expect(readFileSync(passphraseFile(dir), 'utf8')).toBe(first);
  expect(first.length).toBeGreaterThan(30);
  expect(statSync(passphraseFile(dir)).mode & 0o777).toBe(0o600);
});
