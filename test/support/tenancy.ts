/** Steps that the tests of the whole cloud share: ask, approve, wait, look. Each acts as a person. */
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Condition } from '../../core/model/fields.ts';
import type { Tenant } from '../../core/model/kinds.ts';
import { apiVersion, departmentNamespace, environmentNamespace } from '../../core/model/names.ts';
import { ifFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { until } from './centre.ts';
import { cityGroups, citySites, tenantManifest, writeManifest } from './city.ts';
import { clientAs, jinhong, personOf, type TestPerson } from './cloud.ts';

/** The people of the small city with their clients at the management centre. */
export interface Cast {
  readonly engineer: TestPerson;
  readonly member: TestPerson;
  readonly stranger: TestPerson;
  readonly asMember: KubeClient;
  readonly asProject: KubeClient;
  readonly asFunds: KubeClient;
  readonly close: () => Promise<void>;
}

/** A member of `department`, one of another, the city's reviewers and an engineer. */
export async function castOf(department: string): Promise<Cast> {
  const [engineer, member, stranger, project, funds] = await Promise.all([
    personOf('engineer', [cityGroups.platform]),
    personOf(`${department}-kate`, [`${department}-admins`]),
    personOf('beta-tom', ['beta-admins']),
    personOf('paula', [cityGroups.project]),
    personOf('frank', [cityGroups.funds]),
  ]);
  const [asMember, asProject, asFunds] = await Promise.all(
    [member, project, funds].map((who) => clientAs(who, citySites.management)),
  );
  if (asMember === undefined || asProject === undefined || asFunds === undefined) throw new Error('no client');
  const close = async () => {
    await Promise.all([asMember.close(), asProject.close(), asFunds.close()]);
  };
  return { engineer, member, stranger, asMember, asProject, asFunds, close };
}

/** Writes the manifest outside the city's folder and submits it with the member's own rights. */
export async function submit(cast: Cast, department: string, name: string, spec: object = {}): Promise<void> {
  const file = join(inject('cloud').dir, '..', 'requests', `${department}-${name}.yaml`);
  writeManifest(file, tenantManifest(department, name, spec));
  const result = await jinhong(['submit', file, '--yes'], cast.member);
  if (result.code !== 0) throw new Error(`submit ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
}

const generous = {
  class: 'production',
  hard: { 'requests.cpu': '4', 'requests.memory': '8Gi', 'requests.storage': '40Gi', pods: '40' },
  zones: ['extranet'],
  tiers: ['none', 'mutual', 'full'],
  egress: ['registry'],
  hostnames: ['*.alpha.testcity.example'],
};

let approvals = 0;

/** One reviewer's Approval, created with that reviewer's own rights. */
export async function decide(
  client: KubeClient,
  by: string,
  department: string,
  name: string,
  spec: object,
): Promise<void> {
  approvals += 1;
  await client.create({
    apiVersion,
    kind: 'Approval',
    metadata: { name: `${name}-${approvals}-${Date.now().toString(36)}`, namespace: departmentNamespace(department) },
    spec: {
      for: { kind: 'Tenant', name },
      decision: 'approved',
      decidedBy: by,
      decidedAt: new Date().toISOString(),
      ...spec,
    },
  } as KubeObject);
}

/** Both parts approved, by two people. */
export async function approve(
  cast: Cast,
  department: string,
  name: string,
  envelope: object = {},
  until?: string,
): Promise<void> {
  const end = until === undefined ? {} : { until };
  const project = { part: 'project', project: { ref: 'T-2026-1' }, envelope: { ...generous, ...envelope }, ...end };
  const funds = { part: 'funds', funds: { fiscalYear: 2026, ceilingPerMonth: '5000.00', priceList: 'p1' }, ...end };
  await decide(cast.asProject, 'paula', department, name, project);
  await decide(cast.asFunds, 'frank', department, name, funds);
}

/** The Tenant as the member sees it, or undefined. */
export async function tenantOf(cast: Cast, department: string, name: string): Promise<Tenant | undefined> {
  const ref = { namespace: departmentNamespace(department), name };
  return (await ifFound(cast.asMember.get(resources.tenant, ref))) as unknown as Tenant | undefined;
}

/** One condition of a Tenant. */
export function conditionOf(tenant: Tenant | undefined, type: string): Condition | undefined {
  return tenant?.status?.conditions.find((condition) => condition.type === type);
}

/** Waits until the Tenant's Ready has this status (and, if given, reason); resolves with the Tenant. */
export function waitReady(
  cast: Cast,
  department: string,
  name: string,
  status: string,
  timeoutMs = 60_000,
  reason?: string,
): Promise<Tenant> {
  return until(
    `Tenant ${department}/${name} Ready=${status} ${reason ?? ''}`,
    async () => {
      const tenant = await tenantOf(cast, department, name);
      const ready = conditionOf(tenant, 'Ready');
      const current = tenant?.status?.observedGeneration === tenant?.metadata.generation;
      if (current && ready?.status === status && (reason === undefined || ready.reason === reason)) return tenant;
      throw new Error(`now ${JSON.stringify(tenant?.status)}`);
    },
    timeoutMs,
  );
}

/** The namespace of an environment. */
export function namespaceOf(department: string, name: string, environment = 'production'): string {
  return environmentNamespace(department, name, environment);
}

/** Whether an object exists for this client. */
export async function exists(
  client: KubeClient,
  resource: (typeof resources)[keyof typeof resources],
  ref: { name: string; namespace?: string },
): Promise<boolean> {
  return (await ifFound(client.get(resource, ref))) !== undefined;
}
