import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ClientOptions, createClient, type InstrumentedClient } from '../../kube/client.ts';
import { type Connection, loadKubeconfig } from '../../kube/config.ts';
import { isAlreadyExists, isConflict, isFieldConflict, isNotFound } from '../../kube/errors.ts';
import { type Informer, type InformerOptions, startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { uniqueName, until } from '../support/centre.ts';
import { emptied, type Fault, type FaultProxy, once, startFaultProxy, times } from '../support/fault-proxy.ts';

const namespace = uniqueName('runtime');
const manager = { fieldManager: 'runtime-test' };
let real: Connection;
let admin: InstrumentedClient;
const closers: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  real = loadKubeconfig(inject('centre').kubeconfig);
  admin = createClient(real);
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(async () => {
  await admin.remove(resources.namespace, { name: namespace });
  await admin.close();
});

async function setUp(options: ClientOptions = {}): Promise<{ proxy: FaultProxy; client: InstrumentedClient }> {
  const proxy = await startFaultProxy(real);
  const client = createClient(proxy.connection, options);
  closers.push(
    () => proxy.close(),
    () => client.close(),
  );
  return { proxy, client };
}

const map = (name: string, data: Record<string, string> = {}, group = 'none'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { group } },
  data,
});

const read = (name: string): Promise<KubeObject> => admin.get(resources.configMap, { namespace, name });

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('writes through a bad network', () => {
  it('an apply whose answer was lost is sent again and changes nothing the second time', async () => {
    const { proxy, client } = await setUp();
    const versions: string[] = [];
    proxy.rule(
      once((call) => call.verb === 'patch', {
        cut: 'after',
        after: async () => {
          versions.push((await read('applied')).metadata.resourceVersion ?? '');
        },
      }),
    );
    const stored = await client.apply(map('applied', { a: '1' }), manager);
    expect(proxy.calls.filter((call) => call.verb === 'patch')).toHaveLength(2);
    expect([stored.metadata.resourceVersion]).toEqual(versions);
  });

  it('a create whose answer was lost is not sent again; a second try by hand finds the object', async () => {
    const { proxy, client } = await setUp();
    proxy.rule(once((call) => call.verb === 'create', { cut: 'after' }));
    expect(await caught(client.create(map('created')))).toMatchObject({ code: 'connection-lost' });
    expect(proxy.calls).toHaveLength(1);
    expect(isAlreadyExists(await caught(client.create(map('created'))))).toBe(true);
  });

  it('a guarded update whose answer was lost ends as a conflict, never as a second change', async () => {
    const { proxy, client } = await setUp();
    const before = await client.create(map('updated', { a: '1' }));
    proxy.rule(once((call) => call.verb === 'update', { cut: 'after' }));
    expect(isConflict(await caught(client.update({ ...before, data: { a: '2' } })))).toBe(true);
    expect((await read('updated'))['data']).toEqual({ a: '2' });
  });

  it('a removal by uid whose answer was lost is done, and spares an object of the same name made since', async () => {
    const { proxy, client } = await setUp();
    const { uid } = (await client.create(map('removed'))).metadata;
    proxy.rule(once((call) => call.verb === 'delete', { cut: 'after' }));
    await client.remove(resources.configMap, { namespace, name: 'removed' }, { uid });
    expect(isNotFound(await caught(read('removed')))).toBe(true);
    const again = (await client.create(map('removed'))).metadata.uid;
    proxy.rule(once((call) => call.verb === 'delete', { cut: 'before' }));
    expect(isConflict(await caught(client.remove(resources.configMap, { namespace, name: 'removed' }, { uid })))).toBe(
      true,
    );
    expect((await read('removed')).metadata.uid).toBe(again);
  });

  it('refusals that pass are waited out, with the time that the server names', async () => {
    const { proxy, client } = await setUp();
    proxy.rule(
      times(2, (call) => call.verb === 'create', {
        answer: { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '1' } },
      }),
    );
    const startedMs = performance.now();
    await client.create(map('throttled'));
    expect(performance.now() - startedMs).toBeGreaterThan(2_000);
    expect(proxy.calls).toHaveLength(3);
  });

  it('a server that fails half of all reads is read from all the same', async () => {
    const { proxy, client } = await setUp({ maxAttempts: 12 });
    proxy.rule((call) => (call.number % 2 === 1 ? { answer: { status: 500, reason: 'InternalError' } } : undefined));
    const reads = await Promise.all(
      Array.from({ length: 20 }, () => client.get(resources.namespace, { name: namespace })),
    );
    expect(new Set(reads.map((object) => object.metadata.name))).toEqual(new Set([namespace]));
  });

  it('a request that vanishes ends in time', async () => {
    const { proxy, client } = await setUp({ timeoutMs: 500 });
    proxy.rule(() => ({ stall: 'before' }));
    expect(await caught(client.get(resources.namespace, { name: namespace }))).toMatchObject({
      code: 'request-timeout',
    });
  });

  it('two managers of one field: the second is refused and told whose it is, unless it forces', async () => {
    const { client } = await setUp();
    await client.apply(map('shared', { a: '1' }), { fieldManager: 'first' });
    const error = await caught(client.apply(map('shared', { a: '2' }), { fieldManager: 'second' }));
    expect(isFieldConflict(error)).toBe(true);
    expect(error).toMatchObject({ data: { conflicts: [{ manager: 'first', field: '.data.a' }] } });
    await client.apply(map('shared', { a: '2' }), { fieldManager: 'second', force: true });
    expect((await read('shared'))['data']).toEqual({ a: '2' });
  });

  it('a thousand applies and twenty watches use one connection', async () => {
    const { proxy, client } = await setUp();
    const informers = Array.from({ length: 20 }, () =>
      startInformer({ client, resource: resources.configMap, namespace, transform: () => true }),
    );
    closers.push(() => Promise.all(informers.map((informer) => informer.stop())));
    await Promise.all(informers.map((informer) => informer.synced));
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => client.apply(map(`bulk-${index % 50}`, { a: `${index}` }), manager)),
    );
    expect(proxy.sessions()).toBe(1);
    expect(client.connections()).toBe(1);
  });
});

