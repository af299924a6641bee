import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  addWorkingDays,
  civilDate,
  daysBetween,
  durationMs,
  startOfDayMs,
} from '../../../core/decide/calendar.ts';
import { isUnder, matchesPattern } from '../../../core/decide/hostnames.ts';
import { endWarning, nextWarningMs } from '../../../core/decide/lifecycle.ts';
import { formatMoney, parseMoney, priceDifference, priceOf } from '../../../core/decide/price.ts';
import { coversQuota, formatQuota, minQuota, parseQuota } from '../../../core/decide/quota-math.ts';
import { cloud, dayMs } from './fixture.ts';

describe('working days', () => {
  it('leave out weekends and days off, and count worked weekend days', () => {
    expect(addWorkingDays('2026-04-30', 1, cloud)).toEqual({ date: '2026-05-06' });
    expect(addWorkingDays('2026-05-08', 1, cloud)).toEqual({ date: '2026-05-09' });
    expect(addWorkingDays('2026-05-08', 2, cloud)).toEqual({ date: '2026-05-11' });
    expect(addWorkingDays('2026-04-15', 0, cloud)).toEqual({ date: '2026-04-15' });
  });

  it('are not guessed for a year without a table', () => {
    expect(addWorkingDays('2026-12-31', 1, cloud)).toEqual({ noTableFor: '2027' });
  });
});

describe('dates', () => {
  it('are those of civil time', () => {
    expect(civilDate(Date.parse('2026-04-14T16:00:00Z'), '+08:00')).toBe('2026-04-15');
    expect(civilDate(Date.parse('2026-04-14T15:59:59Z'), '+08:00')).toBe('2026-04-14');
    expect(civilDate(Date.parse('2026-04-15T03:00:00Z'), '-04:30')).toBe('2026-04-14');
    expect(new Date(startOfDayMs('2026-04-15', '+08:00')).toISOString()).toBe('2026-04-14T16:00:00.000Z');
  });

  it('added and subtracted agree', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4000, max: 4000 }), (days) => {
        expect(daysBetween('2026-02-28', addDays('2026-02-28', days))).toBe(days);
      }),
    );
  });

  it('lengths of time are read in all units', () => {
    expect(['90d', '2h', '30m', '5s'].map(durationMs)).toEqual([90 * dayMs, 7_200_000, 1_800_000, 5000]);
  });
});

describe('the warning about an end', () => {
  const at = (date: string) => startOfDayMs(date, cloud.utcOffset) + 1000;
  const text = (date: string) => endWarning('2026-12-31', cloud, at(date))?.message;

  it('begins 60 days before, changes at 30 and 7, then daily, and no more after the end', () => {
    expect(text('2026-10-31')).toBeUndefined();
    expect(text('2026-11-01')).toBe('2026-12-31, within 60 days');
    expect(text('2026-11-30')).toBe(text('2026-11-01'));
    expect(text('2026-12-01')).toBe('2026-12-31, within 30 days');
    expect(text('2026-12-24')).toBe('2026-12-31, in 7 days');
    expect(text('2026-12-31')).toBe('2026-12-31, in 0 days');
    expect(endWarning('2026-12-31', cloud, at('2027-01-02'))).toEqual({
      type: 'ApprovalExpired',
      message: '2026-12-31',
    });
    expect(text('2028-01-01')).toBe(text('2027-01-01'));
  });

  it('is looked at again exactly when it changes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 100 }), (days) => {
        const nowMs = at(addDays('2026-12-31', days));
        const next = nextWarningMs('2026-12-31', cloud, nowMs);
        expect(next === undefined).toBe(days > 0);
        if (next === undefined) return;
        expect(next).toBeGreaterThan(nowMs);
        expect(endWarning('2026-12-31', cloud, next - 1)).toEqual(endWarning('2026-12-31', cloud, nowMs));
        expect(endWarning('2026-12-31', cloud, next)).not.toEqual(endWarning('2026-12-31', cloud, nowMs));
      }),
    );
  });
});

describe('price', () => {
  it('is the sum of resources times the percent of the tier, rounded once', () => {
    const plain = { quota: { 'requests.cpu': '500m', 'requests.memory': '1Gi', 'requests.storage': '1Ti', pods: 3 } };
    expect(priceOf([plain], cloud)).toBe(112_550n);
    expect(priceOf([{ ...plain, tier: 'mutual' }], cloud)).toBe(168_825n);
    expect(priceDifference([plain], [plain, plain], cloud)).toBe(112_550n);
    expect(priceOf([{ quota: { 'requests.memory': '1Mi' } }], cloud)).toBe(5n);
  });

  it('rounds half a fen up, over all environments together', () => {
    const half = { quota: { 'requests.cpu': '50m' } };
    expect(priceOf([half], cloud)).toBe(500n);
    const tiny = { quota: { pods: '10m' } };
    expect([1, 2, 3].map((count) => priceOf(Array(count).fill(tiny), cloud))).toEqual([1n, 1n, 2n]);
  });

  it('money is read as it is written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), (fen) => {
        expect(parseMoney(formatMoney(fen))).toBe(fen);
      }),
    );
    expect([parseMoney('15000'), parseMoney('0.5')]).toEqual([1_500_000n, 50n]);
  });
});

describe('quotas', () => {
  const amount = fc.option(
    fc.integer({ min: 0, max: 64 }).map((n) => `${n}Gi`),
    { nil: undefined },
  );
  const quota = fc.record({ 'requests.memory': amount, 'limits.memory': amount });
  const parse = (value: object) => parseQuota(JSON.parse(JSON.stringify(value)));

  it('the smaller of two is covered by both', () => {
    fc.assert(
      fc.property(quota, quota, (a, b) => {
        const least = minQuota(parse(a), parse(b));
        expect(coversQuota(parse(a), least)).toBe(true);
        expect(coversQuota(parse(b), least)).toBe(true);
      }),
    );
  });

  it('are written in one form whatever form they had', () => {
    expect(formatQuota(parseQuota({ 'requests.cpu': '1000m', 'requests.memory': '1024Mi', pods: '1k' }))).toEqual({
      'requests.cpu': '1',
      'requests.memory': '1Gi',
      pods: '1000',
    });
  });
});

describe('a domain', () => {
  it('holds itself and every name below it, and no name that only ends like it', () => {
    const under = (name: string) => isUnder(name, 'water.example');
    expect(['water.example', 'www.water.example', 'a.b.water.example'].map(under)).toEqual([true, true, true]);
    expect(['badwater.example', 'www.badwater.example', 'example'].some(under)).toBe(false);
  });
});

describe('a hostname pattern', () => {
  it('with a star covers every depth below the domain and not the domain itself', () => {
    expect(['a.b.example', 'x.a.b.example'].map((name) => matchesPattern(name, '*.b.example'))).toEqual([true, true]);
    expect(['b.example', 'ab.example', 'a.bb.example'].some((name) => matchesPattern(name, '*.b.example'))).toBe(false);
  });
});
