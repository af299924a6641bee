import { z } from 'zod';
import * as f from './fields.ts';
import { described, integer, list, mapList, record, setList, text, withRules } from './schema.ts';
import { siteRole } from './site.ts';

const cloudSite = z.strictObject({
  name: f.siteName,
  displayName: f.displayName.optional(),
  role: siteRole,
  region: f.shortName,
  /** Context of the kubeconfig that reaches it. */
  context: f.shortName,
  wave: integer(1, 100),
  capacity: f.quota.optional(),
});

const size = z.strictObject({
  quota: f.quota,
  /** Object counts that go with the size; keys as in a core ResourceQuota, e.g. `count/services`. */
  objects: described(record(integer(0, 100_000), 32), '对象数量上限', 'Object counts').optional(),
});

const tier = z.strictObject({
  displayName: f.displayName.optional(),
  standby: described(z.boolean(), '在另一本地中心保留', 'Held at another local centre'),
  recovery: described(z.boolean(), '在异地灾备中心保留副本', 'Copied to a recovery centre'),
  pricePercent: described(
    integer(0, 1000),
    '价格百分比，100 为不加价',
    'Price in percent of an unprotected environment',
  ),
});

const service = z.strictObject({
  tier: f.shortName,
  /** Objectives that the preset will stand for; shown by `plan`, not measured yet. */
  objectives: mapList(
    z.strictObject({ name: f.shortName, target: f.money, indicator: f.shortName }),
    ['name'],
    8,
  ).optional(),
});

const zone = z.strictObject({ displayName: f.displayName.optional(), hosting: z.boolean() });
const destination = z.strictObject({
  displayName: f.displayName.optional(),
  cidrs: setList(f.cidr, 64),
  zones: described(setList(f.shortName, 8), '可由哪些区域访问', 'Zones that may reach it'),
});

const workingDays = z.strictObject({
  holidays: described(setList(f.date, 200), '放假日', 'Days off beside weekends'),
  workdays: described(setList(f.date, 100), '调休上班日', 'Weekend days worked'),
  source: text(1, 200),
});

/** cloud.yaml: what is data about one city's cloud. A file, never an API object. */
export const cloudSpec = withRules(
  z.strictObject({
    name: f.shortName,
    displayName: f.displayName.optional(),
    domain: f.hostname,
    levels: described(list(f.shortName, 8), '层级，从最高开始', 'Levels, highest first'),
    utcOffset: described(z.string().regex(/^[+-][0-9]{2}:[0-9]{2}$/), '时区偏移', 'Offset of civil time'),
    sites: mapList(cloudSite, ['name'], 16),
    zones: record(zone, 16),
    defaultZone: f.shortName,
    destinations: record(destination, 64),
    sizes: record(size, 32),
    services: record(service, 32),
    tiers: record(tier, 16),
    prices: z.strictObject({
      version: f.shortName,
      currency: f.shortName,
      /** Yuan a month for one core, one Gi, one pod. */
      perMonth: z.strictObject({
        'requests.cpu': f.money,
        'requests.memory': f.money,
        'requests.storage': f.money,
        pods: f.money,
      }),
    }),
    reservedSuffixes: setList(f.hostname, 64),
    registries: setList(f.hostname, 32),
    groups: described(
      z.strictObject({
        platform: f.groupName,
        onCall: f.groupName,
        supervision: f.groupName,
        breakGlass: f.groupName,
      }),
      '平台用户组',
      'Groups of the platform itself',
    ),
    retain: described(
      z.strictObject({ production: f.duration, other: f.duration }),
      '移除后保留时长',
      'How long a removed environment is kept',
    ),
    decisionDays: described(
      z.strictObject({ project: integer(1, 250), funds: integer(1, 250) }),
      '审批时限（工作日）',
      'Working days a reviewer has',
    ),
    changeBudget: described(
      z.strictObject({ removalsPerHour: integer(1, 10_000), roleChangesPerHour: integer(1, 100_000) }),
      '每小时变更上限，超过需人工确认',
      'Above this many an hour a site waits for `jinhong site confirm`',
    ),
    workingDays: record(workingDays, 20),
  }),
  [
    {
      id: 'ManagementSite',
      cel: "self.sites.filter(s, s.role == 'management').size() == 1",
      holds: (v) => v.sites.filter((site) => site.role === 'management').length === 1,
      fieldPath: '.sites',
      text: { zh: '须有且仅有一个 management 中心', en: 'exactly one site has the role management' },
    },
    {
      id: 'LocalSites',
      cel: "self.sites.exists(s, s.role == 'local')",
      holds: (v) => v.sites.some((site) => site.role === 'local'),
      fieldPath: '.sites',
      text: { zh: '至少需要一个 local 中心', en: 'at least one site has the role local' },
    },
  ],
);
export type Cloud = z.output<typeof cloudSpec>;
export type CloudSite = Cloud['sites'][number];
