import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ageMs,
  findMarked,
  isRunning,
  launch,
  residentBytes,
  signal,
  startOf,
  stopProcess,
} from '../../local/processes.ts';
import { until } from '../support/centre.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-proc-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function start(code: string) {
  return launch({
    command: process.execPath,
    args: ['-e', code],
    env: { ONLY: 'this' },
    logFile: join(dir, 'logs', 'x.log'),
    cwd: dir,
    marker: join(dir, 'x'),
    tied: true,
  });
}

test('a process is signalled only when pid and start time both match', async () => {
  const { id } = await start('setInterval(() => {}, 1000)');
  expect(signal({ pid: id.pid, start: '1@0' }, 'SIGKILL')).toBe(false);
  await stopProcess({ pid: id.pid, start: `${id.start}0` });
  expect(isRunning(id)).toBe(true);
  await stopProcess(id);
  expect(isRunning(id)).toBe(false);
});

test('a process that ignores SIGTERM is killed after the grace', async () => {
  const { id, exited } = await start("process.on('SIGTERM', () => {}); console.log('on'); setInterval(() => {}, 1000)");
  await until('handler', () => readFileSync(join(dir, 'logs', 'x.log'), 'utf8').includes('on'));
  await stopProcess(id, 200);
  expect(await exited).toBe('SIGKILL');
});

test('a process is found again by its marker alone, also when its starter forgot the pid', async () => {
  const { id } = await start('setInterval(() => {}, 1000)');
  const found = findMarked((marker) => marker === join(dir, 'x'));
  expect(found.map(({ pid, start: begun }) => ({ pid, start: begun }))).toEqual([id]);
  await stopProcess(id);
  expect(findMarked((marker) => marker === join(dir, 'x'))).toEqual([]);
});

test('memory and age of a running process are known, of a dead one not', async () => {
  const { id } = await start('setInterval(() => {}, 1000)');
  await until('start', () => residentBytes(id.pid) > 10_000_000);
  expect(ageMs(id.pid)).toBeLessThan(20_000);
  await stopProcess(id);
  expect(residentBytes(id.pid)).toBe(0);
  expect(startOf(id.pid)).not.toBe(id.start);
});

test('nothing of the environment is inherited but what is given', async () => {
  const { exited } = await start('console.log(JSON.stringify(process.env))');
  await exited;
  const env = JSON.parse(readFileSync(join(dir, 'logs', 'x.log'), 'utf8'));
  expect(env).toEqual({ ONLY: 'this', LOCAL_CLOUD_PROCESS: join(dir, 'x') });
});
