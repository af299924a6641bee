/**
 * The local cloud: several centres and the node, in one folder. `startCloud` is what `jinhong local up` runs, tests call
 * it directly. One command at a time works on a folder (`_lock`); the processes do not depend on the command.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { AppError } from '../core/errors.ts';
import type { Env } from './binaries/find.ts';
import { type BinaryProgress, ensureBinaries, makeBehind } from './binaries.ts';
import { bindPlatformGroup } from './bootstrap.ts';
import {
  type Centre,
  type CentreEvent,
  moveCentre,
  readCentre,
  readCentreState,
  startCentre,
  stopCentre,
} from './centre.ts';
import { centreProcesses } from './centre-files.ts';
import { centreUsers } from './centre-pki.ts';
import {
  type CloudSite,
  type CloudState,
  cloudPaths,
  readCloudState,
  saveCloudState,
  siteDir,
  withSites,
} from './cloud-state.ts';
import { errnoOf } from './files.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { type LockHolder, tryLock } from './lock.ts';
import { readNodeState, startNode, stopNode } from './node-process.ts';
import { defaultBasePort, portsOf } from './ports.ts';
import { isRunning, pause } from './processes.ts';
import { localText } from './text.ts';

/** How to start a local cloud. */
export interface CloudOptions {
  /** Absolute folder. */
  readonly dir: string;
  /** Centres to start. @default all that the folder knows */
  readonly sites?: readonly string[];
  /** First of 20 ports per centre. @default 26400, or the one of last time */
  readonly basePort?: number;
  /** Group of the directory that gets all rights at every centre, as platform engineers do at a new one. @default the one of last time, or none */
  readonly platformGroup?: string;
  /** Without fsync (tests). @default false */
  readonly unsafeNoFsync?: boolean;
  /** Processes die with this one (tests). @default false */
  readonly tied?: boolean;
  /** Run the stand-in for the kubelet. @default true */
  readonly node?: boolean;
  /** @default process.env */
  readonly env?: Env;
  readonly onProgress?: (event: CloudEvent) => void;
}

/** Something to tell while the cloud starts. */
export type CloudEvent =
  | { readonly kind: 'centre'; readonly event: CentreEvent }
  | { readonly kind: 'binary'; readonly event: BinaryProgress }
  | { readonly kind: 'lock-taken-over'; readonly from: LockHolder }
  | { readonly kind: 'centre-ready'; readonly site: string; readonly elapsedMs: number }
  | { readonly kind: 'behind'; readonly names: readonly string[] }
  | { readonly kind: 'node-ready'; readonly elapsedMs: number };

/** A local cloud that answers. */
export interface Cloud {
  readonly dir: string;
  readonly centres: readonly Centre[];
  /** File with an administrator's context per centre. */
  readonly kubeconfig: string;
}

/**
 * Starts what does not run and resolves when every asked centre is healthy. A centre that fails does not stop the
 * others; its error is thrown at the end. Throws AppError `not-linux`, `local-locked`, `sites-unknown`, `ports-in-use`,
 * `disk-full`, those of `ensureBinaries` and of `startCentre`.
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  if (process.platform !== 'linux') {
    throw new AppError('input', localText().notLinux(process.platform), { code: 'not-linux' });
  }
  return withCloudLock(options.dir, 'local up', options.onProgress, async () => {
    const state = planState(options);
    const needed = await ensureBinaries(centreProcesses, {
      ...(options.env === undefined ? {} : { env: options.env }),
      onProgress: (event) => options.onProgress?.({ kind: 'binary', event }),
    });
    // Not needed to start, but by the next command; made behind it.
    const behind = await makeBehind(undefined, options.env);
    if (behind.length > 0) options.onProgress?.({ kind: 'behind', names: behind });
    saveCloudState(options.dir, state);
    const asked = options.sites ?? state.sites.map((site) => site.name);
    const started = await Promise.allSettled(
      state.sites.filter((site) => asked.includes(site.name)).map((site) => startSite(options, state, site, needed)),
    );
    const kubeconfig = writeAdminKubeconfig(options.dir, state);
    if (options.node !== false) await startNodeOf(options, state);
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const centres = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    return { dir: options.dir, centres, kubeconfig };
  });
}

/** What to stop. */
export interface StopOptions {
  readonly dir: string;
  /** Only these centres; the others and the node go on. @default everything */
  readonly sites?: readonly string[];
  /** Remove the data too. @default false */
  readonly wipe?: boolean;
}

