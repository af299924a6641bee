import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { CentreOptions } from './centre.ts';
import { type CentrePaths, type CentreProcess, type CentreState, logFileOf } from './centre-files.ts';
import { apiServerFlags, controllerManagerFlags, etcdFlags, type FlagInput } from './centre-flags.ts';
import { HttpCaller } from './http.ts';
import { readKeyPair } from './pki.ts';
import { ownerOfPort } from './port-owner.ts';
import { type CentrePorts, isPortTaken } from './ports.ts';
import { isRunning, type Launched, launch, type ProcessId, pause } from './processes.ts';
import { localText } from './text.ts';

/** One process to start, or to wait for when `known` says that it runs. */
export interface StartInput {
  readonly process: CentreProcess;
  readonly known: ProcessId | undefined;
  readonly state: CentreState;
  readonly paths: CentrePaths;
  readonly options: CentreOptions;
  /** Called right after the start, before anything is waited for. */
  readonly remember: (id: ProcessId) => void;
}

interface HowToRun {
  readonly flags: (input: FlagInput) => string[];
  readonly ports: (ports: CentrePorts) => readonly number[];
  readonly healthPort: (ports: CentrePorts) => number;
  readonly healthPath: string;
  /** Files below pki: CA and client of the health call. */
  readonly ca: string;
  readonly client: string;
  readonly deadlineMs: number;
}

const howToRun: Record<CentreProcess, HowToRun> = {
  etcd: {
    flags: etcdFlags,
    ports: (ports) => [ports.etcdClient, ports.etcdPeer],
    healthPort: (ports) => ports.etcdClient,
    healthPath: '/readyz',
    ca: 'etcd-ca',
    client: 'etcd-client',
    deadlineMs: 60_000,
  },
  'kube-apiserver': {
    flags: apiServerFlags,
    ports: (ports) => [ports.api],
    healthPort: (ports) => ports.api,
    healthPath: '/readyz',
    ca: 'ca',
    client: 'admin',
    deadlineMs: 120_000,
  },
  'kube-controller-manager': {
    flags: controllerManagerFlags,
    ports: (ports) => [ports.controllers],
    healthPort: (ports) => ports.controllers,
    healthPath: '/healthz',
    ca: 'ca',
    client: 'admin',
    deadlineMs: 60_000,
  },
};

/** A log larger than this is moved aside at the next start. */
const maxLogBytes = 20 * 1024 * 1024;

/** Starts one process (or takes the running one) and resolves with its id when it is healthy. Throws as `startCentre`. */
export async function startProcess(input: StartInput): Promise<ProcessId> {
  const { process, known, state, options } = input;
  const begun = Date.now();
  const tell = (what: 'starting' | 'ready' | 'running'): void =>
    options.onProgress?.({ site: state.name, process, state: what, elapsedMs: Date.now() - begun });
  if (known !== undefined) {
    if (known.pid !== state.processes[process]?.pid) input.remember(known);
    await waitHealthy(input, known, undefined);
    tell('running');
    return known;
  }
  tell('starting');
  await refuseTakenPorts(input);
  const launched = await launchProcess(input);
  input.remember(launched.id);
  await waitHealthy(input, launched.id, launched.exited);
  tell('ready');
  return launched.id;
}

/** Whether the process answers its health path, asked with the centre's own certificates. */
export async function isHealthy(paths: CentrePaths, process: CentreProcess, ports: CentrePorts): Promise<boolean> {
  const caller = healthCaller(paths, process, ports);
  try {
    return await caller.answers(howToRun[process].healthPath);
  } finally {
    caller.close();
  }
}

/** The port on which a process of a centre listens for its callers. */
export function mainPort(process: CentreProcess, ports: CentrePorts): number {
  return howToRun[process].healthPort(ports);
}

