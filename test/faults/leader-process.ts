/**
 * A process that takes part in an election and, as long as it leads, writes its name into a ConfigMap. Arguments:
 * kubeconfig, namespace, identity, lease duration in milliseconds. Tells what happens as words on stdout, one per line. Started by leader.test.ts.
 */
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { startLeader } from '../../kube/leader.ts';

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
  if (leader.isLeader()) {
    try {
      await client.apply(
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'written', namespace },
          data: { by: identity, term: String(leader.term()), at: String(process.hrtime.bigint()) },
        },
        { fieldManager: 'leader-test', force: true },
      );
    } catch {
      say('refused');
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
