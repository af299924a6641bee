import type { Cloud } from '../../core/model/cloud.ts';
import type { Department } from '../../core/model/kinds.ts';
import { needKubeconfig } from '../connect.ts';
import type { Context } from '../context.ts';
import { type Centre, managementOf, openCentres, probed } from './centres.ts';
import { type LiveState, nothingLive, readDepartments, readLive, readSite, type SeenState } from './live.ts';

/** What a centre other than the management centre has. */
export interface SiteRead {
  readonly state: SeenState;
  /** Its copy of the directory. */
  readonly departments: readonly Department[];
}

/** What was read of the centres. */
export interface Reading {
  readonly kubeconfig: string;
  /** Sorted by wave. */
  readonly centres: readonly Centre[];
  readonly management: Centre;
  /** What the management centre has; empty when it is down. */
  readonly live: LiveState;
  /** By name, of the centres that answered, the management centre apart; may still be under way, and empty if not asked for. */
  readonly sites: ReadonlyMap<string, Promise<SiteRead>>;
}

/**
 * Asks all centres at once: whether they answer, then at once what they have, each on its own. Begins before it returns,
 * so that the servers work while the caller does something else; a caller that fails meanwhile may drop the promise.
 * Without `sites` only the management centre is read.
 * @throws input errors of the kubeconfig
 */
export function startReading(ctx: Context, cloud: Cloud, { sites }: { readonly sites: boolean }): Promise<Reading> {
  return heldBack(readAll(ctx, cloud, sites));
}

async function readAll(ctx: Context, cloud: Cloud, withSites: boolean): Promise<Reading> {
  const kubeconfig = needKubeconfig(ctx).path;
  const sites = new Map<string, Promise<SiteRead>>();
  let live = nothingLive;
  const centres = await Promise.all(
    openCentres(ctx, cloud, kubeconfig).map(async (opened) => {
      const centre = await probed(opened);
      const { down, site, client } = centre;
      if (down !== undefined) return centre;
      if (site.role === 'management') live = await readLive(client);
      else if (withSites) sites.set(site.name, heldBack(readCentre(client)));
      return centre;
    }),
  );
  return { kubeconfig, centres, management: managementOf(centres), live, sites };
}

async function readCentre(client: Centre['client']): Promise<SiteRead> {
  const [state, departments] = await Promise.all([readSite(client), readDepartments(client)]);
  return { state, departments };
}

/** The promise itself; its failure counts only for those who wait for it. */
export function heldBack<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
