import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controllerRules } from '../../../policies/controller-rules.ts';
import { isCovered, judge } from '../../../policies/index.ts';
import { deviations, type PolicyCentre, placeOf, startPolicyCentre } from '../../support/policies.ts';
import { reachTrials } from '../../support/policy-trials-reach.ts';

const wanted = 500;
let policies: PolicyCentre;

beforeAll(async () => {
  policies = await startPolicyCentre('reach');
}, 180_000);
afterAll(() => policies?.stop());

describe.each(controllerRules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it('says the same as the API server about generated writes of all that it covers', { timeout: 240_000 }, async () => {
    const arbitrary = reachTrials[id];
    if (arbitrary === undefined) throw new Error(`no trials for ${id}`);
    const requests = fc.sample(arbitrary, { numRuns: wanted, seed: 4 });
    expect(requests.filter((request) => isCovered(rule, request)).length).toBe(wanted);
    const refused = requests.filter((request) => judge(request, placeOf(request), [rule]).length > 0).length;
    expect(Math.min(refused, wanted - refused)).toBeGreaterThanOrEqual(wanted / 5);
    expect(await deviations(policies, requests)).toEqual([]);
  });
});
