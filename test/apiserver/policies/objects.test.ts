import type fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRules } from '../../../policies/index.ts';
import { objectRules } from '../../../policies/object-rules.ts';
import {
  exampleNamespace,
  type PolicyCentre,
  prober,
  standbyNamespace,
  startPolicyCentre,
  type Trial,
} from '../../support/policies.ts';
import { describeAgreement } from '../../support/policy-agreement.ts';
import { platformObjectTrials, readOnlyTrials } from '../../support/policy-trials.ts';
import { closedTrials } from '../../support/policy-trials-closed.ts';
import { kindTrials } from '../../support/policy-trials-kinds.ts';
import { namespaceTrials } from '../../support/policy-trials-namespaces.ts';

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

describeAgreement(rules, trials, () => policies);

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
