import { describe, expect, it } from 'vitest';
import { approval, cloud, department, placesOf, problemsOf, tenant } from './support.ts';

/** One mistake each: the text, the problem at its place, the fix or near miss that must be named. */
const mistakes: Record<string, { text: string; place: string; zh?: string; near?: string }> = {
  'a misspelled field is named with the right one': {
    text: tenant('environments: => enviroments:'),
    place: 'UnknownField 13:3',
    near: 'environments',
  },
  'a misspelled field deep inside is named too': {
    text: tenant('size: small => sise: small'),
    place: 'UnknownField 15:7',
    near: 'size',
  },
  'a field in another way of writing is recognised': {
    text: tenant('displayName: => display_name:'),
    place: 'UnknownField 7:3',
    near: 'displayName',
  },
  'a field at the wrong indentation is sent to its place': {
    text: tenant('      size: small => \n  size: small'),
    place: 'UnknownField 16:3',
    near: 'spec.environments[].size',
  },
  'a field that only the server writes is to be removed': {
    text: tenant('name: loan => name: loan\n  uid: abc'),
    place: 'UnknownField 5:3',
    zh: '服务器写入',
  },
  'a missing field is shown at its parent': {
    text: tenant('  planItem: P-7\n => '),
    place: 'MissingField 6:1',
    zh: 'planItem',
  },
  'a field without a value counts as missing': {
    text: tenant('planItem: P-7 => planItem:'),
    place: 'MissingField 8:3',
    zh: '没有值',
  },
  'an empty name for people counts as missing': {
    text: tenant('displayName: 借阅系统 => displayName: ""'),
    place: 'MissingField 7:16',
  },
  'a number where text belongs wants quotes': {
    text: tenant('planItem: P-7 => planItem: 2026'),
    place: 'WrongType 8:13',
    zh: '"2026"',
  },
  'text where a list belongs': {
    text: tenant('members:\n    - { group: lib-admins, role: admin } => members: lib-admins'),
    place: 'WrongType 11:12',
    zh: '列表',
  },
  'one entry without its dash': {
    text: tenant('    - { group: lib-admins, role: admin } =>     group: lib-admins'),
    place: 'WrongType 11:3',
    zh: '- ',
  },
  'a port in quotes': {
    text: tenant(
      'size: small => size: small\n      hosting: [{ hostname: a.lib.city.example, service: web, port: "80" }]',
    ),
    place: 'WrongType 16:69',
    zh: '去掉引号',
  },
  'an unknown role': { text: tenant('role: admin => role: admn'), place: 'UnknownValue 12:34', near: 'admin' },
  'a shortened class': {
    text: tenant('class: production => class: prod'),
    place: 'UnknownValue 9:10',
    near: 'production',
  },
  'an old apiVersion': {
    text: tenant('jinhong.dev/v1alpha1 => jinhong.dev/v1'),
    place: 'UnknownValue 1:13',
    near: 'jinhong.dev/v1alpha1',
  },
  'an unknown kind': { text: tenant('kind: Tenant => kind: Tennant'), place: 'UnknownKind 2:7', near: 'Tenant' },
  'a kind that the platform writes': { text: tenant('kind: Tenant => kind: Grant'), place: 'PlatformKind 2:7' },
  'a kind that is not served yet': { text: tenant('kind: Tenant => kind: Failover'), place: 'NotServed 2:7' },
  'no kind at all': { text: 'spec: {}\n', place: 'NotAManifest 1:1' },
  'a list instead of a manifest': { text: '- a\n- b\n', place: 'NotAManifest 1:1' },
  'capitals in a tenant name': { text: tenant('name: loan => name: Loan'), place: 'TenantName 4:9' },
  'a dash in an environment name': {
    text: tenant('name: production => name: pre-prod'),
    place: 'WrongFormat 14:13',
    near: 'preprod',
  },
  'a memory amount written the shop way': {
    text: tenant('size: small => size: small\n      quota: { requests.memory: 16GB }'),
    place: 'WrongFormat 16:33',
    near: '16Gi',
  },
  'a date with slashes': {
    text: tenant('class: production => class: trial\n  until: 2026/12/31'),
    place: 'WrongFormat 10:10',
    near: '2026-12-31',
  },
  'a hostname with http and path': {
    text: tenant('size: small => size: small\n      hosting: [{ hostname: "http://A.b/x", service: web, port: 80 }]'),
    place: 'WrongFormat 16:29',
    near: 'a.b',
  },
  'full-width brackets in a group name': {
    text: tenant('owner: lib-admins => owner: 图书馆（组）'),
    place: 'WrongFormat 10:22',
    zh: '全角字符“（”',
  },
  'a port beyond the last one': {
    text: tenant(
      'size: small => size: small\n      hosting: [{ hostname: a.lib.city.example, service: web, port: 70000 }]',
    ),
    place: 'OutOfRange 16:69',
  },
  'a name for people beyond its length': {
    text: tenant(`displayName: 借阅系统 => displayName: ${'长'.repeat(65)}`),
    place: 'TooLong 7:16',
  },
  'two environments of one name': {
    text: tenant('      size: small => \n      size: small\n    - { name: production, size: small }'),
    place: 'Duplicate 17:7',
  },
  'a group twice': { text: department('[lib-admins, lib-duty] => [lib-admins, lib-admins]'), place: 'Duplicate 8:24' },
  'a trial without an end': { text: tenant('class: production => class: trial'), place: 'UntilMissing 6:1' },
  'an environment without size and quota': { text: tenant('      size: small => '), place: 'QuotaMissing 14:7' },
  'no environment': {
    text: tenant('  environments:\n    - name: production\n      size: small =>   environments: []'),
    place: 'NoEnvironment 13:3',
  },
  'no member': {
    text: tenant('members:\n    - { group: lib-admins, role: admin } => members: []'),
    place: 'NoMember 11:3',
  },
  'a field that is not served yet': {
    text: tenant('class: production => class: production\n  exchange: []'),
    place: 'NotServed 10:3',
  },
  'a recovery point that is not served yet': {
    text: tenant('size: small => size: small\n      protection: { tier: none, rpo: 15m }'),
    place: 'NotServed 16:7',
  },
  'a reserved department code': { text: department('name: lib => name: velero'), place: 'ReservedCode 3:19' },
  'a department code with a dash': { text: department('name: lib => name: my-lib'), place: 'DepartmentCode 3:19' },
  'a funds approval without funds': {
    text: approval('  funds: { fiscalYear: 2026, ceilingPerMonth: "900.00", priceList: p1 }\n => '),
    place: 'FundsMissing 4:1',
  },
  'a project approval without its project': {
    text: approval('part: funds => part: project'),
    place: 'ProjectMissing 4:1',
  },
  'money with separators': { text: approval('"900.00" => "9,900.00"'), place: 'WrongFormat 8:47', near: '9900.00' },
  'two management sites': { text: cloud('role: local => role: management'), place: 'ManagementSite 8:3' },
};

