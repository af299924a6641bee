import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Grant } from '../../core/model/kinds.ts';
import { departmentNamespace } from '../../core/model/names.ts';
import type { TenantStatus } from '../../core/model/tenant.ts';
import { resources } from '../../kube/resource.ts';
import { approvalOf, grantsNow, tenantWhen } from '../controller/management/centre.ts';
import { uniqueName, until } from '../support/centre.ts';
import { condition, request } from '../support/requests.ts';
import { type FaultyHub, hubQuiet, type Key, startFaultyHub } from './hub.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let hub: FaultyHub;
let running: Awaited<ReturnType<FaultyHub['start']>> | undefined;

beforeAll(async () => {
  hub = await startFaultyHub();
});
afterAll(() => hub?.stop());
afterEach(async () => {
  hub.way.calm();
  await running?.stop();
  running = undefined;
});

async function run() {
  running = await hub.start();
  return running;
}

const newKey = (): Key => ['alpha', uniqueName('r')];

describe('a request', () => {
  it('taken back before it was granted, not heard of yet when the second approval comes: nobody is granted anything', async () => {
    const { log } = await run();
    const key = newKey();
    await hub.ask(request(...key, '100m'));
    await tenantWhen(hub.admin, key, (tenant) => condition(tenant, 'Approved')?.reason === 'WaitingForApproval');
    const late = Promise.withResolvers<void>();
    hub.way.line = async ({ type, object }, line) => {
      if (type === 'DELETED' && object.kind === 'Tenant') await late.promise;
      return [line];
    };
    await hub.admin.remove(resources.tenant, { namespace: departmentNamespace(key[0]), name: key[1] });
    await hub.approve(key);
    const noticed = () => log.lines.some((line) => line.startsWith('info') && line.includes(`${key[1]} is gone`));
    const isGranted = async () => Object.keys(await grantsNow(hub.admin, key.join('-'))).length > 0;
    await until('it is noticed, or too late', async () => noticed() || (await isGranted()));
    expect(await isGranted()).toBe(false);
    late.resolve();
    await hubQuiet(hub.management);
    expect(await isGranted()).toBe(false);
  });

  it('asked for again after its removal and a restart: its numbers are higher than any that a site may remember', async () => {
    await run();
    const key = newKey();
    const seen: number[] = [];
    hub.way.line = ({ object }, line) => {
      const { kind, metadata, spec } = object as unknown as Grant;
      if (kind === 'Grant' && metadata.name === key.join('-')) seen.push(spec.decision.revision);
      return [line];
    };
    await hub.granted(key, '100m');
    await hub.admin.remove(resources.tenant, { namespace: departmentNamespace(key[0]), name: key[1] });
    const paul = await hub.management.person('paul', ['project-office']);
    await paul.create(approvalOf(key, 'project', { decidedBy: 'paul', envelope: { environments: [] } }));
    await until('it is removed', async () => Object.keys(await grantsNow(hub.admin, key.join('-'))).length === 0);
    await running?.stop();
    hub.way.calm();
    await run();
    await hub.granted(key, '100m');
    const numbers = Object.values(await grantsNow(hub.admin, key.join('-'))).map(({ spec }) => spec.decision.revision);
    expect(Math.min(...numbers)).toBeGreaterThan(Math.max(...seen));
  });

  it('once more while a decision is written: no status calls the newer request granted before it is', async () => {
    await run();
    const key = newKey();
    await hub.granted(key, '100m');
    await hubQuiet(hub.management);
    const [deciding, heard] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const statuses: TenantStatus[] = [];
    hub.way.rule = (call) => {
      if (call.plural === 'tenants' && call.path.endsWith(`${key[1]}/status`))
        statuses.push(JSON.parse(call.body).status);
      if (call.plural !== 'grants' || call.verb !== 'update') return undefined;
      deciding.resolve();
      return { before: () => heard.promise };
    };
    hub.way.line = ({ object }, line) => {
      if (object.kind === 'Tenant' && object.metadata['generation'] === 3) setTimeout(heard.resolve, 100);
      return [line];
    };
    await hub.ask(request(...key, '90m'));
    await deciding.promise;
    await hub.ask(request(...key, '80m'));
    await tenantWhen(hub.admin, key, (tenant) => tenant.status?.grantedGeneration === 3);
    const granted = statuses.filter(({ conditions }) =>
      conditions.some(({ type, status }) => type === 'Approved' && status === 'True'),
    );
    expect(granted.map(({ observedGeneration }) => observedGeneration)).toContain(2);
    for (const status of granted) expect(status.grantedGeneration).toBe(status.observedGeneration);
  });
});
