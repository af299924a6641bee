/**
 * A made-up city for the measures of plan, apply and steady state: N tenants of one environment each, both approvals
 * given, nobody waiting. The Grants are those that the management controller would write (`decideTenant`), the objects
 * those of the site controller (`desiredEnvironment`), so a city that is seeded with them is one in which `plan` has
 * nothing to do; the measures check that.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { buildTree } from '../../core/decide/allowance.ts';
import { decideTenant } from '../../core/decide/decide.ts';
import { entryOf, Ledger } from '../../core/decide/ledger.ts';
import { desiredEnvironment } from '../../core/desired/index.ts';
import { type Cloud, cloudSpec } from '../../core/model/cloud.ts';
import type { DepartmentSpec } from '../../core/model/department.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import type { Approval, Grant, Tenant } from '../../core/model/kinds.ts';
import {
  apiVersion,
  departmentNamespace,
  grantName,
  labels,
  siteNamespace,
  tenantRef,
} from '../../core/model/names.ts';
import type { KubeObject } from '../../kube/types.ts';

/** Reviewers of the made-up city, each in one group. */
export const reviewers = { project: 'bench-paula', funds: 'bench-frank' } as const;

/** Platform engineer of the made-up city. */
export const engineer = { user: 'bench-engineer', groups: ['engineers'] } as const;

const lots = {
  'requests.cpu': '100000',
  'requests.memory': '200000Gi',
  'requests.storage': '900000Gi',
  pods: '900000',
};
const small = { 'requests.cpu': '1', 'requests.memory': '2Gi', 'requests.storage': '10Gi', pods: '10' };
const departmentCount = 100;

/** cloud.yaml of the made-up city with these local centres beside `hub`. Pure. */
export function benchCloud(localSites: readonly string[]): Cloud {
  const local = localSites.map((name) => ({
    name,
    role: 'local',
    region: 'north',
    context: name,
    wave: 2,
    capacity: lots,
  }));
  return cloudSpec.parse({
    name: 'benchcity',
    domain: 'bench.example',
    levels: ['city', 'district'],
    utcOffset: '+08:00',
    sites: [{ name: 'hub', role: 'management', region: 'north', context: 'hub', wave: 1 }, ...local],
    zones: { extranet: { hosting: true } },
    defaultZone: 'extranet',
    destinations: {},
    sizes: { small: { quota: small } },
    services: { ordinary: { tier: 'none' } },
    tiers: { none: { standby: false, recovery: false, pricePercent: 100 } },
    prices: {
      version: 'p1',
      currency: 'cny',
      perMonth: { 'requests.cpu': '60.00', 'requests.memory': '30.00', 'requests.storage': '0.50', pods: '0' },
    },
    reservedSuffixes: [],
    registries: ['registry.bench.example'],
    groups: { platform: 'engineers', onCall: 'duty', supervision: 'supervisors', breakGlass: 'break-glass' },
    retain: { production: '1d', other: '1d' },
    decisionDays: { project: 5, funds: 3 },
    changeBudget: { removalsPerHour: 50, roleChangesPerHour: 500 },
    workingDays: Object.fromEntries(
      ['2026', '2027', '2028'].map((year) => [year, { holidays: [`${year}-01-01`], workdays: [], source: 'made up' }]),
    ),
  });
}

/** The departments: one above, which reviews, and a hundred below it. Pure. */
export function benchDepartments(): { readonly code: string; readonly spec: DepartmentSpec }[] {
  const top: DepartmentSpec = {
    displayName: '市政府',
    level: 'city',
    groups: ['project-office', 'treasury'],
    reviewers: { project: 'project-office', funds: 'treasury' },
    allowance: lots,
  };
  const below = Array.from({ length: departmentCount }, (_, index) => ({
    code: codeOf(index),
    spec: {
      displayName: `第${index}局`,
      level: 'city',
      parent: 'cityhall',
      groups: [`${codeOf(index)}-admins`, `${codeOf(index)}-staff`, `${codeOf(index)}-duty`],
    } satisfies DepartmentSpec,
  }));
  return [{ code: 'cityhall', spec: top }, ...below];
}

function codeOf(index: number): string {
  return `dep${String(index % departmentCount).padStart(2, '0')}`;
}

/** The request with this number as a manifest. Pure. */
export function benchTenant(index: number, more: object = {}): KubeObject & { spec: Tenant['spec'] } {
  const code = codeOf(index);
  return {
    apiVersion,
    kind: 'Tenant',
    metadata: { name: `t${index}`, namespace: departmentNamespace(code) },
    spec: {
      displayName: `系统${index}`,
      planItem: `B-2026-${index}`,
      class: 'production',
      contacts: { owner: `${code}-admins`, onCall: `${code}-duty` },
      members: [
        { group: `${code}-admins`, role: 'admin' },
        { group: `${code}-staff`, role: 'view' },
      ],
      environments: [{ name: 'production', size: 'small', service: 'ordinary' }],
      ...more,
    },
  };
}

