/**
 * One centre: etcd, kube-apiserver and kube-controller-manager as detached processes on loopback. Everything it needs is
 * below one folder; what runs is written to `centre.json` after each start, so a later command (or the next start after
 * a kill -9 of this one) continues where this one stopped.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type CentrePaths,
  type CentreProcess,
  type CentreState,
  centrePaths,
  centreProcesses,
  serviceRange,
} from './centre-files.ts';
import { auditPolicy } from './centre-flags.ts';
import { ensureCentrePki, readCentreCa } from './centre-pki.ts';
import { readTextIfThere, writeFileAtomic } from './files.ts';
import { HttpCaller } from './http.ts';
import { formatKubeconfig } from './kubeconfig.ts';
import { type KeyPair, readKeyPair } from './pki.ts';
import type { CentrePorts } from './ports.ts';
import { findMarked, isRunning, type ProcessId, stopProcess } from './processes.ts';
import { startProcess } from './start-process.ts';

/** The programs of a centre: absolute paths. */
export type CentreBinaries = Readonly<Record<CentreProcess, string>>;

/** How to start a centre. */
export interface CentreOptions {
  /** Lower-case letters, digits and dashes; the name of its context. */
  readonly name: string;
  /** Absolute folder of this centre. */
  readonly dir: string;
  /** Used when the centre is made; a centre that exists keeps its own. */
  readonly ports: CentrePorts;
  readonly binaries: CentreBinaries;
  /** Number of the centre on this machine, for its Service range. @default 0 */
  readonly index?: number;
  /** etcd without fsync: faster, loses data at power loss. For tests only. @default false */
  readonly unsafeNoFsync?: boolean;
  /** Processes die with this one (tests). @default false */
  readonly tied?: boolean;
  /** Told when a process begins to start, is ready, or was found running. */
  readonly onProgress?: (event: CentreEvent) => void;
}

export interface CentreEvent {
  readonly site: string;
  readonly process: CentreProcess;
  readonly state: 'starting' | 'ready' | 'running';
  readonly elapsedMs: number;
}

/** A centre that answers. */
export interface Centre {
  readonly name: string;
  readonly dir: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM of the CA that signs its server certificate and its users. */
  readonly ca: string;
  /** Certificate of the administrator. */
  readonly admin: KeyPair;
  readonly state: CentreState;
}

/**
 * Starts what does not run of a centre and resolves when all three processes are healthy. Two starts of the same centre
 * at once are the caller's mistake (the cloud's lock prevents it). Throws AppError: `port-taken`, `disk-full`,
 * `process-died`, `not-ready`.
 */
export async function startCentre(options: CentreOptions): Promise<Centre> {
  const paths = centrePaths(options.dir);
  let state = readCentreState(options.dir) ?? newState(options);
  await prepare(paths, state);
  for (const process of centreProcesses) {
    const remember = (id: ProcessId): void => {
      state = { ...state, processes: { ...state.processes, [process]: id } };
      saveState(paths, state);
    };
    await startProcess({ process, known: findRunning(options.dir, state, process), state, paths, options, remember });
  }
  return openCentre(options.dir, state);
}

/** The centre in `dir` as it was last started, without looking whether it runs; undefined when there is none. */
export function readCentre(dir: string): Centre | undefined {
  const state = readCentreState(dir);
  return state === undefined ? undefined : openCentre(dir, state);
}

/** Stops the processes of the centre in `dir`, last started first, and nothing else. `wipe` removes the folder too. */
export async function stopCentre(dir: string, options: { readonly wipe?: boolean } = {}): Promise<void> {
  const paths = centrePaths(dir);
  const state = readCentreState(dir);
  for (const process of [...centreProcesses].reverse()) {
    const known = state?.processes[process];
    const ids = [...(known === undefined ? [] : [known]), ...findMarked((marker) => marker === markerOf(dir, process))];
    await Promise.all(ids.map((id) => stopProcess(id)));
  }
  if (options.wipe === true) rmSync(dir, { recursive: true, force: true });
  else if (state !== undefined) saveState(paths, { ...state, processes: {} });
}

/** The state file of the centre in `dir`; undefined when there is none or a crash of an older version left it unreadable. */
export function readCentreState(dir: string): CentreState | undefined {
  const text = readTextIfThere(centrePaths(dir).state);
  return text === undefined ? undefined : (JSON.parse(text) as CentreState);
}

/** Gives a stopped centre other ports, from its next start on. Does nothing when there is no centre in `dir`. */
export function moveCentre(dir: string, ports: CentrePorts): void {
  const state = readCentreState(dir);
  if (state !== undefined) saveState(centrePaths(dir), { ...state, ports });
}

/** A caller with the centre's administrator or node certificate. */
export function callerOf(centre: Pick<Centre, 'url' | 'ca' | 'dir'>, as: 'admin' | 'node'): HttpCaller {
  const client = readKeyPair(centrePaths(centre.dir).pki, as);
  if (client === undefined) throw new Error(`no ${as} certificate in ${centre.dir}`);
  return new HttpCaller({ url: centre.url, ca: centre.ca, client });
}

/** What is written into the environment of a centre's process, to find it again by. */
export function markerOf(dir: string, process: string): string {
  return join(dir, process);
}

function newState(options: CentreOptions): CentreState {
  return {
    name: options.name,
    ports: options.ports,
    index: options.index ?? 0,
    unsafeNoFsync: options.unsafeNoFsync ?? false,
    processes: {},
  };
}

async function prepare(paths: CentrePaths, state: CentreState): Promise<void> {
  mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
  for (const dir of [paths.logs, dirname(paths.auditLog), paths.etcdData])
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  const firstAddress = serviceRange(state.index).replace('.0.0/16', '.0.1');
  await ensureCentrePki(paths.dir, state.name, firstAddress);
  writeFileAtomic(paths.auditPolicy, auditPolicy);
  const client = readKeyPair(paths.pki, 'controllers');
  if (client === undefined) throw new Error('the certificate of kube-controller-manager was not stored');
  const context = { centre: state.name, url: urlOf(state), ca: readCentreCa(paths.dir), user: 'controllers', client };
  writeFileAtomic(paths.controllersKubeconfig, formatKubeconfig([context]));
  saveState(paths, state);
}

/** The process that is written down, or one whose starter died before it could write it down. */
function findRunning(dir: string, state: CentreState, process: CentreProcess): ProcessId | undefined {
  const known = state.processes[process];
  if (known !== undefined && isRunning(known)) return known;
  return findMarked((marker) => marker === markerOf(dir, process))[0];
}

function openCentre(dir: string, state: CentreState): Centre {
  const admin = readKeyPair(centrePaths(dir).pki, 'admin');
  if (admin === undefined) throw new Error(`no administrator's certificate in ${dir}`);
  return { name: state.name, dir, url: urlOf(state), ca: readCentreCa(dir), admin, state };
}

function urlOf(state: CentreState): string {
  return `https://127.0.0.1:${state.ports.api}`;
}

function saveState(paths: CentrePaths, state: CentreState): void {
  writeFileAtomic(paths.state, `${JSON.stringify(state, null, 2)}\n`);
}
