import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createClient, type InstrumentedClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { uniqueName, until } from '../support/centre.ts';

const namespace = uniqueName('leader');
let admin: InstrumentedClient;
const closers: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  admin = createClient(loadKubeconfig(inject('centre').kubeconfig));
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(async () => {
  await admin.remove(resources.namespace, { name: namespace });
  await admin.close();
});

const read = (name: string): Promise<KubeObject> => admin.get(resources.configMap, { namespace, name });

describe('two processes and one Lease', () => {
  interface Member {
    readonly name: string;
    readonly process: ChildProcess;
    readonly said: string[];
  }

  function join(name: string, leaseMs = 2_000): Member {
    const script = fileURLToPath(new URL('./leader-process.ts', import.meta.url));
    const child = spawn(process.execPath, [script, inject('centre').kubeconfig, namespace, name, String(leaseMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      said.push(...lines);
    });
    closers.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await gone;
    });
    return { name, process: child, said };
  }

  const has = (member: Member, word: string) =>
    until(`${member.name} ${word}`, () => member.said.includes(word), 20_000);

  it('a leader that is stopped and resumed has lost, knows it before any write, and the other goes on alone', async () => {
    const one = join('one');
    await has(one, 'elected');
    await until('a write', async () => ((await read('written'))['data'] as { by: string }).by === 'one');
    const two = join('two');
    const writers: string[] = [];
    const informer = startInformer({
      client: admin,
      resource: resources.configMap,
      namespace,
      fieldSelector: 'metadata.name=written',
      onChange: (_, __, object) => writers.push((object['data'] as { by: string }).by),
    });
    closers.push(() => informer.stop());
    await informer.synced;
    one.process.kill('SIGSTOP');
    await has(two, 'elected');
    await until('writes of the other', () => writers.filter((writer) => writer === 'two').length > 5);
    one.process.kill('SIGCONT');
    await has(one, 'lost');
    const sofar = writers.length;
    await until('more writes', () => writers.length > sofar + 20);
    const turns = writers.filter((writer, index) => writer !== writers[index - 1]);
    expect(turns).toEqual(['one', 'two']);
    expect(two.said).not.toContain('lost');
  });

  it('a leader that ends in order hands over at once', async () => {
    await admin.remove(resources.lease, { namespace, name: 'election' }).catch(() => undefined);
    const three = join('three', 30_000);
    await has(three, 'elected');
    const four = join('four', 30_000);
    await has(four, 'ready');
    three.process.kill('SIGTERM');
    await new Promise((resolve) => three.process.once('exit', resolve));
    const startedMs = performance.now();
    await has(four, 'elected');
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(three.said).not.toContain('lost');
  });
});
