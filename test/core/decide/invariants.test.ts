import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowanceOverruns, buildTree, handedOut } from '../../../core/decide/allowance.ts';
import { capacityOverruns, offeredBy } from '../../../core/decide/capacity.ts';
import type { ExistingGrant } from '../../../core/decide/change.ts';
import { decideTenant } from '../../../core/decide/decide.ts';
import { entryOf, Ledger } from '../../../core/decide/ledger.ts';
import type { World } from '../../../core/decide/types.ts';
import { quotaFields } from '../../../core/model/fields.ts';
import type { Tenant } from '../../../core/model/kinds.ts';
import { approval, departments, sites, tenant, view, world, written } from './fixture.ts';

/** A city of many tenants that ask, lower, raise and leave in any order, all approved. */
interface City {
  readonly world: World;
  readonly grants: Map<string, ExistingGrant[]>;
}

const names = ['a', 'b', 'c', 'd', 'e'];
const where = ['water', 'street', 'city'];

function decideOne(city: City, department: string, name: string, cpu: number, tier: string | undefined): void {
  const key = `${department}/${name}`;
  const existing = city.grants.get(key) ?? [];
  const environments: Tenant['spec']['environments'] = [
    {
      name: 'run',
      quota: { 'requests.cpu': cpu, 'requests.memory': `${cpu}Gi`, pods: 1 },
      ...(tier === undefined ? {} : { protection: { tier } }),
    },
  ];
  const group = department === 'water' ? 'water-admins' : `${department}-all`;
  const request = tenant(
    { environments, members: [{ group, role: 'admin' }] },
    { name, namespace: `dept-${department}`, generation: 1 },
  );
  const of = { kind: 'Tenant' as const, name };
  const approvals = [approval('project', { for: of }), approval('funds', { for: of })];
  const decided = decideTenant(view({ department, name, tenant: request, approvals, existing }), city.world);
  const grants = written(decided, existing);
  city.grants.set(key, grants);
  city.world.ledger.set(key, entryOf(grants));
}

const moves = fc.array(
  fc.record({
    department: fc.constantFrom(...where),
    name: fc.constantFrom(...names),
    cpu: fc.integer({ min: 0, max: 40 }),
    tier: fc.constantFrom(undefined, 'mutual', 'both'),
  }),
  { minLength: 1, maxLength: 40 },
);

