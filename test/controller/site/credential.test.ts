import { describe, expect, it } from 'vitest';
import { isRenewalDue, lifeOf } from '../../../controller/site/credential.ts';

const tokenOf = (payload: object): string =>
  ['e30', Buffer.from(JSON.stringify(payload)).toString('base64url'), 'x'].join('.');

describe('the life of a token', () => {
  it('is read from its own claims', () => {
    expect(lifeOf(tokenOf({ iat: 100, exp: 200, sub: 'x' }))).toEqual({ fromMs: 100_000, untilMs: 200_000 });
  });

  it.for(['', 'abc', 'a.b.c', tokenOf({ sub: 'x' })])('is unknown for %s', (token) => {
    expect(lifeOf(token)).toBeUndefined();
  });
});

describe('a renewal', () => {
  const life = { fromMs: 0, untilMs: 90 * 86_400_000 };

  it('is due early in its life, so that nearly all of it is left when the management centre goes away', () => {
    expect(isRenewalDue(life, 4 * 86_400_000)).toBe(false);
    expect(isRenewalDue(life, 5 * 86_400_000)).toBe(true);
  });

  it('is not due for a fresh token', () => {
    expect(isRenewalDue(life, 0)).toBe(false);
  });
});