describe('an informer through a bad network', () => {
  interface Followed {
    readonly proxy: FaultProxy;
    readonly informer: Informer<KubeObject>;
    readonly changes: string[];
    readonly reasons: string[];
    readonly group: string;
    readonly codes: string[];
    /** Makes the informer list anew by ending its watch with 410. */
    readonly expire: () => void;
  }

  async function follow(options: Partial<InformerOptions<KubeObject>> = {}): Promise<Followed> {
    const { proxy, client } = await setUp({ maxAttempts: 1 });
    const group = uniqueName('group');
    const changes: string[] = [];
    const reasons: string[] = [];
    const codes: string[] = [];
    await admin.create(map(`${group}-one`, {}, group));
    await admin.create(map(`${group}-two`, {}, group));
    const informer = startInformer({
      client,
      resource: resources.configMap,
      namespace,
      labelSelector: `group=${group}`,
      maxBackoffMs: 200,
      onChange: (key, kind) => changes.push(`${kind} ${key.split('-').at(-1)}`),
      metrics: {
        relisted: (_, reason) => reasons.push(reason),
        interrupted: (_, code) => codes.push(code),
      },
      ...options,
    });
    closers.push(() => informer.stop());
    await informer.synced;
    await until('the watch', () => proxy.calls.some((call) => call.verb === 'watch'));
    const expire = (): void => {
      const isWatch = once((call) => call.verb === 'watch', { answer: { status: 410, reason: 'Expired' } });
      proxy.rule(isWatch);
      proxy.cut();
    };
    return { proxy, informer, changes, reasons, group, codes, expire };
  }

  const isWatch = (call: { verb: string }): boolean => call.verb === 'watch';
  const isList = (call: { verb: string }): boolean => call.verb === 'list';
  const first = ['added one', 'added two'];

  /** Opens a new watch with the given treatment of its lines. */
  const treat = async ({ proxy }: Followed, line: NonNullable<Fault['line']>) => {
    const watches = proxy.calls.filter(isWatch).length;
    proxy.rule(once(isWatch, { line }));
    proxy.cut();
    await until('the treated watch', () => proxy.calls.filter(isWatch).length > watches);
  };

  it('cut connections lose no change', async () => {
    const followed = await follow();
    for (let round = 0; round < 5; round += 1) {
      followed.proxy.cut();
      await admin.apply(map(`${followed.group}-one`, { round: String(round) }, followed.group), manager);
    }
    await admin.remove(resources.configMap, { namespace, name: `${followed.group}-two` });
    await until('the removal', () => followed.changes.includes('deleted two'));
    const one = followed.informer.get(`${namespace}/${followed.group}-one`);
    expect(one?.['data']).toEqual({ round: '4' });
    expect(followed.reasons).toEqual(['first']);
  });

  it('a garbage line in place of an event is noticed, and the event comes again', async () => {
    const followed = await follow();
    await treat(followed, (line) => [line.slice(0, 40)]);
    await admin.apply(map(`${followed.group}-one`, { a: '1' }, followed.group), manager);
    await until('the change', () => followed.changes.includes('modified one'));
    expect(followed.codes).toContain('watch-garbled');
    expect(followed.changes).toEqual([...first, 'modified one']);
  });

  it('duplicated events are told once', async () => {
    const followed = await follow();
    await treat(followed, (line) => [line, line, line]);
    await admin.apply(map(`${followed.group}-one`, { a: '1' }, followed.group), manager);
    await admin.remove(resources.configMap, { namespace, name: `${followed.group}-two` });
    await until('the removal', () => followed.changes.includes('deleted two'));
    expect(followed.changes).toEqual([...first, 'modified one', 'deleted two']);
  });

  it('an event that is dropped is found by the next list', async () => {
    const followed = await follow({ relistMs: 2_000 });
    await treat(followed, () => []);
    await admin.remove(resources.configMap, { namespace, name: `${followed.group}-two` });
    await until('the removal', () => followed.changes.includes('deleted two'));
    expect(followed.reasons).toContain('period');
  });

  it('a watch that stalls is given up, and what it withheld comes', async () => {
    const followed = await follow({ watchMs: 1_000, watchdogMs: 500 });
    await treat(followed, () => 'stall');
    await admin.apply(map(`${followed.group}-one`, { a: '1' }, followed.group), manager);
    await until('the change', () => followed.changes.includes('modified one'));
    expect(followed.codes).toContain('watch-stalled');
    expect(followed.reasons).toEqual(['first']);
  });

  it('410 leads to a list, and a removal in the gap is told', async () => {
    const followed = await follow();
    followed.expire();
    await admin.remove(resources.configMap, { namespace, name: `${followed.group}-two` });
    await until('the removal', () => followed.changes.includes('deleted two'));
    await until('the list', () => followed.reasons.includes('expired'));
  });

  it('an empty list with status 200 removes nothing', async () => {
    const followed = await follow();
    const watches = followed.proxy.calls.filter(isWatch).length;
    let lies = 1;
    followed.proxy.rule((call) => {
      if (isWatch(call) && followed.proxy.calls.filter(isWatch).length === watches + 1) {
        return { answer: { status: 410, reason: 'Expired' } };
      }
      if (!isList(call) || lies === 0) return undefined;
      lies -= 1;
      return { edit: emptied };
    });
    followed.proxy.cut();
    await until('the list', () => followed.reasons.includes('expired'));
    expect(lies).toBe(0);
    expect(followed.changes).toEqual(first);
    expect(followed.informer.size()).toBe(2);
  });

  it('a list from the past is refused until the server has caught up', async () => {
    const followed = await follow();
    const old = await admin.request('GET', `/api/v1/namespaces/${namespace}/configmaps`, {
      query: { labelSelector: `group=${followed.group}` },
    });
    await admin.create(map(`${followed.group}-three`, {}, followed.group));
    await until('the third', () => followed.informer.size() === 3);
    let lies = 3;
    let expired = false;
    followed.proxy.rule((call) => {
      if (isWatch(call) && !expired) {
        expired = true;
        return { answer: { status: 410, reason: 'Expired' } };
      }
      if (!isList(call) || lies === 0) return undefined;
      lies -= 1;
      return { edit: (answer) => ({ ...answer, body: old.body }) };
    });
    followed.proxy.cut();
    await until('the list', () => followed.reasons.includes('expired'));
    expect(followed.codes.filter((code) => code === 'stale-list')).toHaveLength(3);
    expect(followed.changes).toEqual([...first, 'added three']);
  });

  it('a list that fails again and again removes nothing, and following goes on afterwards', async () => {
    const followed = await follow();
    followed.expire();
    followed.proxy.rule((call) => (isWatch(call) ? { answer: { status: 410 } } : { answer: { status: 500 } }));
    await until('failures', () => followed.codes.filter((code) => code === 'server-error').length >= 3);
    expect(followed.informer.size()).toBe(2);
    followed.proxy.rule(() => undefined);
    await admin.apply(map(`${followed.group}-one`, { a: '1' }, followed.group), manager);
    await until('the change', () => followed.changes.includes('modified one'));
    expect(followed.changes).toEqual([...first, 'modified one']);
  });

  it('a continued list whose version is compacted starts again, and nothing of it is told before it is whole', async () => {
    const { proxy, client } = await setUp({ maxAttempts: 1 });
    const group = uniqueName('group');
    for (const name of ['a', 'b', 'c']) await admin.create(map(`${group}-${name}`, {}, group));
    const sizes: number[] = [];
    proxy.rule(
      once((call) => call.query.has('continue'), {
        before: () => {
          sizes.push(informer.size());
        },
        answer: { status: 410, reason: 'Expired' },
      }),
    );
    const informer = startInformer({
      client,
      resource: resources.configMap,
      namespace,
      labelSelector: `group=${group}`,
      pageSize: 1,
      maxBackoffMs: 100,
    });
    closers.push(() => informer.stop());
    await informer.synced;
    expect(sizes).toEqual([0]);
    expect(informer.size()).toBe(3);
  });
});
