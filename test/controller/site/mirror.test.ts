import { describe, expect, it } from 'vitest';
import type { SiteCaches } from '../../../controller/site/caches.ts';
import type { SiteContext } from '../../../controller/site/context.ts';
import type { Offer } from '../../../controller/site/link.ts';
import { mirrorGrant, mirrorKey } from '../../../controller/site/mirror.ts';
import { createTotals } from '../../../controller/site/totals.ts';
import { createWritten } from '../../../controller/site/written.ts';
import { type Cloud, cloudSpec } from '../../../core/model/cloud.ts';
import type { GrantSpec } from '../../../core/model/grant.ts';
import type { Grant } from '../../../core/model/kinds.ts';
import { type KubeClient, type KubeObject, silentLog } from '../../../kube/types.ts';
import { cityCloud } from '../../support/city.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const city = cloudSpec.parse(cityCloud);

/** A site with room for 10 cores that stores what it accepts, and nobody else. */
function siteOf(changeBudget: Cloud['changeBudget']) {
  const sites = city.sites.map((site) => ({ ...site, capacity: { 'requests.cpu': '10' } }));
  const cloud = { ...city, sites, changeBudget };
  const totals = createTotals();
  const grants = createWritten<Grant>({ resourceVersion: '1', get: () => undefined }, ({ metadata }) => metadata.uid);
  let version = 1;
  const client: Partial<KubeClient> = {
    async apply<T extends KubeObject>(object: T) {
      version += 1;
      return { ...object, metadata: { ...object.metadata, uid: object.metadata.name, resourceVersion: `${version}` } };
    },
  };
  const note: typeof grants.note = (key, at, grant) => {
    grants.note(key, at, grant);
    totals.set(grant.metadata.name, grant);
  };
  const offers = new Map<string, Offer>();
  const clock = createFakeClock();
  const ctx = {
    deps: { site: 'east', client, config: { current: () => ({ cloud }) }, clock, log: silentLog },
    caches: { grants: { ...grants, note }, totals, groupsOf: () => ['admins'], confirmedUntilMs: () => 0 },
    link: { offer: (name: string) => offers.get(name) },
    storing: new Map(),
    waiting: { removal: new Set(), roleChange: new Set() },
    refused: new Set<string>(),
    onAccepted: () => undefined,
  } as unknown as SiteContext & { readonly caches: SiteCaches };
  let revision = 0;
  return {
    ctx,
    clock,
    /** Offers a newer decision and says what became of it: the reason when it was kept out, else the verdict. */
    async offer(tenant: string, cpu: string, state: GrantSpec['state'] = 'Active'): Promise<string | undefined> {
      revision += 1;
      const name = `alpha-${tenant}`;
      const spec: GrantSpec = {
        tenant: { department: 'alpha', name: tenant, displayName: 'x', ancestors: [], uid: 'u', generation: 1 },
        role: 'active',
        epoch: 1,
        decision: { term: 1, revision },
        state,
        class: 'production',
        members: [{ group: 'admins', role: 'admin' }],
        environments: [{ name: 'production', state: 'Active', quota: { 'requests.cpu': cpu } }],
      };
      offers.set(name, { type: 'present', grant: { metadata: { name }, spec } as unknown as Grant });
      const { verdict } = await mirrorGrant(ctx, name);
      return verdict?.type === 'keep' ? verdict.reason : verdict?.type;
    },
    stored: (tenant: string) => ctx.caches.grants.get(mirrorKey(`alpha-${tenant}`))?.spec,
  };
}

describe('an offer that is kept out', () => {
  it('is looked at again with each decision that may make room, but not while it waits for a person', async () => {
    const { ctx, offer, stored } = siteOf({ removalsPerHour: 1, roleChangesPerHour: 1 });
    for (const tenant of ['a', 'b', 'c']) expect(await offer(tenant, '2')).toBe('same');
    expect(await offer('a', '2', 'Retiring')).toBe('same');
    expect(await offer('b', '2', 'Retiring')).toBe('AwaitingConfirmation');
    expect(await offer('c', '9')).toBe('OverCapacity');
    expect(stored('c')?.environments[0]?.quota).toEqual({ 'requests.cpu': '2' });
    expect([...ctx.refused]).toEqual(['alpha-c']);
    expect(await offer('c', '3')).toBe('same');
    expect([...ctx.refused]).toEqual([]);
  });

  it('counts with what was accepted within the hour, and when that is over', async () => {
    const { clock, offer } = siteOf({ removalsPerHour: 2, roleChangesPerHour: 1 });
    for (const tenant of ['a', 'b', 'c', 'd', 'e']) expect(await offer(tenant, '1')).toBe('same');
    expect(await offer('a', '1', 'Retiring')).toBe('same');
    expect(await offer('b', '1', 'Retiring')).toBe('same');
    expect(await offer('c', '1', 'Retiring')).toBe('AwaitingConfirmation');
    expect(await offer('d', '1', 'Frozen')).toBe('same');
    await clock.advance(3_600_000);
    expect(await offer('d', '1', 'Retiring')).toBe('same');
    expect(await offer('e', '1', 'Retiring')).toBe('AwaitingConfirmation');
    expect(await offer('c', '1')).toBe('same');
    expect(await offer('e', '1')).toBe('same');
    expect(await offer('e', '1', 'Retiring')).toBe('same');
  });
});