/** Stops what `startCloud` started, and nothing else; resolves with the names of the stopped centres. */
export async function stopCloud(options: StopOptions): Promise<readonly string[]> {
  const { dir } = options;
  const state = readCloudState(dir);
  if (state === undefined) return [];
  return withCloudLock(dir, 'local down', undefined, async () => {
    const names = options.sites ?? state.sites.map((site) => site.name);
    const sites = state.sites.map((site) => (names.includes(site.name) ? { ...site, stopped: true } : site));
    // The node reads this and ends the programs of these centres; without `sites` it goes itself.
    saveCloudState(dir, { ...state, sites });
    if (options.sites === undefined) await stopNode(dir, state.node);
    else await waitForNode(dir, names);
    await Promise.all(names.map((name) => stopCentre(siteDir(dir, name), { wipe: options.wipe ?? false })));
    if (options.sites === undefined) saveCloudState(dir, { ...state, sites, node: undefined });
    if (options.wipe === true && options.sites === undefined) {
      rmSync(cloudPaths(dir).state, { force: true });
      rmSync(cloudPaths(dir).kubeconfig, { force: true });
      for (const folder of ['_people', '_node']) rmSync(siteDir(dir, folder), { recursive: true, force: true });
    }
    return names;
  });
}

/** Until the node has ended its programs at these centres; a node that does not run has none. */
async function waitForNode(dir: string, names: readonly string[]): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const node = readNodeState(dir);
    const busy = node !== undefined && isRunning(node) && node.pods.some((pod) => names.includes(pod.site));
    if (!busy || Date.now() > deadline) return;
    await pause(100);
  }
}

/** Runs `work` as the only command on the folder; AppError `local-locked` names the living holder. */
async function withCloudLock<T>(
  dir: string,
  what: string,
  onProgress: CloudOptions['onProgress'],
  work: () => Promise<T>,
): Promise<T> {
  const text = localText();
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const lock = tryLock(cloudPaths(dir).lock, what);
    if (!('release' in lock)) {
      throw new AppError('locked', text.locked(dir, lock.what, lock.pid), {
        code: 'local-locked',
        hint: text.lockedHint(lock.pid),
        data: { pid: lock.pid },
      });
    }
    try {
      if (lock.takenFrom !== undefined) onProgress?.({ kind: 'lock-taken-over', from: lock.takenFrom });
      return await work();
    } finally {
      lock.release();
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
    throw new AppError('input', text.diskFull(dir), { code: 'disk-full', hint: text.diskFullHint(dir), cause: error });
  }
}

function planState(options: CloudOptions): CloudState {
  const known = readCloudState(options.dir);
  const asked = options.sites ?? known?.sites.map((site) => site.name) ?? [];
  if (asked.length === 0) {
    throw new AppError('input', localText().sitesUnknown, {
      code: 'sites-unknown',
      hint: localText().sitesUnknownHint,
    });
  }
  const basePort = options.basePort ?? known?.basePort ?? defaultBasePort;
  const sites = withSites(known?.sites ?? [], asked);
  if (known !== undefined && basePort !== known.basePort) movePorts(options.dir, known, basePort);
  const platformGroup = options.platformGroup ?? known?.platformGroup;
  return { basePort, sites, node: known?.node, ...(platformGroup === undefined ? {} : { platformGroup }) };
}

/** New ports for centres that exist: only while none of their processes runs. */
function movePorts(dir: string, known: CloudState, basePort: number): void {
  for (const site of known.sites) {
    const processes = Object.values(readCentreState(siteDir(dir, site.name))?.processes ?? {});
    if (processes.some((id) => isRunning(id))) {
      throw new AppError('input', localText().portsInUse(site.name, known.basePort), {
        code: 'ports-in-use',
        hint: 'jinhong local down',
      });
    }
  }
  for (const site of known.sites) moveCentre(siteDir(dir, site.name), portsOf(basePort, site.index));
}

async function startSite(
  options: CloudOptions,
  state: CloudState,
  site: CloudSite,
  binaries: Parameters<typeof startCentre>[0]['binaries'],
): Promise<Centre> {
  const begun = Date.now();
  const centre = await startCentre({
    name: site.name,
    dir: siteDir(options.dir, site.name),
    ports: portsOf(state.basePort, site.index),
    index: site.index,
    binaries,
    unsafeNoFsync: options.unsafeNoFsync ?? false,
    tied: options.tied ?? false,
    onProgress: (event) => options.onProgress?.({ kind: 'centre', event }),
  });
  if (state.platformGroup !== undefined) await bindPlatformGroup(centre, state.platformGroup);
  options.onProgress?.({ kind: 'centre-ready', site: site.name, elapsedMs: Date.now() - begun });
  return centre;
}

async function startNodeOf(options: CloudOptions, state: CloudState): Promise<void> {
  const begun = Date.now();
  const node = await startNode(options.dir, state.node, options.tied ?? false);
  saveCloudState(options.dir, { ...state, node });
  options.onProgress?.({ kind: 'node-ready', elapsedMs: Date.now() - begun });
}

function writeAdminKubeconfig(dir: string, state: CloudState): string {
  const file = cloudPaths(dir).kubeconfig;
  const centres = state.sites.flatMap((site) => readCentre(siteDir(dir, site.name)) ?? []);
  writeKubeconfig(
    file,
    centres.map(({ name, url, ca, admin }) => ({ centre: name, url, ca, user: centreUsers.admin, client: admin })),
  );
  return file;
}
