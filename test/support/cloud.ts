/**
 * The shared cloud of project `cloud`: four real centres with the platform installed by `jinhong up`, controllers
 * running. Tests act as people with certificates of their own (`personOf`) and through the command (`jinhong`).
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import type { KubeClient } from '../../kube/types.ts';
import { readCentreState } from '../../local/centre.ts';
import { startCloud, stopCloud } from '../../local/cloud.ts';
import { freeBase } from '../../local/ports.ts';
import { isRunning } from '../../local/processes.ts';
import { describeCentre, kubeconfigFor, type TestCentre, testDir, until } from './centre.ts';
import { cityCloud, cityGroups, writeCity } from './city.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly cloud: TestCloud;
  }
}

/** The shared cloud as plain data. */
export interface TestCloud {
  /** Folder of the local cloud (`--dir`). */
  readonly dir: string;
  /** Folder of the city's manifests. */
  readonly city: string;
  /** Folder of `up`'s state. */
  readonly state: string;
  readonly centres: readonly TestCentre[];
}

/** What a run of the command printed and how it ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person with a kubeconfig of their own. */
export interface TestPerson {
  readonly user: string;
  readonly kubeconfig: string;
}

const main = join(import.meta.dirname, '../../cli/main.ts');

/** Starts the centres, installs the platform as a platform engineer, and resolves when `up` has ended. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cloud, stop } = await startOwn({
    sites: cityCloud.sites.map(({ name }) => name),
    platformGroup: cityGroups.platform,
  });
  try {
    writeCity(cloud.city);
    const engineer = await person(cloud, 'engineer', [cityGroups.platform]);
    const result = await run(cloud, ['up', cloud.city], engineer);
    if (result.code !== 0) throw new Error(`up ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
    project.provide('cloud', cloud);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** Centres of a test's own. */
export interface OwnCloudOptions {
  readonly sites: readonly string[];
  readonly platformGroup: string;
  /** @default an empty folder of its own */
  readonly city?: string;
}

/** What a test does with a cloud of its own. */
export interface OwnCloud {
  readonly cloud: TestCloud;
  readonly person: (user: string, groups: readonly string[]) => Promise<TestPerson>;
  readonly run: (args: readonly string[], who: TestPerson) => Promise<CommandResult>;
}

/** Starts centres without a platform, lets `use` work on them, and removes them whatever happened. */
export async function withOwnCloud(options: OwnCloudOptions, use: (own: OwnCloud) => Promise<void>): Promise<void> {
  const { cloud, stop } = await startOwn(options);
  try {
    await use({
      cloud,
      person: (user, groups) => person(cloud, user, groups),
      run: (args, who) => run(cloud, args, who),
    });
  } finally {
    await stop();
  }
}

let starting: Promise<unknown> = Promise.resolve();

/** One cloud starts after the other, so that no two of them take the same free ports. */
function startOwn(options: OwnCloudOptions): ReturnType<typeof startNow> {
  const started = starting.then(() => startNow(options));
  starting = started.catch(() => undefined);
  return started;
}

async function startNow(options: OwnCloudOptions): Promise<{ cloud: TestCloud; stop: () => Promise<void> }> {
  const dir = testDir();
  const paths = { dir: join(dir, 'local'), city: options.city ?? join(dir, 'city'), state: join(dir, 'state') };
  mkdirSync(paths.city, { recursive: true });
  const stop = async () => {
    await stopCloud({ dir: paths.dir, wipe: true });
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const { centres } = await startCloud({
      dir: paths.dir,
      sites: options.sites,
      platformGroup: options.platformGroup,
      basePort: await freeBasePort(options.sites.length),
      unsafeNoFsync: true,
      tied: true,
    });
    return { cloud: { ...paths, centres: centres.map(describeCentre) }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** First port of a range in which no centre of another local cloud lives. */
export function freeBasePort(centres: number): Promise<number> {
  return freeBase(28_400, centres);
}

async function person(cloud: TestCloud, user: string, groups: readonly string[]): Promise<TestPerson> {
  return { user, kubeconfig: await kubeconfigFor(cloud.centres, user, groups) };
}

/** Issues a person of the directory with a context per centre. */
export function personOf(user: string, groups: readonly string[]): Promise<TestPerson> {
  return person(inject('cloud'), user, groups);
}

/** The person's client at one centre; the caller closes it. */
export async function clientAs(who: TestPerson, site: string): Promise<KubeClient> {
  return createClient(await loadKubeconfig(who.kubeconfig, site));
}

/** Runs the command as a person would, in English. Never throws for an exit code. */
export function jinhong(args: readonly string[], who: TestPerson): Promise<CommandResult> {
  return run(inject('cloud'), args, who);
}

function run(cloud: TestCloud, args: readonly string[], who: TestPerson): Promise<CommandResult> {
  const env = {
    ...process.env,
    JINHONG_KUBECONFIG: who.kubeconfig,
    JINHONG_LOCAL_DIR: cloud.dir,
    JINHONG_STATE: cloud.state,
    JINHONG_LANG: 'en',
    JINHONG_TIMINGS: JSON.stringify(fastTimings),
  };
  const child = spawn(process.execPath, [main, ...args], { env, cwd: cloud.city, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 130, stdout, stderr }));
  });
}

/** Leases and back-off of one second, so that a test sees in seconds what takes a minute in production. */
export const fastTimings = {
  leaseSeconds: 3,
  heartbeatSeconds: 1,
  silentAfterSeconds: 5,
  backoffBaseMs: 200,
  backoffMaxMs: 2000,
  resyncSeconds: 600,
};

/** Kills every process of a centre with SIGKILL, as a power cut does; resolves when they are gone. */
export async function killCentre(site: string): Promise<void> {
  const state = readCentreState(join(inject('cloud').dir, site));
  for (const id of Object.values(state?.processes ?? {})) {
    if (id !== undefined && isRunning(id)) process.kill(id.pid, 'SIGKILL');
  }
  await until(`${site} is dead`, () =>
    Object.values(state?.processes ?? {}).every((id) => id === undefined || !isRunning(id)),
  );
}

/** Starts what does not run of the cloud, as `jinhong local up` does. */
export async function restartCloud(): Promise<void> {
  await startCloud({ dir: inject('cloud').dir, unsafeNoFsync: true });
}
