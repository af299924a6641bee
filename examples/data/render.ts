import { quotaFields } from '../../core/model/fields.ts';
import { apiVersion, departmentNamespace } from '../../core/model/names.ts';
import type { Environment } from '../../core/model/tenant.ts';
import type { DepartmentSeed } from './city.ts';
import { groupsOf, type Person, peopleOf, seededRandom } from './people.ts';
import { amountsText, ceilingOf, envelopeOf, type PlannedCity, type PlannedTenant } from './plan.ts';

/** Files of one example, by path below its folder. Pure: the same input gives the same text. */
export function renderCity(city: PlannedCity): Record<string, string> {
  const files: Record<string, string> = {};
  for (const file of new Set(city.departments.map((department) => department.file))) {
    const documents = city.departments.filter((department) => department.file === file);
    const path = `departments/${file}.yaml`;
    files[path] = schemaLine('department', path) + documents.map((each) => departmentText(each, city)).join('---\n');
  }
  const people = peopleOf(city.seed, city.cloud.groups);
  const random = seededRandom(686);
  city.tenants.forEach((tenant, index) => {
    const { department, name } = tenant.seed;
    const path = `tenants/${department}/${name}.yaml`;
    files[path] = schemaLine('tenant', path) + tenantText(tenant, city, planItem(city, index));
    if (!city.seed.approved) return;
    const approvals = `approvals/${department}/${name}.yaml`;
    const decided = { item: planItem(city, index), people, random };
    files[approvals] = schemaLine('approval', approvals) + approvalsText(tenant, city, decided);
  });
  if (city.seed.approved) files['people.yaml'] = peopleText(people);
  return files;
}

function planItem(city: PlannedCity, index: number): string {
  return `${city.seed.planPrefix}-${String(index + 1).padStart(4, '0')}`;
}

/** The comment that gives editors completion and help; the path leads from the file to examples/schema. */
function schemaLine(kind: string, path: string): string {
  const up = '../'.repeat(path.split('/').length);
  return `# yaml-language-server: $schema=${up}schema/${kind}.schema.json\n`;
}

/** A scalar as it is written: quoted where YAML would read something else. */
function scalar(value: string | number): string {
  const text = String(value);
  if (typeof value === 'number') return text;
  return /^[A-Za-z\u4e00-\u9fff][\w./\u4e00-\u9fff（）、·-]*$|^[0-9]+(Gi|Ti|Mi)$/.test(text)
    ? text
    : JSON.stringify(text);
}

function flowMap(value: Readonly<Record<string, string | number>>): string {
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${scalar(each)}`)
    .join(', ')} }`;
}

function flowList(values: readonly string[]): string {
  return `[${values.map(scalar).join(', ')}]`;
}

function departmentText(department: DepartmentSeed, city: PlannedCity): string {
  const { code, displayName, level, parent, reviewers } = department;
  const lines = [
    `apiVersion: ${apiVersion}`,
    'kind: Department',
    'metadata:',
    `  name: ${code}`,
    'spec:',
    `  displayName: ${scalar(displayName)}`,
    `  level: ${level}`,
  ];
  if (parent !== undefined) lines.push(`  parent: ${parent}`);
  const domain = city.domains.get(code);
  if (domain !== undefined) lines.push(`  domain: ${domain}`);
  lines.push(`  groups: ${flowList(groupsOf(department))}`);
  if (reviewers !== undefined) lines.push(`  reviewers: ${flowMap({ ...reviewers })}`);
  const allowance = city.allowances.get(code);
  if (allowance !== undefined) lines.push(`  allowance: ${flowMap(amountsText(allowance))}`);
  return `${lines.join('\n')}\n`;
}

