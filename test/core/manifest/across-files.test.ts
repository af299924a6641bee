import { describe, expect, it } from 'vitest';
import { checkManifests, loadManifests } from '../../../core/manifest/index.ts';
import type { CheckOptions, Recorded } from '../../../core/manifest/types.ts';
import { approval, cloud, department, file, tenant } from './support.ts';

const root = department(
  'name: lib => name: hall',
  '图书馆 => 市政府',
  'domain: lib.city.example => domain: city.example',
  '[lib-admins, lib-duty] => [hall-admins, reviewers]',
);
const lib = department('level: city => level: city\n  parent: hall');
const hosting = (hostname: string) =>
  `size: small => size: small\n      hosting: [{ hostname: ${hostname}, service: web, port: 80 }]`;
const allowance = '  allowance: { requests.cpu: "4" }\n';

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly options?: CheckOptions;
  /** `file:line:column rule` of every error and warning, in order. */
  readonly found: readonly string[];
  readonly words?: string;
}

const city = { 'cloud.yaml': cloud(), 'hall.yaml': root, 'lib.yaml': lib };
const cases: Record<string, Case> = {
  'a city without a mistake': { files: { ...city, 'loan.yaml': tenant(), 'approval.yaml': approval() }, found: [] },
  'an unknown department': {
    files: { ...city, 'a.yaml': tenant('dept-lib => dept-lip') },
    found: ['a.yaml:5:14 UnknownDepartment'],
    words: 'dept-lib',
  },
  'a department that cannot be known, with one file only': { files: { 'a.yaml': tenant() }, found: [] },
  'a namespace that is no department’s': {
    files: { 'a.yaml': tenant('dept-lib => lib'), 'lib.yaml': department() },
    found: ['a.yaml:5:14 NamespaceForm'],
    words: 'dept-',
  },
  'no namespace': {
    files: { 'a.yaml': tenant('  namespace: dept-lib\n => ') },
    found: ['a.yaml:3:1 NamespaceMissing'],
  },
  'an unknown parent': {
    files: { 'a.yaml': root, 'b.yaml': department('level: city => level: city\n  parent: hal') },
    found: ['b.yaml:7:11 UnknownParent'],
    words: 'hall',
  },
  'parents in a loop': {
    files: {
      'a.yaml': department('level: city => level: city\n  parent: lab'),
      'b.yaml': department('name: lib => name: lab', 'level: city => level: city\n  parent: lib'),
    },
    found: ['a.yaml:7:11 ParentLoop', 'b.yaml:7:11 ParentLoop'],
  },
  'an unknown level': {
    files: { 'cloud.yaml': cloud(), 'a.yaml': department('level: city => level: town') },
    found: ['a.yaml:6:10 UnknownLevel'],
  },
  'a level above the parent’s': {
    files: {
      ...city,
      'c.yaml': department('name: lib => name: shore', 'level: city => level: district\n  parent: hall'),
      'd.yaml': department('name: lib => name: quay', 'level: city => level: city\n  parent: shore'),
    },
    found: ['d.yaml:6:10 LevelOrder'],
  },
  'a lower level without a parent': {
    files: { 'cloud.yaml': cloud(), 'a.yaml': root, 'b.yaml': department('level: city => level: district') },
    found: ['b.yaml:6:10 LevelOrder'],
  },
  'a domain outside the city’s': {
    files: { ...city, 'lib.yaml': lib.replace('lib.city.example', 'lib.other.example') },
    found: ['lib.yaml:8:11 DomainOutside'],
  },
  'reviewers of no department': {
    files: { ...city, 'hall.yaml': `${root}  reviewers: { project: reviewer }\n` },
    found: ['hall.yaml:9:25 UnknownGroup'],
    words: 'reviewers',
  },
  'a successor that is not there': {
    files: { ...city, 'lib.yaml': `${lib}  successor: archive\n` },
    found: ['lib.yaml:10:14 UnknownDepartment'],
  },
  'a member of another department': {
    files: { ...city, 'a.yaml': tenant('group: lib-admins => group: hall-admins') },
    found: ['a.yaml:12:16 UnknownGroup'],
    words: '属于 hall',
  },
  'a contact that is not there': {
    files: { ...city, 'a.yaml': tenant('onCall: lib-duty => onCall: lib-dutty') },
    found: ['a.yaml:10:42 UnknownGroup'],
    words: 'lib-duty',
  },
  'an unknown size': {
    files: { ...city, 'a.yaml': tenant('size: small => size: smal') },
    found: ['a.yaml:15:13 UnknownPreset'],
    words: 'small',
  },
  'an unknown service': {
    files: { ...city, 'a.yaml': tenant('size: small => size: small\n      service: gold') },
    found: ['a.yaml:16:16 UnknownPreset'],
    words: 'ordinary',
  },
  'an unknown zone': {
    files: { ...city, 'a.yaml': tenant('size: small => size: small\n      zone: extranets') },
    found: ['a.yaml:16:13 UnknownZone'],
    words: 'extranet',
  },
  'an unknown tier': {
    files: { ...city, 'a.yaml': tenant('size: small => size: small\n      protection: { tier: nome }') },
    found: ['a.yaml:16:27 UnknownTier'],
    words: 'none',
  },
  'an unknown destination': {
    files: {
      ...city,
      'a.yaml': tenant('size: small => size: small\n      egress: [{ destination: registri, port: 443 }]'),
    },
    found: ['a.yaml:16:31 UnknownDestination'],
    words: 'registry',
  },
  'a destination that the zone may not reach': {
    files: {
      ...city,
      'a.yaml': tenant(
        'size: small => size: small\n      zone: intranet\n      egress: [{ destination: registry, port: 443 }]',
      ),
    },
    found: ['a.yaml:17:31 DestinationNotInZone'],
    words: 'extranet',
  },
  'a website in a zone that publishes nothing': {
    files: { ...city, 'a.yaml': tenant(`${hosting('a.lib.city.example')}\n      zone: intranet`) },
    found: ['a.yaml:16:7 HostingNotInZone'],
  },
  'one hostname in two tenants': {
    files: {
      ...city,
      'a.yaml': tenant(hosting('a.lib.city.example')),
      'b.yaml': tenant('name: loan => name: read', hosting('a.lib.city.example')),
    },
    found: ['b.yaml:16:29 HostnameTwice'],
    words: 'a.yaml:16',
  },
  'a hostname under a reserved suffix': {
    files: { ...city, 'a.yaml': tenant(hosting('a.reserved.example')) },
    found: ['a.yaml:16:29 HostnameReserved'],
  },
  'a hostname outside the department’s domain': {
    files: { ...city, 'a.yaml': tenant(hosting('a.hall.city.example')) },
    found: ['a.yaml:16:29 HostnameOutside'],
  },
  'a hostname of a tenant that is recorded': {
    files: { ...city, 'a.yaml': tenant('name: loan => name: read', hosting('a.lib.city.example')) },
    options: { recorded: recorded(tenant(hosting('a.lib.city.example'), 'dept-lib => dept-hall')) },
    found: ['a.yaml:16:29 HostnameTaken'],
    words: 'hall/loan',
  },
  'children with more than their parent': {
    files: { ...city, 'hall.yaml': root + allowance, 'lib.yaml': lib + allowance.replace('4', '5') },
    found: ['hall.yaml:9:30 AllowanceExceeded'],
    words: 'lib 5',
  },
  'tenants with more than their department': {
    files: {
      ...city,
      'lib.yaml': lib + allowance.replace('4', '3'),
      'a.yaml': tenant(),
      'b.yaml': tenant('name: loan => name: read'),
    },
    found: ['lib.yaml:10:30 AllowanceExceeded'],
    words: 'lib/loan 2',
  },
  'more than the centres hold': {
    files: { ...city, 'hall.yaml': root + allowance.replace('"4"', '"200"') },
    found: ['cloud.yaml:8:3 AllowanceOverCapacity'],
  },
  'two manifests of one name': {
    files: { ...city, 'a.yaml': tenant(), 'b.yaml': tenant() },
    found: ['b.yaml:4:9 ManifestTwice'],
    words: 'a.yaml:1',
  },
  'an approval of a tenant that is not there': {
    files: { ...city, 'a.yaml': tenant(), 'b.yaml': approval('name: loan } => name: lone }') },
    found: ['b.yaml:5:30 UnknownTenant'],
    words: 'loan',
  },
  'an approval of another price list': {
    files: { ...city, 'a.yaml': tenant(), 'b.yaml': approval('priceList: p1 => priceList: p0') },
    found: ['b.yaml:8:68 PriceListChanged'],
  },
  'an approval whose envelope names an unknown zone': {
    files: {
      ...city,
      'a.yaml': tenant(),
      'b.yaml': approval('part: funds => part: funds\n  envelope: { zones: [extra], tiers: [non], egress: [regist] }'),
    },
    found: ['b.yaml:7:23 UnknownZone', 'b.yaml:7:39 UnknownTier', 'b.yaml:7:54 UnknownDestination'],
  },
  'both parts decided by one person': {
    files: {
      ...city,
      'a.yaml': tenant(),
      'b.yaml': approval(),
      'c.yaml': approval(
        'loan-funds-1 => loan-project-1',
        'part: funds => part: project\n  project: { ref: P-7 }\n  envelope: {}',
        '  funds: { fiscalYear: 2026, ceilingPerMonth: "900.00", priceList: p1 }\n => ',
      ),
    },
    found: ['b.yaml:9:14 SamePerson'],
    words: 'c.yaml',
  },
  'an end date in the past': {
    files: { ...city, 'a.yaml': tenant('class: production => class: trial\n  until: "2026-01-31"') },
    options: { today: '2026-04-01' },
    found: ['a.yaml:10:10 UntilPast'],
  },
  'an approval that has ended': {
    files: { ...city, 'a.yaml': tenant(), 'b.yaml': approval('part: funds => part: funds\n  until: "2026-01-31"') },
    options: { today: '2026-04-01' },
    found: ['b.yaml:7:10 ApprovalEnded'],
  },
  'a year without working days': {
    files: { 'cloud.yaml': cloud() },
    options: { today: '2028-04-01' },
    found: ['cloud.yaml:24:3 YearWithoutWorkingDays'],
  },
  'the next year without working days, from October': {
    files: { 'cloud.yaml': cloud() },
    options: { today: '2026-10-01' },
    found: ['cloud.yaml:24:3 YearWithoutWorkingDays'],
  },
  'a worked day that is no weekend': {
    files: { 'cloud.yaml': cloud('"2026-01-04" => "2026-01-05"') },
    found: ['cloud.yaml:24:65 WrongWorkingDay'],
  },
  'a day off of another year': {
    files: { 'cloud.yaml': cloud('"2026-01-01" => "2027-01-01"') },
    found: ['cloud.yaml:24:39 WrongWorkingDay'],
  },
  'names that cloud.yaml itself lacks': {
    files: {
      'cloud.yaml': cloud(
        'defaultZone: extranet => defaultZone: extra',
        'ordinary: { tier: none } => ordinary: { tier: gold }',
        'zones: [extranet] => zones: [intra]',
      ),
    },
    found: ['cloud.yaml:12:16 UnknownZone', 'cloud.yaml:13:62 UnknownZone', 'cloud.yaml:15:33 UnknownTier'],
  },
  'two centres at one context': {
    files: { 'cloud.yaml': cloud('context: east => context: hub') },
    found: ['cloud.yaml:10:54 ContextTwice'],
  },
  'a local centre without capacity': {
    files: {
      'cloud.yaml': cloud(
        ', capacity: { requests.cpu: "100", requests.memory: 100Gi, requests.storage: 1Ti, pods: "500" } => ',
      ),
    },
    found: ['cloud.yaml:10:7 CapacityMissing'],
  },
};

