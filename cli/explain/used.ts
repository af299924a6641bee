import { type Amounts, parseQuota, sumAmounts } from '../../core/decide/quota-math.ts';
import { objectNames } from '../../core/desired/names.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { type Quota, quotaFields } from '../../core/model/fields.ts';
import type { Tenant } from '../../core/model/kinds.ts';
import { environmentNamespace } from '../../core/model/names.ts';
import { isForbidden, isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import { connectSite, contextNames } from '../connect.ts';
import type { Context } from '../context.ts';
import { departmentOf } from '../tenants.ts';

/** What one centre says about the use of a tenant's quota. */
export interface SiteUse {
  readonly site: string;
  readonly role: string;
  /** Sum over the environments that exist there; undefined when the centre did not say. */
  readonly used: Amounts | undefined;
  /** Why there is no figure. */
  readonly missing: 'noContext' | 'unreachable' | 'forbidden' | undefined;
}

const timeoutMs = 5000;

/**
 * Asks the centres where the tenant runs or stands by how much of its quota is used, all at once, at most 5 s each. A
 * centre that does not answer, refuses, or is missing in the kubeconfig is said so; it never stops the others.
 */
export async function readUse(ctx: Context, tenant: Tenant, cloud: Cloud | undefined): Promise<SiteUse[]> {
  const contexts = await contextNames(ctx);
  const sites = (tenant.status?.sites ?? []).filter((site) => site.role !== 'copy');
  return Promise.all(
    sites.map(async ({ name, role }): Promise<SiteUse> => {
      const context = cloud?.sites.find((site) => site.name === name)?.context ?? name;
      if (!contexts.includes(context)) return { site: name, role, used: undefined, missing: 'noContext' };
      try {
        return { site: name, role, used: await usedAt(ctx, context, tenant), missing: undefined };
      } catch (error) {
        return { site: name, role, used: undefined, missing: isForbidden(error) ? 'forbidden' : 'unreachable' };
      }
    }),
  );
}

async function usedAt(ctx: Context, context: string, tenant: Tenant): Promise<Amounts> {
  const client = await connectSite(ctx, context);
  const namespaces = tenant.spec.environments.map((environment) =>
    environmentNamespace(departmentOf(tenant), tenant.metadata.name, environment.name),
  );
  const list = await Promise.all(
    namespaces.map(async (namespace) => {
      try {
        const quota = await client.get(resources.resourceQuota, { namespace, name: objectNames.quota }, { timeoutMs });
        return amountsOf((quota['status'] as { used?: Readonly<Record<string, string>> } | undefined)?.used);
      } catch (error) {
        if (isNotFound(error)) return {};
        throw error;
      }
    }),
  );
  return sumAmounts(list);
}

/** The resources of a ResourceQuota's `status.used` that a tenant asks for; object counts are left out. */
function amountsOf(used: Readonly<Record<string, string>> | undefined): Amounts {
  const own: Record<string, string> = {};
  for (const field of quotaFields) {
    const value = used?.[field];
    if (value !== undefined) own[field] = value;
  }
  return parseQuota(own as Quota);
}
