import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatQuantity, parseQuantity } from '../../../core/model/quantity.ts';

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

  it('that is no quantity is refused', () => {
    expect(() => parseQuantity('1.5X')).toThrow(RangeError);
    expect(() => parseQuantity('')).toThrow(RangeError);
  });
});
