import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readCredential, renewToken } from '../../../controller/site/credential.ts';
import { siteAccountName } from '../../../core/access/management.ts';
import { managementCredential } from '../../../core/access/site.ts';
import { memberRoles, policyNames } from '../../../core/desired/index.ts';
import type { GrantSpec } from '../../../core/model/grant.ts';
import { namespaces, siteNamespace } from '../../../core/model/names.ts';
import { createClient } from '../../../kube/client.ts';
import { resources } from '../../../kube/resource.ts';
import type { KubeClient } from '../../../kube/types.ts';
import { uniqueName, until } from '../../support/centre.ts';
import { emptied, type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import {
  decide,
  find,
  grantOf,
  grantSpecOf,
  join,
  nextDecision,
  type RunningSite,
  ready,
  readyTenant,
  type SiteCentre,
  startSite,
  startSiteCentre,
  testSite,
} from '../../support/site-centre.ts';

let site: SiteCentre;
let admin: KubeClient;
let proxy: FaultProxy;
let running: RunningSite | undefined;

beforeAll(async () => {
  site = await startSiteCentre();
  admin = site.admin;
  proxy = await startFaultProxy({ name: 'upstream', server: site.centre.url, ca: site.centre.ca });
  await join(admin, { server: proxy.connection.server, ca: proxy.connection.ca ?? '' });
});
afterAll(async () => {
  await proxy?.close();
  await site?.stop();
});
afterEach(async () => {
  proxy.rule(() => undefined);
  await running?.stop();
  running = undefined;
});

function run(): RunningSite {
  running = startSite(site);
  return running;
}

const leave = (): void => {
  proxy.rule(() => ({ cut: 'before' }));
  proxy.cut();
};
const comeBack = (): void => proxy.rule(() => undefined);
const revisionOf = ({ decision }: GrantSpec) => `"revision":${decision.revision}`;
const dns = (namespace: string) => ({ namespace, name: policyNames.dns });

describe('with the management centre away', () => {
  it('drift is put right, and decisions and reports are caught up when it is back', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    leave();
    await admin.remove(resources.networkPolicy, dns(namespace));
    await until('drift is put right', () => find(admin, resources.networkPolicy, dns(namespace)), 5_000);
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    comeBack();
    await ready(admin, name, 'Frozen');
  });

  it('a controller that starts works on its mirror alone', async () => {
    const first = run();
    const { name, namespace } = await readyTenant(admin);
    await first.stop();
    await admin.remove(resources.networkPolicy, dns(namespace));
    leave();
    run();
    await until('drift is put right', () => find(admin, resources.networkPolicy, dns(namespace)), 5_000);
    const mirror = await grantOf(admin, name, 'mirror');
    expect(mirror?.status?.conditions.find(({ type }) => type === 'Orphaned')).toBeUndefined();
  });

  it('a management centre that answers with an empty list has nothing removed', async () => {
    const first = run();
    const { name, namespace } = await readyTenant(admin);
    await first.stop();
    proxy.rule((call) => (call.verb === 'list' && call.plural === 'grants' ? { edit: emptied } : undefined));
    run();
    await until('the mirror says Orphaned', async () => {
      const mirror = await grantOf(admin, name, 'mirror');
      return mirror?.status?.conditions.some(({ type, status }) => type === 'Orphaned' && status === 'True');
    });
    expect(await find(admin, resources.namespace, { name: namespace })).toBeDefined();
    expect(await find(admin, resources.roleBinding, { namespace, name: memberRoles.admin })).toBeDefined();
  });
});

describe('the way to the management centre', () => {
  it('is one connection, also for many tenants', async () => {
    const before = proxy.sessions();
    run();
    await Promise.all(Array.from({ length: 10 }, () => readyTenant(admin)));
    expect(proxy.sessions() - before).toBe(1);
  });

  it('carries each status once, though the watch is late to say that it is there', async () => {
    proxy.rule(({ verb }) =>
      verb === 'watch' ? { line: (line) => new Promise((resolve) => setTimeout(resolve, 1_000, [line])) } : undefined,
    );
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const before = await find(admin, resources.networkPolicy, dns(namespace));
    await admin.remove(resources.networkPolicy, dns(namespace));
    await until('the policy is back', async () => {
      const now = await find(admin, resources.networkPolicy, dns(namespace));
      return now !== undefined && now.metadata.uid !== before?.metadata.uid;
    });
    const next = nextDecision(spec);
    await decide(admin, next);
    const told = () => proxy.calls.filter((call) => call.path.endsWith(`/${name}/status`)).map(({ body }) => body);
    await until('the next decision is told', () => told().some((body) => body.includes(revisionOf(next))));
    expect(told()).toEqual([...new Set(told())]);
  });

  it('is renewed by the site itself, and the new token is used', async () => {
    run();
    await readyTenant(admin);
    const local = createClient({ name: testSite, server: site.centre.url, ca: site.centre.ca, token: site.token });
    try {
      const old = await readCredential(local);
      if (old === undefined) throw new Error('no credential');
      const management = createClient(old.connection);
      await renewToken(management, local, { namespace: siteNamespace(testSite), name: siteAccountName });
      await management.close();
      const renewed = await readCredential(local);
      expect(renewed?.fingerprint).not.toBe(old.fingerprint);
      expect(renewed?.connection.server).toBe(old.connection.server);
      const sessions = proxy.sessions();
      await until('the link is made anew', () => proxy.sessions() > sessions);
      await readyTenant(admin);
    } finally {
      await local.close();
    }
  });

  it('appears when the site joins later', async () => {
    await admin.remove(resources.secret, { namespace: namespaces.system, name: managementCredential });
    run();
    const spec = grantSpecOf('alpha', uniqueName('late'));
    await decide(admin, spec);
    await join(admin, { server: proxy.connection.server, ca: proxy.connection.ca ?? '' });
    await ready(admin, `alpha-${spec.tenant.name}`, 'Running');
  });
});
