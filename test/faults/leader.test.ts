import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createClient, type InstrumentedClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
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

  /** One write as the server stored it; `decidedAt` is of the machine's monotonic clock, in nanoseconds. */
  interface Write {
    readonly by: string;
    readonly decidedAt: string;
  }

  it('a leader that is stopped and resumed decides nothing more, and what it had on its way fails when guarded', async () => {
    const one = join('one');
    await has(one, 'elected');
    const writes: Record<string, Write[]> = { free: [], guarded: [] };
    const informer = startInformer({
      client: admin,
      resource: resources.configMap,
      namespace,
      labelSelector: 'test=leader',
      onChange: (key, _, object) => writes[key.split('/')[1] ?? '']?.push(object['data'] as Write),
    });
    closers.push(() => informer.stop());
    const count = (name: string, by: string): number => (writes[name] ?? []).filter((write) => write.by === by).length;
    await until('writes of the first', () => count('guarded', 'one') > 5);
    const two = join('two');
    await has(two, 'ready');
    one.process.kill('SIGSTOP');
    await has(two, 'elected');
    await until('writes of the other', () => count('free', 'two') > 5 && count('guarded', 'two') > 5);
    const resumedAt = process.hrtime.bigint();
    one.process.kill('SIGCONT');
    await has(one, 'lost');
    const [free, guarded] = [count('free', 'two'), count('guarded', 'two')];
    await until('more writes', () => count('free', 'two') > free + 20 && count('guarded', 'two') > guarded + 20);
    const turns = (writes['guarded'] ?? []).map(({ by }) => by).filter((by, index, all) => by !== all[index - 1]);
    expect(turns).toEqual(['one', 'two']);
    const late = Object.values(writes)
      .flat()
      .filter(({ by, decidedAt }) => by === 'one' && BigInt(decidedAt) > resumedAt);
    expect(late).toEqual([]);
    expect(two.said).not.toContain('lost');
  });

  it('a leader that ends in order hands over at once', async () => {
    await admin.remove(resources.lease, { namespace, name: 'election' }).catch(() => undefined);
    const three = join('three', 60_000);
    await has(three, 'elected');
    const four = join('four', 60_000);
    await has(four, 'ready');
    three.process.kill('SIGTERM');
    await new Promise((resolve) => three.process.once('exit', resolve));
    const startedMs = performance.now();
    await has(four, 'elected');
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(three.said).not.toContain('lost');
  });
});
