import { controllers } from '../../core/access/objects.ts';
import { AppError } from '../../core/errors.ts';
import { annotations, labels, managers, namespaces } from '../../core/model/names.ts';
import { ifFound, isNotFound } from '../../kube/errors.ts';
import { resourceOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { requireEngine } from '../../stacks/engine/binaries.ts';
import { withStateLock } from '../../stacks/engine/locks.ts';
import { runEngine } from '../../stacks/engine/run.ts';
import { isProtected } from '../../stacks/platform.ts';
import { resourceName } from '../../stacks/registration.ts';
import type { Context } from '../context.ts';
import { confirm } from '../view/ask.ts';
import { listGrants, listTenants } from './live.ts';
import { objectsFor, openSession, type ProvisionOptions, type Session, stackOf } from './session.ts';

/** What was removed from a centre. */
export interface Destroyed {
  readonly site: string;
  /** Objects of the platform that are gone. */
  readonly removed: number;
  /** Objects that stay: CRDs and namespaces, with all that is in them. */
  readonly kept: readonly string[];
}

/** What to remove. */
export interface DestroyOptions extends ProvisionOptions {
  readonly site: string;
  /** CRDs and namespaces too. */
  readonly everything: boolean;
}

/**
 * Removes the platform from one centre. A centre that holds tenants is refused, also when one came while the question
 * stood open; the management centre goes after all others that answer. CRDs and namespaces stay unless all is asked for.
 * @throws policy `site-has-tenants`, `sites-left`; input `site-unknown`, `not-confirmed`
 */
export async function destroySite(ctx: Context, path: string, options: DestroyOptions): Promise<Destroyed> {
  ctx.setGrace(30_000);
  const session = await openSession(ctx, path, options);
  const centre = session.centres.find(({ site }) => site.name === options.site);
  if (centre === undefined) {
    const text = { zh: `cloud.yaml 中没有 ${options.site}`, en: `cloud.yaml has no ${options.site}` };
    throw new AppError('input', text.en, { code: 'site-unknown', data: { text } });
  }
  if (centre.down !== undefined) throw centre.down;
  const { client, site } = centre;
  const refuse = async (): Promise<void> => {
    if (site.role === 'management') await refuseSites(session, path);
    await refuseTenants(client, site.name, site.role === 'management');
  };
  await refuse();
  const objects = objectsFor(session, site);
  const guarded = objects.filter(isProtected).map(resourceName);
  const question = ctx.say({
    zh: `将从 ${site.name} 卸载平台${options.everything ? `，包括 ${guarded.join('、')} 及其中的一切` : ''}`,
    en: `the platform is removed from ${site.name}${options.everything ? `, with ${guarded.join(', ')} and all that is in them` : ''}`,
  });
  await confirm(ctx, question, { name: site.name });
  return withStateLock(session.stateDir, ctx.now, async () => {
    await refuse();
    const { target, stateDir } = stackOf(session, centre);
    const request = { target, stateDir, objects, binaries: requireEngine(ctx.env), refresh: false };
    const { changes } = await runEngine({ ...request, operation: 'destroy' }, { env: ctx.env, signal: ctx.signal });
    if (!options.everything) return { site: site.name, removed: changes.length, kept: guarded };
    for (const object of objects.filter(isProtected).reverse()) await removeGuarded(client, object);
    await waitUntilGone(ctx, client, objects.filter(isProtected));
    await runEngine({ ...request, operation: 'forget' }, { env: ctx.env, signal: ctx.signal });
    return { site: site.name, removed: changes.length + guarded.length, kept: [] };
  });
}

/** What a centre other than the management centre has as long as the platform is installed there. */
const siteController: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: namespaces.system, name: controllers.site },
};

async function refuseSites({ centres }: Session, path: string): Promise<void> {
  const others = centres.filter(({ site, down }) => site.role !== 'management' && down === undefined);
  const installed = await Promise.all(others.map(({ client }) => isThere(client, siteController)));
  const left = others.filter((_, index) => installed[index] === true).map(({ site }) => site.name);
  if (left.length === 0) return;
  const text = {
    zh: `管理中心最后卸载：${left.join('、')} 仍装有平台`,
    en: `the management centre goes last: the platform is still installed at ${left.join(', ')}`,
  };
  throw new AppError('policy', text.en, {
    code: 'sites-left',
    hint: `jinhong destroy ${left[0]} -f ${path}`,
    data: { text },
  });
}

async function refuseTenants(client: KubeClient, site: string, management: boolean): Promise<void> {
  const [namespaces, grants, tenants] = await Promise.all([
    client.list(resources.namespace, { labelSelector: labels.tenant }),
    listGrants(client),
    management ? listTenants(client) : [],
  ]);
  const held = grants.filter((grant) => (grant['spec'] as { state?: string } | undefined)?.state !== 'Removed');
  const count = Math.max(namespaces.items.length, held.length, tenants.length);
  if (count === 0) return;
  const text = {
    zh: `${site} 仍有 ${count} 个租户或其环境，不能卸载`,
    en: `${site} still holds ${count} tenants or environments of them; the platform stays`,
  };
  const hintText = { zh: '先移除或迁走租户', en: 'remove the tenants or move them away first' };
  throw new AppError('policy', text.en, { code: 'site-has-tenants', data: { text, hintText } });
}

async function removeGuarded(client: KubeClient, object: KubeObject): Promise<void> {
  const { name } = object.metadata;
  const metadata = { annotations: { [annotations.allowDelete]: name } };
  const resource = resourceOf(object);
  try {
    await client.patch(resource, { name }, { metadata }, { type: 'merge', fieldManager: managers.cli });
    await client.remove(resource, { name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

const goneMs = 60_000;

/** A namespace goes on existing until its content is gone; an `up` before that would install into it and lose everything. */
async function waitUntilGone(ctx: Context, client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  const deadline = ctx.now() + goneMs;
  for (;;) {
    const found = await Promise.all(objects.map((object) => isThere(client, object)));
    const left = objects.filter((_, index) => found[index] === true).map(resourceName);
    if (left.length === 0) return;
    if (ctx.now() > deadline) {
      const text = {
        zh: `${goneMs / 1000} 秒后仍在删除：${left.join('、')}`,
        en: `still on their way out after ${goneMs / 1000} s: ${left.join(', ')}`,
      };
      throw new AppError('timeout', text.en, {
        code: 'still-terminating',
        hint: 'kubectl get namespaces',
        data: { text },
      });
    }
    ctx.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function isThere(client: KubeClient, object: KubeObject): Promise<boolean> {
  const { name, namespace } = object.metadata;
  return (await ifFound(client.get(resourceOf(object), { name, namespace }))) !== undefined;
}
