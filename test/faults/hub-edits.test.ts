import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ownerOfClaim } from '../../controller/management/tenants/gather.ts';
import type { Grant, Tenant } from '../../core/model/kinds.ts';
import { departmentNamespace, siteNamespace } from '../../core/model/names.ts';
import { isNotFound } from '../../kube/errors.ts';
import { resourceOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { grantsNow, tenantNow, tenantWhen } from '../controller/management/centre.ts';
import { uniqueName, until } from '../support/centre.ts';
import { condition, environment, isReady, request } from '../support/requests.ts';
import { type FaultyHub, hubQuiet, hubWrites, type Key, startFaultyHub } from './hub.ts';
import { annotate, edit, note, remove } from './humans.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let hub: FaultyHub;
let admin: KubeClient;
let running: Awaited<ReturnType<FaultyHub['start']>>;
const key: Key = ['alpha', uniqueName('e')];
const hostname = `${key[1]}.alpha.testcity.example`;

beforeAll(async () => {
  hub = await startFaultyHub();
  admin = hub.admin;
  running = await hub.start();
  const hosting = [{ hostname, service: 'web', port: 80 }];
  await hub.granted(key, '1', { environments: [{ ...environment('1'), hosting }] });
  await hubQuiet(hub.management);
  // The role of this site is about to vanish for a moment.
  await hub.sites.pop()?.stop();
});
afterAll(async () => {
  await running?.stop();
  await hub?.stop();
});

/** Namespaces, roles, bindings and accounts that the management controller makes. */
async function owned(): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const namespace of [departmentNamespace('alpha'), siteNamespace('far')]) {
    found.push({ ...(await admin.get(resources.namespace, { name: namespace })), apiVersion: 'v1', kind: 'Namespace' });
    for (const resource of [resources.role, resources.roleBinding, resources.serviceAccount]) {
      const { items } = await admin.list(resource, {
        namespace,
        labelSelector: 'app.kubernetes.io/managed-by=jinhong',
      });
      found.push(...items);
    }
  }
  return found;
}

type Loose = Record<string, unknown> & KubeObject;
const same = (live: KubeObject, before: KubeObject): boolean => {
  const essence = ({ metadata, ...rest }: Loose) => {
    const { rules, subjects, roleRef } = rest;
    return JSON.stringify([metadata.labels, rules, subjects, roleRef]);
  };
  return essence(live as Loose) === essence(before as Loose);
};
const asBefore = (before: KubeObject) =>
  until(`${before.kind} ${before.metadata.name} is as before`, async () => {
    const live = await admin.get(resourceOf(before), before.metadata);
    return same(live, before) ? live : undefined;
  });