function recorded(...texts: readonly string[]): Recorded {
  const { set } = loadManifests(texts.map((text, index) => file(`${index}`, text)));
  return { tenants: set.tenants.map(({ object }) => object) };
}

describe('across files', () => {
  it.each(Object.entries(cases))('%s', (_, { files, options, found, words }) => {
    const problems = checkManifests(
      Object.entries(files).map(([path, text]) => file(path, text)),
      options,
    );
    expect(problems.map(({ file: path, line, column, rule }) => `${path}:${line}:${column} ${rule}`)).toEqual(found);
    if (words !== undefined) expect(JSON.stringify(problems)).toContain(words);
  });
});

describe('a probable rename', () => {
  const rename = (text: string, old: string, removing: string[] = []) =>
    checkManifests([file('a.yaml', text)], { recorded: recorded(old), removing }).map(
      ({ rule, line, column }) => `${rule} ${line}:${column}`,
    );

  it('of a tenant is refused when the names are near', () => {
    expect(rename(tenant('name: loan => name: loans'), tenant())).toEqual(['ProbableRename 4:9']);
  });
  it('of a tenant is refused when the name for people stays', () => {
    expect(rename(tenant('name: loan => name: borrowing', 'P-7 => P-8'), tenant())).toEqual(['ProbableRename 4:9']);
  });
  it('of a tenant is refused when a hostname stays', () => {
    const old = tenant(hosting('a.lib.city.example'));
    expect(
      rename(tenant('name: loan => name: other', '借阅系统 => 其他', 'P-7 => P-8', hosting('a.lib.city.example')), old),
    ).toContain('ProbableRename 4:9');
  });
  it('is none when what is new resembles nothing', () => {
    expect(rename(tenant('name: loan => name: other', '借阅系统 => 其他', 'P-7 => P-8'), tenant())).toEqual([]);
  });
  it('is none in another department', () => {
    expect(rename(tenant('name: loan => name: loans', 'dept-lib => dept-hall'), tenant())).toEqual([]);
  });
  it('is let through when the old name was typed', () => {
    expect(rename(tenant('name: loan => name: loans'), tenant(), ['loan'])).toEqual([]);
  });
  it('of an environment is refused when its content stays', () => {
    expect(rename(tenant('name: production => name: live'), tenant())).toEqual(['ProbableRename 14:13']);
    expect(rename(tenant('name: production => name: live'), tenant(), ['production'])).toEqual([]);
  });
  it('of an environment is none beside one that stays', () => {
    expect(rename(tenant('size: small => size: small\n    - { name: test, size: small }'), tenant())).toEqual([]);
  });
});
