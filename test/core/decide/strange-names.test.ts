import { describe, expect, it } from 'vitest';
import { decideTenant } from '../../../core/decide/decide.ts';
import { hasCopy, hasStandby } from '../../../core/decide/placement.ts';
import { priceOf } from '../../../core/decide/price.ts';
import { bothApprovals, cloud, tenant, view, world } from './fixture.ts';

// Every object of JavaScript has a `constructor`: none of these names is in the cloud, and none may be taken for one.
const strange: readonly [string, object][] = [
  ['size', { size: 'constructor' }],
  ['service', { size: 'small', service: 'constructor' }],
  ['zone', { size: 'small', zone: 'constructor', hosting: [{ hostname: 'a.b', service: 'web', port: 80 }] }],
  ['tier', { size: 'small', protection: { tier: 'constructor' } }],
  ['destination', { size: 'small', egress: [{ destination: 'constructor', port: 443 }] }],
];

describe('a request that names constructor', () => {
  it.for(strange)('as its %s is refused as unknown, though it was approved', ([field, more]) => {
    const environments = [{ name: 'production', ...more }] as never;
    const asked = view({ tenant: tenant({ environments }), approvals: bothApprovals() });
    const { verdict, grants } = decideTenant(asked, world());
    expect(verdict?.granted).toBe(false);
    expect(verdict?.message).toContain(`${field} constructor; known`);
    expect(grants).toEqual([]);
  });

  it('as a tier has no standby, no copy and the plain price', () => {
    expect([hasStandby('constructor', cloud), hasCopy('constructor', cloud)]).toEqual([false, false]);
    const quota = { 'requests.cpu': '1' };
    const plain = [{ name: 'production', state: 'Active' as const, quota }];
    const named = plain.map((one) => ({ ...one, tier: 'constructor' }));
    expect(priceOf(named as never, cloud)).toBe(priceOf(plain as never, cloud));
  });
});
