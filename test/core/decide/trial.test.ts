import { describe, expect, it } from 'vitest';
import { entryOf, Ledger } from '../../../core/decide/ledger.ts';
import { bothApprovals, dayMs, startMs, step, tenant } from './fixture.ts';

const ledgerWith = (grants: Parameters<typeof entryOf>[0]) => {
  const ledger = new Ledger();
  ledger.set('water/meters', entryOf(grants));
  return ledger;
};
describe('a trial', () => {
  const trial = tenant({ class: 'trial', until: '2026-04-30', environments: [{ name: 'test', size: 'small' }] });
  const existing = step({ tenant: trial }).grants;
  const ledger = ledgerWith(existing);
  const onDay = (days: number) => ({ ledger, nowMs: startMs + days * dayMs });

  it('freezes after its last day, retires when its retention is over, and is not granted again by itself', () => {
    expect(step({ tenant: trial, existing }, onDay(15)).grants[0]?.spec.state).toBe('Active');
    const frozen = step({ tenant: trial, existing }, onDay(16));
    expect(frozen.grants[0]?.spec.state).toBe('Frozen');
    expect(frozen.decided.verdict).toMatchObject({ state: 'Frozen', reason: 'Ended' });
    const retiring = step({ tenant: trial, existing: frozen.grants }, onDay(46));
    expect(retiring.grants[0]?.spec.state).toBe('Retiring');
    const removed = step({ tenant: trial, existing: retiring.grants }, onDay(46));
    expect(removed.grants[0]?.spec.state).toBe('Removed');
    const done = step({ tenant: trial, existing: removed.grants }, onDay(46)).decided;
    expect(done).toMatchObject({ grants: [], finished: ['north'], finalizer: false, verdict: { state: 'Removed' } });
    expect(step({ tenant: trial, existing: [] }, onDay(47)).decided.grants).toEqual([]);
  });

  it('is not made endless by leaving out its date on the way to production', () => {
    const asks = tenant({ class: 'production', environments: trial.spec.environments });
    const approvals = bothApprovals({ envelope: { class: 'trial' } });
    const { grants, decided } = step({ tenant: asks, existing, approvals }, onDay(1));
    expect(grants[0]?.spec).toMatchObject({ class: 'trial', state: 'Frozen' });
    expect(decided.verdict?.reason).toBe('EndUnknown');
  });
});
