import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRules, isCovered, judge } from '../../../policies/index.ts';
import { objectRules } from '../../../policies/object-rules.ts';
import {
  deviations,
  exampleNamespace,
  type PolicyCentre,
  placeOf,
  prober,
  standbyNamespace,
  startPolicyCentre,
  type Trial,
} from '../../support/policies.ts';
import { platformObjectTrials, readOnlyTrials } from '../../support/policy-trials.ts';
import { closedTrials } from '../../support/policy-trials-closed.ts';
import { kindTrials } from '../../support/policy-trials-kinds.ts';
import { namespaceTrials } from '../../support/policy-trials-namespaces.ts';

/** Per rule; both verdicts must make up at least a fifth of them. */
const wanted = 500;

let policies: PolicyCentre;

beforeAll(async () => {
  policies = await startPolicyCentre('objects');
}, 180_000);
afterAll(() => policies?.stop());

const trials: Readonly<Record<string, fc.Arbitrary<Trial>>> = {
  ...namespaceTrials,
  ...kindTrials,
  ...closedTrials,
  PlatformObject: platformObjectTrials,
  ReadOnlyEnvironment: readOnlyTrials,
};

const rules = allRules.filter((rule) => rule.id in trials);

it('every rule that is not about Pods is tried', () => {
  expect(objectRules.map(({ id }) => id).filter((id) => !(id in trials))).toEqual([]);
});

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it('says the same as the API server about generated writes of all that it covers', { timeout: 240_000 }, async () => {
    const arbitrary = trials[id];
    if (arbitrary === undefined) throw new Error(`no trials for ${id}`);
    const requests = fc.sample(arbitrary, { numRuns: wanted, seed: 4 });
    expect(requests.filter((request) => isCovered(rule, request)).length).toBe(wanted);
    const refused = requests.filter((request) => judge(request, placeOf(request), [rule]).length > 0).length;
    expect(Math.min(refused, wanted - refused)).toBeGreaterThanOrEqual(wanted / 5);
    expect(await deviations(policies, requests)).toEqual([]);
  });
});

describe('a container of an environment that can only be read', () => {
  it('cannot be entered by a member', async () => {
    const client = await policies.as(prober);
    const enter = async (namespace: string): Promise<string> => {
      const path = `/api/v1/namespaces/${namespace}/pods/nothing/exec`;
      const query = { command: 'id', stdout: 'true' };
      return client.request('POST', path, { query }).then(String, String);
    };
    expect(await enter(standbyNamespace)).toContain('ReadOnlyEnvironment');
    expect(await enter(exampleNamespace)).not.toContain('ReadOnlyEnvironment');
  });
});

describe('objects of the platform', () => {
  const path = `/api/v1/namespaces/${exampleNamespace}/configmaps`;
  const refusal = (call: Promise<unknown>) =>
    call.then(
      () => 'allowed',
      (error: unknown) => String(error),
    );

  it('cannot be named by the API server for somebody else', async () => {
    const client = await policies.as(prober);
    const named = (generateName: string) =>
      client.request('POST', path, { query: { dryRun: 'All' }, body: { metadata: { generateName } } });
    expect(await refusal(named('jinhong-'))).toContain('PlatformObject');
    expect(await refusal(named('zoo-'))).toBe('allowed');
  });

  it('do not go with a collection', async () => {
    const client = await policies.as(prober);
    const labels = { collection: 'yes' };
    const metadata = { name: 'jinhong-collected', labels };
    await policies.admin.request('POST', path, { body: { metadata } });
    const query = { labelSelector: 'collection=yes', dryRun: 'All' };
    expect(await refusal(client.request('DELETE', path, { query }))).toContain('PlatformObject');
    await policies.admin.request('POST', path, { body: { metadata: { name: 'collected', labels: { other: 'yes' } } } });
    const others = { labelSelector: 'other=yes', dryRun: 'All' };
    expect(await refusal(client.request('DELETE', path, { query: others }))).toBe('allowed');
  });
});