describe('what a person does by hand to each object of the management controller', () => {
  it('an edit of what is ours is put right, what is not ours is kept: every kind', async () => {
    const objects = await owned();
    expect([...new Set(objects.map(({ kind }) => kind))].sort()).toEqual([
      'Namespace',
      'Role',
      'RoleBinding',
      'ServiceAccount',
    ]);
    for (const object of objects) {
      await annotate(admin, object);
      if (object.kind === 'Role' || object.kind === 'RoleBinding') await edit(admin, object);
      const labels = Object.fromEntries(Object.keys(object.metadata.labels ?? {}).map((name) => [name, 'changed']));
      await admin
        .patch(resourceOf(object), object.metadata, { metadata: { labels } }, { type: 'merge', fieldManager: 'x' })
        .catch(() => undefined);
      const live = await asBefore(object);
      expect(live.metadata.annotations, `${object.kind} ${object.metadata.name}`).toMatchObject(note);
    }
  });

  it('a deletion is made good: every kind', async () => {
    const objects = await owned();
    for (const object of objects.filter(({ kind }) => kind !== 'Namespace')) {
      await remove(admin, object);
      await asBefore(object);
    }
  });

  it('a heartbeat’s Lease that is deleted is made anew', async () => {
    const ref = { namespace: siteNamespace('far'), name: 'jinhong-site' };
    const { uid } = (await admin.get(resources.lease, ref)).metadata;
    await admin.remove(resources.lease, ref);
    await until('it is there again', async () => (await admin.get(resources.lease, ref)).metadata.uid !== uid);
  });

  it('a Grant that is edited gets its decision back with a higher number', async () => {
    for (const [site, grant] of Object.entries(await grantsNow(admin, key.join('-')))) {
      const ref = { namespace: siteNamespace(site), name: grant.metadata.name };
      const environments = grant.spec.environments.map((one) => ({
        ...one,
        quota: { ...one.quota, 'requests.cpu': '9' },
      }));
      const body = { spec: { members: [], environments }, metadata: { annotations: note } };
      await admin.patch(resources.grant, ref, body, { type: 'merge', fieldManager: 'someone' });
      const after = await until(`the Grant at ${site} is as decided`, async () => {
        const now = (await grantsNow(admin, key.join('-')))[site];
        const isBack = now?.spec.members.length !== 0 && now?.spec.environments[0]?.quota['requests.cpu'] === '1';
        return isBack ? now : undefined;
      });
      expect(after.spec.decision.revision).toBeGreaterThan(grant.spec.decision.revision);
      expect({ ...after.spec, decision: 0 }).toEqual({ ...grant.spec, decision: 0 });
    }
  });

  it('a Grant that is deleted is granted again at the same site in the same role and epoch', async () => {
    for (const [site, grant] of Object.entries(await grantsNow(admin, key.join('-')))) {
      await admin.remove(resources.grant, { namespace: siteNamespace(site), name: grant.metadata.name });
      const after = await until(`the Grant at ${site} is there again`, async () => {
        const now = await grantsNow(admin, key.join('-'));
        return Object.keys(now).length === 2 ? now[site] : undefined;
      });
      expect(after.metadata.uid).not.toBe(grant.metadata.uid);
      expect({ ...after.spec, decision: 0 }).toEqual({ ...grant.spec, decision: 0 });
    }
  });

  it('Grants that are all deleted are granted again with higher numbers, as their sites remember the old ones', async () => {
    const before = Object.entries(await grantsNow(admin, key.join('-')));
    await Promise.all(
      before.map(([site, { metadata }]) =>
        admin.remove(resources.grant, { namespace: siteNamespace(site), name: metadata.name }),
      ),
    );
    const after = await until('they are there again', async () => {
      const now = Object.values(await grantsNow(admin, key.join('-')));
      const isNew = now.every(({ metadata }) => before.every(([, old]) => old.metadata.uid !== metadata.uid));
      return now.length === 2 && isNew ? now : undefined;
    });
    const numbers = (list: readonly Grant[]) => list.map(({ spec }) => spec.decision.revision);
    expect(Math.min(...numbers(after))).toBeGreaterThan(Math.max(...numbers(before.map(([, grant]) => grant))));
  });

  const claimNow = () => admin.get(resources.hostnameClaim, { name: hostname });
  const giveTo = (name: string) =>
    admin.patch(
      resources.hostnameClaim,
      { name: hostname },
      { spec: { tenant: { department: 'alpha', name } } },
      { type: 'merge', fieldManager: 'someone' },
    );

  it('a hostname’s claim that is deleted or given to another is the owner’s again', async () => {
    const { spec } = (await claimNow()) as Loose;
    const again = () =>
      until('it is claimed as before', async () => JSON.stringify((await claimNow())['spec']) === JSON.stringify(spec));
    await admin.remove(resources.hostnameClaim, { name: hostname });
    await again();
    await giveTo(uniqueName('nobody'));
    await again();
  });

  it('a hostname’s claim that is given to another does not give it the hostname, though it asks for it', async () => {
    const other: Key = ['alpha', uniqueName('o')];
    const hosting = [{ hostname, service: 'web', port: 80 }];
    await hub.ask(request(...other, undefined, { environments: [{ ...environment('100m'), hosting }] }));
    await hub.approve(other);
    const isRefused = (tenant: Tenant) => condition(tenant, 'Approved')?.reason === 'HostnameTaken';
    await tenantWhen(admin, other, isRefused);
    await giveTo(other[1]);
    await until('it is claimed as before', async () => ownerOfClaim((await claimNow()) as never) === key.join('/'));
    await hubQuiet(hub.management);
    await tenantWhen(admin, other, isRefused);
    expect(await grantsNow(admin, other.join('-'))).toEqual({});
    await admin.remove(resources.tenant, { namespace: departmentNamespace('alpha'), name: other[1] });
  });

  it('a hostname’s claim that outlived its tenant, because the process was killed before it, goes with the next one', async () => {
    await running.stop();
    const claim = await admin.get(resources.hostnameClaim, { name: hostname });
    const { apiVersion, kind, metadata } = claim;
    const left = `left.${hostname}`;
    const tenant = { department: 'alpha', name: uniqueName('gone') };
    const spec = { tenant, environment: 'production' };
    await admin.create({ apiVersion, kind, metadata: { name: left, labels: metadata.labels ?? {} }, spec });
    running = await hub.start();
    await until('it is let go', () => admin.get(resources.hostnameClaim, { name: left }).then(() => false, isNotFound));
    const own = await admin.get(resources.hostnameClaim, { name: hostname });
    expect(own.metadata.uid).toBe(metadata.uid);
  });

  it('a status that is edited is put right: Tenant, Approval, Department, Site', async () => {
    await tenantWhen(admin, key, isReady);
    await hubQuiet(hub.management);
    const approval = (await admin.list(resources.approval, { namespace: departmentNamespace('alpha') })).items[0];
    const objects: [keyof typeof resources, { namespace?: string; name: string }][] = [
      ['tenant', { namespace: departmentNamespace('alpha'), name: key[1] }],
      ['approval', { namespace: departmentNamespace('alpha'), name: approval?.metadata.name ?? '' }],
      ['department', { name: 'alpha' }],
      ['site', { name: 'far' }],
    ];
    for (const [kind, ref] of objects) {
      const before = (await admin.get(resources[kind], ref))['status'] as { conditions: { type: string }[] };
      const body = { status: { conditions: [] } };
      await admin.patch(resources[kind], ref, body, { type: 'merge', subresource: 'status', fieldManager: 'someone' });
      await until(`the status of ${kind} is back`, async () => {
        const now = (await admin.get(resources[kind], ref))['status'] as typeof before;
        const types = ({ conditions }: typeof before) =>
          conditions
            .map(({ type }) => type)
            .sort()
            .join();
        return types(now) === types(before);
      });
    }
  });

  it('a finalizer that is taken away is back, so that a deletion is still noticed', async () => {
    const ref = { namespace: departmentNamespace('alpha'), name: key[1] };
    await admin.patch(resources.tenant, ref, { metadata: { finalizers: null } }, { type: 'merge', fieldManager: 'x' });
    await until('it is back', async () =>
      (await tenantNow(admin, ...key))?.metadata.finalizers?.includes('jinhong.dev/tenant'),
    );
  });

  it('and then all is at rest: nothing is written any more', async () => {
    await hubQuiet(hub.management);
    const from = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(hubWrites(hub.management, from)).toEqual([]);
  });
});

describe('a namespace of somebody else with a department’s name', () => {
  it('is not taken over, and the department says so', async () => {
    const name = uniqueName('f').replaceAll('-', '').slice(-8);
    const code = `d${name}`;
    const foreign = await admin.create<KubeObject>({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: departmentNamespace(code) },
    });
    const spec = { displayName: code, level: 'city', parent: 'cityhall', groups: [`${code}-admins`] };
    await admin.create<KubeObject>({
      apiVersion: 'jinhong.dev/v1alpha1',
      kind: 'Department',
      metadata: { name: code },
      spec,
    });
    await until('it is said', async () =>
      JSON.stringify((await admin.get(resources.department, { name: code }))['status'] ?? '').includes('ForeignObject'),
    );
    const after = await admin.get(resources.namespace, { name: departmentNamespace(code) });
    expect(after.metadata.labels).toEqual(foreign.metadata.labels);
  });
});
