import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { isRunning, launch, type ProcessId, stopProcess } from '../processes.ts';
import { expand, type UnitPlan } from './plan.ts';

/** Where a unit runs. */
export interface UnitPlace {
  /** Its folder: the prefix of its mounts, and the marker by which it is found again. */
  readonly dir: string;
  readonly logFile: string;
  /** Folder in which `node controller/main.ts` makes sense. */
  readonly projectDir: string;
  /** Dies with the node (tests). */
  readonly tied: boolean;
  readonly onExit: () => void;
}

/** A process that ran at least this long begins its back-off anew. */
const steadyMs = 30_000;
const longestBackoffMs = 30_000;
const maxLogBytes = 20 * 1024 * 1024;

/** Milliseconds to wait before the start that follows `failures` quick deaths: 1 s, doubling, at most 30 s. Pure. */
export function backoffMs(failures: number): number {
  return Math.min(longestBackoffMs, 1000 * 2 ** Math.max(0, failures - 1));
}

/** One process of the node: starts, waits between deaths, answers whether it is ready. */
export class Unit {
  readonly plan: UnitPlan;
  readonly place: UnitPlace;
  id: ProcessId | undefined;
  ports: Readonly<Record<string, number>> = {};
  ready = false;
  restarts = 0;
  /** Why it does not run, for the node's log; empty when it does. */
  waiting = '';
  private failures = 0;
  private startedAt = 0;
  private startAfter = 0;
  private starting = false;
  private stopped = false;

  constructor(plan: UnitPlan, place: UnitPlace) {
    this.plan = plan;
    this.place = place;
  }

  /** Whether it may be started now. */
  isDue(now: number): boolean {
    return !this.stopped && !this.starting && this.id === undefined && now >= this.startAfter;
  }

  /** Starts the process with the environment of its container and of the place; a failure counts as a death. */
  async start(env: Readonly<Record<string, string>>): Promise<void> {
    this.starting = true;
    try {
      mkdirSync(this.place.dir, { recursive: true, mode: 0o700 });
      rotate(this.place.logFile);
      this.ports = await pickPorts(this.plan.portNames);
      const whole = { ...env, ...portVariables(this.ports) };
      const [program = '', ...args] = this.plan.command.map((word) => expand(word, whole));
      const { id, exited } = await launch({
        command: program === 'node' ? process.execPath : program,
        args,
        env: whole,
        logFile: this.place.logFile,
        cwd: this.place.projectDir,
        marker: this.place.dir,
        tied: this.place.tied,
      });
      this.id = id;
      this.startedAt = Date.now();
      this.waiting = '';
      void exited.then((how) => this.died(how));
      if (this.stopped) await stopProcess(id);
    } catch (error) {
      this.died(String(error));
    } finally {
      this.starting = false;
    }
  }

  /** Asks the process whether it is ready; without a probe, running is ready. */
  async probe(): Promise<void> {
    const { id, plan } = this;
    if (id === undefined || !isRunning(id)) {
      this.ready = false;
      return;
    }
    const port = plan.ready === undefined ? undefined : this.ports[plan.ready.portName];
    this.ready = plan.ready === undefined || (port !== undefined && (await answers(port, plan.ready.path)));
  }

  /** Ends the process (SIGTERM, after 10 s SIGKILL) and removes its folder; it never starts again. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.ready = false;
    if (this.id !== undefined) await stopProcess(this.id);
    rmSync(this.place.dir, { recursive: true, force: true });
  }

  private died(how: string): void {
    this.id = undefined;
    this.ready = false;
    if (this.stopped) return;
    const ranMs = this.startedAt === 0 ? 0 : Date.now() - this.startedAt;
    this.failures = ranMs > steadyMs ? 1 : this.failures + 1;
    this.restarts += 1;
    this.startAfter = Date.now() + backoffMs(this.failures);
    this.waiting = `ended (${how}) after ${Math.round(ranMs / 1000)} s, starts again in ${backoffMs(this.failures) / 1000} s`;
    this.place.onExit();
  }
}

/** `JINHONG_<NAME>_PORT` per named port of the container. */
function portVariables(ports: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [
      `JINHONG_${name.toUpperCase().replaceAll('-', '_')}_PORT`,
      String(port),
    ]),
  );
}

async function pickPorts(names: readonly string[]): Promise<Record<string, number>> {
  const ports = await freePorts(names.length);
  return Object.fromEntries(names.map((name, at) => [name, ports[at] ?? 0]));
}

function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > maxLogBytes) renameSync(logFile, `${logFile}.1`);
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path: join('/', path), timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.on('close', () => resolve(false));
    call.end();
  });
}
