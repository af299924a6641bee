import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { holderOf } from './locks.ts';
import { sitePaths } from './state.ts';

/**
 * Temporary folder of one run of the engine. The provider writes the whole kubeconfig, keys included, into the temporary
 * folder and leaves it there, so each run has a folder of its own that goes with it: removed by the run itself, by its
 * parent when it was killed, and by the next run when both were. Its name says whose it is: `<pid>@<host>`.
 */
export function openScratch(stateDir: string, site: string): string {
  clearScratch(stateDir, site);
  const folder = scratchOf(stateDir, site, process.pid);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Removes the temporary folder of the run with this pid; nothing when it has none. */
export function removeScratch(stateDir: string, site: string, pid: number): void {
  rmSync(scratchOf(stateDir, site, pid), { recursive: true, force: true });
}

/** Removes what runs that are dead on this machine left; those of other machines stay, since nothing can be said of them. */
export function clearScratch(stateDir: string, site: string): void {
  const { scratch } = sitePaths(stateDir, site);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(scratch)) {
    const [pid = '', ...host] = name.split('@');
    const path = join(scratch, name);
    const since = statSync(path, { throwIfNoEntry: false })?.birthtimeMs;
    if (since === undefined || holderOf(Number(pid), host.join('@'), since) !== 'dead') continue;
    rmSync(path, { recursive: true, force: true });
  }
}

function scratchOf(stateDir: string, site: string, pid: number): string {
  return join(sitePaths(stateDir, site).scratch, `${pid}@${hostname()}`);
}
