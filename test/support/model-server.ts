import { inject } from 'vitest';
import { crdOf } from '../../core/model/crd.ts';
import { type KindName, kinds } from '../../core/model/kinds.ts';
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeClient } from '../../kube/types.ts';

/** An administrator's client of the shared centre with every CRD installed and served. */
export async function clientWithCrds(): Promise<KubeClient> {
  const centre = inject('centre');
  const client = createClient(await loadKubeconfig(centre.kubeconfig, centre.name));
  for (const name of Object.keys(kinds) as KindName[]) {
    await client.apply(crdOf(name) as never, { fieldManager: 'test', force: true });
  }
  const deadline = Date.now() + 20_000;
  for (;;) {
    const served = await servedPlurals(client);
    if (Object.values(kinds).every((kind) => served.includes(kind.plural))) return client;
    if (Date.now() > deadline) throw new Error(`CRDs are not served: ${served.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function servedPlurals(client: KubeClient): Promise<string[]> {
  try {
    const { body } = await client.request('GET', '/apis/jinhong.dev/v1alpha1');
    return (JSON.parse(body) as { resources: { name: string }[] }).resources.map((entry) => entry.name);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
