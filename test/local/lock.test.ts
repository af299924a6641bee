import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder, tryLock, waitForLock } from '../../local/lock.ts';
import { until } from '../support/centre.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A process that takes the lock and holds it until it is killed. */
async function holderProcess(file: string): Promise<{ pid: number; kill: () => Promise<void> }> {
  const module = join(import.meta.dirname, '../../local/lock.ts');
  const code = `const { tryLock } = await import(${JSON.stringify(module)});
    const lock = tryLock(${JSON.stringify(file)}, 'test work');
    console.log('release' in lock ? 'held' : 'refused');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until('lock of the other process', () => said.includes('held'));
  const gone = new Promise((resolve) => child.once('exit', resolve));
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

test('a lock held by a living process is refused and names its holder', async () => {
  const file = join(dir, 'lock');
  const other = await holderProcess(file);
  const result = tryLock(file, 'mine');
  await other.kill();
  expect(result).toMatchObject({ pid: other.pid, what: 'test work' });
});

test('the lock of a process that was killed is taken over, and says from whom', async () => {
  const file = join(dir, 'lock');
  const other = await holderProcess(file);
  await other.kill();
  const lock = tryLock(file, 'mine');
  expect('release' in lock && lock.takenFrom?.pid).toBe(other.pid);
  expect(lockHolder(file)?.pid).toBe(process.pid);
});

test('a lock whose pid was given to another process is stale', () => {
  const file = join(dir, 'lock');
  writeFileSync(file, JSON.stringify({ pid: process.pid, start: '1@other', what: 'x', since: 0, nonce: 'n' }));
  expect('release' in tryLock(file, 'mine')).toBe(true);
});

test('a lock file with garbage is stale', () => {
  const file = join(dir, 'lock');
  writeFileSync(file, '{');
  expect('release' in tryLock(file, 'mine')).toBe(true);
});

test('one who waits is told once whom it waits for and gets the lock when it is released', async () => {
  const file = join(dir, 'lock');
  const first = tryLock(file, 'first');
  const waitedFor: string[] = [];
  const second = waitForLock(file, 'second', { onWait: (holder) => waitedFor.push(holder.what) });
  await until('waiting', () => waitedFor.length > 0);
  if ('release' in first) first.release();
  const lock = await second;
  expect(waitedFor).toEqual(['first']);
  lock.release();
  expect(lockHolder(file)).toBeUndefined();
});

test('releasing a lock that somebody took over leaves the new holder alone', () => {
  const file = join(dir, 'lock');
  const first = tryLock(file, 'first');
  const text = readFileSync(file, 'utf8').replace(/"nonce":"[^"]*"/, '"nonce":"other"');
  writeFileSync(file, text);
  if ('release' in first) first.release();
  expect(lockHolder(file)?.nonce).toBe('other');
});
