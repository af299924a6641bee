import { describe, expect, it } from 'vitest';
import type { ManagementContext } from '../../../controller/management/context.ts';
import { commit, Outdated, type Plan } from '../../../controller/management/tenants/commit.ts';
import { decideTenant } from '../../../core/decide/decide.ts';
import type { Decided } from '../../../core/decide/types.ts';
import { AppError } from '../../../core/errors.ts';
import { grantName, siteNamespace } from '../../../core/model/names.ts';
import { keyOf } from '../../../kube/resource.ts';
import { type KubeObject, silentLog } from '../../../kube/types.ts';
import { sites, tenant, view, world } from '../../core/decide/fixture.ts';

const key = 'water/meters';

/** Caches that answer for one object at a time, and a server that takes everything. */
function centre() {
  const written: string[] = [];
  const cache = () => {
    const held = new Map<string, KubeObject>();
    return {
      get: (name: string) => held.get(name),
      list: () => [...held.values()],
      note: (object: KubeObject) => void held.set(keyOf(object), object),
      noteRemoved: (object: KubeObject) => void held.delete(keyOf(object)),
    };
  };
  const caches = { grant: cache(), hostnameClaim: cache(), tenant: cache(), site: cache() };
  const take = (verb: string) => (object: KubeObject) => {
    written.push(`${verb} ${object.kind} ${keyOf(object)}`);
    return Promise.resolve(object);
  };
  const client = {
    create: take('create'),
    update: take('update'),
    patch: (): Promise<unknown> => Promise.resolve(tenant()),
  };
  const ctx = { deps: { client, log: silentLog }, caches } as unknown as ManagementContext;
  return { ctx, caches, client, written };
}

const planOf = (decided: Decided, existing: Plan['existing'] = []): Plan => ({
  key,
  decided,
  existing,
  tenant: tenant(),
});
const number = () => ({ term: 1, revision: 1 });

describe('writing a decision', () => {
  it('begins with the active Grant, then the standby, then the copy, whatever the sites are called', async () => {
    const { ctx, written } = centre();
    const silent = sites.map((site) => ({ ...site, reachable: site.name !== 'north' }));
    const decided = decideTenant(view(), world({ sites: silent }));
    expect(decided.grants.map(({ site, spec }) => [site, spec.role])).toContainEqual(['south', 'active']);
    const grants = await commit(ctx, planOf(decided), number);
    const name = grantName('water', 'meters');
    expect(written).toEqual(['south', 'north', 'vault'].map((site) => `create Grant ${siteNamespace(site)}/${name}`));
    expect(grants.map(({ site }) => site)).toEqual(['north', 'south', 'vault']);
  });

  it('ends before any Grant when the Tenant is gone, which the cache has not seen yet', async () => {
    const { ctx, client, written } = centre();
    client.patch = () => Promise.reject(new AppError('notFound', 'gone', { code: 'not-found' }));
    await expect(commit(ctx, planOf(decideTenant(view(), world())), number)).rejects.toThrow(Outdated);
    expect(written).toEqual([]);
  });
});
