/**
 * A management controller behind a proxy that misbehaves as a test tells it to, three sites that report, and the people
 * of the small city. Used by the tests of this folder.
 */
import { Registry } from 'prom-client';
import { readTimings } from '../../controller/cloud-config.ts';
import type { CloudConfig, RunningController } from '../../controller/deps.ts';
import { runManagement } from '../../controller/management/index.ts';
import { createRuntimeMetrics } from '../../controller/metrics.ts';
import { controllers, controllerUsers } from '../../core/access/objects.ts';
import type { Tenant } from '../../core/model/kinds.ts';
import { namespaces } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import type { KubeClient, KubeObject, Log } from '../../kube/types.ts';
import {
  approvalOf,
  auditOf,
  type ManagementCentre,
  type PretendedSite,
  pretendSite,
  startManagementCentre,
  tenantWhen,
  testCloud,
} from '../controller/management/centre.ts';
import { until } from '../support/centre.ts';
import { departments, isReady, request } from '../support/requests.ts';
import { tokenOf } from '../support/site-centre.ts';
import { keepingLog, type Meddler, pause, startMeddler } from './site.ts';

/** Key of a tenant: department and name. */
export type Key = readonly [string, string];

/** The centre, the way to it, and who is there. */
export interface FaultyHub {
  readonly management: ManagementCentre;
  readonly admin: KubeClient;
  readonly way: Meddler;
  readonly sites: PretendedSite[];
  /** Runs a controller through the proxy; the log keeps what it said. */
  readonly start: (timings?: object) => Promise<RunningController & { readonly log: Log & { lines: string[] } }>;
  /** Asks as a member of the department. */
  readonly ask: (manifest: KubeObject) => Promise<KubeObject>;
  /** Both parts, by two people. */
  readonly approve: (key: Key) => Promise<void>;
  /** Asks for so many cores with approvals and waits until the tenant is ready. */
  readonly granted: (key: Key, cpu: string, spec?: object) => Promise<Tenant>;
  readonly stop: () => Promise<void>;
}

/** Starts all but the controller; a first one runs until the sites have their accounts. */
export async function startFaultyHub(): Promise<FaultyHub> {
  const management = await startManagementCentre();
  const { admin, centre, person } = management;
  const way = await startMeddler({ name: 'upstream', server: centre.url, ca: centre.ca });
  for (const object of departments()) await admin.apply(object, { fieldManager: 'test' });
  const [member, paul, tess] = await Promise.all([
    person('ann', ['alpha-admins', 'beta-admins']),
    person('paul', ['project-office']),
    person('tess', ['treasury']),
  ]);
  const sites: PretendedSite[] = [];
  const ask = (manifest: KubeObject) =>
    until(
      `asking for ${manifest.metadata.name}`,
      () => member.apply(manifest, { fieldManager: 'jinhong-cli' }),
      45_000,
    );
  const approve = async (key: Key) => {
    await paul.create(approvalOf(key, 'project', { decidedBy: 'paul' }));
    await tess.create(approvalOf(key, 'funds', { decidedBy: 'tess' }));
  };
  const start = (timings?: object) => startController(management, way, timings);
  const first = await start();
  for (const site of ['east', 'west', 'far']) sites.push(await pretendSite(management, site));
  await first.stop();
  return {
    management,
    admin,
    way,
    sites,
    start,
    ask,
    approve,
    async granted(key, cpu, spec) {
      await ask(request(...key, cpu, spec));
      await approve(key);
      return tenantWhen(admin, key, isReady);
    },
    async stop() {
      for (const site of sites) await site.stop();
      await way.close();
      await management.stop();
    },
  };
}

async function startController({ admin }: ManagementCentre, way: Meddler, more: object = {}) {
  const token = await tokenOf(admin, namespaces.system, controllers.management);
  const log = keepingLog();
  const client = createClient(
    { ...way.proxy.connection, name: 'hub', token },
    { component: 'management', timeoutMs: 5_000 },
  );
  const timings = readTimings(
    JSON.stringify({ leaseSeconds: 2, silentAfterSeconds: 20, backoffBaseMs: 100, backoffMaxMs: 1000, ...more }),
  );
  const config: CloudConfig = { current: () => ({ cloud: testCloud, timings }), onChange: () => () => undefined };
  const controller = runManagement({
    site: 'hub',
    client,
    config,
    log,
    metrics: createRuntimeMetrics(new Registry()),
    clock: systemClock,
    random: Math.random,
  });
  return {
    log,
    unready: () => controller.unready(),
    async stop() {
      await controller.stop();
      await client.close();
    },
  };
}

/** Writes of the management controller since then, without events: `verb path code`. */
export function hubWrites(management: ManagementCentre, sinceMs: number): string[] {
  return auditOf(management, controllerUsers.management, sinceMs)
    .filter(({ verb, objectRef }) => !['get', 'list', 'watch'].includes(verb) && objectRef?.resource !== 'events')
    .map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI.split('?')[0]} ${responseStatus?.code}`);
}

/** Waits until the controller has written nothing for a while. */
export async function hubQuiet(management: ManagementCentre, quietMs = 700): Promise<void> {
  await until(
    'it is quiet',
    async () => {
      const from = Date.now();
      await pause(quietMs);
      return hubWrites(management, from).length === 0;
    },
    45_000,
  );
}
