import { buildTree } from '../../../core/decide/allowance.ts';
import type { PlannedGrant } from '../../../core/decide/assemble.ts';
import type { ExistingGrant } from '../../../core/decide/change.ts';
import { decideTenant } from '../../../core/decide/decide.ts';
import { Ledger } from '../../../core/decide/ledger.ts';
import type { SiteView } from '../../../core/decide/placement.ts';
import type { Decided, TenantView, World } from '../../../core/decide/types.ts';
import type { ApprovalSpec } from '../../../core/model/approval.ts';
import { type Cloud, cloudSpec } from '../../../core/model/cloud.ts';
import type { DepartmentSpec } from '../../../core/model/department.ts';
import type { GrantSpec, GrantStatus } from '../../../core/model/grant.ts';
import type { Approval, Tenant } from '../../../core/model/kinds.ts';
import type { TenantSpec } from '../../../core/model/tenant.ts';

/** A small city for tests of deciding: two local centres, one recovery centre, one management centre. */
export const cloud: Cloud = cloudSpec.parse({
  name: 'testcity',
  domain: 'city.example',
  levels: ['city', 'district', 'street'],
  utcOffset: '+08:00',
  sites: [
    { name: 'control', role: 'management', region: 'here', context: 'control', wave: 1 },
    { name: 'north', role: 'local', region: 'here', context: 'north', wave: 2 },
    { name: 'south', role: 'local', region: 'here', context: 'south', wave: 3 },
    { name: 'vault', role: 'recovery', region: 'away', context: 'vault', wave: 4 },
  ],
  zones: { extranet: { hosting: true }, intranet: { hosting: false } },
  defaultZone: 'extranet',
  destinations: { registry: { cidrs: ['10.1.0.0/16'], zones: ['extranet'] } },
  sizes: {
    small: { quota: { 'requests.cpu': '2', 'requests.memory': '4Gi', 'requests.storage': '10Gi', pods: '10' } },
    medium: {
      quota: { 'requests.cpu': '8', 'requests.memory': '16Gi', 'requests.storage': '100Gi', pods: '40' },
      objects: { services: 20 },
    },
  },
  services: { important: { tier: 'both' }, plain: { tier: 'mutual' } },
  tiers: {
    mutual: { standby: true, recovery: false, pricePercent: 150 },
    both: { standby: true, recovery: true, pricePercent: 180 },
  },
  prices: {
    version: 'y2026',
    currency: 'cny',
    perMonth: { 'requests.cpu': '100.00', 'requests.memory': '50.00', 'requests.storage': '1.00', pods: '0.50' },
  },
  reservedSuffixes: ['reserved.example'],
  registries: [],
  groups: { platform: 'platform', onCall: 'oncall', supervision: 'supervision', breakGlass: 'breakglass' },
  retain: { production: '90d', other: '30d' },
  decisionDays: { project: 5, funds: 5 },
  changeBudget: { removalsPerHour: 10, roleChangesPerHour: 100 },
  workingDays: {
    '2026': { holidays: ['2026-05-01', '2026-05-04', '2026-05-05'], workdays: ['2026-05-09'], source: 'test' },
  },
});

/** Wednesday, 2026-04-15 10:00 civil time. */
export const startMs = Date.parse('2026-04-15T02:00:00Z');
export const dayMs = 86_400_000;

export const departments: { code: string; spec: DepartmentSpec }[] = [
  {
    code: 'city',
    spec: {
      displayName: '市',
      level: 'city',
      groups: ['city-all'],
      reviewers: { project: 'city-project', funds: 'city-funds' },
      allowance: { 'requests.cpu': '100', 'requests.memory': '400Gi', 'requests.storage': '10Ti', pods: '1000' },
    },
  },
  {
    code: 'water',
    spec: {
      displayName: '水务局',
      level: 'city',
      parent: 'city',
      domain: 'water.city.example',
      groups: ['water-admins', 'water-staff'],
      allowance: { 'requests.cpu': '40' },
    },
  },
  { code: 'street', spec: { displayName: '街道', level: 'street', parent: 'water', groups: ['street-all'] } },
];

export const sites: SiteView[] = cloud.sites.map(({ name, role, region, wave }) => ({
  name,
  spec: {
    role,
    region,
    wave,
    capacity: { 'requests.cpu': '60', 'requests.memory': '200Gi', 'requests.storage': '2Ti', pods: '500' },
  },
  reachable: true,
}));

