import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Condition,
  type ConditionWish,
  findCondition,
  setCondition,
  setConditions,
} from '../../kube/conditions.ts';

const wishes = fc.array(
  fc.record<ConditionWish>({
    type: fc.constantFrom('Ready', 'Approved', 'Placed'),
    status: fc.constantFrom('True', 'False', 'Unknown'),
    reason: fc.constantFrom('A', 'B'),
    message: fc.constantFrom('', 'm'),
    observedGeneration: fc.integer({ min: 1, max: 3 }),
  }),
);
const ready: ConditionWish = { type: 'Ready', status: 'True', reason: 'Done', message: '', observedGeneration: 1 };

describe('setCondition', () => {
  it('keeps the transition time while the status stays, and moves it when the status changes', () => {
    const first = setCondition([], ready, Date.UTC(2026, 0, 1));
    const second = setCondition(first, { ...ready, reason: 'Other' }, Date.UTC(2026, 0, 2));
    const third = setCondition(second, { ...ready, status: 'False' }, Date.UTC(2026, 0, 3));
    const times = [first, second, third].map((list) => findCondition(list, 'Ready')?.lastTransitionTime);
    expect(times).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z']);
  });

  it('setting the same again gives the same list, whatever the time', () => {
    fc.assert(
      fc.property(wishes, fc.nat(), (list, now) => {
        const once = setConditions([], list, 0);
        for (const condition of once) {
          const { lastTransitionTime: _, ...wish } = condition;
          expect(setCondition(once, wish, now)).toBe(once);
        }
      }),
    );
  });

  it('is sorted by type, has each type once, and leaves the other types alone', () => {
    fc.assert(
      fc.property(wishes, (list) => {
        const types = setConditions([], list, 0).map((condition) => condition.type);
        expect(types).toEqual([...new Set(list.map((wish) => wish.type))].sort());
      }),
    );
    const other: Condition = { ...ready, type: 'Theirs', lastTransitionTime: 'then' };
    expect(setCondition([other], ready, 0)).toContain(other);
  });
});
