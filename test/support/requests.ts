/** Requests of the small city as the management controller's tests write and judge them. */
import type { Condition } from '../../core/model/fields.ts';
import type { Tenant } from '../../core/model/kinds.ts';
import type { KubeObject } from '../../kube/types.ts';
import { department } from '../controller/management/centre.ts';
import { tenantManifest } from './city.ts';

/** One condition of a Tenant's status. */
export function condition(tenant: Tenant, type: string): Condition | undefined {
  return tenant.status?.conditions.find((entry) => entry.type === type);
}

/** Ready, and approved as asked. */
export function isReady(tenant: Tenant): boolean {
  return condition(tenant, 'Ready')?.status === 'True' && condition(tenant, 'Approved')?.status === 'True';
}

/** An environment that is held at another centre too. */
export function environment(cpu: string, name = 'production') {
  return { name, quota: { 'requests.cpu': cpu, 'requests.memory': '2Gi', pods: '5' }, protection: { tier: 'mutual' } };
}

/** A Tenant that asks for `cpu` cores in production, or for what `spec` says. */
export function request(department: string, name: string, cpu: string | undefined, spec: object = {}): KubeObject {
  const environments = cpu === undefined ? {} : { environments: [environment(cpu)] };
  return tenantManifest(department, name, { ...environments, ...spec }) as unknown as KubeObject;
}

/** A city office, two of its departments, and a district with a reviewer of its own. */
export function departments(): KubeObject[] {
  const allowance = { 'requests.cpu': '100', 'requests.memory': '200Gi', 'requests.storage': '10Ti', pods: '1000' };
  const reviewers = { project: 'project-office', funds: 'treasury' };
  return [
    department('cityhall', { reviewers, allowance }),
    department('alpha', { parent: 'cityhall', domain: 'alpha.testcity.example' }),
    department('beta', { parent: 'cityhall', domain: 'beta.testcity.example' }),
    department('north', {
      parent: 'cityhall',
      level: 'district',
      reviewers: { project: 'north-office', funds: 'treasury' },
    }),
  ];
}
