import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { siteLease } from '../../core/access/site.ts';
import { namespaces } from '../../core/model/names.ts';
import { isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import { isRunning, launch, type ProcessId, residentBytes, signal, stopProcess } from '../../local/processes.ts';
import { memoryVariables } from '../../stacks/controllers.ts';
import { type BenchCentre, benchSite } from './centre.ts';

const project = join(import.meta.dirname, '../..');

/** A process that the bench started. */
export interface RunningProcess {
  readonly pid: number;
}

/** The real site controller (`node controller/start.js site`) with its own service account. */
export interface Controller extends RunningProcess {
  /** When the process was launched, on the wall clock. */
  readonly startedNs: number;
  /** Its log, JSON lines. */
  readonly logFile: string;
  /** Values of /metrics by name with labels, e.g. `jinhong_queue_depth{kind="Grant"}`. */
  readonly metrics: () => Promise<ReadonlyMap<string, number>>;
  /** Waits until nothing is due and `runs` runs of Grants (since its start) have ended; all caches are full then. */
  readonly settled: (runs: number, timeoutMs?: number) => Promise<void>;
  /** SIGSTOP: it sees and does nothing. Its Lease holds for an hour in the bench. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Collects garbage twice and resolves with resident and used heap bytes; needs `gc: true`. */
  readonly collect: () => Promise<{ readonly residentBytes: number; readonly heapUsedBytes: number }>;
  readonly stop: () => Promise<void>;
}

/** How to start the controller. */
export interface ControllerOptions {
  /** Reach the API server through this instead. */
  readonly via?: { readonly server: string; readonly ca: string };
  /** With `--expose-gc` and bench/support/collect.ts, so that `collect` works. */
  readonly gc?: boolean;
  /**
   * With Node's compile cache, kept in a folder of the centre from one start to the next; it spares the program that
   * strips types. @default true
   */
  readonly compileCache?: boolean;
  /** Writes a CPU profile into this folder when it ends. */
  readonly profileDir?: string;
}

/** Starts the controller of a centre; resolves when it is ready (/readyz), or at once with `wait: false`. */
export async function startController(
  centre: BenchCentre,
  options: ControllerOptions & { readonly wait?: boolean } = {},
): Promise<Controller> {
  await forgetLease(centre);
  const root = join(centre.dir, 'controller');
  const files = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(files, { recursive: true, mode: 0o700 });
  const way = options.via ?? { server: centre.url, ca: centre.ca };
  writeFileSync(join(files, 'token'), centre.siteTarget.token ?? '', { mode: 0o600 });
  writeFileSync(join(files, 'ca.crt'), way.ca);
  const url = new URL(way.server);
  const port = Number(new URL(centre.url).port) + 10;
  const logFile = join(centre.dir, 'logs', 'controller.log');
  mkdirSync(join(centre.dir, 'logs'), { recursive: true });
  closeSync(openSync(logFile, 'w'));
  const startedNs = Date.now() * 1e6;
  const { id, exited } = await launch({
    command: process.execPath,
    args: [...nodeFlags(options), 'controller/start.js', 'site'],
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      ...memoryVariables,
      HOME: root,
      KUBERNETES_SERVICE_HOST: url.hostname,
      KUBERNETES_SERVICE_PORT: url.port,
      JINHONG_ROOT: root,
      JINHONG_SITE: benchSite,
      JINHONG_HTTP_HOST: '127.0.0.1',
      JINHONG_HTTP_PORT: String(port),
      ...(options.compileCache === false
        ? { NODE_DISABLE_COMPILE_CACHE: '1' }
        : { NODE_COMPILE_CACHE: join(root, 'compile-cache') }),
      BENCH_COLLECT_FILE: join(root, 'collected.json'),
    },
    logFile,
    cwd: project,
    marker: root,
    tied: true,
  });
  const controller = controllerOf({ id, port, logFile, startedNs, collected: join(root, 'collected.json') });
  if (options.wait !== false) {
    const ended = exited.then((how) => {
      throw new Error(`the controller ended (${how}): ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    });
    ended.catch(() => undefined);
    await Promise.race([waitFor('the controller is ready', () => answers(port, '/readyz'), 60_000), ended]);
  }
  return controller;
}

function nodeFlags(options: ControllerOptions): string[] {
  const collect = join(import.meta.dirname, 'collect.ts');
  return [
    ...(options.gc === true ? ['--expose-gc', '--import', collect] : []),
    ...(options.profileDir === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', options.profileDir]),
  ];
}

function controllerOf(own: {
  readonly id: ProcessId;
  readonly port: number;
  readonly logFile: string;
  readonly startedNs: number;
  readonly collected: string;
}): Controller {
  const { id, port } = own;
  const metrics = async (): Promise<ReadonlyMap<string, number>> => {
    const reply = await fetch(`http://127.0.0.1:${port}/metrics`);
    return parseMetrics(await reply.text());
  };
  return {
    pid: id.pid,
    startedNs: own.startedNs,
    logFile: own.logFile,
    metrics,
    settled: (runs, timeoutMs = 600_000) =>
      waitFor(`${runs} runs have ended`, () => isSettled(metrics, runs), timeoutMs),
    freeze: () => void signal(id, 'SIGSTOP'),
    thaw: () => void signal(id, 'SIGCONT'),
    async collect() {
      rmSync(own.collected, { force: true });
      signal(id, 'SIGUSR2');
      await waitFor('the garbage is collected', () => existsSync(own.collected), 60_000);
      const heap = JSON.parse(readFileSync(own.collected, 'utf8')) as { heapUsed: number };
      return { residentBytes: residentBytes(id.pid), heapUsedBytes: heap.heapUsed };
    },
    async stop() {
      if (isRunning(id)) signal(id, 'SIGCONT');
      await stopProcess(id);
    },
  };
}

/** Nothing is due or under way, and no run ended between two looks. */
async function isSettled(metrics: () => Promise<ReadonlyMap<string, number>>, runs: number): Promise<boolean> {
  const look = async (): Promise<string | undefined> => {
    const values = await metrics().catch(() => undefined);
    if (values === undefined) return undefined;
    if (isBusy(values) || runsOf(values) < runs) return undefined;
    const ended = [...values].filter(([name]) => name.startsWith('jinhong_reconcile_total{'));
    return JSON.stringify(ended);
  };
  const first = await look();
  if (first === undefined) return false;
  await new Promise((resolve) => setTimeout(resolve, 300));
  return (await look()) === first;
}

/** Whether anything is due or under way. Pure. */
export function isBusy(metrics: ReadonlyMap<string, number>): boolean {
  return ['depth', 'running'].some((what) =>
    ['Grant', 'Report'].some((kind) => (metrics.get(`jinhong_queue_${what}{kind="${kind}"}`) ?? 1) > 0),
  );
}

/** Runs of Grants that have ended, whatever came of them. Pure. */
export function runsOf(metrics: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [name, value] of metrics) {
    if (name.startsWith('jinhong_reconcile_total{') && name.includes('kind="Grant"')) sum += value;
  }
  return sum;
}

function parseMetrics(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    if (at > 0 && !line.startsWith('#')) values.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return values;
}

async function answers(port: number, path: string): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}${path}`)).status === 200;
  } catch {
    return false;
  }
}

/** Waits until `check` is true; fails after `timeoutMs`. */
export async function waitFor(
  what: string,
  check: () => Promise<boolean> | boolean,
  timeoutMs: number,
  everyMs = 20,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** A controller that was killed leaves a Lease of an hour. */
async function forgetLease({ admin }: BenchCentre): Promise<void> {
  try {
    await admin.remove(resources.lease, { namespace: namespaces.system, name: siteLease });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
