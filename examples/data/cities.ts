import type { CitySeed, DepartmentSeed } from './city.ts';
import { departments } from './qingdao-departments.ts';
import { kinds, quotas, tenants } from './qingdao-tenants.ts';

/** The example city. */
export const qingdao: CitySeed = {
  folder: 'qingdao',
  planPrefix: 'QD-2026',
  departments,
  tenants,
  kinds,
  quotas,
  approved: true,
};

const liteDepartments = ['qingdao', 'finance', 'civiladmin', 'adminapproval', 'citylibrary'];
const liteTenants = ['city-portal', 'budget-execution', 'civil-registry', 'online-approval', 'reader-catalogue'];

/** Two centres and five tenants of the same city. */
export const lite: CitySeed = {
  ...qingdao,
  folder: 'lite',
  departments: departments.filter(({ code }) => liteDepartments.includes(code)),
  tenants: tenants.filter(({ name }) => liteTenants.includes(name)),
};

const riverDepartments: readonly DepartmentSeed[] = [
  {
    code: 'riverhall',
    displayName: '江川市政府办公室',
    level: 'city',
    label: '',
    extraGroups: ['river-projects', 'river-funds'],
    reviewers: { project: 'river-projects', funds: 'river-funds' },
    file: 'city',
  },
  {
    code: 'harbour',
    displayName: '港务局',
    level: 'city',
    parent: 'riverhall',
    label: 'harbour',
    groups: ['staff'],
    file: 'city',
  },
  {
    code: 'schools',
    displayName: '教育局',
    level: 'city',
    parent: 'riverhall',
    label: 'schools',
    groups: ['staff'],
    file: 'city',
  },
  { code: 'clinics', displayName: '卫生局', level: 'city', parent: 'riverhall', label: 'clinics', file: 'city' },
  { code: 'purse', displayName: '财政局', level: 'city', parent: 'riverhall', label: 'purse', file: 'city' },
  {
    code: 'hillcounty',
    displayName: '山县',
    level: 'county',
    parent: 'riverhall',
    label: 'hill',
    extraGroups: ['hill-projects', 'hill-funds'],
    reviewers: { project: 'hill-projects', funds: 'hill-funds' },
    file: 'hillcounty',
  },
  {
    code: 'hillschools',
    displayName: '山县教育局',
    level: 'county',
    parent: 'hillcounty',
    label: 'schools',
    file: 'hillcounty',
  },
  {
    code: 'pinetown',
    displayName: '松镇',
    level: 'town',
    parent: 'hillcounty',
    label: 'pine',
    shares: true,
    file: 'hillcounty',
  },
  {
    code: 'lakecounty',
    displayName: '湖县',
    level: 'county',
    parent: 'riverhall',
    label: 'lake',
    extraGroups: ['lake-projects', 'lake-funds'],
    reviewers: { project: 'lake-projects', funds: 'lake-funds' },
    file: 'lakecounty',
  },
  {
    code: 'reedtown',
    displayName: '苇镇',
    level: 'town',
    parent: 'lakecounty',
    label: 'reed',
    shares: true,
    file: 'lakecounty',
  },
];

/** Another cloud: three local and two recovery centres, other levels, other names of everything. */
export const threeLocal: CitySeed = {
  folder: 'three-local',
  planPrefix: 'RV-2026',
  departments: riverDepartments,
  tenants: [
    { department: 'riverhall', name: 'city-site', displayName: '江川政务网', kind: 'site', host: 'www' },
    { department: 'riverhall', name: 'sign-on', displayName: '统一登录', kind: 'base' },
    { department: 'harbour', name: 'berth-plan', displayName: '泊位计划', kind: 'base', host: 'berth' },
    { department: 'harbour', name: 'ship-notice', displayName: '船舶公告', kind: 'site', host: 'www' },
    { department: 'schools', name: 'places', displayName: '学位登记', kind: 'base', host: 'places' },
    { department: 'clinics', name: 'queue', displayName: '候诊查询', kind: 'site', host: 'queue' },
    { department: 'purse', name: 'main-ledger', displayName: '总账', kind: 'core' },
    { department: 'purse', name: 'ledger-course', displayName: '总账培训', kind: 'course', host: 'course' },
    { department: 'hillcounty', name: 'hill-site', displayName: '山县网站', kind: 'site', host: 'www' },
    { department: 'hillschools', name: 'bus-lines', displayName: '校车线路', kind: 'site', host: 'bus' },
    { department: 'pinetown', name: 'forest-watch', displayName: '护林值班', kind: 'site', host: 'forest' },
    { department: 'lakecounty', name: 'lake-site', displayName: '湖县网站', kind: 'site', host: 'www' },
  ],
  kinds: {
    site: {
      class: 'production',
      environments: [{ name: 'production', size: 's', service: 'paired', zone: 'public', hosts: true }],
    },
    base: {
      class: 'production',
      environments: [
        {
          name: 'production',
          size: 'm',
          service: 'guarded',
          hosts: true,
          egress: [{ destination: 'county-net', port: 443 }],
        },
        { name: 'test', size: 's' },
      ],
    },
    core: {
      class: 'production',
      environments: [
        {
          name: 'production',
          size: 'l',
          service: 'guarded',
          zone: 'core',
          egress: [{ destination: 'ledger-core', port: 8443 }],
        },
      ],
    },
    course: {
      class: 'training',
      until: '2030-06-30',
      environments: [{ name: 'course', size: 's', service: 'basic', hosts: true }],
    },
  },
  approved: true,
};
