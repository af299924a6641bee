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

describe('a tenant of which only the standby is left', () => {
  const here = (site: string, role: 'active' | 'standby') => ({ site, role, primary: site, amounts });
  const twoAt = ({ active, standby }: Places): Entry => ({
    department: 'alpha',
    total: amounts,
    holds: [
      ...(active === undefined ? [] : [here(active, 'active')]),
      ...(standby === undefined ? [] : [here(standby, 'standby')]),
    ],
  });
  const third = { ...sites[0], name: 'south' } as SiteView;
  const again = (existing: Places, ledger: Ledger, list: readonly SiteView[] = sites) =>
    place({
      tenant: 'alpha/web',
      needs: { standby: true, copy: false },
      entryAt: twoAt,
      existing,
      sites: list,
      ledger,
    });

  it('has its primary elsewhere, however little is free there', () => {
    const ledger = new Ledger();
    ledger.set('alpha/web', twoAt({ standby: 'east' }));
    ledger.set('alpha/other', entryAt({ active: 'west' }));
    expect(again({ standby: 'east' }, ledger).places).toMatchObject({ active: 'west', standby: 'east' });
    const silent = sites.map((site) => ({ ...site, reachable: site.name === 'east' }));
    expect(again({ standby: 'east' }, ledger, silent).places).toMatchObject({ active: 'west', standby: 'east' });
  });

  it('waits when there is no room elsewhere, or no other centre', () => {
    const ledger = new Ledger();
    ledger.reserve('west', parseQuota({ 'requests.cpu': '8' }));
    expect(again({ standby: 'east' }, ledger)).toMatchObject({ places: undefined, overruns: [{ site: 'west' }] });
    const alone = sites.filter(({ name }) => name === 'east');
    expect(again({ standby: 'east' }, ledger, alone)).toMatchObject({ places: undefined, missing: 'local' });
  });

  it('as one of which only a copy is left at what is a local centre by now', () => {
    const places = again({ copy: 'east' }, new Ledger(), [...sites, third]).places;
    expect([places?.active, places?.standby].toSorted()).toEqual(['south', 'west']);
  });
});
