import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approvalSpec } from '../../../core/model/approval.ts';
import { departmentStatus } from '../../../core/model/department.ts';
import { grantedEnvironment } from '../../../core/model/grant.ts';
import { formatQuantity, parseQuantity } from '../../../core/model/quantity.ts';
import { descriptions, quantity } from '../../../core/model/schema.ts';

describe('a quantity', () => {
  it.for([
    ['1', 1_000_000_000n],
    ['500m', 500_000_000n],
    ['1.5Gi', 1_610_612_736_000_000_000n],
    ['2k', 2_000_000_000_000n],
    [3, 3_000_000_000n],
  ] as const)('%s is %s nano-units', ([value, nano]) => {
    expect(parseQuantity(value)).toBe(nano);
  });

  it('reads back as what was written, in bytes and in counts', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.boolean(), (milli, bytes) => {
        const nano = milli * 1_000_000n;
        expect(parseQuantity(formatQuantity(nano, bytes))).toBe(nano);
      }),
    );
  });

  it('that may be asked for may be granted and summed over ten thousand tenants, exactly', () => {
    const largest = '999999999999.999Pi';
    const asked = fc.stringMatching(new RegExp(descriptions.get(quantity)?.pattern ?? ''));
    const status = { observedGeneration: 1, conditions: [] };
    const approval = {
      for: { kind: 'Tenant', name: 'one' },
      part: 'project',
      decision: 'approved',
      project: { ref: 'P-1' },
      decidedBy: 'paul',
      decidedAt: '2026-04-02T00:00:00Z',
    };
    fc.assert(
      fc.property(fc.array(asked, { minLength: 1, maxLength: 9 }), fc.boolean(), (texts, bytes) => {
        const granted = texts.map((text) => formatQuantity(parseQuantity(quantity.parse(text)), bytes));
        for (const text of granted) {
          grantedEnvironment.parse({ name: 'test', state: 'Active', quota: { 'requests.memory': text } });
        }
        const environments = 16n * BigInt(Math.trunc(10_000 / texts.length));
        const sum = granted.reduce((total, text) => total + parseQuantity(text) * environments, 0n);
        const reserved = { 'requests.memory': formatQuantity(sum, bytes) };
        departmentStatus.parse({ ...status, reserved });
        approvalSpec.parse({ ...approval, envelope: { hard: reserved } });
        expect(parseQuantity(reserved['requests.memory'])).toBe(sum);
      }),
      {
        examples: [
          [[largest], true],
          [[largest], false],
          [['1.1Gi'], true],
          [['5G', '3Ti'], true],
        ],
      },
    );
  });

  it('that is no quantity is refused', () => {
    expect(() => parseQuantity('1.5X')).toThrow(RangeError);
    expect(() => parseQuantity('')).toThrow(RangeError);
  });
});
