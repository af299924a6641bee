import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allRules, judge, ruleOfRefusal } from '../../policies/index.ts';
import { policyName, refusalText } from '../../policies/rule.ts';
import { exampleRequest, placeOf } from '../support/policies.ts';

const ids = allRules.map((rule) => rule.id);

describe.each(allRules.map((rule) => [rule.id, rule] as const))('the rule %s', (_, rule) => {
  it('allows its passing example and refuses its failing one, and no other rule has a word about either', () => {
    const verdict = (example: typeof rule.passing) => {
      const request = exampleRequest(rule, example);
      return judge(request, placeOf(request)).map((breach) => breach.rule.id);
    };
    expect(verdict(rule.passing)).toEqual([]);
    expect(verdict(rule.failing)).toEqual([rule.id]);
  });

  it('points at the forbidden field in its failing example', () => {
    const request = exampleRequest(rule, rule.failing);
    const breaches = judge(request, placeOf(request));
    expect(breaches[0]?.paths.length).toBeGreaterThan(0);
  });

  it('has a file of its own name, a sentence and a reason in both languages', () => {
    const file = `${policyName(rule).replace('jinhong-', '')}.ts`;
    expect(readdirSync(join(import.meta.dirname, '../../policies'))).toContain(file);
    for (const text of [rule.text, rule.why]) {
      expect(text.zh).toMatch(/\p{Script=Han}/u);
      expect(text.en).toMatch(/^[\x20-\x7e]+$/);
    }
  });

  it('is found again in the words of a refusal', () => {
    expect(ruleOfRefusal(`denied request: ${refusalText(rule)}`)).toBe(rule);
  });
});

describe('the set of rules', () => {
  it('has each id once', () => {
    expect(new Set(ids).size).toBe(ids.length);
  });
});
