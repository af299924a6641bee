import { confirmConfigMap, managementCredential } from '../../core/access/site.ts';
import { AppError } from '../../core/errors.ts';
import type { Grant } from '../../core/model/kinds.ts';
import { annotations, managers, namespaces, siteNamespace } from '../../core/model/names.ts';
import { ifFound, isForbidden, isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { readRecord, stateDirOf } from '../../stacks/engine/state.ts';
import { needKubeconfig } from '../connect.ts';
import type { Context } from '../context.ts';
import { nearest } from '../usage.ts';
import { confirm } from '../view/ask.ts';
import { type Centre, connectCentres, managementOf } from './centres.ts';
import { cloudOf } from './cloud.ts';
import { type Joined, joinSite, lifeOfToken } from './join.ts';

/** The management centre and one other, both answering. */
interface Pair {
  readonly management: Centre;
  readonly site: Centre;
}

async function pairOf(ctx: Context, name: string): Promise<Pair> {
  const centres = await connectCentres(ctx, await cloudOf(ctx), needKubeconfig(ctx).path);
  const site = centres.find((centre) => centre.site.name === name);
  if (site === undefined || site.site.role === 'management') {
    const known = centres.filter((centre) => centre.site.role !== 'management').map((centre) => centre.site.name);
    const near = nearest(name, known);
    const text = {
      zh: `没有中心 ${name}；有 ${known.join('、')}`,
      en: `there is no centre ${name}; there are ${known.join(', ')}`,
    };
    const hintText = near === undefined ? undefined : { zh: `您要的是 ${near} 吗？`, en: `did you mean ${near}?` };
    throw new AppError('input', text.en, {
      code: 'site-unknown',
      data: { text, ...(hintText === undefined ? {} : { hintText }) },
    });
  }
  return { management: managementOf(centres), site };
}

function needUp(centre: Centre): void {
  if (centre.down !== undefined) throw centre.down;
}

/** Gives a site its account at the management centre. @throws unreachable; timeout `site-account-missing` */
export async function joinByName(
  ctx: Context,
  name: string,
  options: { server?: string; renew?: boolean },
): Promise<Joined> {
  const { management, site } = await pairOf(ctx, name);
  for (const centre of [management, site]) needUp(centre);
  return joinSite(management, site, { ...options, nowMs: ctx.now(), waitMs: 60_000, signal: ctx.signal });
}

/** How one centre stands, as `site status` shows it. Times in epoch milliseconds. */
export interface SiteStanding {
  readonly name: string;
  readonly role: string;
  readonly wave: number;
  readonly reachable: boolean;
  readonly installedAt: number | undefined;
  /** When the site's credential for the management centre ends; undefined: none, or the caller may not read it. */
  readonly credentialUntil: number | undefined;
  readonly lastContact: number | undefined;
  /** Until when a person lets changes above the hourly budget through. */
  readonly confirmedUntil: number | undefined;
}

/** How the centres stand, by wave. */
export async function siteStandings(ctx: Context, state: string | undefined): Promise<SiteStanding[]> {
  const centres = await connectCentres(ctx, await cloudOf(ctx), needKubeconfig(ctx).path);
  const management = managementOf(centres);
  const stateDir = stateDirOf(ctx.env, ctx.cwd, state);
  return Promise.all(
    centres.map(async ({ site, client, down }): Promise<SiteStanding> => {
      const there = down === undefined && site.role !== 'management';
      const [credentialUntil, confirmedUntil] = there
        ? await Promise.all([credentialEnd(client), confirmation(client)])
        : [undefined, undefined];
      const contact = site.role !== 'management' && management.down === undefined;
      return {
        name: site.name,
        role: site.role,
        wave: site.wave,
        reachable: down === undefined,
        installedAt: readRecord(stateDir, site.name)?.at,
        credentialUntil,
        confirmedUntil,
        lastContact: contact ? await heartbeat(management.client, site.name) : undefined,
      };
    }),
  );
}

/** Lets changes above the hourly budget through at a site, for a while. Resolves with its end. */
export async function confirmChanges(ctx: Context, name: string, forMs: number): Promise<string> {
  const { site } = await pairOf(ctx, name);
  needUp(site);
  const until = new Date(ctx.now() + forMs).toISOString().replace(/\.[0-9]+Z$/, 'Z');
  const ref = { namespace: namespaces.system, name: confirmConfigMap };
  await site.client.patch(resources.configMap, ref, { data: { until } }, { type: 'merge', fieldManager: managers.cli });
  return until;
}

/** What retiring a site removed at the management centre. */
export interface Retired {
  readonly grants: readonly string[];
}

/**
 * Names a site as lost for good: its Grants, its account and its namespace go. The site must have left cloud.yaml and, by
 * an `up`, the management centre, hold no active tenant, and be silent, because whatever still runs there is forgotten by
 * this. Nothing goes that was not there when the question was asked.
 * @throws policy `site-in-use`, `site-active`, `site-changed`
 */
export async function retireSite(ctx: Context, name: string): Promise<Retired> {
  const cloud = await cloudOf(ctx);
  if (cloud.sites.some((site) => site.name === name)) {
    const text = {
      zh: `${name} 还在 cloud.yaml 中；先从中去掉并运行 jinhong up`,
      en: `${name} is still in cloud.yaml; take it out and run jinhong up first`,
    };
    throw new AppError('policy', text.en, { code: 'site-in-use', data: { text } });
  }
  const centres = await connectCentres(ctx, cloud, needKubeconfig(ctx).path);
  const management = managementOf(centres);
  needUp(management);
  const { client } = management;
  const shown = await writtenOff(client, name);
  const question = ctx.say({
    zh: `${name} 将作为丢失的中心注销：删除管理中心的 ${shown.length} 项决定及其账号；那里剩下的一切不再有人管理`,
    en: `${name} is written off as lost: ${shown.length} decisions and its account at the management centre go; nobody manages what is left there`,
  });
  await confirm(ctx, question, { name });
  const grants = await writtenOff(client, name);
  refuseNew(name, shown, grants);
  const namespace = siteNamespace(name);
  await Promise.all(grants.map(({ metadata }) => client.remove(resources.grant, { namespace, name: metadata.name })));
  await removeProtected(client, namespace);
  return { grants: grants.map(({ metadata }) => metadata.name).sort() };
}

/** The Grants that go with a site; refused while the site still has a part in anything. */
async function writtenOff(client: KubeClient, name: string): Promise<Grant[]> {
  if ((await ifFound(client.get(resources.site, { name }))) !== undefined) {
    const text = {
      zh: `管理中心仍有 ${name}，还在为它作决定`,
      en: `the management centre still has ${name} and decides for it`,
    };
    const hintText = {
      zh: `先用去掉它的 cloud.yaml 运行 jinhong up；若安装状态已丢失，up 不认得它：kubectl delete site ${name}`,
      en: `run jinhong up with the cloud.yaml without it first; after a loss of the installation state up does not know it: kubectl delete site ${name}`,
    };
    throw new AppError('policy', text.en, { code: 'site-in-use', data: { text, hintText } });
  }
  const grants = (await client.list(resources.grant, { namespace: siteNamespace(name) })).items as unknown as Grant[];
  const active = grants.filter(({ spec }) => spec.role === 'active' && spec.state !== 'Removed');
  if (active.length === 0) return grants;
  const text = {
    zh: `${name} 仍有 ${active.length} 个租户在运行：${firstNames(active)}`,
    en: `${active.length} tenants are active at ${name}: ${firstNames(active)}`,
  };
  throw new AppError('policy', text.en, { code: 'site-active', data: { text } });
}

function refuseNew(name: string, shown: readonly Grant[], found: readonly Grant[]): void {
  const known = new Set(shown.map(({ metadata }) => metadata.uid));
  const added = found.filter(({ metadata }) => !known.has(metadata.uid));
  if (added.length === 0) return;
  const text = {
    zh: `提问期间 ${name} 又有 ${added.length} 项新决定：${firstNames(added)}；没有删除任何东西`,
    en: `${added.length} decisions for ${name} came while the question stood open: ${firstNames(added)}; nothing was removed`,
  };
  throw new AppError('policy', text.en, { code: 'site-changed', hint: `jinhong site retire ${name}`, data: { text } });
}

function firstNames(grants: readonly Grant[]): string {
  return grants
    .slice(0, 5)
    .map(({ metadata }) => metadata.name)
    .join(', ');
}

/** Deletes a protected namespace: says so on it first, as admission demands. */
export async function removeProtected(client: KubeClient, name: string): Promise<void> {
  const metadata = { annotations: { [annotations.allowDelete]: name } };
  try {
    await client.patch(resources.namespace, { name }, { metadata }, { type: 'merge', fieldManager: managers.cli });
    await client.remove(resources.namespace, { name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function credentialEnd(client: KubeClient): Promise<number | undefined> {
  const secret = await optional(
    client.get(resources.secret, { namespace: namespaces.system, name: managementCredential }),
  );
  const token = (secret?.['data'] as Record<string, string> | undefined)?.['token'];
  return token === undefined ? undefined : lifeOfToken(Buffer.from(token, 'base64').toString('utf8'))?.untilMs;
}

async function confirmation(client: KubeClient): Promise<number | undefined> {
  const map = await optional(client.get(resources.configMap, { namespace: namespaces.system, name: confirmConfigMap }));
  const until = (map?.['data'] as Record<string, string> | undefined)?.['until'];
  return until === undefined ? undefined : Date.parse(until);
}

/** When a site last reported to the management centre, in epoch milliseconds; undefined: never, or the caller may not see it. */
export async function heartbeat(client: KubeClient, site: string): Promise<number | undefined> {
  const lease = await optional(client.get(resources.lease, { namespace: siteNamespace(site), name: 'jinhong-site' }));
  const renewed = (lease?.['spec'] as { renewTime?: string } | undefined)?.renewTime;
  return renewed === undefined ? undefined : Date.parse(renewed);
}

async function optional<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return undefined;
    throw error;
  }
}
