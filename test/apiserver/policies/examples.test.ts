import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRules } from '../../../policies/index.ts';
import { refusalText } from '../../../policies/rule.ts';
import { exampleRequest, type PolicyCentre, startPolicyCentre, tryOnServer } from '../../support/policies.ts';

let policies: PolicyCentre;

beforeAll(async () => {
  policies = await startPolicyCentre('policies');
}, 120_000);
afterAll(() => policies?.stop());

describe.each(allRules.map((rule) => [rule.id, rule] as const))('the examples of %s', (_, rule) => {
  it('are taken and refused by the API server, in the words of the rule', async () => {
    expect(await tryOnServer(policies, exampleRequest(rule, rule.passing))).toEqual({ allowed: true });
    const refused = await tryOnServer(policies, exampleRequest(rule, rule.failing));
    expect(refused.message).toContain(refusalText(rule));
  });
});
