import { describe, expect, it } from 'vitest';
import type { Centre } from '../../cli/provision/centres.ts';
import { eachAtMost, wavesOf } from '../../cli/provision/centres.ts';
import { lifeOfToken } from '../../cli/provision/join.ts';
import { findLost, readBack } from '../../cli/provision/read-back.ts';
import { exitCodeOfUp, type UpReport } from '../../cli/provision/up.ts';
import { standOf } from '../../cli/provision/wait.ts';
import type { Tenant } from '../../core/model/kinds.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { tenant } from '../core/decide/fixture.ts';

const condition = (status: 'True' | 'False' | 'Unknown', reason: string) => ({
  type: 'Ready',
  status,
  reason,
  message: 'why',
  lastTransitionTime: '2026-04-15T00:00:00Z',
});
const withStatus = (status: object): Tenant => ({
  ...tenant(),
  status: { observedGeneration: 1, state: 'Active', conditions: [], ...status } as never,
});
const stand = (one: Tenant) => standOf([one], new Set(['water/meters']));

describe('a tenant that up waits for', () => {
  it('is settled when it is ready, waits for people, is frozen or is refused', () => {
    expect(stand(withStatus({ conditions: [condition('True', 'Ready')] })).ready).toEqual(['water/meters']);
    const waitingFor = [{ part: 'funds', group: 'city-funds', since: '2026-04-15T00:00:00Z' }];
    expect(stand(withStatus({ waitingFor, conditions: [condition('True', 'Ready')] })).waiting).toEqual([
      'water/meters',
    ]);
    expect(stand(withStatus({ state: 'Frozen' })).waiting).toEqual(['water/meters']);
    expect(stand(withStatus({ state: 'Refused' })).refused).toEqual(['water/meters']);
  });

  it('is not settled before the controller saw this request, whatever it said of the one before', () => {
    const seen = withStatus({ conditions: [condition('True', 'Ready')] });
    const changed = { ...seen, metadata: { ...seen.metadata, generation: 2 } };
    expect(stand(changed).unsettled).toEqual([
      { ref: 'water/meters', condition: 'Seen', message: '', sinceMs: undefined },
    ]);
    expect(standOf([], new Set(['water/meters'])).unsettled).toHaveLength(1);
  });

  it('names its condition, message and since when', () => {
    expect(stand(withStatus({ conditions: [condition('Unknown', 'SiteSilent')] })).unsettled).toEqual([
      {
        ref: 'water/meters',
        condition: 'Ready',
        message: 'SiteSilent: why',
        sinceMs: Date.parse('2026-04-15T00:00:00Z'),
      },
    ]);
  });
});

describe('the exit code of up', () => {
  const report = (more: Partial<UpReport>): UpReport => ({
    platform: {},
    unreachable: {},
    joined: [],
    departments: { written: 0 },
    tenants: { created: [], updated: [], removed: [], foreign: [] },
    settled: { ready: [], waiting: [], refused: [], unsettled: [] },
    ...more,
  });
  const unsettled = [{ ref: 'a/b', condition: 'Ready', message: '', sinceMs: undefined }];

  it('is 5 with a centre down, also when something else is wrong, then 6, then 3, then 0', () => {
    const settled = { ready: [], waiting: [], refused: ['a/c'], unsettled };
    expect(exitCodeOfUp(report({ unreachable: { east: 'no' }, settled }))).toBe(5);
    expect(exitCodeOfUp(report({ settled }))).toBe(6);
    expect(exitCodeOfUp(report({ settled: { ...settled, unsettled: [] } }))).toBe(3);
    expect(exitCodeOfUp(report({}))).toBe(0);
  });

  it('is 3 when a tenant of another set was left alone', () => {
    const tenants = { created: ['a/b'], updated: [], removed: [], foreign: ['a/c'] };
    expect(exitCodeOfUp(report({ tenants }))).toBe(3);
  });
});

