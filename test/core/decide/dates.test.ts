import { describe, expect, it } from 'vitest';
import { entryOf, Ledger } from '../../../core/decide/ledger.ts';
import { dayMs, startMs, step, tenant } from './fixture.ts';

const onDay = (days: number, grants: Parameters<typeof entryOf>[0]) => {
  const ledger = new Ledger();
  ledger.set('water/meters', entryOf(grants));
  return { ledger, nowMs: startMs + days * dayMs };
};

describe('when time alone goes on with a removal', () => {
  const trial = { class: 'trial' as const, until: '2026-12-31' };
  const [kept, dropped] = [
    { name: 'test', size: 'small' },
    { name: 'stage', size: 'small' },
  ] as const;
  const both = step({ tenant: tenant({ ...trial, environments: [kept, dropped] }) }).grants;
  const one = tenant({ ...trial, environments: [kept] }, { generation: 2 });
  const existing = step({ tenant: one, existing: both }).grants;

  it('it is the date of the whole tenant once that goes, not the past one of an environment dropped before', () => {
    const deleted = tenant(one.spec, { generation: 2, deletionTimestamp: '2026-05-05T00:00:00Z' });
    const goes = step({ tenant: deleted, existing }, onDay(20, existing));
    expect(goes.grants.map(({ spec }) => spec.state)).toEqual(['Retiring']);
    const gone = { tenant: undefined, existing: goes.grants };
    expect(step(gone, onDay(40, existing)).decided.nextCheckMs).toBe(startMs + 50 * dayMs);
    const removed = step(gone, onDay(50, existing), () => undefined);
    expect(removed.grants.map(({ spec }) => spec.state)).toEqual(['Removed']);
    expect(removed.decided.nextCheckMs).toBeUndefined();
    const waits = step({ tenant: undefined, existing: removed.grants }, onDay(51, existing), () => undefined);
    expect(waits.decided.nextCheckMs).toBeUndefined();
  });

  it('it is never while the request just is not there', () => {
    for (const days of [20, 40]) {
      expect(step({ tenant: undefined, existing }, onDay(days, existing)).decided.nextCheckMs).toBeUndefined();
    }
  });

  it('it is now for what began to go after its date', () => {
    const short = tenant({ class: 'trial', until: '2026-04-30', environments: [kept] });
    const { grants } = step({ tenant: short });
    const late = onDay(60, grants);
    const retiring = step({ tenant: short, existing: grants }, late);
    expect(retiring.grants.map(({ spec }) => spec.state)).toEqual(['Retiring']);
    expect(retiring.decided.nextCheckMs).toBe(late.nowMs);
    const removed = step({ tenant: short, existing: retiring.grants }, late);
    expect(removed.grants.map(({ spec }) => spec.state)).toEqual(['Removed']);
    expect(removed.decided.nextCheckMs).toBeUndefined();
  });
});
