import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { policyNames } from '../../core/desired/index.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { uniqueName, until } from '../support/centre.ts';
import {
  decide,
  find,
  grantSpecOf,
  nextDecision,
  type RunningSite,
  ready,
  readyTenant,
} from '../support/site-centre.ts';
import { edit, remove } from './humans.ts';
import {
  type FaultySite,
  healed,
  pause,
  quiet,
  removalsSince,
  type StartOptions,
  startFaultySite,
  type WatchLine,
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

/** Kinds of objects in a tenant's namespace, and the namespace itself. */
const heldKinds = ['LimitRange', 'Namespace', 'NetworkPolicy', 'ResourceQuota', 'RoleBinding', 'ServiceAccount'];
const isOf = ({ object }: WatchLine, namespace: string): boolean =>
  object.metadata?.namespace === namespace || (object.kind === 'Namespace' && object.metadata.name === namespace);

/** Drops every event of one type about this namespace; resolves with the kinds of which any was dropped. */
function dropAll(type: WatchLine['type'], namespace: string): Set<string> {
  const dropped = new Set<string>();
  faulty.own.line = (event, line) => {
    if (event.type !== type || !isOf(event, namespace)) return [line];
    dropped.add(event.object.kind);
    return [];
  };
  return dropped;
}

describe('events that are lost', () => {
  const often = { timings: { resyncSeconds: 3 } };
  /** A list that comes just then says what an event would have said, so of one kind or two there may be none to drop. */
  const enough = (dropped: ReadonlySet<string>): void => {
    expect(heldKinds).toEqual(expect.arrayContaining([...dropped]));
    expect(dropped.size).toBeGreaterThanOrEqual(heldKinds.length - 2);
  };

  it('of additions: what came unseen is known by the next list, and is put right when it is then deleted', async () => {
    run(often);
    const spec = grantSpecOf('alpha', uniqueName('lost'));
    const namespace = `alpha-${spec.tenant.name}-production`;
    const dropped = dropAll('ADDED', namespace);
    const from = Date.now();
    await decide(admin, spec);
    await ready(admin, `alpha-${spec.tenant.name}`, 'Running');
    const wanted = wantedOf(spec);
    for (const object of wanted.filter(({ kind }) => kind !== 'Namespace')) await remove(admin, object);
    await healed(admin, wanted);
    enough(dropped);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });

  it('of changes: what was changed unseen is put right after the next list', async () => {
    run(often);
    const { spec, namespace } = await readyTenant(admin);
    const dropped = dropAll('MODIFIED', namespace);
    const from = Date.now();
    const wanted = wantedOf(spec);
    for (const object of wanted) await edit(admin, object);
    await healed(admin, wanted);
    enough(dropped);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });

  it('of removals: what was deleted unseen is there again after the next list', async () => {
    run(often);
    const { spec, namespace } = await readyTenant(admin);
    const dropped = dropAll('DELETED', namespace);
    const from = Date.now();
    const wanted = wantedOf(spec);
    for (const object of wanted.filter(({ kind }) => kind !== 'Namespace')) await remove(admin, object);
    await healed(admin, wanted);
    enough(dropped);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });

  it('of a decision: it is taken after the next list', async () => {
    run(often);
    const { spec, name } = await readyTenant(admin);
    let dropped = 0;
    faulty.hub.line = ({ type }, line) => {
      if (type !== 'MODIFIED') return [line];
      dropped += 1;
      return [];
    };
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
    expect(dropped).toBeGreaterThan(0);
  });
});

describe('events that come late, twice or out of order', () => {
  /** Provisions, freezes and thaws a tenant; resolves with the writes to its namespace and how it was done. */
  async function life(): Promise<string[]> {
    const from = Date.now();
    const { spec, name, namespace } = await readyTenant(admin);
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
    await healed(admin, wantedOf(spec));
    await quiet(faulty.site);
    return (
      writesSince(faulty.site, from)
        .filter((write) => write.includes(namespace))
        .map((write) => write.replaceAll(namespace, 'NAMESPACE'))
        // Kubernetes itself makes the default account too; who comes first is chance.
        .map((write) => write.replace(/(serviceaccounts.*) 20[01]$/, '$1'))
        .sort()
    );
  }

  let usual: string[] = [];
  beforeAll(async () => {
    run();
    usual = await life();
    await running?.stop();
  });

  it('late by a second: the same writes as without, each of them once', async () => {
    run();
    for (const meddler of [faulty.own, faulty.hub]) {
      meddler.line = async (_event, line) => {
        await pause(1_000);
        return [line];
      };
    }
    expect(await life()).toEqual(usual);
  });

  it('three times each, with older ones in between: the same writes as without', async () => {
    run();
    for (const meddler of [faulty.own, faulty.hub]) {
      const before = new Map<string, string>();
      meddler.line = (event, line, call) => {
        const older = before.get(call.path) ?? line;
        if (event.type !== 'BOOKMARK') before.set(call.path, line);
        return [line, older, line, older];
      };
    }
    expect(await life()).toEqual(usual);
  });

  it('not visible for five seconds: nothing that was created is created again', async () => {
    run();
    const held: (() => void)[] = [];
    let holding = true;
    faulty.own.line = async (_event, line) => {
      if (holding) await new Promise<void>((resolve) => held.push(resolve));
      return [line];
    };
    const from = Date.now();
    const { spec, name, namespace } = await readyTenant(admin);
    while (Date.now() < from + 5_000) {
      await decide(admin, nextDecision(spec));
      await ready(admin, name, 'Running');
    }
    const writes = () => writesSince(faulty.site, from).filter((write) => write.includes(namespace));
    const blind = writes();
    expect(blind).toHaveLength(wantedOf(spec).length);
    expect(new Set(blind).size).toBe(blind.length);
    holding = false;
    for (const release of held) release();
    await quiet(faulty.site);
    expect(writes()).toEqual(blind);
  });

  it('changes after removals and one kind after another: a tenant that was removed does not come back', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const changes: string[] = [];
    faulty.own.line = async ({ type, object }, line) => {
      // Of the namespace the last change comes after the removal; all other kinds are told a second later than it.
      if (object.kind === 'Namespace' && object.metadata.name === namespace) {
        if (type === 'MODIFIED') changes.push(line);
        return type === 'DELETED' ? [line, ...changes] : type === 'MODIFIED' ? [] : [line];
      }
      await pause(1_000);
      return [line];
    };
    await decide(admin, nextDecision(spec, { state: 'Removed' }));
    await ready(admin, name, 'Removed');
    expect(changes.length).toBeGreaterThan(0);
    const from = Date.now();
    await pause(1_500);
    expect(writesSince(faulty.site, from).filter((write) => write.includes(namespace))).toEqual([]);
    expect(await find(admin, resources.namespace, { name: namespace })).toBeUndefined();
  });
});

