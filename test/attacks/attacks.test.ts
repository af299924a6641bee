/** The cases of the catalogue, tried by members with their own certificates while the controllers run. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyNames } from '../../core/desired/names.ts';
import type { KubeObject } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { attackCases } from './cases/index.ts';
import { record, titles } from './support/record.ts';
import { asRoot, openStage, type Stage, setMembers } from './support/stage.ts';
import { type CaseResult, runCase } from './support/table.ts';

let stage: Stage;
const results: CaseResult[] = [];
const rows = attackCases.map(({ id, title }) => ({ id, title: title.en }));

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.close();
  record({ title: titles.cases, rows }, results, false);
});

describe('refused, and nothing changes:', () => {
  it('every controller runs', () => {
    expect(stage.controllers()).toBe(true);
  });

  it.for(attackCases.map((one) => [`${one.id} ${one.title.en}`, one] as const))('%s', async ([, attack]) => {
    results.push(await runCase(stage, attack));
  });
});

describe('what even the platform cannot leave open:', () => {
  it('a default deny that break-glass removed is back in seconds', async () => {
    const path = `/apis/networking.k8s.io/v1/namespaces/${stage.own}/networkpolicies/${policyNames.defaultDeny}`;
    const { uid } = (await stage.live(path)).metadata;
    await asRoot(stage, { method: 'DELETE', path });
    await until('the default deny is back', async () => {
      const { status, text } = await stage.root().send({ method: 'GET', path });
      return status === 200 && (JSON.parse(text) as KubeObject).metadata.uid !== uid;
    });
  });

  it('a member that the request no longer names is let in nowhere', async () => {
    const names = { method: 'GET', path: `/api/v1/namespaces/${stage.own}/configmaps` };
    const answers = async () =>
      Promise.all(stage.locals.map(async (site) => (await stage.wire('edit', site).send(names)).status));
    expect(await answers()).toContain(200);
    await setMembers(stage, ['admin', 'view']);
    await until('every centre refuses', async () => (await answers()).every((status) => status === 403), 30_000);
    await setMembers(stage, ['admin', 'edit', 'view']);
    await until('the member is back', async () => (await answers()).every((status) => status === 200), 30_000);
  });
});
