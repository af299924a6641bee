/** A small city for the tests of the whole cloud: four centres, three offices, two reviewers each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { apiVersion } from '../../core/model/names.ts';

/** The centres of the small city, by role. */
export const citySites = { management: 'hub', primary: 'east', peer: 'west', recovery: 'far' } as const;

/** Groups of the small city: those of the platform, the city's reviewers, the north district's reviewers. */
export const cityGroups = {
  platform: 'engineers',
  onCall: 'duty',
  supervision: 'supervisors',
  breakGlass: 'break-glass',
  project: 'project-office',
  funds: 'treasury',
  northProject: 'north-office',
  northFunds: 'north-treasury',
} as const;

const capacity = { 'requests.cpu': '200', 'requests.memory': '400Gi', 'requests.storage': '20Ti', pods: '2000' };

/** cloud.yaml of the small city; `retain` is short so that a removal ends within a test. */
export const cityCloud = {
  name: 'testcity',
  domain: 'testcity.example',
  levels: ['city', 'district'],
  utcOffset: '+08:00',
  sites: [
    { name: 'hub', role: 'management', region: 'north', context: 'hub', wave: 1 },
    { name: 'east', role: 'local', region: 'north', context: 'east', wave: 2, capacity },
    { name: 'west', role: 'local', region: 'north', context: 'west', wave: 2, capacity },
    { name: 'far', role: 'recovery', region: 'south', context: 'far', wave: 3, capacity },
  ],
  zones: { extranet: { hosting: true }, intranet: { hosting: false } },
  defaultZone: 'extranet',
  destinations: { registry: { cidrs: ['10.20.0.0/16'], zones: ['extranet'] } },
  sizes: {
    small: { quota: { 'requests.cpu': '1', 'requests.memory': '2Gi', 'requests.storage': '10Gi', pods: '10' } },
    large: { quota: { 'requests.cpu': '8', 'requests.memory': '16Gi', 'requests.storage': '100Gi', pods: '80' } },
  },
  services: { ordinary: { tier: 'none' }, important: { tier: 'full' } },
  tiers: {
    none: { standby: false, recovery: false, pricePercent: 100 },
    mutual: { standby: true, recovery: false, pricePercent: 150 },
    full: { standby: true, recovery: true, pricePercent: 180 },
  },
  prices: {
    version: 'p1',
    currency: 'cny',
    perMonth: { 'requests.cpu': '60.00', 'requests.memory': '30.00', 'requests.storage': '0.50', pods: '0' },
  },
  reservedSuffixes: ['reserved.example'],
  registries: ['registry.testcity.example'],
  groups: { platform: 'engineers', onCall: 'duty', supervision: 'supervisors', breakGlass: 'break-glass' },
  retain: { production: '4s', other: '4s' },
  decisionDays: { project: 5, funds: 3 },
  changeBudget: { removalsPerHour: 50, roleChangesPerHour: 500 },
  workingDays: Object.fromEntries(
    ['2026', '2027', '2028'].map((year) => [
      year,
      { holidays: [`${year}-01-01`], workdays: [], source: 'made up for tests' },
    ]),
  ),
};

const allowance = { 'requests.cpu': '100', 'requests.memory': '200Gi', 'requests.storage': '10Ti', pods: '1000' };
const share = { 'requests.cpu': '20', 'requests.memory': '40Gi', 'requests.storage': '2Ti', pods: '200' };

const departments = [
  {
    name: 'cityhall',
    displayName: '市政府',
    level: 'city',
    groups: ['hall', 'project-office', 'treasury'],
    reviewers: { project: 'project-office', funds: 'treasury' },
    allowance,
  },
  {
    name: 'alpha',
    displayName: '甲局',
    level: 'city',
    parent: 'cityhall',
    domain: 'alpha.testcity.example',
    groups: ['alpha-admins', 'alpha-staff', 'alpha-duty'],
    allowance: share,
  },
  {
    name: 'beta',
    displayName: '乙局',
    level: 'city',
    parent: 'cityhall',
    domain: 'beta.testcity.example',
    groups: ['beta-admins', 'beta-duty'],
    allowance: share,
  },
  {
    name: 'north',
    displayName: '北区',
    level: 'district',
    parent: 'cityhall',
    groups: ['north-hall', 'north-office', 'north-treasury'],
    reviewers: { project: 'north-office', funds: 'north-treasury' },
    allowance: share,
  },
];

/** Writes the small city as a folder of manifests, without tenants. */
export function writeCity(folder: string, spec: typeof cityCloud = cityCloud): void {
  writeManifest(join(folder, 'cloud.yaml'), {
    apiVersion,
    kind: 'Cloud',
    metadata: { name: cityCloud.name },
    spec,
  });
  for (const { name, ...department } of departments) {
    writeManifest(join(folder, 'departments', `${name}.yaml`), {
      apiVersion,
      kind: 'Department',
      metadata: { name },
      spec: department,
    });
  }
}

/** Writes one object as YAML, making the folders on the way; returns the path. */
export function writeManifest(file: string, object: object): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stringify(object, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }));
  return file;
}

/** A Tenant manifest of `department` with one small production environment; `spec` fields win. */
export function tenantManifest(
  department: string,
  name: string,
  spec: object = {},
): { metadata: { name: string; namespace: string }; spec: Record<string, unknown> } & object {
  return {
    apiVersion,
    kind: 'Tenant',
    metadata: { name, namespace: `dept-${department}` },
    spec: {
      displayName: '测试系统',
      planItem: 'T-2026-1',
      class: 'production',
      contacts: { owner: `${department}-admins`, onCall: `${department}-duty` },
      members: [{ group: `${department}-admins`, role: 'admin' }],
      environments: [{ name: 'production', size: 'small', service: 'important' }],
      ...spec,
    },
  } as never;
}
