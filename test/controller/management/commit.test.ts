import { describe, expect, it } from 'vitest';
import type { ManagementContext } from '../../../controller/management/context.ts';
import { commit, Outdated, type Plan, planOf } from '../../../controller/management/tenants/commit.ts';
import { latestDecision } from '../../../controller/management/tenants/numbers.ts';
import { decideTenant } from '../../../core/decide/decide.ts';
import type { Decided } from '../../../core/decide/types.ts';
import { AppError } from '../../../core/errors.ts';
import type { Grant } from '../../../core/model/kinds.ts';
import { grantName, siteNamespace } from '../../../core/model/names.ts';
import { keyOf } from '../../../kube/resource.ts';
import { type KubeObject, type Resource, silentLog } from '../../../kube/types.ts';
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
  const caches = {
    grant: cache(),
    hostnameClaim: cache(),
    tenant: cache(),
    site: cache(),
    namespace: cache(),
    configMap: cache(),
  };
  const take = (verb: string) => (object: KubeObject) => {
    written.push(`${verb} ${object.kind} ${keyOf(object)}`);
    return Promise.resolve(object);
  };
  const client = {
    create: take('create'),
    update: take('update'),
    remove: ({ kind }: Resource, { namespace, name }: { namespace?: string; name: string }) => {
      written.push(`remove ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`);
      return Promise.resolve();
    },
    patch: ({ kind }: Resource, { name }: { name: string }, { metadata }: KubeObject): Promise<unknown> => {
      if (kind === 'Tenant') return Promise.resolve(tenant());
      written.push(`patch ${kind} ${name}`);
      return Promise.resolve({ apiVersion: 'v1', kind, metadata: { ...metadata, name } });
    },
  };
  const ctx = { deps: { client, log: silentLog }, caches } as unknown as ManagementContext;
  return { ctx, caches, client, written };
}

const planned = (decided: Decided, existing: Plan['existing'] = []): Plan =>
  planOf(key, { existing, owned: [], tenant: tenant() }, decided);
const numbers = { stored: { term: 1, revision: 7 }, next: () => ({ term: 1, revision: 8 }) };

describe('writing a decision', () => {
  it('begins with the active Grant, then the standby, then the copy, whatever the sites are called', async () => {
    const { ctx, written } = centre();
    const silent = sites.map((site) => ({ ...site, reachable: site.name !== 'north' }));
    const decided = decideTenant(view(), world({ sites: silent }));
    expect(decided.grants.map(({ site, spec }) => [site, spec.role])).toContainEqual(['south', 'active']);
    const grants = await commit(ctx, planned(decided), numbers);
    const name = grantName('water', 'meters');
    expect(written).toEqual(['south', 'north', 'vault'].map((site) => `create Grant ${siteNamespace(site)}/${name}`));
    expect(grants.map(({ site }) => site)).toEqual(['north', 'south', 'vault']);
  });

  it('ends before any Grant when the Tenant is gone, which the cache has not seen yet', async () => {
    const { ctx, client, written } = centre();
    client.patch = () => Promise.reject(new AppError('notFound', 'gone', { code: 'not-found' }));
    await expect(commit(ctx, planned(decideTenant(view(), world())), numbers)).rejects.toThrow(Outdated);
    expect(written).toEqual([]);
  });

  it('looks nothing up but its own, or a city of ten thousand tenants would be looked through for each of them', async () => {
    const { ctx, caches } = centre();
    for (const cache of [caches.grant, caches.hostnameClaim]) {
      cache.list = () => {
        throw new Error('all of them are listed');
      };
    }
    const grants = await commit(ctx, planned(decideTenant(view(), world())), numbers);
    expect(grants.map(({ site }) => site)).toEqual(['north', 'south', 'vault']);
    const gone = { ...decideTenant(view({ tenant: undefined }), world()), finalizer: false };
    expect(await commit(ctx, { ...planned(gone), tenant: undefined }, numbers)).toEqual([]);
  });

  it('lets the hostnames go that it owned, but not one that somebody gave to another meanwhile', async () => {
    const { ctx, caches, written } = centre();
    const claim = (hostname: string, name: string) =>
      caches.hostnameClaim.note({
        apiVersion: 'jinhong.dev/v1alpha1',
        kind: 'HostnameClaim',
        metadata: { name: hostname },
        spec: { tenant: { department: 'water', name }, environment: 'production' },
      });
    claim('a.example', 'meters');
    claim('b.example', 'pipes');
    const gone = decideTenant(view({ tenant: undefined }), world());
    await commit(ctx, { ...planned(gone), owned: ['a.example', 'b.example', 'c.example'], tenant: undefined }, numbers);
    expect(written).toEqual(['remove HostnameClaim a.example']);
  });

  describe('that lets a Grant go', () => {
    const spec = decideTenant(view(), world()).grants[0]?.spec;
    const letGo = async (revision: number) => {
      const { ctx, caches, written } = centre();
      for (const { name } of sites)
        caches.namespace.note({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: siteNamespace(name) } });
      const metadata = {
        name: grantName('water', 'meters'),
        namespace: siteNamespace('north'),
        uid: '1',
        resourceVersion: '1',
      };
      const object = {
        kind: 'Grant',
        metadata,
        spec: { ...spec, decision: { term: 1, revision } },
      } as unknown as Grant;
      caches.grant.note(object as unknown as KubeObject);
      const nothing = { ...decideTenant(view({ tenant: undefined }), world()), finished: ['north'] };
      await commit(
        ctx,
        { ...planned(nothing, [{ site: 'north', spec: object.spec, object }]), tenant: undefined },
        numbers,
      );
      expect(caches.grant.list()).toEqual([]);
      return { written, latest: latestDecision(ctx) };
    };
    const removal = 'remove Grant site-north/water-meters';

    it('remembers its number first when no other is as high: the site remembers it too', async () => {
      const { written, latest } = await letGo(7);
      expect(written).toEqual(['patch Namespace site-north', removal]);
      expect(latest.revision).toBe(7);
    });

    it('writes nothing else when a higher one is stored anyway', async () => {
      expect((await letGo(6)).written).toEqual([removal]);
    });
  });
});
