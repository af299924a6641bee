import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { departmentNamespace, siteNamespace } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../kube/types.ts';
import { grantsNow, tenantNow, tenantWhen } from '../controller/management/centre.ts';
import { uniqueName, until } from '../support/centre.ts';
import { emptied } from '../support/fault-proxy.ts';
import { condition, environment, isReady, request } from '../support/requests.ts';
import { type FaultyHub, hubQuiet, hubWrites, type Key, startFaultyHub } from './hub.ts';
import { pause } from './site.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let hub: FaultyHub;
let admin: KubeClient;
let running: Awaited<ReturnType<FaultyHub['start']>> | undefined;

beforeAll(async () => {
  hub = await startFaultyHub();
  admin = hub.admin;
});
afterAll(() => hub?.stop());
afterEach(async () => {
  hub.way.calm();
  await running?.stop();
  running = undefined;
});

async function run(timings?: object) {
  running = await hub.start(timings);
  return running;
}

/** The twelve kinds that the management controller decides from. */
const followed: readonly Resource[] = [
  resources.site,
  resources.department,
  resources.tenant,
  resources.approval,
  resources.grant,
  resources.hostnameClaim,
  resources.namespace,
  resources.role,
  resources.roleBinding,
  resources.serviceAccount,
  resources.lease,
  resources.configMap,
];
const keyOf = (department: string): Key => [department, uniqueName('h')];
/** Cores that are promised at a site. */
const reservedOf = async (site: string): Promise<number> => {
  const { status } = (await admin.get(resources.site, { name: site })) as {
    status?: { reserved?: Record<string, string> };
  };
  const cores = status?.reserved?.['requests.cpu'] ?? '0';
  return cores.endsWith('m') ? Number(cores.slice(0, -1)) / 1000 : Number(cores);
};

describe('events of the management centre', () => {
  it('that come twice and late: a tenant is granted by the same writes as without', async () => {
    await run();
    const life = async (): Promise<string[]> => {
      const key = keyOf('alpha');
      const from = Date.now();
      await hub.granted(key, '250m');
      await hubQuiet(hub.management);
      return hubWrites(hub.management, from)
        .filter((write) => /grants\/?|hostnameclaims/.test(write) && !write.includes('status'))
        .map((write) => write.replaceAll(key[1], 'NAME'))
        .sort();
    };
    const usual = await life();
    hub.way.line = async (_event, line) => {
      await pause(300);
      return [line, line];
    };
    expect(await life()).toEqual(usual);
    expect(usual).toHaveLength(2);
  });

  it('that are lost: a request is seen by the next list', async () => {
    await run({ resyncSeconds: 2 });
    const key = keyOf('alpha');
    let dropped = 0;
    hub.way.line = ({ type, object }, line) => {
      if (type === 'BOOKMARK' || !['Tenant', 'Approval', 'Grant'].includes(object.kind)) return [line];
      dropped += 1;
      return [];
    };
    await hub.granted(key, '250m');
    expect(dropped).toBeGreaterThan(4);
  });

  it('of its own writes, not visible for five seconds: nothing is granted twice and no sum is counted twice', async () => {
    await run();
    await hubQuiet(hub.management);
    const before = await Promise.all(['east', 'west'].map(reservedOf));
    const [first, second, third] = [keyOf('alpha'), keyOf('beta'), keyOf('alpha')];
    const held: (() => void)[] = [];
    let holding = true;
    hub.way.line = async ({ object }, line) => {
      const own = ['Grant', 'Site', 'Department', 'HostnameClaim'].includes(object.kind);
      if (own && holding) await new Promise<void>((resolve) => held.push(resolve));
      return [line];
    };
    const from = Date.now();
    for (const [key, cpu] of [
      [first, '11'],
      [second, '11'],
      [third, '2'],
    ] as const) {
      await hub.ask(request(...key, cpu));
      await hub.approve(key);
      if (key === first) {
        await tenantWhen(admin, key, (tenant) => condition(tenant, 'Approved')?.reason === 'Granted');
      }
    }
    await tenantWhen(admin, second, (tenant) => condition(tenant, 'Approved')?.reason === 'CapacityExceeded');
    await tenantWhen(admin, third, (tenant) => condition(tenant, 'Approved')?.reason === 'Granted');
    await pause(Math.max(0, from + 5_000 - Date.now()));
    const creations = hubWrites(hub.management, from).filter((write) => /^create .*grants 201$/.test(write));
    expect(creations).toHaveLength(4);
    holding = false;
    for (const release of held) release();
    await tenantWhen(admin, first, isReady);
    await tenantWhen(admin, third, isReady);
    await hubQuiet(hub.management);
    expect(Object.keys(await grantsNow(admin, second.join('-')))).toEqual([]);
    const after = await Promise.all(['east', 'west'].map(reservedOf));
    expect(after).toEqual(before.map((sum) => sum + 13));
    for (const key of [first, third]) await lower(key);
  });

  /** Makes room for the next test: lowering needs nobody. */
  async function lower(key: Key): Promise<void> {
    await hub.ask(request(...key, '100m'));
    await tenantWhen(
      admin,
      key,
      (tenant) => isReady(tenant) && tenant.status?.grantedGeneration === tenant.metadata.generation,
    );
  }
});

