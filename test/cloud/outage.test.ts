import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { cityGroups, citySites } from '../support/city.ts';
import { clientAs, jinhong, killCentre, personOf, restartCloud } from '../support/cloud.ts';
import { approve, type Cast, castOf, exists, namespaceOf, submit, tenantOf, waitReady } from '../support/tenancy.ts';

const department = 'alpha';
const name = 'steady';
const namespace = namespaceOf(department, name);
let cast: Cast;
let active = '';
let atActive: KubeClient;

beforeAll(async () => {
  cast = await castOf(department);
  await submit(cast, department, name);
  await approve(cast, department, name);
  const tenant = await waitReady(cast, department, name, 'True');
  active = tenant.status?.sites?.find((site) => site.role === 'active')?.name ?? '';
  // Only the break-glass group may touch what the platform put into a tenant's namespace.
  atActive = await clientAs(await personOf('breaker', [cityGroups.breakGlass]), active);
});
afterEach(() => restartCloud());
afterAll(async () => {
  await Promise.all([cast.close(), atActive.close()]);
});

async function policies(): Promise<string[]> {
  return (await atActive.list(resources.networkPolicy, { namespace })).items.map((policy) => policy.metadata.name);
}

describe('with the management centre stopped', () => {
  it('a centre goes on healing, and catches up when it is back', async () => {
    await killCentre(citySites.management);
    const [first] = await policies();
    await atActive.remove(resources.networkPolicy, { namespace, name: first ?? '' });
    await until('healed without the management centre', async () => (await policies()).includes(first ?? ''), 10_000);
    await restartCloud();
    await waitReady(cast, department, name, 'True', 60_000);
  });
});

describe('with a local centre killed', () => {
  it('its tenants become Unknown within 60 s, plan goes on at the others, and nothing is lost when it is back', async () => {
    await killCentre(active);
    const tenant = await waitReady(cast, department, name, 'Unknown', 60_000);
    expect(tenant.status?.conditions.find((entry) => entry.type === 'Ready')?.message).toContain(active);
    const { code, stdout } = await jinhong(['plan', inject('cloud').city], cast.engineer);
    expect(code).toBe(5);
    expect(stdout).toContain(active);
    expect(stdout).toContain(active === citySites.primary ? citySites.peer : citySites.primary);
    await restartCloud();
    await waitReady(cast, department, name, 'True', 60_000);
    expect(await exists(atActive, resources.namespace, { name: namespace })).toBe(true);
  });
});

describe('with the management centre restored from an older copy of its data', () => {
  it('nothing is undone at the centres, and recover brings management up to them', async () => {
    const later = 'later';
    const data = join(inject('cloud').dir, citySites.management, 'etcd');
    const copy = `${data}-copy`;
    await killCentre(citySites.management);
    cpSync(data, copy, { recursive: true });
    await restartCloud();
    await submit(cast, department, later);
    await approve(cast, department, later);
    await waitReady(cast, department, later, 'True');
    await killCentre(citySites.management);
    rmSync(data, { recursive: true });
    renameSync(copy, data);
    await restartCloud();
    await until('the older copy answers', async () => (await tenantOf(cast, department, later)) === undefined, 30_000);
    await waitReady(cast, department, name, 'True', 60_000);
    expect(await exists(atActive, resources.namespace, { name: namespace })).toBe(true);
    const both = await Promise.all([citySites.primary, citySites.peer].map((site) => clientAs(cast.engineer, site)));
    const found = await Promise.all(
      both.map((client) => exists(client, resources.namespace, { name: namespaceOf(department, later) })),
    );
    expect(found).toEqual([true, true]);
    const { code } = await jinhong(['recover', '--yes'], cast.engineer);
    expect(code).toBe(0);
    const hub = await clientAs(cast.engineer, citySites.management);
    await until(
      'the Grant is back',
      () => exists(hub, resources.grant, { namespace: `site-${citySites.primary}`, name: `${department}-${later}` }),
      30_000,
    );
    const grant = { namespace: `site-${citySites.primary}`, name: `${department}-${later}` };
    const before = (await hub.get(resources.grant, grant)).metadata.generation;
    await Promise.all([...both, hub].map((client) => client.close()));
    const after = 'after';
    await submit(cast, department, after);
    await approve(cast, department, after);
    await waitReady(cast, department, after, 'True', 60_000);
    const again = await clientAs(cast.engineer, citySites.management);
    expect((await again.get(resources.grant, grant)).metadata.generation, 'no decision is written to it again').toBe(
      before,
    );
    await again.close();
  });
});
