import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createClient, type InstrumentedClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { readCentreState } from '../../local/centre.ts';
import { centrePaths } from '../../local/centre-files.ts';
import { HttpCaller } from '../../local/http.ts';
import { readKeyPair } from '../../local/pki.ts';
import { isRunning, type ProcessId, signal } from '../../local/processes.ts';
import { type FaultySite, healed, pause, removalsSince, startFaultySite, wantedOf } from '../faults/site.ts';
import { uniqueName, until } from '../support/centre.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { decide, grantOf, nextDecision, type RunningSite, ready, readyTenant } from '../support/site-centre.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let faulty: FaultySite;
let admin: KubeClient;
let running: RunningSite | undefined;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  faulty = await startFaultySite();
  admin = faulty.admin;
});
afterAll(() => faulty?.stop());
afterEach(async () => {
  faulty.calm();
  await running?.stop();
  running = undefined;
  for (const close of closers.splice(0).reverse()) await close();
});

type Process = 'etcd' | 'kube-apiserver';
function idOf(name: Process): ProcessId {
  const id = readCentreState(faulty.site.centre.dir)?.processes[name];
  if (id === undefined) throw new Error(`${name} does not run`);
  return id;
}

/** Kills what is named, as a crash does, and starts it again on the same data. */
async function crash(...processes: Process[]): Promise<void> {
  const ids = processes.map(idOf);
  for (const id of ids) expect(signal(id, 'SIGKILL')).toBe(true);
  await until('they are gone', () => !ids.some(isRunning));
  await faulty.site.centre.restart();
}

/** Has etcd forget every version but the present one, which is a later one than any that was seen before. */
async function compact(): Promise<void> {
  const metadata = { name: uniqueName('later'), namespace: 'default' };
  await admin.create<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  const { dir } = faulty.site.centre;
  const { pki } = centrePaths(dir);
  const port = readCentreState(dir)?.ports.etcdClient ?? 0;
  const client = readKeyPair(pki, 'etcd-client');
  if (client === undefined) throw new Error('no certificate for etcd');
  const etcd = new HttpCaller({
    url: `https://127.0.0.1:${port}`,
    ca: readFileSync(join(pki, 'etcd-ca.crt'), 'utf8'),
    client,
  });
  const call = async (path: string, body: object) => {
    const { status, text } = await etcd.send({ method: 'POST', path, body });
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as { header: { revision: string } };
  };
  const { header } = await call('/v3/kv/range', { key: Buffer.from('x').toString('base64') });
  await call('/v3/kv/compaction', { revision: header.revision, physical: true });
  etcd.close();
}

/** A group of ConfigMaps and a proxy before an administrator's client. */
async function group(): Promise<{ label: string; proxy: FaultProxy; client: InstrumentedClient }> {
  const { centre } = faulty.site;
  const proxy = await startFaultProxy(loadKubeconfig(centre.kubeconfig, centre.name));
  const client = createClient(proxy.connection, { maxAttempts: 1 });
  closers.push(
    () => proxy.close(),
    () => client.close(),
  );
  const label = uniqueName('group');
  for (const name of ['one', 'two', 'three']) {
    const metadata = { name: `${label}-${name}`, namespace: 'default', labels: { group: label } };
    await admin.create<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  }
  return { label, proxy, client };
}

describe('410 as a real server says it, after etcd was compacted and the API server crashed', () => {
  it('in the middle of a paged list: the list starts again, and nothing of it is told before it is whole', async () => {
    const { label, proxy, client } = await group();
    const codes: string[] = [];
    const sizes: number[] = [];
    let crashed: Promise<void> | undefined;
    proxy.rule((call) => {
      if (!call.query.has('continue')) return undefined;
      sizes.push(informer.size());
      if (crashed !== undefined) return undefined;
      crashed = compact().then(() => crash('kube-apiserver'));
      return { before: () => crashed };
    });
    const informer = startInformer({
      client,
      resource: resources.configMap,
      namespace: 'default',
      labelSelector: `group=${label}`,
      pageSize: 1,
      maxBackoffMs: 200,
      metrics: { interrupted: (_, code) => codes.push(code) },
    });
    closers.push(() => informer.stop());
    await informer.synced;
    expect(crashed).toBeDefined();
    expect(codes).toContain('expired');
    expect(new Set(sizes)).toEqual(new Set([0]));
    expect(informer.size()).toBe(3);
  });

  it('on a watch: one list follows, and a removal in the gap is told', async () => {
    const { label, proxy, client } = await group();
    const changes: string[] = [];
    const reasons: string[] = [];
    const codes: string[] = [];
    const informer = startInformer({
      client,
      resource: resources.configMap,
      namespace: 'default',
      labelSelector: `group=${label}`,
      maxBackoffMs: 200,
      onChange: (key, kind) => changes.push(`${kind} ${key.split('-').at(-1)}`),
      metrics: { interrupted: (_, code) => codes.push(code), relisted: (_, reason) => reasons.push(reason) },
    });
    closers.push(() => informer.stop());
    await informer.synced;
    const gap = Promise.withResolvers<void>();
    proxy.rule((call) => (call.verb === 'watch' ? { before: () => gap.promise } : undefined));
    proxy.cut();
    await admin.remove(resources.configMap, { namespace: 'default', name: `${label}-two` });
    await compact();
    await crash('kube-apiserver');
    proxy.rule(() => undefined);
    gap.resolve();
    await until('the removal is told', () => changes.includes('deleted two'), 30_000);
    expect(codes).toContain('expired');
    expect(reasons).toEqual(['first', 'expired']);
    expect(changes.filter((change) => change.startsWith('deleted'))).toEqual(['deleted two']);
  });
});

describe('a centre whose store does not answer', () => {
  async function works(breakIt: () => Promise<void>): Promise<void> {
    running = faulty.start();
    const tenants = [await readyTenant(admin), await readyTenant(admin), await readyTenant(admin)];
    const from = Date.now();
    await breakIt();
    for (const { spec } of tenants) {
      await until('the decision is stored', () => decide(admin, nextDecision(spec, { state: 'Frozen' })), 60_000);
    }
    for (const { name } of tenants) {
      await until(
        `${name} is frozen`,
        async () => (await grantOf(admin, name, 'mirror'))?.spec.state === 'Frozen',
        60_000,
      );
      await ready(admin, name, 'Frozen');
    }
    const wanted = tenants.flatMap(({ spec }) => wantedOf(spec, 'readonly'));
    await healed(admin, wanted, 30_000);
    // Frozen members only look: the binding of the admins goes, and nothing else does.
    const removed = removalsSince(faulty.site, from).filter((write) => !write.includes('/rolebindings/'));
    expect(removed).toEqual([]);
  }

  it('etcd stopped for five seconds, and every list failing: nothing is removed, and work goes on afterwards', async () => {
    await works(async () => {
      const etcd = idOf('etcd');
      expect(signal(etcd, 'SIGSTOP')).toBe(true);
      try {
        faulty.own.proxy.cut();
        faulty.hub.proxy.cut();
        await pause(5_000);
      } finally {
        signal(etcd, 'SIGCONT');
      }
    });
  });

  it('etcd and API server killed: nothing is removed, and work goes on when they are back', async () => {
    await works(() => crash('etcd', 'kube-apiserver'));
  });
});
