import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { heldResources } from '../../controller/site/caches.ts';
import { namespaces } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, Resource } from '../../kube/types.ts';
import { uniqueName, until } from '../support/centre.ts';
import { emptied, type ProxyAnswer, type ProxyCall } from '../support/fault-proxy.ts';
import {
  decide,
  find,
  grantOf,
  grantSpecOf,
  nextDecision,
  type RunningSite,
  ready,
  readyTenant,
  reported,
} from '../support/site-centre.ts';
import {
  drifted,
  type FaultySite,
  healed,
  keepingLog,
  pause,
  quiet,
  removalsSince,
  type StartOptions,
  startFaultySite,
  wantedOf,
  writesSince,
} from './site.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let faulty: FaultySite;
let admin: KubeClient;
let running: RunningSite | undefined;

beforeAll(async () => {
  faulty = await startFaultySite();
  admin = faulty.admin;
});
afterAll(() => faulty?.stop());
afterEach(async () => {
  faulty.calm();
  await running?.stop();
  running = undefined;
});

function run(options: StartOptions = {}): RunningSite {
  running = faulty.start(options);
  return running;
}

/** Every kind that the site controller decides from at its own centre. */
const followed: readonly Resource[] = [...heldResources, resources.grant, resources.department, resources.configMap];
const of = (call: ProxyCall, verb: ProxyCall['verb'], resource: Resource): boolean =>
  call.verb === verb && call.plural === resource.plural;

/** Ends the watches of these kinds with 410 and treats every list after it; resolves when each was listed `times` times. */
async function relist(
  kinds: readonly Resource[],
  edit: (answer: ProxyAnswer, call: ProxyCall) => ProxyAnswer,
  times: number,
) {
  const expired = new Set<string>();
  const listed = new Map<string, number>();
  faulty.own.rule = (call) => {
    const resource = kinds.find(({ plural }) => plural === call.plural);
    if (resource === undefined) return undefined;
    if (call.verb === 'list') {
      listed.set(call.plural, (listed.get(call.plural) ?? 0) + 1);
      return { edit: (answer) => edit(answer, call) };
    }
    if (call.verb !== 'watch' || expired.has(call.plural)) return undefined;
    expired.add(call.plural);
    return { answer: { status: 410, reason: 'Expired' } };
  };
  faulty.own.proxy.cut();
  const changing: readonly Resource[] = [...heldResources, resources.grant];
  const awaited = times > 2 ? kinds.filter((kind) => changing.includes(kind)) : kinds;
  await until('every kind was listed', () => awaited.every(({ plural }) => (listed.get(plural) ?? 0) >= times));
}

