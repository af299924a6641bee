import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../core/errors.ts';
import { project, sitePaths } from './state.ts';

/** Who holds a lock. `unknown`: on another machine, nothing can be said from here. */
export type HolderState = 'alive' | 'dead' | 'unknown';

/** One lock, with what is known of its holder. */
export interface Lock {
  readonly path: string;
  readonly pid: number;
  readonly host: string;
  readonly user: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly holder: HolderState;
}

/** The engine's locks on the state of one centre, oldest first; normally none or one. */
export function readStackLocks(stateDir: string, site: string): Lock[] {
  const folder = join(sitePaths(stateDir, site).backend, '.pulumi', 'locks', 'organization', project, site);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => readEngineLock(join(folder, file)) ?? [])
    .sort((a, b) => a.since - b.since);
}

/**
 * Removes one lock. `certain` says that a person vouches for a holder on another machine.
 * @throws locked `lock-held` when the holder lives, or may live and nobody vouches
 */
export function removeLock(lock: Lock, certain: boolean): void {
  if (lock.holder === 'alive' || (lock.holder === 'unknown' && !certain)) {
    throw new AppError('locked', `The lock of pid ${lock.pid} on ${lock.host} is not certain to be dead.`, {
      code: 'lock-held',
    });
  }
  rmSync(lock.path, { force: true });
}

/** The lock that one `up`, `destroy` or `recover` holds on the whole state folder; undefined when nobody does. */
export function readStateLock(stateDir: string): Lock | undefined {
  const path = join(stateDir, 'lock.json');
  const found = textOf(path);
  return found === undefined ? undefined : lockIn(path, found);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function lockIn(path: string, text: string): Lock | undefined {
  try {
    const { pid, host, user, since } = JSON.parse(text) as Omit<Lock, 'path' | 'holder'>;
    return { path, pid, host, user, since, holder: holderOf(pid, host, since) };
  } catch {
    return undefined;
  }
}

/**
 * Removes the lock of a run on another machine, for which a person vouches: nothing on this one ever could. Only while it
 * is the very lock that the person was shown; false when it is gone or another one by now.
 */
export function removeStateLock(stateDir: string, shown: Lock): boolean {
  const found = readStateLock(stateDir);
  if (found === undefined || !isDeepStrictEqual(found, shown)) return false;
  rmSync(found.path, { force: true });
  return true;
}

/**
 * Runs `work` as the only one that writes to the state folder. A lock whose holder is dead on this machine is taken over:
 * what that one left unfinished shows in the engine's own locks.
 * @throws locked `state-locked` with user, pid, host and age
 */
export async function withStateLock<T>(stateDir: string, now: () => number, work: () => Promise<T>): Promise<T> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, 'lock.json');
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), user: userName(), since: now() });
  for (let attempt = 0; !tryWrite(path, mine); attempt += 1) {
    const held = readStateLock(stateDir);
    if (held !== undefined && (held.holder !== 'dead' || attempt > 3)) throw heldError(held, now());
    await takeAway(path);
  }
  try {
    return await work();
  } finally {
    if (readStateLock(stateDir)?.pid === process.pid) rmSync(path, { force: true });
  }
}

function heldError(lock: Lock, nowMs: number): AppError {
  const seconds = Math.max(0, Math.round((nowMs - lock.since) / 1000));
  const message = `Another run works on this state: ${lock.user}, pid ${lock.pid} on ${lock.host}, for ${seconds} s.`;
  return new AppError('locked', message, {
    code: 'state-locked',
    hint: lock.holder === 'unknown' ? 'jinhong recover' : 'jinhong status --watch',
    data: { pid: lock.pid, host: lock.host, user: lock.user, seconds },
  });
}

/** Makes the lock with its text at once: half a lock would be none to whoever reads it then. */
function tryWrite(path: string, text: string): boolean {
  const whole = `${path}.${process.pid}`;
  writeFileSync(whole, text, { mode: 0o600 });
  try {
    linkSync(whole, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}

/**
 * Removes the lock of a dead run, or what is no lock. Whether it still is one is looked at anew by one run at a time: else
 * the second of two that saw the same dead lock would remove the one that the first holds by then.
 */
async function takeAway(path: string): Promise<void> {
  await oneAtATime(path, () => {
    const found = textOf(path);
    if (found === undefined) return;
    const held = lockIn(path, found);
    if (held === undefined || held.holder === 'dead') rmSync(path, { force: true });
  });
}

/**
 * Runs `work` while this process holds a socket name that only one on the machine can hold, and that the kernel frees when
 * it dies. Names without a file are Linux's; elsewhere nothing is held, and only takers within a millisecond collide.
 */
async function oneAtATime(path: string, work: () => void): Promise<void> {
  if (process.platform !== 'linux') return work();
  const name = `\0jinhong-${hash('sha256', resolve(path))}`;
  const server = createServer();
  while (!(await listens(server, name))) await setTimeout(5);
  try {
    work();
  } finally {
    await new Promise((done) => server.close(done));
  }
}

async function listens(server: Server, name: string): Promise<boolean> {
  try {
    server.listen(name);
    await once(server, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}

interface EngineLock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

function readEngineLock(path: string): Lock | undefined {
  try {
    const { pid, username, hostname: host, timestamp } = JSON.parse(readFileSync(path, 'utf8')) as EngineLock;
    const since = Date.parse(timestamp);
    return { path, pid, host, user: username, since, holder: holderOf(pid, host, since) };
  } catch {
    return undefined;
  }
}

/** Whether the process that had `pid` at `sinceMs` lives; a pid that was given to a later process does not count. */
export function holderOf(pid: number, host: string, sinceMs: number): HolderState {
  if (host !== hostname()) return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const started = startOfProcess(pid);
  return started !== undefined && started > sinceMs + 5_000 ? 'dead' : 'alive';
}

/** When a process began, in epoch milliseconds; only where /proc tells. A zombie has ended: it counts as begun just now. */
function startOfProcess(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return Number.POSITIVE_INFINITY;
    const bootSeconds = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    // The kernel counts in hundredths of a second on every platform Node runs on (USER_HZ).
    return bootSeconds * 1000 + Number(fields[19]) * 10;
  } catch {
    return undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
