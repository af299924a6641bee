import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTotals } from '../../../controller/site/totals.ts';
import { sumAmounts } from '../../../core/decide/quota-math.ts';
import { usedBy } from '../../../core/desired/index.ts';
import type { GrantSpec } from '../../../core/model/grant.ts';
import type { Grant } from '../../../core/model/kinds.ts';
import { annotations } from '../../../core/model/names.ts';

function grantOf(pods: number, at?: string): Grant {
  const environment = { name: 'production', state: 'Active', quota: { pods: String(pods) } };
  const spec = { role: 'active', state: 'Active', environments: [environment] } as unknown as GrantSpec;
  const marks = at === undefined ? {} : { [annotations.roleChangeAcceptedAt]: at };
  return { metadata: { name: 'a', annotations: marks }, spec } as unknown as Grant;
}

describe('the sums over mirrored Grants', () => {
  it('are those of a count from the beginning, whatever was set, changed and removed before', () => {
    const change = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      pods: fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(change), fc.subarray(['a', 'b', 'c', 'd', 'e']), (changes, without) => {
        const totals = createTotals();
        const live = new Map<string, Grant>();
        for (const { name, pods } of changes) {
          if (pods === undefined) live.delete(name);
          else live.set(name, grantOf(pods));
          totals.set(name, live.get(name));
        }
        const others = [...live].filter(([name]) => !without.includes(name)).map(([, { spec }]) => usedBy(spec));
        expect(totals.usedWithout(without).pods ?? 0n).toBe(sumAmounts(others).pods ?? 0n);
      }),
    );
  });

  it('name the Grants that changed since a time, and no others', () => {
    const totals = createTotals();
    totals.set('early', grantOf(1, '2026-01-01T00:00:00Z'));
    totals.set('late', grantOf(1, '2026-01-01T01:00:00Z'));
    totals.set('gone', grantOf(1, '2026-01-01T01:00:00Z'));
    totals.set('gone', undefined);
    totals.set('never', grantOf(1));
    const since = Date.parse('2026-01-01T00:30:00Z');
    expect(totals.changedSince('roleChange', since)).toEqual(['late']);
    expect(totals.changedSince('removal', since)).toEqual([]);
  });
});
