/**
 * Processes that outlive the command that started them. A pid alone is not a name: Linux reuses it. So a process is
 * remembered with the tick of its start and the id of the boot, and nothing is signalled unless all three still match.
 * Scenario: `up` starts etcd as pid 4711, the machine restarts, 4711 is now somebody's editor; `down` must not end it.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One process, for ever: `start` is `<ticks since boot>@<boot id>`. */
export interface ProcessId {
  readonly pid: number;
  readonly start: string;
}

/** What to start. */
export interface LaunchOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment, nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr are appended here; its folder is made. */
  readonly logFile: string;
  readonly cwd: string;
  /** Found again by `findMarked` when the one who started it died before it could write the pid down. */
  readonly marker: string;
  /** Dies when the starter dies (tests). Needs `setpriv` of util-linux; without it the process is merely detached. */
  readonly tied?: boolean;
}

/** A process just started; `exited` resolves with code or signal while the starter lives. */
export interface Launched {
  readonly id: ProcessId;
  readonly exited: Promise<string>;
}

/** Name of the environment variable that carries `LaunchOptions.marker`. Not JINHONG_...: controllers refuse unknown ones. */
export const markerVariable = 'LOCAL_CLOUD_PROCESS';

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

/** Starts a process in its own session, detached from this one. Throws what spawn throws (ENOENT, EACCES). */
export async function launch(options: LaunchOptions): Promise<Launched> {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  const fd = openSync(options.logFile, 'a', 0o600);
  const tie = options.tied === true && setpriv !== undefined;
  const command = tie ? setpriv : options.command;
  const args = tie ? ['--pdeathsig', 'KILL', options.command, ...options.args] : [...options.args];
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...options.env, [markerVariable]: options.marker },
      detached: true,
      stdio: ['ignore', fd, fd],
    });
    const exited = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? String(code)));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { id: { pid, start: startOf(pid) ?? 'gone' }, exited };
  } finally {
    closeSync(fd);
  }
}

let bootId: string | undefined;

/**
 * `<ticks>@<boot id>` of a running process, undefined when there is none or it is a zombie. A process whose first thread is a
 * zombie while others still end has its files and ports yet, so it counts as running.
 */
export function startOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name in field 2 may hold spaces and brackets; what follows its last bracket is regular. proc(5): state is
  // field 3, num_threads field 20, starttime field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if ((fields[0] === 'Z' || fields[0] === 'X') && Number(fields[17]) <= 1) return undefined;
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8);
  return `${fields[19] ?? ''}@${bootId}`;
}

/** Whether exactly this process still runs. */
export function isRunning(id: ProcessId): boolean {
  return startOf(id.pid) === id.start;
}

/** This process. */
export function ownId(): ProcessId {
  return { pid: process.pid, start: startOf(process.pid) ?? 'gone' };
}

/** Sends a signal if, and only if, exactly this process still runs; false when it does not. */
export function signal(id: ProcessId, name: NodeJS.Signals): boolean {
  if (!isRunning(id)) return false;
  try {
    process.kill(id.pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Asks a process to end, waits up to `graceMs`, then kills it; resolves when it is gone (at most 5 s after the kill). */
export async function stopProcess(id: ProcessId, graceMs = 10_000): Promise<void> {
  if (!signal(id, 'SIGTERM')) return;
  if (await waitGone(id, graceMs)) return;
  signal(id, 'SIGKILL');
  await waitGone(id, 5_000);
}

async function waitGone(id: ProcessId, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    if (!isRunning(id)) return true;
    await pause(20);
  }
  return !isRunning(id);
}

/** Resident memory in bytes, 0 when the process is gone. */
export function residentBytes(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Milliseconds since the process was started, by the kernel's clock; undefined when it is gone. */
export function ageMs(pid: number): number | undefined {
  const start = startOf(pid);
  if (start === undefined) return undefined;
  const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  // USER_HZ is 100 on every Linux that Node runs on (proc(5): clock ticks).
  return Math.max(0, Math.round(uptimeMs - Number(start.split('@')[0]) * 10));
}

/** Processes of this user that were launched with a marker for which `wanted` is true; sorted by pid. */
export function findMarked(wanted: (marker: string) => boolean): (ProcessId & { readonly marker: string })[] {
  const found: (ProcessId & { readonly marker: string })[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const marker = markerOf(name);
    const start = marker === undefined || !wanted(marker) ? undefined : startOf(Number(name));
    if (marker !== undefined && start !== undefined) found.push({ pid: Number(name), start, marker });
  }
  return found.sort((a, b) => a.pid - b.pid);
}

function markerOf(pid: string): string | undefined {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return entries.find((entry) => entry.startsWith(`${markerVariable}=`))?.slice(markerVariable.length + 1);
  } catch {
    return undefined;
  }
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
