import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { siteAccountName } from '../../core/access/management.ts';
import { namespaces, siteNamespace } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { cityCloud, citySites, writeCity } from '../support/city.ts';
import { clientAs, jinhong } from '../support/cloud.ts';
import { approve, type Cast, castOf, exists, submit, waitReady } from '../support/tenancy.ts';

const credential = { namespace: namespaces.system, name: 'jinhong-management-credential' };
const confirmation = { namespace: namespaces.system, name: 'jinhong-site-confirm' };
let cast: Cast;
let east: KubeClient;

beforeAll(async () => {
  cast = await castOf('alpha');
  east = await clientAs(cast.engineer, citySites.primary);
});
afterAll(async () => {
  await Promise.all([cast.close(), east.close()]);
});

interface Standing {
  readonly name: string;
  readonly reachable: boolean;
}

/** A new tenant becomes Ready; a little one, because it stays, and the others of this cloud want room. */
async function serves(name: string): Promise<void> {
  const quota = { 'requests.cpu': '100m', 'requests.memory': '128Mi', pods: '1' };
  const environments = [{ name: 'production', size: 'small', service: 'important', quota }];
  await submit(cast, 'alpha', name, { environments });
  await approve(cast, 'alpha', name);
  await waitReady(cast, 'alpha', name, 'True');
}

describe('jinhong site', () => {
  it('status names every centre and says that it answers', async () => {
    const { code, stdout } = await jinhong(['site', 'status', '-o', 'json'], cast.engineer);
    expect(code).toBe(0);
    const { items } = JSON.parse(stdout) as { items: Standing[] };
    expect(items.map((item) => [item.name, item.reachable]).sort()).toEqual(
      Object.values(citySites)
        .map((name) => [name, true])
        .sort(),
    );
  });

  it('join leaves a good credential alone, and replaces it when asked', async () => {
    const before = await east.get(resources.secret, credential);
    expect((await jinhong(['site', 'join', citySites.primary], cast.engineer)).code).toBe(0);
    expect((await east.get(resources.secret, credential)).metadata.resourceVersion).toBe(
      before.metadata.resourceVersion,
    );
    expect((await jinhong(['site', 'join', citySites.primary, '--renew'], cast.engineer)).code).toBe(0);
    expect((await east.get(resources.secret, credential)).metadata.resourceVersion).not.toBe(
      before.metadata.resourceVersion,
    );
    await serves('joined');
  });

  it('join replaces the credential of an account that was deleted, as one does with a stolen token, and made anew', async () => {
    const hub = await clientAs(cast.engineer, citySites.management);
    const account = { namespace: siteNamespace(citySites.primary), name: siteAccountName };
    const site = { namespace: siteNamespace(citySites.primary) };
    const before = await hub.get(resources.serviceAccount, account);
    await hub.remove(resources.serviceAccount, account);
    await until('the account is made anew', async () => {
      const { items } = await hub.list(resources.serviceAccount, site);
      return items.some(({ metadata }) => metadata.name === siteAccountName && metadata.uid !== before.metadata.uid);
    });
    const held = await east.get(resources.secret, credential);
    expect((await jinhong(['site', 'join', citySites.primary], cast.engineer)).code).toBe(0);
    expect((await east.get(resources.secret, credential)).metadata.resourceVersion).not.toBe(
      held.metadata.resourceVersion,
    );
    await serves('rejoined');
    await hub.close();
  });

  it('confirm lets a large change through for a time, and not any longer', async () => {
    const now = Date.now();
    expect((await jinhong(['site', 'confirm', citySites.primary, '--for', '10m', '--yes'], cast.engineer)).code).toBe(
      0,
    );
    const { data } = (await east.get(resources.configMap, confirmation)) as { data?: { until?: string } };
    const end = Date.parse(data?.until ?? '');
    expect(end).toBeGreaterThan(now + 9 * 60_000);
    expect(end).toBeLessThan(now + 12 * 60_000);
    expect((await jinhong(['site', 'confirm', citySites.primary, '--for', '0s', '--yes'], cast.engineer)).code).toBe(0);
    await until('no confirmation is left', async () => {
      const map = (await east.get(resources.configMap, confirmation)) as { data?: { until?: string } };
      return Date.parse(map.data?.until ?? '1970-01-01') <= Date.now();
    });
  });

  it('retire is refused while a tenant runs there, and asks for the name', async () => {
    const unnamed = await jinhong(['site', 'retire', citySites.primary], cast.engineer);
    expect(unnamed.code).not.toBe(0);
    const named = await jinhong(['site', 'retire', citySites.primary, `--yes=${citySites.primary}`], cast.engineer);
    expect(named.code).not.toBe(0);
    const hub = await clientAs(cast.engineer, citySites.management);
    const { items } = await hub.list(resources.grant, { namespace: `site-${citySites.primary}` });
    expect(items.length).toBeGreaterThan(0);
    await hub.close();
  });

  it('retire waits for the up that takes the site out; put back, the site is joined anew and holds copies again', async () => {
    const { city, dir } = inject('cloud');
    const site = citySites.recovery;
    const hub = await clientAs(cast.engineer, citySites.management);
    const folder = join(dir, '..', 'without');
    writeCity(folder, { ...cityCloud, sites: cityCloud.sites.filter(({ name }) => name !== site) });
    const retire = () =>
      jinhong(['site', 'retire', site, `--yes=${site}`, '--cloud', join(folder, 'cloud.yaml')], cast.engineer);
    const early = await retire();
    expect(early.code).toBe(3);
    expect(early.stderr).toContain('run jinhong up');
    const up = (path: string) => jinhong(['up', path, '--no-prune', '--no-wait'], cast.engineer);
    expect((await up(folder)).code).toBe(0);
    expect(await exists(hub, resources.site, { name: site })).toBe(false);
    expect((await retire()).code).toBe(0);
    await until(
      'its namespace is gone',
      async () => !(await exists(hub, resources.namespace, { name: siteNamespace(site) })),
    );
    const back = await up(city);
    expect(back.code).toBe(0);
    expect(back.stdout).toContain(`joined: ${site}`);
    await serves('copied');
    await hub.close();
  });
});
