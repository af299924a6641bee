import { collectDefaultMetrics, Registry } from 'prom-client';
import { managementLease } from '../core/access/management.ts';
import { siteLease } from '../core/access/site.ts';
import { AppError, exitCodeFor, exitCodes, isAppError } from '../core/errors.ts';
import { namespaces } from '../core/model/names.ts';
import { createClient } from '../kube/client.ts';
import { sleep, systemClock } from '../kube/clock.ts';
import type { Connection } from '../kube/config.ts';
import { type Leader, startLeader } from '../kube/leader.ts';
import type { KubeClient, Log } from '../kube/types.ts';
import { followCloudConfig } from './cloud-config.ts';
import { type ControllerConfig, readConfig } from './config.ts';
import type { CloudConfig, ControllerDeps, RunningController, Timings } from './deps.ts';
import { startHealthServer } from './http.ts';
import { createLog } from './log.ts';
import { createRuntimeMetrics, type RuntimeMetrics } from './metrics.ts';

/** Programs that this file can be. */
type Program = 'management' | 'site';

/** One process: what it was given, and how to end it. */
interface Own {
  readonly program: Program;
  readonly config: ControllerConfig;
  readonly log: Log;
  readonly registry: Registry;
  readonly metrics: RuntimeMetrics;
  /** Ends the process in good order with this exit code; the first call counts. */
  readonly end: (code: number) => void;
  readonly ended: Promise<number>;
}

/** How long the parts may take to end before the process ends without them. */
const lastMomentMs = 10_000;

/** A long answer is worth less than a free place: what is slower than this is tried again. */
const managementTimeoutMs = 10_000;

/**
 * `node controller/main.ts management|site`: one controller of one centre. Several may run; the one that holds the Lease
 * works. SIGTERM and SIGINT end it in good order with exit code 0, a lost Lease at once with 1.
 */
async function main(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const program = argv[0];
  if ((program !== 'management' && program !== 'site') || argv.length > 1) {
    throw new AppError('input', 'Say which controller to run.', {
      code: 'bad-program',
      hint: 'node controller/main.ts management|site',
    });
  }
  const own = createProcess(program, readConfig(env));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      own.log.info({ signal }, 'ending');
      own.end(exitCodes.done);
    });
  }
  return run(own);
}

function createProcess(program: Program, config: ControllerConfig): Own {
  const log = createLog({ component: program, site: config.site, level: config.logLevel });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  return { program, config, log, registry, metrics: createRuntimeMetrics(registry), end, ended };
}

/** Everything that runs, started in order and ended in the order back. */
async function run(own: Own): Promise<number> {
  const stops: (() => Promise<unknown>)[] = [];
  const state: { leader?: Leader; controller?: RunningController } = {};
  const leads = (): boolean => state.leader?.isLeader() ?? false;
  try {
    const client = createClient(own.config.connect(), {
      component: own.program,
      fence: leads,
      observe: own.metrics.observe,
      log: own.log,
    });
    stops.push(() => client.close());
    const cloud = followCloudConfig({ client, log: own.log, clock: systemClock });
    stops.push(() => cloud.stop());
    const server = await startHealthServer({
      ...own.config.http,
      registry: own.registry,
      unready: () => (cloud.hasConfig() ? (state.controller?.unready() ?? []) : ['configuration']),
    });
    stops.push(() => server.close());
    own.log.info({ host: server.host, port: server.port }, 'started');
    if ((await either(own, cloud.ready)) === undefined) return await own.ended;
    state.leader = elect(own, client, cloud.current().timings);
    stops.push(() => state.leader?.stop() ?? Promise.resolve());
    own.metrics.watchLeader(leads);
    if ((await either(own, state.leader.elected)) === undefined) return await own.ended;
    const controller = await start(own, depsOf(own, client, cloud), leads);
    state.controller = controller;
    stops.push(() => controller.stop());
    return await own.ended;
  } finally {
    await Promise.race([stopAll(stops), sleep(systemClock, lastMomentMs)]);
  }
}

function depsOf({ config: { site }, log, metrics }: Own, client: KubeClient, config: CloudConfig): ControllerDeps {
  return { site, client, config, log, metrics, clock: systemClock, random: Math.random };
}

async function stopAll(stops: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const stop of stops.toReversed()) await stop();
}

/** True when `awaited` came first, undefined when the process is to end. */
async function either(own: Own, awaited: Promise<unknown>): Promise<true | undefined> {
  return Promise.race([awaited.then(() => true as const), own.ended.then(() => undefined)]);
}

function elect(own: Own, client: KubeClient, { leaseMs }: Timings): Leader {
  return startLeader({
    client,
    namespace: namespaces.system,
    name: own.program === 'site' ? siteLease : managementLease,
    leaseMs,
    // The proportions of client-go: 15 s, 10 s, 2 s.
    renewMs: (leaseMs * 2) / 3,
    retryMs: (leaseMs * 2) / 15,
    log: own.log,
    onLost: () => own.end(exitCodes.error),
  });
}

async function start(own: Own, deps: ControllerDeps, leads: () => boolean): Promise<RunningController> {
  if (own.program === 'management') {
    const { runManagement } = await import('./management/index.ts');
    return runManagement(deps);
  }
  const { runSite } = await import('./site/index.ts');
  const connect = (connection: Connection): KubeClient =>
    createClient(connection, {
      component: 'site',
      timeoutMs: managementTimeoutMs,
      fence: leads,
      observe: own.metrics.observe,
      log: own.log,
    });
  return runSite({ ...deps, connect });
}

main(process.argv.slice(2), process.env).then(exit, (error: unknown) => {
  const hint = isAppError(error) && error.hint !== undefined ? ` ${error.hint}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
  exit(exitCodeFor(error));
});

/** By itself when nothing is left to do, else soon: a call that hangs must not keep the Lease from the next process. */
function exit(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), 1_000).unref();
}