describe('a watch that ends with 410 for every kind at once', () => {
  it('leads to one paged list per kind, not all at the same moment, and finds what was deleted meanwhile', async () => {
    run();
    const { spec, namespace } = await readyTenant(admin);
    const started = faulty.own.proxy.calls.filter((call) => call.verb === 'watch').length;
    const lists: { readonly path: string; readonly atMs: number; readonly limit: string | null }[] = [];
    const expired = new Set<string>();
    const gone = JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    faulty.own.rule = (call) => {
      if (call.verb === 'list')
        lists.push({ path: call.path, atMs: performance.now(), limit: call.query.get('limit') });
      if (call.verb !== 'watch' || expired.has(call.path)) return undefined;
      expired.add(call.path);
      return { line: (line) => [gone, line] };
    };
    faulty.own.line = () => [];
    await remove(admin, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: policyNames.dns, namespace },
    });
    faulty.own.line = (_event, line) => [line];
    // Each watch is opened again and ends in the middle with its first line.
    faulty.own.proxy.cut();
    for (const object of wantedOf(spec).filter(({ kind }) => kind !== 'Namespace'))
      await edit(admin, object).catch(() => undefined);
    await healed(admin, wantedOf(spec));
    await until('every kind was listed that had an event', () => lists.length >= 5);
    await quiet(faulty.site);
    expect(started).toBeGreaterThanOrEqual(9);
    expect(lists.map(({ path }) => path).sort()).toEqual([...new Set(lists.map(({ path }) => path))].sort());
    expect(lists.every(({ limit }) => limit === '500')).toBe(true);
    const times = lists.map(({ atMs }) => atMs);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(20);
  });
});