describe('410 on all twelve kinds at once', () => {
  it('leads to one paged list of each, spread over time, and finds what was deleted meanwhile', async () => {
    await run();
    const key = keyOf('alpha');
    const hosting = [{ hostname: `${key[1]}.alpha.testcity.example`, service: 'web', port: 80 }];
    await hub.granted(key, '100m', { environments: [{ ...environment('100m'), hosting }] });
    // Their accounts are about to vanish for a moment.
    for (const site of hub.sites.splice(0)) await site.stop();
    await hubQuiet(hub.management);
    const gap = Promise.withResolvers<void>();
    const expired = new Set<string>();
    const lists: { readonly path: string; readonly atMs: number; readonly limit: string | null }[] = [];
    hub.way.rule = (call) => {
      if (call.verb === 'list')
        lists.push({ path: call.path, atMs: performance.now(), limit: call.query.get('limit') });
      if (call.verb !== 'watch' || expired.has(call.path)) return undefined;
      expired.add(call.path);
      return { before: () => gap.promise, answer: { status: 410, reason: 'Expired' } };
    };
    hub.way.proxy.cut();
    await until('every watch waits', () => expired.size === followed.length);
    const binding = (await admin.list(resources.roleBinding, { namespace: departmentNamespace('alpha') })).items[0];
    const account = (await admin.list(resources.serviceAccount, { namespace: siteNamespace('east') })).items.find(
      ({ metadata }) => metadata.name.startsWith('jinhong'),
    );
    for (const object of [binding, account] as KubeObject[]) {
      const resource = object === binding ? resources.roleBinding : resources.serviceAccount;
      const { name, namespace } = object.metadata;
      await admin.remove(resource, { name, namespace });
    }
    gap.resolve();
    await until('both are there again', async () => {
      await admin.get(resources.roleBinding, {
        namespace: departmentNamespace('alpha'),
        name: binding?.metadata.name ?? '',
      });
      return admin.get(resources.serviceAccount, {
        namespace: siteNamespace('east'),
        name: account?.metadata.name ?? '',
      });
    });
    await hubQuiet(hub.management);
    expect(lists.map(({ path }) => path).sort()).toEqual([...expired].sort());
    expect(lists.every(({ limit }) => limit === '500')).toBe(true);
    const times = lists.map(({ atMs }) => atMs);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(50);
  });
});

describe('a management centre that answers 200 with an empty list, again and again', () => {
  it.for(followed.map((resource) => [resource.kind, resource] as const))(
    'of %s: nothing is removed, taken back or granted twice',
    async ([, resource]) => {
      await run();
      await hubQuiet(hub.management, 300);
      const state = async () => {
        const { items } = await admin.list(resources.grant, {});
        const claims = (await admin.list(resources.hostnameClaim, {})).items.map(({ metadata }) => metadata.uid);
        const sums = await Promise.all(['east', 'west'].map(reservedOf));
        return { grants: items.map(({ metadata, spec }) => ({ uid: metadata.uid, spec })), claims, sums };
      };
      const before = await state();
      const from = Date.now();
      let lists = 0;
      let expired = false;
      hub.way.rule = (call) => {
        if (call.plural !== resource.plural) return undefined;
        if (call.verb === 'list') {
          lists += 1;
          return { edit: emptied };
        }
        if (call.verb !== 'watch' || expired) return undefined;
        expired = true;
        return { answer: { status: 410, reason: 'Expired' } };
      };
      hub.way.proxy.cut();
      await until('it was listed twice', () => lists >= (resource === resources.configMap ? 1 : 2));
      await hub.ask(request('beta', uniqueName('x'), '1'));
      await pause(400);
      expect(hubWrites(hub.management, from).filter((write) => write.startsWith('delete'))).toEqual([]);
      expect(await state()).toEqual(before);
    },
  );
});