describe("a site's token", () => {
  const token = (payload: object) => `x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.y`;

  it('says how long it lives; what is no token says nothing', () => {
    expect(lifeOfToken(token({ iat: 100, exp: 400 }))).toEqual({ fromMs: 100_000, untilMs: 400_000 });
    expect(lifeOfToken(token({ iat: 100 }))).toBeUndefined();
    expect(lifeOfToken('nonsense')).toBeUndefined();
  });
});

describe('centres', () => {
  const centre = (name: string, wave: number) => ({ site: { name, wave } }) as unknown as Centre;

  it('are worked on wave by wave', () => {
    const waves = wavesOf([centre('c', 20), centre('a', 1), centre('b', 3), centre('d', 3)]);
    expect(waves.map((wave) => wave.map(({ site }) => site.name))).toEqual([['a'], ['b', 'd'], ['c']]);
  });

  it('never more at once than allowed, and one failure stops no other', async () => {
    let running = 0;
    let most = 0;
    const results = await eachAtMost([1, 2, 3, 4, 5], 2, async (value) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (value === 2) throw new Error('two');
      return value * 10;
    });
    expect(most).toBe(2);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
      10,
      'failed',
      30,
      40,
      50,
    ]);
  });
});

describe('reading decisions back', () => {
  const grant = (name: string, term: number, revision: number, more: object = {}): KubeObject => ({
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Grant',
    metadata: { name, uid: `uid-${name}`, resourceVersion: '9' },
    spec: { tenant: { department: 'water', name }, state: 'Active', epoch: 1, decision: { term, revision }, ...more },
  });

  /** A client over a few Grants that remembers what was written. */
  function clientOf(grants: readonly KubeObject[]) {
    const written: { how: string; object: KubeObject }[] = [];
    const write = (how: string) => async (object: KubeObject) => {
      written.push({ how, object });
      return object;
    };
    const client = {
      list: async () => ({ items: grants, resourceVersion: '1' }),
      get: async () => ({ data: { term: '3' } }),
      apply: write('apply'),
      create: write('create'),
      update: write('update'),
    };
    return { client: client as unknown as KubeClient, written };
  }
  const sites = (mirrors: readonly KubeObject[]) =>
    [{ site: { name: 'north' }, client: clientOf(mirrors).client }] as unknown as Centre[];

  it('finds what is missing or older at the management centre, and nothing that is equal or newer there', async () => {
    const { client } = clientOf([grant('equal', 1, 5), grant('older', 1, 5), grant('newer', 2, 1)]);
    const mirrors = [grant('equal', 1, 5), grant('older', 1, 6), grant('newer', 1, 9), grant('missing', 2, 2)];
    const lost = await findLost(client, sites(mirrors));
    expect(lost.grants.map(({ name }) => name)).toEqual(['missing', 'older']);
    expect(lost.term).toBe(2);
  });

  it('takes a mirror that says Removed for no loss, and a lower epoch for one', async () => {
    const { client } = clientOf([grant('moved', 1, 5)]);
    const mirrors = [grant('gone', 1, 5, { state: 'Removed' }), grant('moved', 1, 5, { epoch: 2 })];
    expect((await findLost(client, sites(mirrors))).grants.map(({ name }) => name)).toEqual(['moved']);
  });

  it('writes the term first, above every term known, then the decisions with it', async () => {
    const { client, written } = clientOf([grant('older', 1, 5)]);
    const lost = await findLost(client, sites([grant('older', 1, 6), grant('missing', 2, 2)]));
    expect(await readBack(client, lost)).toBe(4);
    expect(written[0]).toMatchObject({ how: 'apply', object: { kind: 'ConfigMap', data: { term: '4' } } });
    const decisions = written
      .slice(1)
      .map(({ how, object }) => [how, object.metadata.name, (object['spec'] as { decision: object }).decision]);
    expect(decisions).toEqual([
      ['create', 'missing', { term: 4, revision: 2 }],
      ['update', 'older', { term: 4, revision: 6 }],
    ]);
    expect(written[2]?.object.metadata.resourceVersion).toBe('9');
  });
});
