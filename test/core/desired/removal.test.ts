import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Leaving, removalStep, retainMsOf } from '../../../core/desired/index.ts';

const leaving = (more: Partial<Leaving> = {}): Leaving => ({
  removed: true,
  retiringSinceMs: 1_000,
  nowMs: 5_000,
  retainMs: 2_000,
  namespace: 'present',
  ...more,
});

describe('a removal', () => {
  it('deletes when it was decided and the own retention is over', () => {
    expect(removalStep(leaving())).toEqual({ type: 'delete' });
  });

  it('waits for the rest of the retention, from the first sight on', () => {
    expect(removalStep(leaving({ nowMs: 2_500 }))).toEqual({ type: 'wait', untilMs: 3_000 });
    expect(removalStep(leaving({ retiringSinceMs: undefined }))).toEqual({ type: 'wait', untilMs: 7_000 });
  });

  it('is none while the Grant only says Retiring, however long ago', () => {
    expect(removalStep(leaving({ removed: false, nowMs: 1e12 }))).toEqual({ type: 'keep' });
  });

  it('is told to be under way, and to be over', () => {
    expect(removalStep(leaving({ namespace: 'terminating' }))).toEqual({ type: 'terminating' });
    expect(removalStep(leaving({ namespace: 'absent' }))).toEqual({ type: 'gone' });
  });

  it('never deletes before the retention is over, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.integer(), fc.option(fc.integer(), { nil: undefined }), fc.nat(), (nowMs, since, retainMs) => {
        const step = removalStep(leaving({ nowMs, retiringSinceMs: since, retainMs }));
        if (step.type === 'delete') expect(nowMs - (since ?? nowMs)).toBeGreaterThanOrEqual(retainMs);
      }),
    );
  });

  it('keeps production longer than the rest', () => {
    const cloud = { retain: { production: '30d', other: '7d' } };
    expect(retainMsOf(cloud, 'production')).toBe(30 * 86_400_000);
    expect(retainMsOf(cloud, 'trial')).toBe(7 * 86_400_000);
  });
});
