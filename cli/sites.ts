import type { Site } from '../core/model/kinds.ts';
import { siteNamespace } from '../core/model/names.ts';
import { ifAllowed, ifFound } from '../kube/errors.ts';
import { resources } from '../kube/resource.ts';
import type { KubeClient } from '../kube/types.ts';
import type { Context } from './context.ts';
import { age } from './view/words.ts';

/** What the management centre knows of one centre's last contact. */
export interface SiteContact {
  readonly name: string;
  readonly role: string;
  /** Epoch milliseconds of the last heartbeat; undefined when there was none or the caller may not read it. */
  readonly lastContactMs: number | undefined;
  /** The Site's own Ready condition; `Unknown` where it has none. */
  readonly ready: 'True' | 'False' | 'Unknown';
  /** Since when `ready` is so, epoch milliseconds. */
  readonly sinceMs: number | undefined;
}

const leaseName = 'jinhong-site';

/** The centres by name with their last contact; empty when the caller may not list them. Never asks a centre itself. */
export async function listContacts(client: KubeClient): Promise<SiteContact[]> {
  const list = await ifAllowed(client.list(resources.site));
  const sites = (list?.items ?? []) as unknown as Site[];
  const found = await Promise.all(sites.map((site) => contactOf(client, site)));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function contactOf(client: KubeClient, site: Site): Promise<SiteContact> {
  const { name } = site.metadata;
  const ready = site.status?.conditions.find((condition) => condition.type === 'Ready');
  return {
    name,
    role: site.spec.role,
    lastContactMs: site.spec.role === 'management' ? undefined : await heartbeat(client, name),
    ready: ready?.status ?? 'Unknown',
    sinceMs: ready === undefined ? undefined : Date.parse(ready.lastTransitionTime),
  };
}

async function heartbeat(client: KubeClient, site: string): Promise<number | undefined> {
  const ref = { namespace: siteNamespace(site), name: leaseName };
  const lease = await ifFound(ifAllowed(client.get(resources.lease, ref)));
  const renewed = (lease?.['spec'] as { renewTime?: string } | undefined)?.renewTime;
  return renewed === undefined ? undefined : Date.parse(renewed);
}

/** One centre in words: its name and how long ago it was in touch, or that it is silent and since when. */
export function contactText(ctx: Context, site: SiteContact): string {
  const { lang } = ctx;
  if (site.role === 'management') return `${site.name} ✓`;
  if (site.lastContactMs !== undefined) {
    const heard = age(site.lastContactMs, ctx.now(), lang);
    return site.ready === 'True' ? `${site.name} ✓ ${heard}` : ctx.style.warn(`${site.name} ? ${heard}`);
  }
  if (site.ready === 'True') return `${site.name} ✓`;
  const since = site.sinceMs === undefined ? '' : ` ${age(site.sinceMs, ctx.now(), lang)}`;
  return ctx.style.warn(`${site.name} ? ${ctx.say({ zh: '未联系', en: 'silent' })}${since}`);
}
