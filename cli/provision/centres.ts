import { isAppError } from '../../core/errors.ts';
import type { Cloud, CloudSite } from '../../core/model/cloud.ts';
import { createClient } from '../../kube/client.ts';
import { type Connection, loadKubeconfig } from '../../kube/config.ts';
import type { KubeClient } from '../../kube/types.ts';
import type { Context } from '../context.ts';

/** One centre of the cloud, and whether it answered. */
export interface Centre {
  readonly site: CloudSite;
  readonly connection: Connection;
  readonly client: KubeClient;
  /** Why it cannot be worked with; undefined: it answered. */
  readonly down: Error | undefined;
}

/** How long a centre may take to answer before it counts as unreachable. */
const probeMs = 6_000;

/**
 * A client per centre of cloud.yaml by the context it names, not connected yet. Sorted by wave, then in the order of
 * cloud.yaml. Clients are closed when the run ends.
 * @throws input `context-unknown` when the kubeconfig lacks a context: a mistake of the caller, not an outage
 */
export function openCentres(ctx: Context, cloud: Cloud, kubeconfig: string): Omit<Centre, 'down'>[] {
  const sites = [...cloud.sites].sort((a, b) => a.wave - b.wave);
  return sites.map((site) => {
    const connection = loadKubeconfig(kubeconfig, site.context);
    const client = createClient(connection, { component: 'cli' });
    ctx.onClose(() => client.close());
    return { site, connection, client };
  });
}

/** The centre, asked once whether it answers. */
export async function probed(centre: Omit<Centre, 'down'>): Promise<Centre> {
  return { ...centre, down: await probe(centre.client) };
}

/** All centres, see openCentres, each asked once whether it answers. */
export async function connectCentres(ctx: Context, cloud: Cloud, kubeconfig: string): Promise<Centre[]> {
  return Promise.all(openCentres(ctx, cloud, kubeconfig).map(probed));
}

/** The centre with the role management. */
export function managementOf(centres: readonly Centre[]): Centre {
  const found = centres.find((centre) => centre.site.role === 'management');
  if (found === undefined) throw new Error('a checked cloud.yaml has a management centre');
  return found;
}

async function probe(client: KubeClient): Promise<Error | undefined> {
  try {
    await client.request('GET', '/version', { timeoutMs: probeMs });
    return undefined;
  } catch (error) {
    if (isAppError(error) && (error.kind === 'unreachable' || error.kind === 'timeout')) return error;
    throw error;
  }
}

/** Runs `work` for all, at most `limit` at a time; results in the order of `items`, a failure as its error. */
export async function eachAtMost<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next; index < items.length; index = next) {
      next += 1;
      const item = items[index] as T;
      try {
        results[index] = { status: 'fulfilled', value: await work(item) };
      } catch (reason) {
        results[index] = { status: 'rejected', reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/** Centres by wave, lowest first. Pure. */
export function wavesOf(centres: readonly Centre[]): Centre[][] {
  const waves = [...new Set(centres.map((centre) => centre.site.wave))].sort((a, b) => a - b);
  return waves.map((wave) => centres.filter((centre) => centre.site.wave === wave));
}
