/**
 * One real centre that plays the management centre: the platform as `up` installs it, the management controller in this
 * process with exactly the rights of its role, people with client certificates, and sites that only heartbeat and report,
 * with the accounts that the controller made for them.
 */
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { readTimings } from '../../../controller/cloud-config.ts';
import type { CloudConfig, RunningController } from '../../../controller/deps.ts';
import { runManagement } from '../../../controller/management/index.ts';
import { createRuntimeMetrics } from '../../../controller/metrics.ts';
import { siteAccountName } from '../../../core/access/management.ts';
import { controllers } from '../../../core/access/objects.ts';
import type { ApprovalSpec } from '../../../core/model/approval.ts';
import { type Cloud, cloudSpec } from '../../../core/model/cloud.ts';
import { crdOf } from '../../../core/model/crd.ts';
import { type Grant, type KindName, kinds, type Tenant } from '../../../core/model/kinds.ts';
import { namespaces, siteNamespace } from '../../../core/model/names.ts';
import { createClient } from '../../../kube/client.ts';
import { systemClock } from '../../../kube/clock.ts';
import { loadKubeconfig } from '../../../kube/config.ts';
import { isNotFound } from '../../../kube/errors.ts';
import { resources } from '../../../kube/resource.ts';
import { type KubeClient, type KubeObject, type Log, silentLog } from '../../../kube/types.ts';
import { phaseOf, platformObjects } from '../../../stacks/platform.ts';
import { auditLogOf, kubeconfigFor, type OwnCentre, startTestCentre, until } from '../../support/centre.ts';
import { cityCloud } from '../../support/city.ts';

/** Capacity of each local centre: enough for two small tenants with their standby, not for three. */
const capacity = { 'requests.cpu': '20', 'requests.memory': '400Gi', 'requests.storage': '20Ti', pods: '2000' };

/** The small city's cloud with little capacity. */
export const testCloud: Cloud = cloudSpec.parse({
  ...cityCloud,
  sites: cityCloud.sites.map((site) => (site.role === 'local' ? { ...site, capacity } : site)),
  retain: { production: '3s', other: '3s' },
});

export interface ManagementCentre {
  readonly centre: OwnCentre;
  readonly admin: KubeClient;
  /** A client of a person with these groups. */
  readonly person: (user: string, groups: readonly string[]) => Promise<KubeClient>;
  readonly stop: () => Promise<void>;
}

