import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScratch, removeScratch } from '../../stacks/engine/scratch.ts';
import { sitePaths } from '../../stacks/engine/state.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-scratch-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The folder that a run of `pid` on `host` left, with a kubeconfig in it. */
function left(pid: number, host: string): string {
  const folder = join(sitePaths(dir, 'north').scratch, `${pid}@${host}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kubeconfig1'), 'client-key-data: secret');
  return folder;
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('close', resolve));
  return child.pid ?? 0;
}

describe("a run's temporary folder", () => {
  it('is readable by its owner only, and goes with its run', () => {
    const folder = openScratch(dir, 'north');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    removeScratch(dir, 'north', process.pid);
    expect(readdirSync(sitePaths(dir, 'north').scratch)).toEqual([]);
  });

  it('goes at the next run when the run and its parent were killed', async () => {
    const dead = left(await deadPid(), hostname());
    openScratch(dir, 'north');
    expect(existsSync(dead)).toBe(false);
  });

  it('of a living run, or of one on another machine, stays', async () => {
    const living = left(process.ppid, hostname());
    const elsewhere = left(await deadPid(), 'elsewhere');
    openScratch(dir, 'north');
    expect([existsSync(living), existsSync(elsewhere)]).toEqual([true, true]);
  });
});
