/**
 * A site controller between two bad networks: everything it says to its own centre and to the management centre goes
 * through a proxy that misbehaves as a test tells it to. Used by the tests of this folder.
 */
import { Registry } from 'prom-client';
import { readTimings } from '../../controller/cloud-config.ts';
import { createRuntimeMetrics } from '../../controller/metrics.ts';
import { runSite } from '../../controller/site/index.ts';
import { correction, desiredEnvironment } from '../../core/desired/index.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import { createClient } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import type { Connection } from '../../kube/config.ts';
import { resourceOf } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Log } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import {
  type FaultProxy,
  type LineVerdict,
  type ProxyCall,
  type Rule,
  startFaultProxy,
} from '../support/fault-proxy.ts';
import {
  find,
  grantOf,
  join,
  type RunningSite,
  requestsSince,
  type SiteCentre,
  startSiteCentre,
  testCloud,
  testSite,
} from '../support/site-centre.ts';

/** One line of a watch, read. */
export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

/** What a proxy does to calls and to the lines of every watch, also of those that are open already. */
export interface Meddler {
  readonly proxy: FaultProxy;
  /** Decides about calls; watches keep their `line` beside it. */
  rule: Rule;
  /** Decides about lines. */
  line: (event: WatchLine, line: string, call: ProxyCall) => LineVerdict | Promise<LineVerdict>;
  /** Everything as it should be again. */
  calm(): void;
  close(): Promise<void>;
}

/** A proxy before `upstream` whose rules may change while watches are open. */
export async function startMeddler(upstream: Connection): Promise<Meddler> {
  const proxy = await startFaultProxy(upstream);
  const meddler: Meddler = {
    proxy,
    rule: () => undefined,
    line: (_event, line) => [line],
    calm() {
      meddler.rule = () => undefined;
      meddler.line = (_event, line) => [line];
    },
    close: () => proxy.close(),
  };
  proxy.rule((call) => {
    const fault = meddler.rule(call);
    if (call.verb !== 'watch') return fault;
    return { line: (line) => meddler.line(JSON.parse(line) as WatchLine, line, call), ...fault };
  });
  return meddler;
}

/** A site centre with a meddler on each way. */
export interface FaultySite {
  readonly site: SiteCentre;
  readonly admin: KubeClient;
  /** The way to the site's own centre. */
  readonly own: Meddler;
  /** The way to the management centre. */
  readonly hub: Meddler;
  readonly start: (options?: StartOptions) => RunningSite;
  readonly calm: () => void;
  readonly stop: () => Promise<void>;
}

/** How a controller is started. */
export interface StartOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Fields of `timings.json`. */
  readonly timings?: object;
  /** Replaces parts of the way to the own centre, e.g. the credential. */
  readonly connection?: Partial<Connection>;
  /** For calls to the own centre. @default 5_000 */
  readonly timeoutMs?: number;
}

/** Starts the centre with both proxies. */
export async function startFaultySite(): Promise<FaultySite> {
  const site = await startSiteCentre();
  const upstream: Connection = { name: 'upstream', server: site.centre.url, ca: site.centre.ca };
  const [own, hub] = [await startMeddler(upstream), await startMeddler(upstream)];
  await join(site.admin, { server: hub.proxy.connection.server, ca: hub.proxy.connection.ca ?? '' });
  return {
    site,
    admin: site.admin,
    own,
    hub,
    start: (options = {}) => startController(site, own, options),
    calm() {
      own.calm();
      hub.calm();
    },
    async stop() {
      await Promise.all([own.close(), hub.close()]);
      await site.stop();
    },
  };
}

function startController(site: SiteCentre, own: Meddler, options: StartOptions): RunningSite {
  const connection = { ...own.proxy.connection, name: testSite, token: site.token, ...options.connection };
  const log = options.log ?? { debug() {}, info() {}, warn() {}, error() {} };
  const client = createClient(connection, { component: 'site', timeoutMs: options.timeoutMs ?? 5_000, log });
  const timings = readTimings(
    JSON.stringify({ heartbeatSeconds: 1, backoffBaseMs: 100, backoffMaxMs: 1000, ...options.timings }),
  );
  let cloud = testCloud();
  const listeners = new Set<() => void>();
  const controller = runSite({
    site: testSite,
    client,
    config: {
      current: () => ({ cloud, timings }),
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    log,
    metrics: createRuntimeMetrics(new Registry()),
    clock: options.clock ?? systemClock,
    random: Math.random,
    credentialMs: 500,
    connect: (to) => createClient(to, { component: 'site', timeoutMs: 5_000 }),
  });
  return {
    use(next) {
      cloud = next;
      for (const listener of listeners) listener();
    },
    async stop() {
      await controller.stop();
      await client.close();
    },
  };
}

/** All that a decision is to be in its first environment. */
export function wantedOf(spec: GrantSpec, mode: 'open' | 'readonly' = 'open'): KubeObject[] {
  const environment = spec.environments[0];
  if (environment === undefined) throw new Error('no environment');
  return desiredEnvironment({ grant: spec, environment, mode, cloud: testCloud() }).steps.flat();
}

/** Objects that are missing or differ from what is wanted, as `Kind name`. */
export async function drifted(admin: KubeClient, wanted: readonly KubeObject[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const object of wanted) {
    const live = await find(admin, resourceOf(object), object.metadata);
    const same = live !== undefined && live.metadata.deletionTimestamp === undefined;
    if (!same || correction(live, object) !== undefined) wrong.push(`${object.kind} ${object.metadata.name}`);
  }
  return wrong;
}

/** Waits until everything is as wanted. */
export async function healed(admin: KubeClient, wanted: readonly KubeObject[], timeoutMs = 15_000): Promise<void> {
  let wrong: string[] = [];
  await until(
    'all is as wanted',
    async () => {
      wrong = await drifted(admin, wanted);
      return wrong.length === 0;
    },
    timeoutMs,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; still wrong: ${wrong.join(', ')}`);
  });
}

/** Writes of the controller's accounts since then, without heartbeats: `verb path code`. */
export function writesSince(site: SiteCentre, fromMs: number): string[] {
  return requestsSince(site, fromMs)
    .filter((event) => event.objectRef?.resource !== 'leases')
    .map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI.split('?')[0]} ${responseStatus?.code}`);
}

/** Those of them that remove something. */
export function removalsSince(site: SiteCentre, fromMs: number): string[] {
  return writesSince(site, fromMs).filter((write) => write.startsWith('delete'));
}

/** Waits until the Grant is ready for its present decision with this reason; a process may have to start before. */
export async function readyLate(admin: KubeClient, name: string, reason: string, timeoutMs = 90_000): Promise<void> {
  await until(
    `${name} is ready: ${reason}`,
    async () => {
      const grant = await grantOf(admin, name, 'management');
      const current = grant?.status?.observedDecision?.revision === grant?.spec.decision.revision;
      return current && grant?.status?.conditions.some((one) => one.type === 'Ready' && one.reason === reason);
    },
    timeoutMs,
  );
}

/** Waits until the controllers have written nothing for `quietMs`. */
export async function quiet(site: SiteCentre, quietMs = 700): Promise<void> {
  await until('it is quiet', async () => {
    const from = Date.now();
    await pause(quietMs);
    return writesSince(site, from).length === 0;
  });
}

/** Lets time pass in which something must not happen. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A log that keeps its lines as `level message`. */
export function keepingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (data: object, message: string) => {
    const { err } = data as { err?: unknown };
    lines.push(`${level} ${message}${err === undefined ? '' : ` ${String(err)}`}`);
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
