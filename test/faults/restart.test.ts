import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueue, done, type Queue } from '../../controller/queue.ts';
import { createClient, type InstrumentedClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { type Informer, startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { readCentreState } from '../../local/centre.ts';
import { type OwnCentre, startTestCentre, until } from '../support/centre.ts';

let centre: OwnCentre;
let client: InstrumentedClient;
let informer: Informer<KubeObject>;
let queue: Queue;
const changes: string[] = [];
/** Last value of each key that a run wrote to the server. */
const copied = new Map<string, string>();

const map = (name: string, value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels: { role: 'source' } },
  data: { value },
});

const valueIn = (object: KubeObject | undefined): string =>
  (object?.['data'] as { value: string } | undefined)?.value ?? '';

beforeAll(async () => {
  centre = await startTestCentre({ name: 'restarted' });
  client = createClient(loadKubeconfig(centre.kubeconfig), { pingIntervalMs: 500, timeoutMs: 5_000 });
  queue = createQueue(
    async (key) => {
      const value = valueIn(informer.get(key));
      const copy = { ...map(`copy-of-${key.split('/')[1]}`, value), metadata: { name: 'copy', namespace: 'default' } };
      await client.apply(copy, { fieldManager: 'copier', force: true });
      copied.set(key, value);
      return done;
    },
    { minBackoffMs: 200, maxBackoffMs: 1_000 },
  );
  informer = startInformer({
    client,
    resource: resources.configMap,
    namespace: 'default',
    labelSelector: 'role=source',
    maxBackoffMs: 1_000,
    onChange(key, kind) {
      changes.push(`${kind} ${key.split('/')[1]}`);
      queue.add(key);
    },
  });
  queue.start();
  await client.apply(map('one', '1'), { fieldManager: 'test' });
  await until('the first copy', () => copied.get('default/one') === '1');
});

afterAll(async () => {
  await queue?.stop();
  await informer?.stop();
  await client?.close();
  await centre?.stop();
});

describe('a client, an informer and a queue through', () => {
  it('a server that is stopped and started: nothing is forgotten, and work goes on', async () => {
    await centre.halt();
    queue.add('default/one');
    await until('the server to be missed', () => informer.lastContactMs() > 1_500);
    expect(informer.get('default/one')).toBeDefined();
    copied.clear();
    await centre.restart();
    await until('the run that failed meanwhile', () => copied.get('default/one') === '1');
    await client.apply(map('one', '2'), { fieldManager: 'test' });
    await until('a copy after the restart', () => copied.get('default/one') === '2');
    expect(changes.filter((change) => change.startsWith('deleted'))).toEqual([]);
  }, 60_000);

  it('a server that stands still without closing anything: calls end in time, and work goes on', async () => {
    const pid = readCentreState(centre.dir)?.processes['kube-apiserver']?.pid ?? 0;
    expect(pid).toBeGreaterThan(1);
    const before = client.connections();
    process.kill(pid, 'SIGSTOP');
    try {
      const startedMs = performance.now();
      await expect(client.get(resources.namespace, { name: 'default' })).rejects.toMatchObject({ kind: 'unreachable' });
      expect(performance.now() - startedMs).toBeLessThan(8_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await client.apply(map('one', '3'), { fieldManager: 'test' });
    await until('a copy afterwards', () => copied.get('default/one') === '3', 30_000);
    expect(client.connections()).toBeGreaterThan(before);
    expect(changes.filter((change) => change.startsWith('deleted'))).toEqual([]);
  }, 60_000);
});