describe('an endless writer of the same objects', () => {
  it('delays the one tenant at most, and others go on', async () => {
    await run();
    const [key, other] = [keyOf('alpha'), keyOf('beta')];
    let writing = true;
    await hub.ask(request(...key, '100m'));
    const ref = { namespace: departmentNamespace(key[0]), name: key[1] };
    const writer = (async () => {
      for (let count = 0; writing; count += 1) {
        const body = { metadata: { annotations: { 'example.dev/count': `${count}` } } };
        await admin.patch(resources.tenant, ref, body, { type: 'merge', fieldManager: 'someone' });
      }
    })();
    try {
      await hub.approve(key);
      await hub.ask(request(...other, '100m'));
      await hub.approve(other);
      await tenantWhen(admin, other, (tenant) => condition(tenant, 'Approved')?.reason === 'Granted');
    } finally {
      writing = false;
      await writer;
    }
    const tenant = await tenantWhen(admin, key, (now) => condition(now, 'Approved')?.reason === 'Granted');
    expect(tenant.metadata.annotations).toHaveProperty(['example.dev/count']);
  });

  it('409 on every write about one tenant: few attempts, and others go on', async () => {
    await run();
    const [key, other] = [keyOf('alpha'), keyOf('beta')];
    let refused = 0;
    hub.way.rule = (call) => {
      const about = call.method !== 'GET' && (call.path.includes(key[1]) || call.body.includes(key[1]));
      if (!about || call.plural === 'events') return undefined;
      refused += 1;
      return { answer: { status: 409, reason: 'Conflict' } };
    };
    await hub.ask(request(...key, '100m'));
    await hub.approve(key);
    const fromMs = performance.now();
    await hub.ask(request(...other, '100m'));
    await hub.approve(other);
    await tenantWhen(admin, other, (tenant) => condition(tenant, 'Approved')?.reason === 'Granted');
    await pause(Math.max(0, 2_000 - (performance.now() - fromMs)));
    // Pauses of 20 ms doubling to a second, and once more for each event about it.
    expect(refused).toBeLessThan(30 + (2 * (performance.now() - fromMs)) / 1000);
    hub.way.calm();
    await tenantWhen(admin, key, (tenant) => condition(tenant, 'Approved')?.reason === 'Granted');
  });
});

describe('requests that change while they are decided', () => {
  const hosting = (name: string) => [{ hostname: `${name}.alpha.testcity.example`, service: 'web', port: 80 }];

  it('there, back and there again: the Grants are as asked last, and no hostname of the other is held', async () => {
    await run();
    const key = keyOf('alpha');
    const [a, b] = [`${key[1]}-a`, `${key[1]}-b`];
    const asked = (hostname: string, cpu: string) =>
      request(...key, undefined, { environments: [{ ...environment(cpu), hosting: hosting(hostname) }] });
    await hub.ask(asked(a, '200m'));
    await hub.approve(key);
    for (let round = 0; round < 7; round += 1) {
      await hub.ask(round % 2 === 0 ? asked(b, '100m') : asked(a, '200m'));
      await pause(20 * round);
    }
    await hub.ask(asked(a, '200m'));
    await tenantWhen(
      admin,
      key,
      (tenant) =>
        condition(tenant, 'Approved')?.status === 'True' &&
        tenant.status?.grantedGeneration === tenant.metadata.generation,
    );
    await hubQuiet(hub.management);
    const claims = (await admin.list(resources.hostnameClaim, {})).items.map(({ metadata }) => metadata.name);
    expect(claims.filter((name) => name.startsWith(key[1]))).toEqual([`${a}.alpha.testcity.example`]);
    for (const { spec } of Object.values(await grantsNow(admin, key.join('-')))) {
      expect(spec.environments.map(({ hostnames, quota }) => [hostnames, quota['requests.cpu']])).toEqual([
        [[`${a}.alpha.testcity.example`], '200m'],
      ]);
    }
  });

  it('one that cannot be understood after one that could: what was granted stays, and the next one needs no hand', async () => {
    await run();
    const key = keyOf('alpha');
    await hub.ask(request(...key, '200m'));
    await hub.approve(key);
    await tenantWhen(admin, key, (tenant) => condition(tenant, 'Approved')?.reason === 'Granted');
    const before = await grantsNow(admin, key.join('-'));
    await hub.ask(request(...key, undefined, { environments: [{ ...environment('200m'), zone: 'nowhere' }] }));
    await until('it is said', async () =>
      (await tenantNow(admin, ...key))?.status?.waitingFor?.some(({ part }) => part === 'correction'),
    );
    expect(await grantsNow(admin, key.join('-'))).toEqual(before);
    await hub.ask(request(...key, '150m'));
    await tenantWhen(
      admin,
      key,
      (tenant) =>
        condition(tenant, 'Approved')?.status === 'True' &&
        tenant.status?.grantedGeneration === tenant.metadata.generation,
    );
  });
});
