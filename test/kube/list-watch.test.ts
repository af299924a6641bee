import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../../kube/client.ts';
import { type Informer, type InformerOptions, startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { configMap, configMapList, type FakeApi, type Responder, startFakeApi } from '../support/fake-api.ts';

/** Plays a server with one collection: `list` answers lists, `watch` receives each watch that is opened. */
interface Stage {
  readonly api: FakeApi;
  readonly informer: Informer<unknown>;
  /** `added one`, `modified one`, ... in order. */
  readonly changes: string[];
  readonly interruptions: string[];
  readonly relists: string[];
  /** resourceVersion of each watch that was opened. */
  readonly watchedFrom: string[];
  readonly watches: Responder[];
  /** Lists to answer, one after another; the last one stays. */
  readonly lists: ((respond: Responder) => void)[];
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const listing =
  (version: string, ...items: ReturnType<typeof configMap>[]) =>
  (respond: Responder): void =>
    respond.json(200, configMapList(items, version));

async function setUp(
  lists: ((respond: Responder) => void)[],
  options: Partial<InformerOptions<unknown>> = {},
  present: readonly string[] = [],
): Promise<Stage> {
  const changes: string[] = [];
  const interruptions: string[] = [];
  const relists: string[] = [];
  const watchedFrom: string[] = [];
  const watches: Responder[] = [];
  const api = await startFakeApi((request, respond) => {
    const named = /\/configmaps\/(.+)$/.exec(request.path)?.[1];
    if (named !== undefined) {
      if (present.includes(named)) respond.json(200, configMap(named, '5'));
      else respond.status(404, 'NotFound');
      return;
    }
    if (request.query.get('watch') === null) {
      const next = lists.length > 1 ? lists.shift() : lists[0];
      next?.(respond);
      return;
    }
    watchedFrom.push(request.query.get('resourceVersion') ?? '');
    respond.watch();
    watches.push(respond);
  });
  const client = createClient(api.connection, { maxAttempts: 1 });
  const informer = startInformer<unknown>({
    client,
    resource: resources.configMap,
    maxBackoffMs: 20,
    random: () => 0,
    onChange: (key, kind) => changes.push(`${kind} ${key.split('/')[1]}`),
    metrics: {
      interrupted: (_, code) => interruptions.push(code),
      relisted: (_, reason) => relists.push(reason),
    },
    ...options,
  });
  closers.push(
    () => api.close(),
    () => client.close(),
    () => informer.stop(),
  );
  return { api, informer, changes, interruptions, relists, watchedFrom, watches, lists };
}

const watchNumber = ({ watches }: Stage, count: number): Promise<Responder> =>
  until(`watch ${count}`, () => watches[count - 1]);

describe('following', () => {
  it('tells what the list holds and each event after it, in order', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'), configMap('two', '6'))]);
    await stage.informer.synced;
    const watch = await watchNumber(stage, 1);
    watch.event('MODIFIED', configMap('one', '11'));
    watch.event('ADDED', configMap('three', '12'));
    watch.event('DELETED', configMap('two', '13'));
    await until('the last event', () => !stage.informer.has('default/two'));
    expect(stage.changes).toEqual(['added one', 'added two', 'modified one', 'added three', 'deleted two']);
    expect(stage.informer.keys().sort()).toEqual(['default/one', 'default/three']);
    expect(stage.informer.resourceVersion).toBe('13');
    expect(stage.watchedFrom).toEqual(['10']);
  });

  it('pages are put together before anything is told', async () => {
    const stage = await setUp([
      (respond) => respond.json(200, configMapList([configMap('one', '1')], '10', 'more')),
      (respond) => respond.status(410, 'Expired'),
      (respond) => respond.json(200, configMapList([configMap('one', '1')], '12', 'more')),
      listing('12', configMap('two', '2')),
    ]);
    await stage.informer.synced;
    expect(stage.changes).toEqual(['added one', 'added two']);
    expect(stage.informer.resourceVersion).toBe('12');
    expect(stage.interruptions).toEqual(['expired']);
  });

  it('a watch that ends in time is opened again from the last version, also one that only a bookmark brought', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))]);
    const first = await watchNumber(stage, 1);
    first.event('BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '99' } });
    first.end();
    await watchNumber(stage, 2);
    expect(stage.watchedFrom).toEqual(['10', '99']);
    expect(stage.changes).toEqual(['added one']);
    expect(stage.interruptions).toEqual([]);
  });

  it('lists again after the period, and tells only the differences', async () => {
    const stage = await setUp(
      [listing('10', configMap('one', '5'), configMap('two', '6')), listing('20', configMap('one', '5'))],
      { relistMs: 1000 },
    );
    (await watchNumber(stage, 1)).event('ADDED', configMap('three', '11'));
    setTimeout(() => stage.watches[0]?.end(), 1000);
    await until('the second list', () => stage.relists.includes('period'));
    expect(stage.changes).toEqual(['added one', 'added two', 'added three', 'deleted two', 'deleted three']);
  });

  it('an object is frozen and has no managedFields', async () => {
    const item = configMap('one', '5', { a: '1' });
    const stage = await setUp([
      listing('10', { ...item, metadata: { ...item.metadata, managedFields: [{}] } } as typeof item),
    ]);
    await stage.informer.synced;
    const object = stage.informer.get('default/one') as KubeObject;
    expect(object.metadata.managedFields).toBeUndefined();
    expect(object).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(() => {
      (object['data'] as Record<string, string>)['a'] = '2';
    }).toThrow(TypeError);
  });

  it('with a transform only its result is kept', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))], {
      transform: (object) => object.metadata.resourceVersion,
    });
    await stage.informer.synced;
    expect(stage.informer.list()).toEqual(['5']);
  });

  it('a handler that throws does not end the following', async () => {
    const told: string[] = [];
    const stage = await setUp([listing('10', configMap('one', '5'), configMap('two', '6'))], {
      onChange(key) {
        told.push(key);
        throw new Error('broken handler');
      },
    });
    (await watchNumber(stage, 1)).event('ADDED', configMap('three', '11'));
    await until('the event', () => told.length === 3);
  });

  it('after stop nothing is told, and waiting for the first list ends', async () => {
    const stage = await setUp([() => undefined]);
    await stage.informer.stop();
    await expect(stage.informer.synced).rejects.toMatchObject({ code: 'informer-stopped' });
  });
});

