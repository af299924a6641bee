import { siteAccountName } from '../../core/access/management.ts';
import { managementCredential } from '../../core/access/site.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { managers, namespaces, siteNamespace } from '../../core/model/names.ts';
import { ifFound } from '../../kube/errors.ts';
import { pathOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import type { Centre } from './centres.ts';

/**
 * How long a site's token lives: the longest outage of the management centre, or of the site, that is planned for. The
 * site renews it long before.
 */
export const credentialDays = 30;

/** What joining a site came to. */
export type Joined = 'joined' | 'valid';

/** How to join a site. */
export interface JoinOptions {
  /** Address of the management centre as the site reaches it. @default that of the caller's own kubeconfig */
  readonly server?: string;
  /** Make a new token although the old one is good. */
  readonly renew?: boolean;
  readonly nowMs: number;
  /** How long to wait for the account at the management centre. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Gives a site its account at the management centre: a token of the ServiceAccount in `site-<name>`, written to the site
 * as a Secret. A credential of that very account, good for more than a third of its life, is left alone, so a second join
 * writes nothing.
 * @throws timeout `site-account-missing` when the management controller has not made the account
 */
export async function joinSite(management: Centre, site: Centre, options: JoinOptions): Promise<Joined> {
  const server = options.server ?? management.connection.server;
  const ca = management.connection.ca ?? '';
  if (options.renew !== true && (await isValid(management, site, server, options.nowMs))) return 'valid';
  const token = await requestToken(management.client, site.site.name, options);
  const metadata = { name: managementCredential, namespace: namespaces.system };
  const data = { server: base64(server), 'ca.crt': base64(ca), token: base64(token) };
  const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
  // The site renews its own token under its own name: joining anew takes the field back, on purpose.
  await site.client.apply(secret, { fieldManager: managers.cli, force: true });
  return 'joined';
}

/** When a token ends and began, in epoch milliseconds; undefined for text that is no token. Pure. */
export function lifeOfToken(token: string): { readonly fromMs: number; readonly untilMs: number } | undefined {
  const { exp, iat } = claimsOf(token);
  return exp === undefined || iat === undefined ? undefined : { fromMs: iat * 1000, untilMs: exp * 1000 };
}

interface Claims {
  readonly exp?: number;
  readonly iat?: number;
  readonly 'kubernetes.io'?: { readonly serviceaccount?: { readonly uid?: string } };
}

/** What a token says of itself, not verified; nothing for text that is no token. */
function claimsOf(token: string): Claims {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Claims;
  } catch {
    return {};
  }
}

/** Whether the site holds a token of the account that is there now: one of an account made anew since is refused. */
async function isValid(management: Centre, site: Centre, server: string, nowMs: number): Promise<boolean> {
  const [secret, account] = await Promise.all([
    ifFound(site.client.get(resources.secret, { namespace: namespaces.system, name: managementCredential })),
    ifFound(
      management.client.get(resources.serviceAccount, {
        namespace: siteNamespace(site.site.name),
        name: siteAccountName,
      }),
    ),
  ]);
  if (secret === undefined || account === undefined) return false;
  const data = (secret['data'] ?? {}) as Record<string, string>;
  const read = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  if (read('server') !== server || read('ca.crt') !== (management.connection.ca ?? '')) return false;
  const token = read('token');
  if (claimsOf(token)['kubernetes.io']?.serviceaccount?.uid !== account.metadata.uid) return false;
  const life = lifeOfToken(token);
  return life !== undefined && life.untilMs - nowMs > (life.untilMs - life.fromMs) / 3;
}

async function requestToken(client: KubeClient, site: string, options: JoinOptions): Promise<string> {
  const namespace = siteNamespace(site);
  const path = pathOf(resources.serviceAccount, { namespace, name: siteAccountName, subresource: 'token' });
  const spec = { expirationSeconds: credentialDays * 24 * 3600 };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const deadline = options.nowMs + options.waitMs;
  for (;;) {
    try {
      const reply = await client.request('POST', path, { body, signal: options.signal });
      const { status } = JSON.parse(reply.body) as { status?: { token?: string } };
      if (status?.token !== undefined) return status.token;
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'notFound') throw error;
    }
    options.signal?.throwIfAborted();
    if (Date.now() >= deadline) throw accountMissing(site, options.waitMs);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function accountMissing(site: string, waitMs: number): AppError {
  const seconds = Math.round(waitMs / 1000);
  const namespace = siteNamespace(site);
  const text = {
    zh: `${seconds} 秒内没有出现 ${namespace} 中的服务账号：管理中心的控制器没有运行`,
    en: `the account in ${namespace} did not appear within ${seconds} s: the management controller does not run`,
  };
  return new AppError('timeout', text.en, {
    code: 'site-account-missing',
    hint: 'jinhong doctor',
    data: { text, site },
  });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
