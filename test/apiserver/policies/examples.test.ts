import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../../kube/resource.ts';
import { allRules } from '../../../policies/index.ts';
import { policyOf } from '../../../policies/objects.ts';
import { policyName, refusalText } from '../../../policies/rule.ts';
import { cloud } from '../../core/decide/fixture.ts';
import { until } from '../../support/centre.ts';
import { exampleRequest, type PolicyCentre, startPolicyCentre, tryOnServer } from '../../support/policies.ts';

const versions = ['v1', 'v2', 'v1alpha1'];

let policies: PolicyCentre;

beforeAll(async () => {
  policies = await startPolicyCentre('policies');
}, 120_000);
afterAll(() => policies?.stop());

describe('the expressions of the rules', () => {
  it('fit the types of every kind that the API server can look up for them', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    // The server looks types up for named versions and in validations only, so each rule is written down once more so.
    for (const rule of allRules) {
      const policy = policyOf(rule, cloud.groups);
      const spec = policy['spec'] as { matchConstraints: { resourceRules: object[] }; validations: object[] };
      const resourceRules = spec.matchConstraints.resourceRules.map((one) => ({ ...one, apiVersions: versions }));
      const parts = [...(rule.variables ?? []), ...(rule.when ?? [])];
      const validations = [...spec.validations, ...parts.map(({ cel }) => ({ expression: `[${cel}].size() == 1` }))];
      const body = {
        ...policy,
        metadata: { name: `typed-${policyName(rule)}` },
        spec: { ...spec, validations, matchConstraints: { ...spec.matchConstraints, resourceRules } },
      };
      await policies.admin.request('POST', path, { body });
    }
    const checked = await until(
      'all are checked',
      async () => {
        const { items } = await policies.admin.list(resources.validatingAdmissionPolicy);
        const typed = items.filter(({ metadata }) => metadata.name.startsWith('typed-'));
        return typed.every(({ status }) => status !== undefined && 'typeChecking' in (status as object))
          ? typed
          : undefined;
      },
      60_000,
    );
    expect(checked.length).toBe(allRules.length);
    const warned = checked.filter(({ status }) => {
      const { typeChecking } = status as { typeChecking: { expressionWarnings?: object[] } };
      return (typeChecking.expressionWarnings ?? []).length > 0;
    });
    expect(warned.map(({ metadata, status }) => [metadata.name, status])).toEqual([]);
  });
});

describe.each(allRules.map((rule) => [rule.id, rule] as const))('the examples of %s', (_, rule) => {
  it('are taken and refused by the API server, in the words of the rule', async () => {
    expect(await tryOnServer(policies, exampleRequest(rule, rule.passing))).toEqual({ allowed: true });
    const refused = await tryOnServer(policies, exampleRequest(rule, rule.failing));
    expect(refused.message).toContain(refusalText(rule));
  });
});
