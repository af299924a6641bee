import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRules } from '../../../policies/index.ts';
import { installForPods } from '../../support/pod-arbitrary.ts';
import { type PolicyCentre, startPolicyCentre } from '../../support/policies.ts';
import { type Removal, tryRemovals } from '../../support/policy-removal.ts';

let policies: PolicyCentre;
let removals: readonly Removal[];
const of = (id: string) => removals.find(({ rule }) => rule.id === id);

beforeAll(async () => {
  policies = await startPolicyCentre('removal');
  await installForPods(policies);
  removals = await tryRemovals(policies, allRules);
}, 600_000);
afterAll(() => policies?.stop());

describe.each(allRules.map(({ id }) => id))('every part of %s', (id) => {
  it('is needed: without it some write is judged otherwise', () => {
    expect(of(id)?.missed).toEqual([]);
  });

  it('and the whole judges all these writes as the rule does', () => {
    expect(of(id)?.wrong).toEqual([]);
  });
});