async function launchProcess(input: StartInput): Promise<Launched> {
  const { process, state, paths, options } = input;
  const logFile = logFileOf(paths.dir, process);
  if (existsSync(logFile) && statSync(logFile).size > maxLogBytes) renameSync(logFile, `${logFile}.1`);
  const flagInput: FlagInput = { ...state, paths };
  try {
    return await launch({
      command: options.binaries[process],
      args: howToRun[process].flags(flagInput),
      env: { PATH: '/usr/bin:/bin', HOME: paths.dir },
      logFile,
      cwd: paths.dir,
      marker: join(paths.dir, process),
      ...(options.tied === undefined ? {} : { tied: options.tied }),
    });
  } catch (cause) {
    throw new AppError('terminal', localText().processDied(process, state.name, String(cause), ''), {
      code: 'process-died',
      cause,
    });
  }
}

async function refuseTakenPorts(input: StartInput): Promise<void> {
  for (const port of howToRun[input.process].ports(input.state.ports)) {
    if (await isPortTaken(port)) throw portTaken(input, port);
  }
}

async function waitHealthy(input: StartInput, id: ProcessId, exited: Promise<string> | undefined): Promise<void> {
  const how = howToRun[input.process];
  const caller = healthCaller(input.paths, input.process, input.state.ports);
  let ending: string | undefined;
  void exited?.then((reason) => {
    ending = reason;
  });
  const deadline = Date.now() + how.deadlineMs;
  try {
    while (!(await caller.answers(how.healthPath))) {
      if (ending !== undefined || !isRunning(id)) throw explainDeath(input, ending ?? 'unknown');
      if (Date.now() > deadline) throw notReady(input, how.deadlineMs);
      await pause(50);
    }
  } finally {
    caller.close();
  }
}

function healthCaller(paths: CentrePaths, process: CentreProcess, ports: CentrePorts): HttpCaller {
  const how = howToRun[process];
  const ca = readKeyPair(paths.pki, how.ca);
  const client = readKeyPair(paths.pki, how.client);
  if (ca === undefined || client === undefined) throw new Error(`keys are missing in ${paths.pki}`);
  return new HttpCaller({ url: `https://127.0.0.1:${how.healthPort(ports)}`, ca: ca.cert, client });
}

/** Turns the end of a process into the error that names its cause, read from the end of its log. */
function explainDeath(input: StartInput, how: string): AppError {
  const text = localText();
  const logFile = logFileOf(input.paths.dir, input.process);
  const tail = tailOf(logFile, 4_000);
  if (/no space left on device/i.test(tail)) {
    return new AppError('input', text.diskFull(input.paths.dir), {
      code: 'disk-full',
      hint: text.diskFullHint(input.paths.dir),
    });
  }
  const taken = /listen tcp 127\.0\.0\.1:(\d+): bind: address already in use/.exec(tail);
  if (taken !== null) return portTaken(input, Number(taken[1]));
  const lines = tail.trim().split('\n').slice(-5).join('\n');
  return new AppError('terminal', text.processDied(input.process, input.state.name, how, lines), {
    code: 'process-died',
    hint: text.seeLog(logFile),
    data: { process: input.process, site: input.state.name },
  });
}

function portTaken(input: StartInput, port: number): AppError {
  const text = localText();
  const message = text.portTaken(port, input.process, input.state.name, ownerOfPort(port) ?? '');
  return new AppError('input', message, {
    code: 'port-taken',
    hint: text.portTakenHint,
    data: { port, process: input.process, site: input.state.name },
  });
}

function notReady(input: StartInput, deadlineMs: number): AppError {
  const text = localText();
  return new AppError('timeout', text.notReady(input.process, input.state.name, deadlineMs / 1000), {
    code: 'not-ready',
    hint: text.seeLog(logFileOf(input.paths.dir, input.process)),
    data: { process: input.process, site: input.state.name },
  });
}

/** The last `bytes` of a file as text; empty when there is none. */
export function tailOf(file: string, bytes: number): string {
  if (!existsSync(file)) return '';
  const fd = openSync(file, 'r');
  try {
    const size = statSync(file).size;
    const length = Math.min(bytes, size);
    const buffer = Buffer.alloc(length);
    readSync(fd, buffer, 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    closeSync(fd);
  }
}
