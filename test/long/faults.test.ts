import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { controllers } from '../../core/access/objects.ts';
import { policyNames } from '../../core/desired/index.ts';
import { namespaces } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { readCentreState } from '../../local/centre.ts';
import {
  drifted,
  type FaultySite,
  healed,
  pause,
  quiet,
  readyLate,
  removalsSince,
  type StartOptions,
  startFaultySite,
  wantedOf,
  writesSince,
} from '../faults/site.ts';
import { uniqueName, until } from '../support/centre.ts';
import { decide, grantSpecOf, nextDecision, type RunningSite, readyTenant } from '../support/site-centre.ts';

/** The faults of test/faults with the times that they have in production. */

let faulty: FaultySite;
let admin: KubeClient;
let running: RunningSite | undefined;
const minuteMs = 60_000;

beforeAll(async () => {
  faulty = await startFaultySite();
  admin = faulty.admin;
});
afterAll(() => faulty?.stop());
afterEach(async () => {
  faulty.calm();
  await running?.stop();
  running = undefined;
});

function run(options: StartOptions = {}): RunningSite {
  running = faulty.start(options);
  return running;
}

const readyAt = (name: string, reason: string) => readyLate(admin, name, reason, 5 * minuteMs);

describe('the site controller', () => {
  /** Provisions, freezes and thaws a tenant; resolves with the writes to its namespace. */
  async function life(): Promise<string[]> {
    const from = Date.now();
    const spec = grantSpecOf('alpha', uniqueName('t'));
    const name = `alpha-${spec.tenant.name}`;
    await decide(admin, spec);
    await readyAt(name, 'Running');
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await readyAt(name, 'Frozen');
    await quiet(faulty.site, 2_000);
    return writesSince(faulty.site, from)
      .filter((write) => write.includes(`${name}-production`))
      .map((write) => write.replaceAll(name, 'NAME').replace(/(serviceaccounts.*) 20[01]$/, '$1'))
      .sort();
  }

  it.for([10, 60])('events that come %i s late: the same writes as without', async (seconds) => {
    run();
    const usual = await life();
    await running?.stop();
    run();
    for (const meddler of [faulty.own, faulty.hub]) {
      meddler.line = async (_event, line) => {
        await pause(seconds * 1_000);
        return [line];
      };
    }
    expect(await life()).toEqual(usual);
  });

  it('429 with a minute to wait: nothing is asked again before, and all goes on after', async () => {
    run();
    const tenants = await Promise.all(Array.from({ length: 5 }, () => readyTenant(admin)));
    await quiet(faulty.site);
    const askedAt = new Map<string, number>();
    const early: string[] = [];
    faulty.own.rule = (call) => {
      if (call.verb === 'watch') return undefined;
      const key = `${call.method} ${call.path}`;
      const now = performance.now();
      if (now - (askedAt.get(key) ?? Number.NEGATIVE_INFINITY) < minuteMs - 10) early.push(key);
      askedAt.set(key, now);
      return { answer: { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '60' } } };
    };
    for (const { spec } of tenants) await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await pause(2.5 * minuteMs);
    expect(early).toEqual([]);
    faulty.calm();
    for (const { name } of tenants) await readyAt(name, 'Frozen');
  });

  it('503 on every call for five minutes: few calls meanwhile, no rush afterwards', async () => {
    // The pauses of production.
    run({ timings: { backoffBaseMs: 1_000, backoffMaxMs: 60_000 } });
    const tenants = await Promise.all(Array.from({ length: 20 }, () => readyTenant(admin)));
    await quiet(faulty.site);
    faulty.own.rule = () => ({ answer: { status: 503, reason: 'ServiceUnavailable' } });
    faulty.own.proxy.cut();
    for (const { namespace } of tenants) {
      await admin.remove(resources.networkPolicy, { namespace, name: policyNames.dns });
    }
    for (const { spec } of tenants) await decide(admin, nextDecision(spec));
    await pause(3 * minuteMs);
    const before = faulty.own.proxy.calls.length;
    await pause(2 * minuteMs);
    // 20 tenants and 9 kinds at most twice a minute, a read with at most 4 attempts; and the credential twice a second.
    const others = faulty.own.proxy.calls.slice(before).filter((call) => call.plural !== 'secrets');
    expect(others.length).toBeLessThan(2 * 2 * (20 + 9) * 4);
    const back = faulty.own.proxy.calls.length;
    faulty.calm();
    await healed(
      admin,
      tenants.flatMap(({ spec }) => wantedOf(spec)),
      3 * minuteMs,
    );
    const after = faulty.own.proxy.calls.slice(back).filter((call) => call.plural !== 'secrets');
    expect(after.length).toBeLessThanOrEqual(2 * 9 + 20 * 6);
  });

  it('etcd stopped for thirty seconds: nothing is removed, and work goes on', async () => {
    run();
    const tenants = await Promise.all(Array.from({ length: 5 }, () => readyTenant(admin)));
    const from = Date.now();
    const pid = readCentreState(faulty.site.centre.dir)?.processes['etcd']?.pid ?? 0;
    expect(pid).toBeGreaterThan(1);
    process.kill(pid, 'SIGSTOP');
    try {
      faulty.own.proxy.cut();
      await pause(30_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    for (const { spec } of tenants) {
      await until('the decision is stored', () => decide(admin, nextDecision(spec)), minuteMs);
    }
    for (const { name } of tenants) await readyAt(name, 'Running');
    expect(
      await drifted(
        admin,
        tenants.flatMap(({ spec }) => wantedOf(spec)),
      ),
    ).toEqual([]);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });

  it('a token that the server stops taking: the next one is used, and no event is lost', async () => {
    const tokenFile = join(faulty.site.centre.dir, 'token');
    const old = await boundToken();
    writeFileSync(tokenFile, old.token);
    run({ connection: { tokenFile } });
    const { spec, namespace } = await readyTenant(admin);
    writeFileSync(tokenFile, (await boundToken()).token);
    await admin.remove(resources.secret, { namespace: namespaces.system, name: old.secret });
    const { centre } = faulty.site;
    const probe = createClient({ name: 'probe', server: centre.url, ca: centre.ca, token: old.token });
    await until(
      'the old token is refused',
      () =>
        probe.get(resources.namespace, { name: 'default' }).then(
          () => false,
          (error: { code?: string }) => error.code === 'not-signed-in',
        ),
      minuteMs,
    );
    await probe.close();
    faulty.own.proxy.cut();
    await admin.remove(resources.networkPolicy, { namespace, name: policyNames.dns });
    await healed(admin, wantedOf(spec), minuteMs);
  });

  /** A token of the controller's account that holds as long as a Secret exists. */
  async function boundToken(): Promise<{ token: string; secret: string }> {
    const name = uniqueName('bound');
    const metadata = { name, namespace: namespaces.system };
    const secret = await admin.create<KubeObject>({ apiVersion: 'v1', kind: 'Secret', metadata });
    const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name, uid: secret.metadata.uid };
    const path = `/api/v1/namespaces/${namespaces.system}/serviceaccounts/${controllers.site}/token`;
    const spec = { expirationSeconds: 3600, boundObjectRef };
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    const answer = await admin.request('POST', path, { body });
    return { token: (JSON.parse(answer.body) as { status: { token: string } }).status.token, secret: name };
  }
});