describe('whatever is asked in whatever order', () => {
  it('no centre holds more than it can with the share for failover, and no department hands out more than it has', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const city: City = { world: world(), grants: new Map() };
        for (const { department, name, cpu, tier } of list) decideOne(city, department, name, cpu, tier);
        const { ledger, tree } = city.world;
        for (const { name, spec } of sites) {
          expect(capacityOverruns({ name, capacity: spec.capacity }, ledger.use(name), quotaFields)).toEqual([]);
        }
        for (const { code } of departments) {
          expect(allowanceOverruns(tree, (other) => ledger.own(other), code, quotaFields)).toEqual([]);
        }
        // The sums in the ledger are those of the Grants, added up anew.
        const fresh = new Ledger();
        for (const [key, grants] of city.grants) fresh.set(key, entryOf(grants));
        for (const { name } of sites) {
          for (const field of quotaFields) {
            expect(ledger.use(name).total[field] ?? 0n).toBe(fresh.use(name).total[field] ?? 0n);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a tenant never moves away from its primary', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const city: City = { world: world(), grants: new Map() };
        const primaries = new Map<string, string>();
        for (const { department, name, cpu, tier } of list) {
          decideOne(city, department, name, cpu, tier);
          const key = `${department}/${name}`;
          const active = city.grants.get(key)?.filter(({ spec }) => spec.role === 'active') ?? [];
          expect(active.length).toBeLessThanOrEqual(1);
          const site = active[0]?.site;
          if (site === undefined) continue;
          expect(primaries.get(key) ?? site).toBe(site);
          primaries.set(key, site);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('two requests for the last capacity', () => {
  it('have one winner, the other is told what is short, and gets it when the winner gives it back', () => {
    const city: City = { world: world(), grants: new Map() };
    decideOne(city, 'water', 'a', 25, 'mutual');
    decideOne(city, 'water', 'b', 25, 'mutual');
    expect(city.grants.get('water/a')).toHaveLength(2);
    expect(city.grants.get('water/b')).toEqual([]);
    decideOne(city, 'water', 'a', 10, 'mutual');
    decideOne(city, 'water', 'b', 25, 'mutual');
    expect(city.grants.get('water/b')).toHaveLength(2);
  });

  it('has it to the last bit: what fits exactly is granted, by the allowance and by the centre', () => {
    const capacity = { 'requests.cpu': '6', 'requests.memory': '6Gi', pods: '1' };
    const exact = sites.map((site) => ({ ...site, spec: { ...site.spec, capacity } }));
    const atCentre: City = { world: world({ sites: exact }), grants: new Map() };
    decideOne(atCentre, 'city', 'a', 6, undefined);
    expect(atCentre.grants.get('city/a')).toHaveLength(1);
    const byAllowance: City = { world: world(), grants: new Map() };
    decideOne(byAllowance, 'water', 'a', 40, undefined);
    expect(byAllowance.grants.get('water/a')).toHaveLength(1);
  });

  it('names department, resource and both amounts when the allowance is short', () => {
    const city: City = { world: world(), grants: new Map() };
    decideOne(city, 'street', 'a', 38, undefined);
    const request = tenant({ environments: [{ name: 'run', quota: { 'requests.cpu': 3 } }] });
    const { verdict } = decideTenant(
      view({ tenant: request, approvals: [approval('project'), approval('funds')] }),
      city.world,
    );
    expect(verdict).toMatchObject({
      reason: 'AllowanceExceeded',
      message: 'water requests.cpu: 41 of 40',
      waits: [{ part: 'allowance', group: 'city-project' }],
    });
  });

  it('names centre, resource and both amounts when the capacity is short', () => {
    const small = sites.map((site) => ({ ...site, spec: { ...site.spec, capacity: { 'requests.cpu': '5' } } }));
    const request = tenant({ environments: [{ name: 'run', quota: { 'requests.cpu': 6, pods: 1 } }] });
    const approvals = [approval('project'), approval('funds')];
    const { verdict, grants } = decideTenant(view({ tenant: request, approvals }), world({ sites: small }));
    expect(grants).toEqual([]);
    expect(verdict).toMatchObject({ reason: 'CapacityExceeded', waits: [{ part: 'capacity', group: 'platform' }] });
    expect(verdict?.message).toBe('north requests.cpu: 6 of 5; north pods: 1 its capacity does not name it');
  });
});

describe('placement', () => {
  it('spreads tenants over the local centres by what is free', () => {
    const city: City = { world: world(), grants: new Map() };
    for (const name of ['a', 'b', 'c', 'd']) decideOne(city, 'water', name, 5, undefined);
    const at = names.flatMap((name) => city.grants.get(`water/${name}`)?.map(({ site }) => site) ?? []);
    expect(at.toSorted()).toEqual(['north', 'north', 'south', 'south']);
  });

  it('works with any number of local and recovery centres, and uses a region other than the primary first', () => {
    const [control, north, south, vault] = sites;
    if (control === undefined || north === undefined || south === undefined || vault === undefined) throw new Error();
    const near = { ...vault, name: 'attic', spec: { ...vault.spec, region: 'here' } };
    const more = [control, north, south, { ...south, name: 'west' }, near, vault];
    const decided = decideTenant(view(), world({ sites: more }));
    expect(decided.grants.map(({ site, spec }) => [site, spec.role])).toEqual([
      ['north', 'active'],
      ['south', 'standby'],
      ['vault', 'copy'],
    ]);
    expect(decideTenant(view(), world({ sites: [control, north] })).verdict).toMatchObject({
      reason: 'NoSite',
      message: 'standby',
    });
  });

  it('prefers a centre that is heard of, but does not move what is at a silent one', () => {
    const silent = sites.map((site) => ({ ...site, reachable: site.name !== 'north' }));
    const decided = decideTenant(view(), world({ sites: silent }));
    expect(decided.grants.map(({ site, spec }) => [site, spec.role])).toContainEqual(['south', 'active']);
    const there = written(decideTenant(view(), world()));
    const after = decideTenant(view({ existing: there }), world({ sites: silent }));
    expect(after.grants.map(({ site, spec }) => [site, spec.role])).toContainEqual(['north', 'active']);
  });

  it('makes good a primary that is lost beside its standby, at another centre than the standby', () => {
    const there = written(decideTenant(view(), world()));
    const left = there.filter(({ spec }) => spec.role !== 'active');
    const silent = sites.map((site) => ({ ...site, reachable: site.name !== 'north' }));
    const after = decideTenant(view({ existing: left }), world({ sites: silent }));
    expect(after.grants.map(({ site, spec }) => [site, spec.role])).toEqual([
      ['north', 'active'],
      ['south', 'standby'],
      ['vault', 'copy'],
    ]);
  });

  it('offers nothing of a resource that a capacity does not name, but does not count limits then', () => {
    expect(offeredBy({ 'requests.cpu': 1 })).toMatchObject({ 'requests.memory': 0n, pods: 0n });
    expect(offeredBy(undefined)['limits.cpu']).toBeUndefined();
  });
});

describe('departments', () => {
  it('that loop or name an unknown parent are reported, also those below them, and never hang', () => {
    const spec = { displayName: 'x', level: 'city', groups: [] };
    const tree = buildTree([
      { code: 'a', spec: { ...spec, parent: 'b' } },
      { code: 'b', spec: { ...spec, parent: 'a' } },
      { code: 'c', spec: { ...spec, parent: 'a' } },
      { code: 'd', spec: { ...spec, parent: 'nowhere' } },
      { code: 'e', spec: { ...spec, parent: 'e' } },
    ]);
    expect(tree.problems.map(({ code, problem }) => `${code} ${problem}`)).toEqual([
      'a ParentLoop',
      'b ParentLoop',
      'c ParentLoop',
      'd UnknownParent',
      'e ParentLoop',
    ]);
    expect(handedOut(tree, () => ({}), 'a', 'pods')).toBe(0n);
  });

  it('count a child with an allowance as a whole and share the pool with one without', () => {
    const tree = buildTree(departments);
    const own = (code: string) => ({ 'requests.cpu': { city: 7n, water: 3n, street: 2n }[code] ?? 0n });
    expect(handedOut(tree, own, 'water', 'requests.cpu')).toBe(5n);
    expect(handedOut(tree, own, 'city', 'requests.cpu')).toBe(7n + 40_000_000_000n);
    expect(handedOut(tree, own, 'city', 'pods')).toBe(0n);
  });
});