describe('a mistake of the schema', () => {
  it.each(Object.entries(mistakes))('%s', (_, { text, place, zh, near }) => {
    const problems = problemsOf(text);
    expect(placesOf(problems)).toContain(place);
    const found = problems.find(({ rule, line, column }) => `${rule} ${line}:${column}` === place);
    if (zh !== undefined) expect(`${found?.text.zh} ${found?.fix.zh}`).toContain(zh);
    if (near !== undefined) expect(found?.near).toContain(near);
    expect(found?.severity).toBe('error');
    for (const said of [found?.text, found?.fix]) {
      expect(said?.zh).toMatch(/\S/);
      expect(said?.en).toMatch(/\S/);
      expect(said?.en).not.toMatch(/Invalid input|expected/);
    }
  });

  it('samples without a change have none', () => {
    expect(problemsOf([tenant(), department(), approval(), cloud()].join('---\n'))).toEqual([]);
  });

  it('is named together with all others in one run, also below a misspelled field', () => {
    const text = tenant(
      'environments: => enviroments:',
      'name: loan => name: Loan',
      'class: production => class: trial',
      'size: small => size: small\n      objectives: []',
      'role: admin => role: boss',
    );
    expect(placesOf(problemsOf(text)).sort()).toEqual([
      'NotServed 16:7',
      'TenantName 4:9',
      'UnknownField 13:3',
      'UnknownValue 12:34',
      'UntilMissing 6:1',
    ]);
  });

  it('in one manifest does not hide what is wrong across files in it', () => {
    const files = `${cloud()}---\n${department()}---\n${tenant('size: small => size: smal', 'planItem: => planitem:', 'owner: lib-admins => owner: lib-admin')}`;
    const rules = problemsOf(files)
      .map(({ rule }) => rule)
      .sort();
    expect(rules).toEqual(['UnknownField', 'UnknownGroup', 'UnknownPreset']);
  });
});
