import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalQuantity, leastQuantity } from '../../../core/desired/quantities.ts';
import { parseQuantity } from '../../../core/model/quantity.ts';
import { quantity } from '../../../core/model/schema.ts';
import { arbitraryOf } from '../../support/arbitrary.ts';

describe('a quantity is written as the API server stores it', () => {
  it.for([
    [8, '8'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['2000', '2k'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0', '0'],
    ['0Gi', '0'],
    ['1000M', '1G'],
    ['0.001m', '1u'],
  ] as const)('%s as %s', ([written, stored]) => {
    expect(canonicalQuantity(written)).toBe(stored);
  });

  it('without changing its value, and once is enough', () => {
    fc.assert(
      fc.property(arbitraryOf(quantity) as fc.Arbitrary<string | number>, (value) => {
        const text = canonicalQuantity(value);
        fc.pre(!/[nuE]$/.test(text));
        expect(parseQuantity(text)).toBe(parseQuantity(value));
        expect(canonicalQuantity(text)).toBe(text);
      }),
    );
  });

  it('the smaller of two is told by value, not by text', () => {
    expect(leastQuantity('900m', '1')).toBe('900m');
    expect(leastQuantity('1Gi', '1000Mi')).toBe('1000Mi');
  });
});