describe('what goes wrong', () => {
  it('a duplicated event changes nothing', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))]);
    const watch = await watchNumber(stage, 1);
    for (const _ of [1, 2, 3]) watch.event('MODIFIED', configMap('one', '11'));
    watch.event('ADDED', configMap('end', '12'));
    await until('the end', () => stage.informer.has('default/end'));
    expect(stage.changes).toEqual(['added one', 'modified one', 'added end']);
  });

  it('an event that comes late for one object is dropped, for another object it counts', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))]);
    const watch = await watchNumber(stage, 1);
    watch.event('MODIFIED', configMap('one', '13'));
    watch.event('MODIFIED', configMap('one', '11'));
    watch.event('ADDED', configMap('two', '12'));
    await until('the end', () => stage.informer.has('default/two'));
    expect(stage.changes).toEqual(['added one', 'modified one', 'added two']);
    expect(stage.informer.resourceVersion).toBe('13');
  });

  it('an event from before a removal does not bring the object back', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))]);
    const watch = await watchNumber(stage, 1);
    watch.event('DELETED', configMap('one', '12'));
    watch.event('MODIFIED', configMap('one', '11'));
    watch.event('ADDED', configMap('gone', '8'));
    watch.event('ADDED', configMap('end', '13'));
    await until('the end', () => stage.informer.has('default/end'));
    expect(stage.informer.keys()).toEqual(['default/end']);
    expect(stage.changes).toEqual(['added one', 'deleted one', 'added end']);
  });

  it('versions are compared as numbers', async () => {
    const stage = await setUp([listing('99', configMap('one', '98'))]);
    const watch = await watchNumber(stage, 1);
    watch.event('MODIFIED', configMap('one', '100'));
    watch.event('MODIFIED', configMap('one', '99'));
    await until('the change', () => stage.changes.includes('modified one'));
    watch.cut();
    await watchNumber(stage, 2);
    expect(stage.watchedFrom[1]).toBe('100');
  });

  it('410 in the middle of a watch leads to a list, and a removal in the gap is told', async () => {
    const stage = await setUp([
      listing('10', configMap('one', '5'), configMap('two', '6')),
      listing('30', configMap('one', '5')),
    ]);
    (await watchNumber(stage, 1)).event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    await watchNumber(stage, 2);
    expect(stage.relists).toEqual(['first', 'expired']);
    expect(stage.changes).toEqual(['added one', 'added two', 'deleted two']);
    expect(stage.watchedFrom).toEqual(['10', '30']);
  });

  it('a cut connection leads to a watch from the last version, without a list', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))]);
    const watch = await watchNumber(stage, 1);
    watch.event('MODIFIED', configMap('one', '11'));
    await until('the event', () => stage.changes.length === 2);
    watch.cut();
    await watchNumber(stage, 2);
    expect(stage.watchedFrom).toEqual(['10', '11']);
    expect(stage.relists).toEqual(['first']);
  });

  it('a garbage line is not skipped: the watch starts again before it, and after three of them a list is made', async () => {
    const stage = await setUp([listing('10', configMap('one', '5')), listing('20', configMap('one', '15'))]);
    for (const number of [1, 2, 3]) {
      const watch = await watchNumber(stage, number);
      watch.raw('{"type":"MODIFIED","object":{"metada\n');
      watch.event('MODIFIED', configMap('one', '12'));
    }
    await watchNumber(stage, 4);
    expect(stage.interruptions).toEqual(['watch-garbled', 'watch-garbled', 'watch-garbled']);
    expect(stage.watchedFrom).toEqual(['10', '10', '10', '20']);
    expect(stage.relists).toEqual(['first', 'garbled']);
  });

  it('a watch that goes silent past its time is given up and started again from the last version', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))], { watchMs: 1000, watchdogMs: 300 });
    const startedMs = performance.now();
    await watchNumber(stage, 2);
    expect(performance.now() - startedMs).toBeGreaterThan(950);
    expect(stage.interruptions).toEqual(['watch-stalled']);
    expect(stage.watchedFrom).toEqual(['10', '10']);
  });

  it('watches that end at once are not opened in a hot loop', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))], { maxBackoffMs: 10_000 });
    const timer = setInterval(() => stage.watches.at(-1)?.end(), 1);
    await until('five watches', () => stage.watches.length >= 5);
    clearInterval(timer);
    expect(stage.interruptions).toContain('watch-short');
  });

  it('a list that is older than the cache is refused, and the cache kept', async () => {
    const stage = await setUp([
      listing('10', configMap('one', '5')),
      listing('8', configMap('old', '3')),
      listing('9'),
      listing('12', configMap('one', '12')),
    ]);
    (await watchNumber(stage, 1)).event('ERROR', { kind: 'Status', code: 410 });
    await watchNumber(stage, 2);
    expect(stage.interruptions).toEqual(['expired', 'stale-list', 'stale-list']);
    expect(stage.changes).toEqual(['added one', 'modified one']);
  });

  it('a sudden empty list is read again, and not believed when the second says otherwise', async () => {
    const stage = await setUp([
      listing('10', configMap('one', '5')),
      listing('20'),
      listing('21', configMap('one', '5')),
    ]);
    (await watchNumber(stage, 1)).event('ERROR', { kind: 'Status', code: 410 });
    await watchNumber(stage, 2);
    expect(stage.changes).toEqual(['added one']);
    expect(stage.informer.resourceVersion).toBe('21');
  });

  it('a sudden empty list is not believed when the second read fails', async () => {
    const stage = await setUp([
      listing('10', configMap('one', '5')),
      listing('20'),
      (respond) => respond.status(500, 'InternalError'),
      listing('21', configMap('one', '5')),
    ]);
    (await watchNumber(stage, 1)).event('ERROR', { kind: 'Status', code: 410 });
    await watchNumber(stage, 2);
    expect(stage.changes).toEqual(['added one']);
  });

  it('an empty list is never believed while an object of it is found by its name', async () => {
    const stage = await setUp([listing('10', configMap('one', '5')), listing('20')], {}, ['one']);
    (await watchNumber(stage, 1)).event('ERROR', { kind: 'Status', code: 410 });
    await until(
      'it was refused again and again',
      () => stage.interruptions.filter((code) => code === 'empty-list').length > 2,
    );
    expect(stage.changes).toEqual(['added one']);
    stage.lists.splice(0, 1, listing('21', configMap('one', '5')));
    await watchNumber(stage, 2);
    expect(stage.changes).toEqual(['added one']);
  });

  it('an empty list is believed when the object that is found is no longer selected', async () => {
    const labelSelector = 'kept=yes';
    const stage = await setUp([listing('10', configMap('one', '5')), listing('20')], { labelSelector }, ['one']);
    (await watchNumber(stage, 1)).event('ERROR', { kind: 'Status', code: 410 });
    await watchNumber(stage, 2);
    expect(stage.changes).toEqual(['added one', 'deleted one']);
  });

  it('an empty list that is confirmed is believed', async () => {
    const stage = await setUp([listing('10', configMap('one', '5')), listing('20')]);
    (await watchNumber(stage, 1)).event('ERROR', { kind: 'Status', code: 410 });
    await watchNumber(stage, 2);
    expect(stage.changes).toEqual(['added one', 'deleted one']);
    const reads = stage.api.requests.filter(
      ({ path, query }) => query.get('watch') === null && !path.includes('maps/'),
    );
    expect(reads.map((request) => request.query.get('resourceVersion'))).toEqual([null, null, null]);
  });

  it('a server that refuses the list is asked again until it answers', async () => {
    const stage = await setUp([
      (respond) => respond.status(500, 'InternalError'),
      (respond) => respond.status(403, 'Forbidden'),
      (respond) => respond.cut(),
      listing('10', configMap('one', '5')),
    ]);
    await stage.informer.synced;
    expect(stage.interruptions).toEqual(['server-error', 'forbidden', 'connection-lost']);
  });

  it('Retry-After of the server is waited for', async () => {
    const stage = await setUp([
      (respond) => respond.status(429, 'TooManyRequests', { 'retry-after': '40' }),
      listing('10', configMap('one', '5')),
    ]);
    await until('the refusal', () => stage.interruptions.length === 1);
    const early = await Promise.race([
      stage.informer.synced.then(() => true),
      new Promise((resolve) => setTimeout(() => resolve(false), 500)),
    ]);
    expect(early).toBe(false);
  });

  it('the age of the last contact grows while the server is away', async () => {
    const stage = await setUp([listing('10', configMap('one', '5'))]);
    expect(stage.informer.lastContactMs()).toBe(Number.POSITIVE_INFINITY);
    await watchNumber(stage, 1);
    expect(stage.informer.lastContactMs()).toBeLessThan(5_000);
    await stage.api.close();
    await until('an old contact', () => stage.informer.lastContactMs() > 200);
    expect(stage.informer.get('default/one')).toBeDefined();
  });
});