/** Starts a centre and installs what `up` would at the management centre, without the Deployment. */
export async function startManagementCentre(): Promise<ManagementCentre> {
  const centre = await startTestCentre({ name: 'hub' });
  const clients: KubeClient[] = [];
  const open = (file: string): KubeClient => {
    const client = createClient(loadKubeconfig(file, centre.name), { component: 'test' });
    clients.push(client);
    return client;
  };
  const stop = async (): Promise<void> => {
    for (const client of clients) await client.close();
    await centre.stop();
  };
  try {
    const admin = open(centre.kubeconfig);
    const crds = (Object.keys(kinds) as KindName[]).map((name) => crdOf(name) as unknown as KubeObject);
    const objects = platformObjects({ cloud: testCloud, site: 'hub', image: 'none', directory: [], crds });
    for (const object of objects.filter(({ kind }) => kind !== 'Deployment').sort((a, b) => phaseOf(a) - phaseOf(b))) {
      await applyWhenServed(admin, object);
    }
    const person = async (user: string, groups: readonly string[]) => open(await kubeconfigFor([centre], user, groups));
    return { centre, admin, person, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function applyWhenServed(admin: KubeClient, object: KubeObject): Promise<void> {
  await until(`${object.kind} ${object.metadata.name} is applied`, async () => {
    try {
      return await admin.apply(object, { fieldManager: 'test', force: true });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  });
}

async function tokenOf(admin: KubeClient, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  const answer = await admin.request('POST', path, { body });
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
}

/** A management controller in this process, as one replica would be. */
export interface Replica {
  readonly controller: RunningController;
  readonly stop: () => Promise<void>;
}

export interface ReplicaOptions {
  readonly log?: Log;
  /** Replaces calls of its client. */
  readonly wrap?: (client: KubeClient) => KubeClient;
  /** Whether it may write. @default always */
  readonly fence?: () => boolean;
  /** @default 2 */
  readonly leaseSeconds?: number;
}

/** Runs the controller with its own account and nothing else of this process's rights. */
export async function startReplica(management: ManagementCentre, options: ReplicaOptions = {}): Promise<Replica> {
  const { centre, admin } = management;
  const token = await tokenOf(admin, namespaces.system, controllers.management);
  const connection = { name: 'hub', server: centre.url, ca: centre.ca, token };
  const client = createClient(connection, {
    component: 'management',
    ...(options.fence === undefined ? {} : { fence: options.fence }),
  });
  const timings = readTimings(
    JSON.stringify({
      leaseSeconds: options.leaseSeconds ?? 2,
      silentAfterSeconds: 3,
      backoffBaseMs: 100,
      backoffMaxMs: 1000,
    }),
  );
  const config: CloudConfig = { current: () => ({ cloud: testCloud, timings }), onChange: () => () => undefined };
  const controller = runManagement({
    site: 'hub',
    client: options.wrap?.(client) ?? client,
    config,
    log: options.log ?? silentLog,
    metrics: createRuntimeMetrics(new Registry()),
    clock: systemClock,
    random: Math.random,
  });
  return {
    controller,
    async stop() {
      await controller.stop();
      await client.close();
    },
  };
}

/** A site that does nothing but say that it has done everything. */
export interface PretendedSite {
  /** Stops its heartbeat and reports. */
  readonly stop: () => Promise<void>;
}

/** Heartbeats and reports for one site, with the account that the controller made for it. */
export async function pretendSite({ centre, admin }: ManagementCentre, site: string): Promise<PretendedSite> {
  const namespace = siteNamespace(site);
  const token = await until(`${namespace} has its account`, () => tokenOf(admin, namespace, siteAccountName));
  const connection = { name: site, server: centre.url, ca: centre.ca, token };
  const client = createClient(connection, { component: 'site' });
  const ender = new AbortController();
  const run = async (): Promise<void> => {
    for (let turn = 0; !ender.signal.aborted; turn += 1) {
      if (turn % 10 === 0) {
        const body = { spec: { holderIdentity: site, renewTime: new Date().toISOString().replace('Z', '000Z') } };
        await client.patch(resources.lease, { namespace, name: siteAccountName }, body, { type: 'merge' });
      }
      for (const object of (await client.list(resources.grant, { namespace })).items) {
        await report(client, object as unknown as Grant);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const running = until(`${site} may renew its Lease`, () =>
    client.get(resources.lease, { namespace, name: siteAccountName }),
  ).then(run);
  return {
    async stop() {
      ender.abort();
      await running;
      await client.close();
    },
  };
}

async function report(client: KubeClient, grant: Grant): Promise<void> {
  const { spec, status, metadata } = grant;
  if (JSON.stringify(status?.observedDecision) === JSON.stringify(spec.decision)) return;
  const reason = spec.state === 'Removed' ? 'Removed' : 'Running';
  const time = new Date().toISOString();
  const ready = { type: 'Ready', status: 'True', reason, message: '', lastTransitionTime: time };
  const environments = spec.environments.map(({ name, state }) => ({
    name,
    namespace: `${metadata.name}-${name}`,
    ready: 'True',
    reason: spec.state === 'Removed' || state === 'Removed' ? 'Removed' : 'Running',
  }));
  const body = {
    status: { observedDecision: spec.decision, observedEpoch: spec.epoch, conditions: [ready], environments },
  };
  const ref = { namespace: metadata.namespace, name: metadata.name };
  try {
    await client.patch(resources.grant, ref, body, { type: 'merge', subresource: 'status' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** A Department of the test's city. */
export function department(name: string, spec: object): KubeObject {
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Department',
    metadata: { name },
    spec: { displayName: name, level: 'city', groups: [`${name}-admins`], ...spec },
  };
}

let approvals = 0;

/** An Approval of a tenant by `decidedBy`; project or funds, without limits beside the ceiling. */
export function approvalOf(
  [departmentCode, tenant]: readonly [string, string],
  part: 'project' | 'funds',
  more: Partial<ApprovalSpec> & { readonly decidedBy: string },
): KubeObject {
  approvals += 1;
  const body =
    part === 'project'
      ? { project: { ref: 'T-2026-1' }, envelope: {} }
      : { funds: { fiscalYear: 2026, ceilingPerMonth: '100000.00', priceList: testCloud.prices.version } };
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Approval',
    metadata: { name: `approval-${approvals}`, namespace: `dept-${departmentCode}` },
    spec: {
      for: { kind: 'Tenant', name: tenant },
      part,
      decision: 'approved',
      // With fractions: two decisions of one test may fall into one second of the server's clock.
      decidedAt: new Date().toISOString(),
      ...body,
      ...more,
    },
  };
}

/** The Tenant as it is now; undefined when there is none. */
export async function tenantNow(client: KubeClient, departmentCode: string, name: string): Promise<Tenant | undefined> {
  try {
    return (await client.get(resources.tenant, { namespace: `dept-${departmentCode}`, name })) as unknown as Tenant;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Waits until the status of a Tenant is as `check` wants it; the error shows the last one. */
export function tenantWhen(
  client: KubeClient,
  [departmentCode, name]: readonly [string, string],
  check: (tenant: Tenant) => boolean,
  timeoutMs = 45_000,
): Promise<Tenant> {
  let last: Tenant | undefined;
  return until(
    `tenant ${departmentCode}/${name}`,
    async () => {
      last = await tenantNow(client, departmentCode, name);
      return last !== undefined && last.status?.observedGeneration === last.metadata.generation && check(last)
        ? last
        : undefined;
    },
    timeoutMs,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; last status: ${JSON.stringify(last?.status, undefined, 1)}`);
  });
}

/** The Grants of a tenant, by site. */
export async function grantsNow(client: KubeClient, name: string): Promise<Record<string, Grant>> {
  const { items } = await client.list(resources.grant, {});
  const own = items.filter(({ metadata }) => metadata.name === name) as unknown as Grant[];
  return Object.fromEntries(own.map((grant) => [grant.metadata.namespace?.slice('site-'.length) ?? '', grant]));
}

/** One line of an API server's audit log. */
export interface AuditLine {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** What a user did since `sinceMs`, by the audit log. */
export function auditOf({ centre }: ManagementCentre, username: string, sinceMs = 0): AuditLine[] {
  return readFileSync(auditLogOf(centre), 'utf8')
    .split('\n')
    .filter((line) => line.includes(username))
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as AuditLine];
      } catch {
        return [];
      }
    })
    .filter((line) => line.user.username === username && Date.parse(line.requestReceivedTimestamp) >= sinceMs);
}