describe('a server that answers 200 with an empty list, again and again', () => {
  it.for(followed.map((resource) => [resource.kind, resource] as const))(
    'of %s: nothing is removed and nothing changes',
    async ([, resource]) => {
      run();
      const { spec, namespace } = await readyTenant(admin);
      await quiet(faulty.site, 300);
      const from = Date.now();
      await relist([resource], emptied, 2);
      await decide(admin, nextDecision(spec));
      await pause(700);
      expect(removalsSince(faulty.site, from)).toEqual([]);
      expect(await drifted(admin, wantedOf(spec))).toEqual([]);
      expect((await find(admin, resources.namespace, { name: namespace }))?.metadata.deletionTimestamp).toBeUndefined();
    },
  );

  it('of every kind, to a controller that has just started: nothing is removed, and it says so', async () => {
    const first = run();
    const { spec, name } = await readyTenant(admin);
    await first.stop();
    const from = Date.now();
    faulty.own.rule = (call) => (call.verb === 'list' ? { edit: emptied } : undefined);
    faulty.own.line = () => [];
    run();
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await pause(1_500);
    expect(removalsSince(faulty.site, from)).toEqual([]);
    expect((await grantOf(admin, name, 'mirror'))?.spec.state).toBe('Active');
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
    await running?.stop();
    faulty.calm();
    run();
    await ready(admin, name, 'Frozen');
  });

  it('of namespaces, while a tenant leaves: it is not said to be removed before its namespace is', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    await decide(admin, nextDecision(spec, { state: 'Retiring' }));
    await ready(admin, name, 'Retiring');
    await relist([resources.namespace], emptied, 2);
    await decide(admin, nextDecision(spec, { state: 'Removed' }));
    // The retention of this cloud is two seconds.
    await pause(3_000);
    const grant = await grantOf(admin, name, 'management');
    expect(grant?.status?.environments?.map(({ reason }) => reason)).not.toContain('Removed');
    expect(await find(admin, resources.namespace, { name: namespace })).toBeDefined();
    faulty.calm();
    await relist([resources.namespace], (answer) => answer, 1);
    await ready(admin, name, 'Removed');
    expect(await find(admin, resources.namespace, { name: namespace })).toBeUndefined();
  });

  it('of Grants at the management centre: what runs is kept, and it is believed again once it tells the truth', async () => {
    const log = keepingLog();
    run({ log });
    const { spec, name } = await readyTenant(admin);
    const from = Date.now();
    const expired = new Set<string>();
    faulty.hub.rule = (call) => {
      if (of(call, 'list', resources.grant)) return { edit: emptied };
      if (!of(call, 'watch', resources.grant) || expired.has(call.path)) return undefined;
      expired.add(call.path);
      return { answer: { status: 410, reason: 'Expired' } };
    };
    faulty.hub.proxy.cut();
    await until('the log says that the management centre cannot be followed', () =>
      log.lines.some((line) => line.startsWith('warn following the server fails') && line.includes('is empty, but')),
    );
    expect(removalsSince(faulty.site, from).filter((write) => write.includes(name))).toEqual([]);
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
    faulty.calm();
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
  });
});

describe('a server that answers with lists of the past', () => {
  it('has no write made for it, and is believed again once it has caught up', async () => {
    run();
    const { spec, name } = await readyTenant(admin);
    const { spec: other } = await readyTenant(admin);
    await quiet(faulty.site);
    const past = new Map<string, string>();
    await relist(
      followed,
      (answer, call) => {
        past.set(call.path, answer.body);
        return answer;
      },
      1,
    );
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
    const later = grantSpecOf('alpha', uniqueName('later'));
    await decide(admin, later);
    await ready(admin, `alpha-${later.tenant.name}`, 'Running');
    await quiet(faulty.site);
    const from = Date.now();
    await relist(followed, (answer, call) => ({ ...answer, body: past.get(call.path) ?? answer.body }), 3);
    expect(writesSince(faulty.site, from)).toEqual([]);
    faulty.calm();
    await healed(admin, [...wantedOf(spec, 'readonly'), ...wantedOf(other), ...wantedOf(later)]);
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
    expect(removalsSince(faulty.site, from).filter((write) => !write.includes('rolebindings'))).toEqual([]);
  });

  it('has an old decision of the management centre kept out, also after a restart of the controller', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const old = { path: '', body: '' };
    faulty.hub.rule = (call) =>
      of(call, 'list', resources.grant)
        ? {
            edit: (answer) => {
              Object.assign(old, { path: call.path, body: answer.body });
              return answer;
            },
          }
        : undefined;
    await running?.stop();
    await decide(admin, nextDecision(spec, { state: 'Retiring' }));
    run();
    await ready(admin, name, 'Retiring');
    await running?.stop();
    await decide(admin, nextDecision(spec));
    faulty.hub.rule = () => undefined;
    run();
    await ready(admin, name, 'Running');
    await running?.stop();
    const from = Date.now();
    faulty.hub.rule = (call) =>
      call.path === old.path && call.verb === 'list'
        ? { edit: (answer) => ({ ...answer, body: old.body }) }
        : undefined;
    faulty.hub.line = () => [];
    run();
    await reported(admin, name, ['ManagementBehind', 'ManagementBehind']).catch(() => undefined);
    const mirror = await find(admin, resources.grant, { namespace: namespaces.grants, name });
    expect(mirror?.['spec']).toMatchObject({ state: 'Active' });
    expect(removalsSince(faulty.site, from)).toEqual([]);
    expect(await find(admin, resources.namespace, { name: namespace })).toBeDefined();
  });
});
