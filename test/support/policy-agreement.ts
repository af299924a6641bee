/** That rules and API server agree about generated writes; the same test for every rule that has trials. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCovered, judge } from '../../policies/index.ts';
import type { Rule } from '../../policies/rule.ts';
import { deviations, type PolicyCentre, placeOf, type Trial } from './policies.ts';

/** Per rule; both verdicts must make up at least a fifth of them. */
const wanted = 500;

/** A test for each rule, on the centre that is there by the time it runs. */
export function describeAgreement(
  rules: readonly Rule[],
  trials: Readonly<Record<string, fc.Arbitrary<Trial>>>,
  centre: () => PolicyCentre,
): void {
  describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
    it('says the same as the API server about generated writes of all that it covers', {
      timeout: 240_000,
    }, async () => {
      const arbitrary = trials[id];
      if (arbitrary === undefined) throw new Error(`no trials for ${id}`);
      const requests = fc.sample(arbitrary, { numRuns: wanted, seed: 4 });
      expect(requests.filter((request) => isCovered(rule, request)).length).toBe(wanted);
      const refused = requests.filter((request) => judge(request, placeOf(request), [rule]).length > 0).length;
      expect(Math.min(refused, wanted - refused)).toBeGreaterThanOrEqual(wanted / 5);
      expect(await deviations(centre(), requests)).toEqual([]);
    });
  });
}
