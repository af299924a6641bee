import { describe, expect, it } from 'vitest';
import { type Entry, Ledger } from '../../../core/decide/ledger.ts';
import { type Places, place, type SiteView } from '../../../core/decide/placement.ts';
import { parseQuota } from '../../../core/decide/quota-math.ts';

const amounts = parseQuota({ 'requests.cpu': '4', 'requests.memory': '4Gi' });
const capacity = { 'requests.cpu': '10', 'requests.memory': '10Gi', 'requests.storage': '1Ti', pods: '100' };
const sites = ['east', 'west'].map(
  (name): SiteView => ({ name, reachable: true, spec: { role: 'local', region: 'city', capacity } as never }),
);

function entryAt({ active = '' }: Places): Entry {
  return {
    department: 'alpha',
    total: amounts,
    holds: [{ site: active, role: 'active', primary: active, amounts }],
  };
}

function placed(ledger: Ledger) {
  return place({
    tenant: 'alpha/web',
    needs: { standby: false, copy: false },
    entryAt,
    existing: {},
    sites,
    ledger,
  });
}

describe('a reservation that no Grant accounts for', () => {
  it('does not change where a tenant goes: the process that died over it would have chosen the same', () => {
    const ledger = new Ledger();
    expect(placed(ledger).places?.active).toBe('east');
    ledger.reserve('east', amounts);
    expect(placed(ledger).places?.active).toBe('east');
  });

  it('takes room until it is let go', () => {
    const ledger = new Ledger();
    for (const site of ['east', 'west']) ledger.reserve(site, parseQuota({ 'requests.cpu': '8' }));
    expect(placed(ledger)).toMatchObject({ places: undefined, overruns: [{ field: 'requests.cpu' }] });
    ledger.reserve('west', {});
    expect(placed(ledger).places?.active).toBe('west');
  });

  it('while what tenants hold does', () => {
    const ledger = new Ledger();
    ledger.set('alpha/other', entryAt({ active: 'east' }));
    expect(placed(ledger).places?.active).toBe('west');
  });
});
