/**
 * Real centres for tests. Three ways to get one:
 *
 * 1. Tests of project `apiserver` (test/apiserver, test/faults) share one centre, started by test/support/apiserver.ts:
 *
 *        import { inject } from 'vitest';
 *        const centre = inject('centre');      // { name, url, ca, dir, kubeconfig }
 *        const kate = await clientFor(centre, 'kate', ['finance-admins']);   // { cert, key }
 *
 *    It is shared by all files of the run: make own namespaces with `uniqueName`, and remove cluster-wide objects.
 *
 * 2. A test that kills or stops a centre starts its own: `const centre = await startTestCentre({ name: 'one' })`, and
 *    ends it with `await centre.stop()`. A fresh one takes about 4 s.
 *
 * 3. Tests of the whole cloud (test/cloud) use `startCloud` of local/cloud.ts with `testDir()`.
 *
 * `centre.kubeconfig` is a file with one administrator's context named like the centre. `kubeconfigFor` writes one for a
 * person. All centres of tests die with the test process (`tied`), and etcd runs without fsync.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBinaries } from '../../local/binaries.ts';
import { type Centre, readCentre, startCentre as startRealCentre, stopCentre } from '../../local/centre.ts';
import { centrePaths, centreProcesses, logFileOf } from '../../local/centre-files.ts';
import { centreUsers } from '../../local/centre-pki.ts';
import { issueClientCertificate, personFile, writeKubeconfig } from '../../local/kubeconfig.ts';
import type { KeyPair } from '../../local/pki.ts';
import { type CentrePorts, freeCentrePorts } from '../../local/ports.ts';

/** A centre as tests see it; plain data, so that it can be provided by a global setup. */
export interface TestCentre {
  readonly name: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM of its CA. */
  readonly ca: string;
  /** Its folder; the audit log is `auditLogOf(centre)`. */
  readonly dir: string;
  /** File with the administrator's context. */
  readonly kubeconfig: string;
}

/** A centre that the test itself started. */
export interface OwnCentre extends TestCentre {
  /** Starts again what does not run, on the same ports and data. */
  readonly restart: () => Promise<void>;
  /** Stops it; the data stay until `stop`. */
  readonly halt: () => Promise<void>;
  /** Stops it and removes its folder. */
  readonly stop: () => Promise<void>;
}

/** How to start a centre for a test. */
export interface TestCentreOptions {
  readonly name: string;
  /** @default a fresh folder below the system's temporary one */
  readonly dir?: string;
  /** @default free ones */
  readonly ports?: CentrePorts;
  /** Number for its Service range 127.(60+index).0.0/16. @default 0 */
  readonly index?: number;
}

/** Starts a centre (about 4 s); resolves when its three processes are healthy. */
export async function startTestCentre(options: TestCentreOptions): Promise<OwnCentre> {
  const ownDir = options.dir === undefined ? testDir() : undefined;
  const dir = join(options.dir ?? ownDir ?? '', options.name);
  const ports = options.ports ?? (await freeCentrePorts());
  const start = async (): Promise<Centre> =>
    startRealCentre({
      name: options.name,
      dir,
      ports,
      index: options.index ?? 0,
      binaries: await ensureBinaries(centreProcesses),
      unsafeNoFsync: true,
      tied: true,
    });
  const centre = await start();
  return {
    ...describeCentre(centre),
    restart: async () => void (await start()),
    halt: () => stopCentre(dir),
    stop: async () => {
      await stopCentre(dir, { wipe: true });
      if (ownDir !== undefined) rmSync(ownDir, { recursive: true, force: true });
    },
  };
}

/** What tests need of a running centre; writes its administrator's kubeconfig into its folder. */
export function describeCentre(centre: Centre): TestCentre {
  const kubeconfig = join(centre.dir, 'admin.kubeconfig');
  const { name, url, ca, dir } = centre;
  writeKubeconfig(kubeconfig, [{ centre: name, url, ca, user: centreUsers.admin, client: centre.admin }]);
  return { name, url, ca, dir, kubeconfig };
}

/** The administrator's client certificate of a centre. */
export function adminOf(centre: Pick<TestCentre, 'dir'>): KeyPair {
  const known = readCentre(centre.dir);
  if (known === undefined) throw new Error(`no centre in ${centre.dir}`);
  return known.admin;
}

/** A client certificate for a person (or any user name) with groups. */
export function clientFor(centre: Pick<TestCentre, 'dir'>, user: string, groups: readonly string[]): Promise<KeyPair> {
  return issueClientCertificate(centre.dir, { user, groups });
}

/** Writes a kubeconfig for a person with a context per centre; resolves with its path. */
export async function kubeconfigFor(
  centres: readonly TestCentre[],
  user: string,
  groups: readonly string[],
): Promise<string> {
  const contexts = await Promise.all(
    centres.map(async ({ name, url, ca, dir }) => ({
      centre: name,
      url,
      ca,
      user,
      client: await issueClientCertificate(dir, { user, groups }),
    })),
  );
  const file = personFile(centres[0]?.dir ?? tmpdir(), user);
  writeKubeconfig(file, contexts);
  return file;
}

/** The audit log of a centre: JSON lines at metadata level. */
export function auditLogOf(centre: Pick<TestCentre, 'dir'>): string {
  return centrePaths(centre.dir).auditLog;
}

/** The log of a centre's process (`etcd`, `kube-apiserver`, `kube-controller-manager`). */
export function logOf(centre: Pick<TestCentre, 'dir'>, process: string): string {
  return logFileOf(centre.dir, process);
}

/** A fresh folder below the system's temporary one; the test removes it. */
export function testDir(): string {
  return mkdtempSync(join(tmpdir(), 'jinhong-test-'));
}

let names = 0;

/** A name no other test of this run uses: `<prefix>-<number in base 36>`. */
export function uniqueName(prefix: string): string {
  names += 1;
  return `${prefix}-${process.pid.toString(36)}${names.toString(36)}${Date.now().toString(36).slice(-4)}`;
}

/** Waits until `check` returns something other than undefined or false; fails after `timeoutMs` with the last error. */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
