import { afterEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../../kube/client.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { configMap, errorOf, type Handler, startFakeWithClient } from '../support/fake-api.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function setUp(handler: Handler, options: ClientOptions = {}) {
  const { close, ...started } = await startFakeWithClient(handler, options);
  closers.push(close);
  return started;
}

const ref = { namespace: 'default', name: 'one' };
const stored = configMap('one', '7');
const wish: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref };
const ok: Handler = (_, respond) => respond.json(200, stored);

describe('turns', () => {
  it('a Lease goes before all that wait, and has a place when all are taken', async () => {
    const finish: (() => void)[] = [];
    const { api, client } = await setUp(
      (request, respond) => {
        if (request.path.includes('leases')) respond.json(200, {});
        else finish.push(() => respond.json(200, stored));
      },
      { maxConcurrent: 2 },
    );
    const calls = Array.from({ length: 6 }, () => client.get(resources.configMap, ref));
    await client.get(resources.lease, ref, { priority: 'high' });
    expect(api.requests.filter((request) => request.path.includes('leases'))).toHaveLength(1);
    expect(api.requests.filter((request) => request.path.includes('configmaps')).length).toBeLessThanOrEqual(2);
    const timer = setInterval(() => {
      for (const end of finish.splice(0)) end();
    }, 5);
    await Promise.all(calls);
    clearInterval(timer);
  });

  it('a process that no longer leads writes nothing, but reads and renews Leases', async () => {
    let leads = true;
    const { api, client } = await setUp(ok, { fence: () => leads });
    await client.create(wish);
    leads = false;
    expect((await errorOf(client.create(wish))).code).toBe('not-leader');
    await client.get(resources.configMap, ref);
    await client.update({ ...stored, apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }, { priority: 'high' });
    expect(api.requests.map((request) => request.method)).toEqual(['POST', 'GET', 'PUT']);
  });

  it('a lead that is lost between two attempts stops the second one', async () => {
    let leads = true;
    const { api, client } = await setUp(
      (_, respond) => {
        leads = false;
        respond.cut();
      },
      { fence: () => leads },
    );
    expect((await errorOf(client.apply(wish, { fieldManager: 'me' }))).code).toBe('not-leader');
    expect(api.requests).toHaveLength(1);
  });
});
