/**
 * A process that takes part in an election and, as long as it leads, writes its name and the moment of its decision
 * into two ConfigMaps: `free` by a forced apply, `guarded` by an update of the version it read before. Arguments:
 * kubeconfig, namespace, identity, lease duration in milliseconds. Tells what happens as words on stdout, one per line. Started by leader.test.ts.
 */
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { startLeader } from '../../kube/leader.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';

const [kubeconfig = '', namespace = '', identity = '', lease = '2000'] = process.argv.slice(2);
const leaseMs = Number(lease);

const say = (word: string): void => {
  process.stdout.write(`${word}\n`);
};

const client = createClient(loadKubeconfig(kubeconfig), { component: identity, fence: () => leader.isLeader() });
const leader = startLeader({
  client,
  namespace,
  name: 'election',
  identity,
  leaseMs,
  renewMs: 0.6 * leaseMs,
  retryMs: 200,
  onElected: () => say('elected'),
  onLost: () => say('lost'),
});

process.on('SIGTERM', () => {
  void leader
    .stop()
    .then(() => client.close())
    .then(() => process.exit(0));
});

say('ready');
for (;;) {
  try {
    await writeFree();
    await writeGuarded();
  } catch {
    say('refused');
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}

async function writeFree(): Promise<void> {
  if (leader.isLeader()) await client.apply(statement('free'), { fieldManager: 'leader-test', force: true });
}

async function writeGuarded(): Promise<void> {
  const known = await client.get(resources.configMap, { namespace, name: 'guarded' }).catch(() => undefined);
  if (!leader.isLeader()) return;
  const next = statement('guarded');
  if (known === undefined) await client.create(next);
  else await client.update({ ...known, data: next['data'] });
}

function statement(name: string): KubeObject {
  const data = { by: identity, decidedAt: String(process.hrtime.bigint()) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { test: 'leader' } }, data };
}
