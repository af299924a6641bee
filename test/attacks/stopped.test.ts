/** Case 57: every controller of every centre is stopped, and the same table has the same verdicts. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readPods } from '../../local/node-process.ts';
import { until } from '../support/centre.ts';
import { waitReady } from '../support/tenancy.ts';
import { benchmarkCases } from './cases/benchmark.ts';
import { attackCases } from './cases/index.ts';
import { record, titles } from './support/record.ts';
import { asRoot, openStage, type Stage } from './support/stage.ts';
import { type CaseResult, runCase } from './support/table.ts';

let stage: Stage;
const results: CaseResult[] = [];
const deployments = '/apis/apps/v1/namespaces/jinhong-system/deployments';

interface Deployments {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

/** Sets the replicas of all controllers at all centres, as the platform. */
async function scale(replicas: number): Promise<void> {
  for (const site of stage.sites) {
    const { items } = JSON.parse(await asRoot(stage, { method: 'GET', path: deployments }, site)) as Deployments;
    for (const { metadata } of items) {
      const path = `${deployments}/${metadata.name}/scale`;
      const body = { spec: { replicas } };
      await asRoot(stage, { method: 'PATCH', path, contentType: 'application/merge-patch+json', body }, site);
    }
  }
}

beforeAll(async () => {
  stage = await openStage();
  await scale(0);
  await until('every controller is gone', () => readPods(inject('cloud').dir).length === 0, 60_000);
});
afterAll(async () => {
  await scale(1);
  await until(
    'the controllers are ready',
    () => readPods(inject('cloud').dir).filter((pod) => pod.ready).length >= 4,
    60_000,
  );
  // Something must be decided and told by every site before the next file begins.
  await waitReady(stage.cast, 'alpha', 'attack', 'True');
  await stage.close();
  const rows = (cases: typeof attackCases) => cases.map(({ id, title }) => ({ id, title: title.en }));
  record({ title: titles.cases, rows: rows(attackCases) }, results, true);
  record({ title: titles.benchmark, rows: rows(benchmarkCases) }, results, true);
});

describe('with every controller stopped', () => {
  it('no process of a controller is left', () => {
    expect(readPods(inject('cloud').dir)).toEqual([]);
  });

  it.for([...attackCases, ...benchmarkCases].map((one) => [`${one.id} ${one.title.en}`, one] as const))(
    '%s',
    async ([, attack]) => {
      results.push(await runCase(stage, attack));
    },
  );
});
