import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectNames } from '../../core/desired/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { citySites } from '../support/city.ts';
import { clientAs, jinhong } from '../support/cloud.ts';
import {
  approve,
  type Cast,
  castOf,
  conditionOf,
  decide,
  exists,
  namespaceOf,
  submit,
  tenantOf,
  waitReady,
} from '../support/tenancy.ts';

const department = 'alpha';
const name = 'request';
const namespace = namespaceOf(department, name);
let cast: Cast;
let atPrimary: KubeClient;
let strangerThere: KubeClient;

/** The local centre where the tenant runs. */
async function activeSite(tenant: string): Promise<string> {
  const status = (await tenantOf(cast, department, tenant))?.status;
  return status?.sites?.find((site) => site.role === 'active')?.name ?? '';
}

beforeAll(async () => {
  cast = await castOf(department);
});
afterAll(async () => {
  await Promise.all([cast.close(), atPrimary?.close(), strangerThere?.close()]);
});

describe("a department's request", () => {
  it('waits for both reviewers by name, with a due date, and nothing runs', async () => {
    await submit(cast, department, name);
    const tenant = await waitReady(cast, department, name, 'False');
    expect(tenant.status?.state).toBe('Waiting');
    expect(tenant.status?.waitingFor?.map((entry) => [entry.part, entry.group])).toEqual([
      ['project', 'project-office'],
      ['funds', 'treasury'],
    ]);
    expect(tenant.status?.waitingFor?.every((entry) => /^\d{4}-\d{2}-\d{2}$/.test(entry.due ?? ''))).toBe(true);
    expect(tenant.status?.pricePerMonth).toBe('225.00');
  });

  it('is not approved by someone who names another, or who does not review', async () => {
    const funds = { part: 'funds', funds: { fiscalYear: 2026, ceilingPerMonth: '1.00', priceList: 'p1' } };
    await expect(decide(cast.asFunds, 'paula', department, name, funds)).rejects.toThrow(/decidedBy/i);
    await expect(decide(cast.asProject, 'paula', department, name, funds)).rejects.toThrow();
    await expect(decide(cast.asMember, `${department}-kate`, department, name, funds)).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  it('runs at one local centre, is held at the other and copied to recovery once two people approved', async () => {
    await approve(cast, department, name);
    const tenant = await waitReady(cast, department, name, 'True');
    const roles = Object.fromEntries((tenant.status?.sites ?? []).map((site) => [site.role, site.name]));
    expect([roles['active'], roles['standby']].sort()).toEqual([citySites.primary, citySites.peer]);
    expect(roles['copy']).toBe(citySites.recovery);
    expect(conditionOf(tenant, 'Ready')?.observedGeneration).toBe(tenant.metadata.generation);
  });

  it('tells its people by an event what became of it', async () => {
    const toldTo = async (type: string) => {
      const { items } = await cast.asMember.list(resources.event, { namespace: `dept-${department}` });
      const events = items as unknown as { type: string; regarding: { kind: string; name: string } }[];
      return events.some(
        (event) => event.type === type && event.regarding.kind === 'Tenant' && event.regarding.name === name,
      );
    };
    await until('an event that it waited', () => toldTo('Warning'));
    await until('an event that it is ready', () => toldTo('Normal'));
  });

  it('lets a member work in its own namespace and nowhere else', async () => {
    const site = await activeSite(name);
    atPrimary = await clientAs(cast.member, site);
    await atPrimary.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine', namespace },
      data: { a: '1' },
    } as KubeObject);
    expect(await exists(atPrimary, resources.configMap, { namespace, name: 'mine' })).toBe(true);
    await expect(atPrimary.list(resources.namespace)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(
      atPrimary.remove(resources.resourceQuota, { namespace, name: objectNames.quota }),
    ).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(atPrimary.list(resources.secret, { namespace: 'jinhong-system' })).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  it('is invisible to a member of another department, here and at the management centre', async () => {
    strangerThere = await clientAs(cast.stranger, await activeSite(name));
    for (const resource of [
      resources.configMap,
      resources.secret,
      resources.pod,
      resources.networkPolicy,
      resources.roleBinding,
    ]) {
      await expect(strangerThere.list(resource, { namespace }), resource.plural).rejects.toMatchObject({
        kind: 'forbidden',
      });
    }
    const atHub = await clientAs(cast.stranger, citySites.management);
    await expect(atHub.list(resources.tenant, { namespace: `dept-${department}` })).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await atHub.close();
  });

  it('can be looked up from its namespace by an engineer', async () => {
    const { code, stdout } = await jinhong(['why', namespace], cast.engineer);
    expect(code).toBe(0);
    expect(stdout).toContain(`${department}/${name}`);
    expect(stdout).toContain('alpha-duty');
  });
});
