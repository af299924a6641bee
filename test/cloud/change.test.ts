import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectNames } from '../../core/desired/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { cityGroups, citySites } from '../support/city.ts';
import { clientAs, personOf } from '../support/cloud.ts';
import {
  approve,
  type Cast,
  castOf,
  decide,
  exists,
  namespaceOf,
  submit,
  tenantOf,
  waitReady,
} from '../support/tenancy.ts';

const department = 'alpha';
let cast: Cast;
let east: KubeClient;
let west: KubeClient;

beforeAll(async () => {
  cast = await castOf(department);
  [east, west] = (await Promise.all(
    [citySites.primary, citySites.peer].map((site) => clientAs(cast.engineer, site)),
  )) as [KubeClient, KubeClient];
});
afterAll(async () => {
  await Promise.all([cast.close(), east.close(), west.close()]);
});

/** The engineer's client at the centre where the tenant is active. */
async function whereActive(name: string): Promise<KubeClient> {
  const sites = (await tenantOf(cast, department, name))?.status?.sites;
  return sites?.find((site) => site.role === 'active')?.name === citySites.primary ? east : west;
}

async function cpuOf(name: string): Promise<unknown> {
  const quota = await (await whereActive(name)).get(resources.resourceQuota, {
    namespace: namespaceOf(department, name),
    name: objectNames.quota,
  });
  return (quota['spec'] as { hard: Record<string, unknown> }).hard['requests.cpu'];
}

const sized = (size: string, more: object = {}) => ({
  environments: [{ name: 'production', size, service: 'important', ...more }],
});

describe('a change of what is asked', () => {
  const name = 'change';

  it('beyond what was approved waits while the old quota stays', async () => {
    await submit(cast, department, name, sized('small', { quota: { 'requests.cpu': '2' } }));
    await approve(cast, department, name);
    await waitReady(cast, department, name, 'True');
    expect(await cpuOf(name)).toBe('2');
    await submit(cast, department, name, sized('large'));
    const tenant = await until('raise waits', async () => {
      const now = await tenantOf(cast, department, name);
      return (now?.status?.waitingFor?.length ?? 0) > 0 ? now : undefined;
    });
    expect(tenant.status?.grantedGeneration).toBeLessThan(tenant.metadata.generation ?? 0);
    expect(await cpuOf(name)).toBe('2');
  });

  it('downwards needs no decision', async () => {
    await submit(cast, department, name, sized('small', { quota: { 'requests.cpu': '1' } }));
    await waitReady(cast, department, name, 'True');
    await until('lower quota', async () => (await cpuOf(name)) === '1');
  });

  it('is applied once a reviewer allows more', async () => {
    await submit(cast, department, name, sized('large'));
    await approve(cast, department, name, {
      hard: { 'requests.cpu': '8', 'requests.memory': '16Gi', 'requests.storage': '100Gi', pods: '80' },
    });
    await until('raised quota', async () => (await cpuOf(name)) === '8', 30_000);
  });
});

describe('what was granted ends', () => {
  it('when an approval is over: production goes on as it is, and raises wait', async () => {
    const name = 'expired';
    await submit(cast, department, name);
    await approve(cast, department, name);
    await waitReady(cast, department, name, 'True');
    await approve(
      cast,
      department,
      name,
      { hard: { 'requests.cpu': '50', 'requests.memory': '50Gi', 'requests.storage': '1Ti', pods: '500' } },
      '2026-01-31',
    );
    await submit(cast, department, name, sized('large'));
    await until(
      'the raise waits',
      async () => ((await tenantOf(cast, department, name))?.status?.waitingFor?.length ?? 0) > 0,
      30_000,
    );
    expect((await tenantOf(cast, department, name))?.status?.state).not.toBe('Frozen');
    expect(await cpuOf(name)).toBe('1');
  });

  it('when a reviewer revokes: frozen, nothing removed', async () => {
    const name = 'revoked';
    await submit(cast, department, name);
    await approve(cast, department, name);
    await waitReady(cast, department, name, 'True');
    await decide(cast.asProject, 'paula', department, name, { part: 'project', decision: 'revoked', reason: 'misuse' });
    await until('frozen', async () => (await tenantOf(cast, department, name))?.status?.state === 'Frozen', 30_000);
    const there = await whereActive(name);
    await until(
      'no pods allowed',
      async () => {
        const quota = await there.get(resources.resourceQuota, {
          namespace: namespaceOf(department, name),
          name: objectNames.quota,
        });
        return (quota['spec'] as { hard: Record<string, unknown> }).hard['pods'] === '0';
      },
      30_000,
    );
    expect(await exists(there, resources.namespace, { name: namespaceOf(department, name) })).toBe(true);
  });
});

describe('removing a tenant', () => {
  const name = 'leaving';

  it('of production waits for a reviewer, and its namespaces stay', async () => {
    await submit(cast, department, name);
    await approve(cast, department, name);
    await waitReady(cast, department, name, 'True');
    await cast.asMember.remove(resources.tenant, { namespace: `dept-${department}`, name });
    await until(
      'removal waits',
      async () =>
        (await tenantOf(cast, department, name))?.status?.waitingFor?.some((entry) => entry.part === 'removal'),
      30_000,
    );
    expect(await exists(await whereActive(name), resources.namespace, { name: namespaceOf(department, name) })).toBe(
      true,
    );
  });

  it('once allowed freezes, waits its time and removes the namespaces at every centre', async () => {
    const project = { part: 'project', project: { ref: 'T-2026-1' }, envelope: { environments: [] } };
    await decide(cast.asProject, 'paula', department, name, project);
    await until('the Tenant leaves', async () => (await tenantOf(cast, department, name)) === undefined, 30_000);
    for (const client of [east, west]) {
      await until(
        'namespace is gone',
        async () => !(await exists(client, resources.namespace, { name: namespaceOf(department, name) })),
        60_000,
      );
    }
    const hub = await clientAs(cast.engineer, citySites.management);
    for (const site of [citySites.primary, citySites.peer, citySites.recovery]) {
      await until(
        'Grant is gone',
        async () => !(await exists(hub, resources.grant, { namespace: `site-${site}`, name: `${department}-${name}` })),
        30_000,
      );
    }
    await hub.close();
  });
});

describe('drift', () => {
  it('is repaired within 5 s when the break-glass group removes a NetworkPolicy', async () => {
    const name = 'drift';
    await submit(cast, department, name);
    await approve(cast, department, name);
    const tenant = await waitReady(cast, department, name, 'True');
    const site = tenant.status?.sites?.find((entry) => entry.role === 'active')?.name ?? '';
    const breakGlass = await clientAs(await personOf('anna', [cityGroups.breakGlass]), site);
    const namespace = namespaceOf(department, name);
    const { items } = await breakGlass.list(resources.networkPolicy, { namespace });
    expect(items.length).toBeGreaterThan(2);
    for (const policy of items) {
      const ref = { namespace, name: policy.metadata.name };
      await breakGlass.remove(resources.networkPolicy, ref);
      await until(
        `${ref.name} is back`,
        async () => {
          const live = await exists(breakGlass, resources.networkPolicy, ref);
          return live;
        },
        5_000,
      );
    }
    await breakGlass.close();
  });
});