/** A request of department `water`; `more` replaces fields of its spec. */
export function tenant(more: Partial<TenantSpec> = {}, metadata: Partial<Tenant['metadata']> = {}): Tenant {
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Tenant',
    metadata: {
      name: 'meters',
      namespace: 'dept-water',
      uid: 'uid-1',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-04-01T00:00:00Z',
      ...metadata,
    },
    spec: {
      displayName: '水表',
      planItem: 'P-1',
      class: 'production',
      contacts: { owner: 'water-admins', onCall: 'water-staff' },
      members: [
        { group: 'water-admins', role: 'admin' },
        { group: 'water-staff', role: 'view' },
      ],
      environments: [{ name: 'production', size: 'medium', service: 'important' }],
      ...more,
    },
  };
}

let made = 0;

/** An approval for the tenant `meters`; each is newer than those made before it. */
export function approval(part: 'project' | 'funds', more: Partial<ApprovalSpec> = {}): Approval {
  made += 1;
  const decision = more.decision ?? 'approved';
  const project = { project: { ref: 'P-1' }, envelope: {} };
  const funds = { funds: { fiscalYear: 2026, ceilingPerMonth: '100000.00', priceList: cloud.prices.version } };
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Approval',
    metadata: {
      name: `a-${made}`,
      namespace: 'dept-water',
      uid: `approval-${made}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: new Date(Date.parse('2026-04-02T00:00:00Z') + made * 1000).toISOString(),
    },
    spec: {
      for: { kind: 'Tenant', name: 'meters' },
      part,
      decision,
      ...(decision === 'approved' ? (part === 'project' ? project : funds) : {}),
      decidedBy: `${part}-person`,
      decidedAt: '2026-04-02T00:00:00Z',
      ...more,
    },
  };
}

/** Both approvals, without limits beside the funds. */
export function bothApprovals(more: Partial<ApprovalSpec> = {}): Approval[] {
  return [approval('project', more), approval('funds')];
}

/** A world with an empty ledger. */
export function world(more: Partial<World> = {}): World {
  return {
    tree: buildTree(departments),
    ledger: new Ledger(),
    sites,
    ownerOf: () => undefined,
    cloud,
    nowMs: startMs,
    ...more,
  };
}

/** A view of one tenant of `water`. */
export function view(more: Partial<TenantView> = {}): TenantView {
  return { department: 'water', name: 'meters', tenant: tenant(), approvals: bothApprovals(), existing: [], ...more };
}

let revision = 0;

/** The Grants as they are after a decision was written; the sites have reported when `report` says so. */
export function written(
  decided: Decided,
  before: readonly ExistingGrant[] = [],
  report: (spec: GrantSpec) => GrantStatus | undefined = () => undefined,
): ExistingGrant[] {
  revision += 1;
  return decided.grants.map(({ site, spec }: PlannedGrant): ExistingGrant => {
    const old = before.find((grant) => grant.site === site);
    const same =
      old !== undefined &&
      JSON.stringify(sorted(old.spec)) === JSON.stringify(sorted({ ...spec, decision: old.spec.decision }));
    const next: GrantSpec = same ? old.spec : { ...spec, decision: { term: 1, revision } };
    return { site, spec: next, status: report(next) ?? (same ? old.status : undefined) };
  });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  );
}

/** A site that has carried out its Grant. */
export function reported(spec: GrantSpec): GrantStatus {
  const removed = spec.state === 'Removed';
  return {
    observedDecision: spec.decision,
    observedEpoch: spec.epoch,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: removed ? 'Removed' : 'Running',
        message: '',
        lastTransitionTime: '2026-04-15T00:00:00Z',
      },
    ],
    environments: spec.environments.map(({ name, state }) => ({
      name,
      namespace: `water-meters-${name}`,
      ready: 'True' as const,
      reason: removed || state === 'Removed' ? 'Removed' : 'Running',
    })),
  };
}

/** Decides and writes once. */
export function step(
  given: Partial<TenantView>,
  more: Partial<World> = {},
  report: (spec: GrantSpec) => GrantStatus | undefined = reported,
): { decided: Decided; grants: ExistingGrant[] } {
  const input = view(given);
  const decided = decideTenant(input, world(more));
  return { decided, grants: written(decided, input.existing, report) };
}

/** The Grant at a site. */
export function at(grants: readonly ExistingGrant[], site: string): GrantSpec {
  const found = grants.find((grant) => grant.site === site);
  if (found === undefined) throw new Error(`no Grant at ${site}`);
  return found.spec;
}
