import { createHash } from 'node:crypto';
import { heldSelector } from '../../controller/site/held.ts';
import { orderedSpec } from '../../core/desired/spec.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import { managers, siteNamespace } from '../../core/model/names.ts';
import { canonicalJson } from '../../kube/apply.ts';
import { resources } from '../../kube/resource.ts';
import { type BenchCentre, benchDepartment, benchSite } from './centre.ts';
import { type ApplyResult, loadApply } from './loader.ts';
import { applyType, type Plan } from './plan.ts';

/** The name that stands for a tenant's in captured requests; every tenant of the bench has a name of its length. */
export const standIn = 'txx00000';

let runs = 0;

/** Fresh names of one run, all as long as `standIn`: two letters for the run, five digits. At most 100,000. */
export function freshNames(count: number): { readonly mark: string; readonly names: readonly string[] } {
  const letters = 'abcdefghijklmnopqrstuvwyz';
  const mark = `t${letters[Math.floor(runs / letters.length) % letters.length]}${letters[runs % letters.length]}`;
  runs += 1;
  return { mark, names: Array.from({ length: count }, (_, index) => mark + String(index).padStart(5, '0')) };
}

/**
 * The decision for one tenant of the bench: one environment, two groups. It gives 9 objects: Namespace, ResourceQuota,
 * LimitRange, three NetworkPolicies, ServiceAccount, two RoleBindings. Pure.
 */
export function grantSpecOf(tenant: string): GrantSpec {
  return {
    tenant: {
      department: benchDepartment.name,
      name: tenant,
      displayName: tenant,
      ancestors: ['cityhall'],
      uid: tenant,
      generation: 1,
    },
    role: 'active',
    epoch: 1,
    decision: { term: 1, revision: 1 },
    state: 'Active',
    class: 'production',
    members: [
      { group: benchDepartment.groups[0], role: 'admin' },
      { group: benchDepartment.groups[1], role: 'view' },
    ],
    environments: [
      {
        name: 'production',
        state: 'Active',
        quota: { 'requests.cpu': '2', 'requests.memory': '4Gi', 'requests.storage': '10Gi', pods: '20' },
        zone: 'extranet',
      },
    ],
  };
}

/** Objects that a site makes for one tenant of the bench. */
export const objectsPerTenant = 9;

/** The hash with which a site marks the decision of this tenant as accepted (controller/site/mirror.ts). Pure. */
export function acceptedHash(tenant: string): string {
  return createHash('sha256')
    .update(canonicalJson(orderedSpec(grantSpecOf(tenant))))
    .digest('base64url');
}

/** Writes the Grants of these tenants into `site-east`, as the management centre does. */
export function grantPlan(names: readonly string[]): Plan {
  const namespace = siteNamespace(benchSite);
  const name = `${benchDepartment.name}-${standIn}`;
  const body = {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Grant',
    metadata: { name, namespace },
    spec: grantSpecOf(standIn),
  };
  const path = `/apis/jinhong.dev/v1alpha1/namespaces/${namespace}/grants/${name}?fieldManager=${managers.management}&force=true`;
  return {
    waves: [[{ method: 'PATCH', path, type: applyType, body: JSON.stringify(body), keep: 'granted' }]],
    standIn,
    names,
  };
}

/** Writes the Grants of these tenants at the management side, 32 in flight. */
export function writeGrants(centre: BenchCentre, names: readonly string[]): Promise<ApplyResult> {
  return loadApply({ target: centre.adminTarget, plan: grantPlan(names), flight: 32 });
}

/** How many Grants the management side holds, and how many namespaces of tenants there are. */
export async function countTenants({ admin }: BenchCentre): Promise<{ grants: number; namespaces: number }> {
  const counts = { grants: 0, namespaces: 0 };
  for await (const { items } of admin.pages(resources.grant, { namespace: siteNamespace(benchSite) }))
    counts.grants += items.length;
  for await (const { items } of admin.pages(resources.namespace, { labelSelector: heldSelector }))
    counts.namespaces += items.length;
  return counts;
}
