/** The multi-tenancy benchmark's checks, by the members of a tenant, while the controllers run. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchmarkCases } from './cases/benchmark.ts';
import { record, titles } from './support/record.ts';
import { openStage, type Stage } from './support/stage.ts';
import { type CaseResult, runCase } from './support/table.ts';

let stage: Stage;
const results: CaseResult[] = [];
const rows = benchmarkCases.map(({ id, title }) => ({ id, title: title.en }));

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.close();
  record({ title: titles.benchmark, rows }, results, false);
});

describe('the multi-tenancy benchmark', () => {
  it('has 19 checks, and three that were planned', () => {
    const ids = benchmarkCases.map(({ id }) => id);
    expect(ids.filter((id) => !id.includes('pending'))).toHaveLength(19);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.for(benchmarkCases.map((one) => [`${one.id} ${one.title.en}`, one] as const))('%s', async ([, check]) => {
    results.push(await runCase(stage, check));
  });
});