function tenantText(tenant: PlannedTenant, city: PlannedCity, item: string): string {
  const { department, name, displayName, kind } = tenant.seed;
  const seed = city.seed.kinds[kind];
  const owner = city.departments.find(({ code }) => code === department);
  const second = (owner?.groups ?? []).includes('staff') ? 'staff' : 'duty';
  const lines = [
    `# ${owner?.displayName ?? department}：${displayName}`,
    `apiVersion: ${apiVersion}`,
    'kind: Tenant',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${departmentNamespace(department)}`,
    'spec:',
    `  displayName: ${scalar(displayName)}`,
    `  planItem: ${item}`,
    `  class: ${seed?.class ?? 'production'}`,
    ...(seed?.until === undefined ? [] : [`  until: "${seed.until}"`]),
    `  contacts: { owner: ${department}-admins, onCall: ${department}-duty }`,
    '  members:',
    `    - { group: ${department}-admins, role: admin }`,
    `    - { group: ${department}-${second}, role: view }`,
    '  environments:',
    ...tenant.environments.flatMap(environmentLines),
  ];
  return `${lines.join('\n')}\n`;
}

function environmentLines(environment: Environment): string[] {
  const { name, size, quota, service, zone, hosting, egress } = environment;
  const lines = [`    - name: ${name}`, `      size: ${size}`];
  if (quota !== undefined) {
    const given = quotaFields.flatMap((field) => (quota[field] === undefined ? [] : [[field, String(quota[field])]]));
    lines.push(`      quota: ${flowMap(Object.fromEntries(given))}`);
  }
  if (service !== undefined) lines.push(`      service: ${service}`);
  if (zone !== undefined) lines.push(`      zone: ${zone}`);
  if (hosting !== undefined)
    lines.push('      hosting:', ...hosting.map((each) => `        - ${flowMap({ ...each })}`));
  if (egress !== undefined) lines.push('      egress:', ...egress.map((each) => `        - ${flowMap({ ...each })}`));
  return lines;
}

interface Decided {
  readonly item: string;
  readonly people: readonly Person[];
  readonly random: () => number;
}

/** Two decisions by two people: the project by the office that reviews it, the funds by the one that pays. */
function approvalsText(tenant: PlannedTenant, city: PlannedCity, { item, people, random }: Decided): string {
  const { department, name } = tenant.seed;
  const pick = (part: 'project' | 'funds') => {
    const group = reviewersOf(city, department, part);
    const able = people.filter(({ groups }) => groups.includes(group));
    return able[Math.floor(random() * able.length)]?.user ?? '';
  };
  const day = 1 + Math.floor(random() * 20);
  const month = 3 + Math.floor(random() * 3);
  const at = (date: number) => `2026-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}T10:00:00+08:00`;
  const head = (part: 'project' | 'funds', by: string, when: string) => [
    `apiVersion: ${apiVersion}`,
    'kind: Approval',
    'metadata:',
    `  name: ${name}-${part}-1`,
    `  namespace: ${departmentNamespace(department)}`,
    'spec:',
    `  for: { kind: Tenant, name: ${name} }`,
    `  part: ${part}`,
    '  decision: approved',
    `  decidedBy: ${by}`,
    `  decidedAt: "${when}"`,
    '  until: "2030-12-31"',
  ];
  const project = [
    ...head('project', pick('project'), at(day)),
    `  project: { ref: ${item} }`,
    '  envelope:',
    ...envelopeLines(tenant, city),
  ];
  const funds = flowMap({ fiscalYear: 2026, ceilingPerMonth: ceilingOf(tenant), priceList: city.cloud.prices.version });
  return `${[...project, '---', ...head('funds', pick('funds'), at(day + 7)), `  funds: ${funds}`].join('\n')}\n`;
}

function envelopeLines(tenant: PlannedTenant, city: PlannedCity): string[] {
  const { environments, seed } = tenant;
  const { cloud } = city;
  const distinct = (names: readonly (string | undefined)[]) =>
    [...new Set(names.filter((each) => each !== undefined))].sort();
  const zones = distinct(environments.map(({ zone }) => zone ?? cloud.defaultZone));
  const tiers = distinct(environments.map(({ service }) => cloud.services[service ?? '']?.tier));
  const egress = distinct(
    environments.flatMap((environment) => (environment.egress ?? []).map((each) => each.destination)),
  );
  const hosted = environments.some(({ hosting }) => hosting !== undefined);
  const lines = [
    `    class: ${city.seed.kinds[seed.kind]?.class ?? 'production'}`,
    `    hard: ${flowMap(envelopeOf(tenant))}`,
    `    zones: ${flowList(zones)}`,
  ];
  if (hosted) lines.push(`    hostnames: ${flowList([`*.${city.domains.get(seed.department)}`])}`);
  if (tiers.length > 0) lines.push(`    tiers: ${flowList(tiers)}`);
  if (egress.length > 0) lines.push(`    egress: ${flowList(egress)}`);
  return lines;
}

/** The group that decides for a department: its own, else its nearest ancestor's. */
function reviewersOf(city: PlannedCity, code: string, part: 'project' | 'funds'): string {
  for (let at: string | undefined = code; at !== undefined; ) {
    const department = city.departments.find((each) => each.code === at);
    if (department?.reviewers !== undefined) return department.reviewers[part];
    at = department?.parent;
  }
  return '';
}

function peopleText(people: readonly Person[]): string {
  const lines = people.map(
    ({ user, displayName, groups }) =>
      `  - { user: ${user}, displayName: ${displayName}, groups: ${flowList(groups)} }`,
  );
  return `# jinhong:ignore-file\n# 示例目录中的人；本机的云以这些名字签发证书。不是清单。\npeople:\n${lines.join('\n')}\n`;
}