/** One part of the approval of a request, as its reviewer writes it. Pure. */
export function benchApproval(index: number, part: 'project' | 'funds'): KubeObject {
  const project = {
    project: { ref: `B-2026-${index}` },
    envelope: {
      class: 'production',
      hard: { ...small, 'requests.cpu': '4', pods: '40' },
      zones: ['extranet'],
      tiers: ['none'],
    },
  };
  const funds = { funds: { fiscalYear: 2026, ceilingPerMonth: '5000.00', priceList: 'p1' } };
  return {
    apiVersion,
    kind: 'Approval',
    metadata: { name: `t${index}-${part}-1`, namespace: departmentNamespace(codeOf(index)) },
    spec: {
      for: { kind: 'Tenant', name: `t${index}` },
      part,
      decision: 'approved',
      decidedBy: reviewers[part],
      decidedAt: '2026-03-02T10:00:00+08:00',
      until: '2030-12-31',
      ...(part === 'project' ? project : funds),
    },
  };
}

/** A Grant with the objects that follow from it at its centre. */
export interface BenchGrant {
  readonly site: string;
  readonly grant: KubeObject & { readonly spec: GrantSpec };
  /** Namespace first, RoleBindings last. */
  readonly steps: readonly (readonly KubeObject[])[];
}

/** What the management centre has, as it was listed; Tenants in the order in which they are decided. */
export interface KnownToManagement {
  readonly tenants: readonly Tenant[];
  readonly approvals: readonly Approval[];
  readonly grants: readonly Grant[];
}

/** Decides about all requests, in the order given, as the management controller would. Pure. */
export function decideAll(cloud: Cloud, known: KnownToManagement, nowMs: number): BenchGrant[] {
  const { tenants, approvals, grants } = known;
  const departments = benchDepartments();
  const tree = buildTree(departments.map(({ code, spec }) => ({ code, spec })));
  const ledger = new Ledger();
  const sites = cloud.sites
    .filter(({ role }) => role !== 'management')
    .map((site) => ({ name: site.name, spec: site, reachable: true }));
  const world = { tree, ledger, sites, cloud, nowMs, ownerOf: () => undefined };
  const byTenant = Map.groupBy(approvals, ({ metadata, spec }) => `${metadata.namespace}/${spec.for.name}`);
  const existingOf = Map.groupBy(grants, ({ metadata }) => metadata.name);
  let revision = Math.max(0, ...grants.map(({ spec }) => spec.decision.revision));
  return tenants.flatMap((tenant) => {
    const { name, namespace = '' } = tenant.metadata;
    const department = namespace.slice('dept-'.length);
    const existing = (existingOf.get(grantName(department, name)) ?? []).map(({ metadata, spec, status }) => ({
      site: metadata.namespace?.slice('site-'.length) ?? '',
      spec,
      status,
    }));
    ledger.set(tenantRef(department, name), entryOf(existing));
    const view = { department, name, tenant, approvals: byTenant.get(`${namespace}/${name}`) ?? [], existing };
    const decided = decideTenant(view, world);
    if (decided.grants.length === 0) throw new Error(`${namespace}/${name} is not granted: ${decided.verdict?.reason}`);
    ledger.set(tenantRef(department, name), decided.entry);
    revision += 1;
    const decision = { term: 1, revision };
    return decided.grants.map(({ site, spec }) => grantOf(cloud, site, { ...spec, decision }));
  });
}

function grantOf(cloud: Cloud, site: string, spec: GrantSpec): BenchGrant {
  const { department, name } = spec.tenant;
  const grant = {
    apiVersion,
    kind: 'Grant',
    metadata: {
      name: grantName(department, name),
      namespace: siteNamespace(site),
      labels: { [labels.department]: department, [labels.tenant]: name, [labels.managedBy]: 'jinhong' },
    },
    spec,
  };
  const steps = spec.environments.flatMap(
    (environment) => desiredEnvironment({ grant: spec, environment, mode: 'open', cloud }).steps as KubeObject[][],
  );
  return { site, grant, steps };
}

/** Writes the city's folder of manifests with its first `count` tenants, one file each. */
export function writeBenchCity(folder: string, cloud: Cloud, count: number): void {
  write(join(folder, 'cloud.yaml'), { apiVersion, kind: 'Cloud', metadata: { name: cloud.name }, spec: cloud });
  for (const { code, spec } of benchDepartments()) {
    write(join(folder, 'departments', `${code}.yaml`), {
      apiVersion,
      kind: 'Department',
      metadata: { name: code },
      spec,
    });
  }
  for (let index = 0; index < count; index += 1) writeBenchTenant(folder, index);
}

/** Writes the manifest of one tenant; `more` fields of its spec win. */
export function writeBenchTenant(folder: string, index: number, more: object = {}): string {
  const file = join(folder, 'tenants', codeOf(index), `t${index}.yaml`);
  write(file, benchTenant(index, more));
  return file;
}

/** As people write manifests: keys bare, texts quoted. */
function write(file: string, object: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stringify(object, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }));
}
