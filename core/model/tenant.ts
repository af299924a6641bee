import { z } from 'zod';
import * as f from './fields.ts';
import { described, integer, list, mapList, text, withRules } from './schema.ts';

const hosting = z.strictObject({ hostname: f.hostname, service: f.shortName, port: f.port });
const egress = z.strictObject({ destination: f.shortName, port: f.port });

const protection = withRules(
  z.strictObject({
    tier: described(f.shortName, '保护等级，见 cloud.yaml', 'Protection tier of cloud.yaml'),
    rpo: described(f.duration, '恢复点目标', 'Recovery point wanted').optional(),
    rto: described(f.duration, '恢复时间目标', 'Recovery time wanted').optional(),
  }),
  [
    {
      id: 'NotServed',
      cel: '!has(self.rpo) && !has(self.rto)',
      holds: (value) => value.rpo === undefined && value.rto === undefined,
      text: { zh: 'rpo 和 rto 尚未提供服务，请删除', en: 'rpo and rto are not served yet; remove them' },
    },
  ],
);

const objective = z.strictObject({ name: f.shortName, target: f.money, indicator: f.shortName });

export const environment = withRules(
  z.strictObject({
    name: f.environmentName,
    size: described(
      f.shortName,
      '规格，见 cloud.yaml',
      'Size preset of cloud.yaml; explicit quota fields win',
    ).optional(),
    quota: f.quota.optional(),
    service: described(
      f.shortName,
      '服务等级，见 cloud.yaml',
      'Service preset of cloud.yaml for protection and objectives',
    ).optional(),
    zone: described(f.shortName, '网络区域，见 cloud.yaml', 'Network zone of cloud.yaml').optional(),
    hosting: described(mapList(hosting, ['hostname'], 16), '对外网站', 'Websites to publish').optional(),
    protection: protection.optional(),
    objectives: described(mapList(objective, ['name'], 8), '服务目标', 'Objectives').optional(),
    egress: described(mapList(egress, ['destination', 'port'], 16), '对外访问', 'Destinations it may reach').optional(),
  }),
  [
    {
      id: 'NotServed',
      cel: '!has(self.objectives)',
      holds: (value) => value.objectives === undefined,
      fieldPath: '.objectives',
      text: { zh: 'objectives 尚未提供服务，请删除', en: 'objectives are not served yet; remove them' },
    },
    {
      id: 'QuotaMissing',
      cel: 'has(self.size) || has(self.quota)',
      holds: (value) => value.size !== undefined || value.quota !== undefined,
      text: { zh: '环境需要 size 或 quota', en: 'an environment needs a size or a quota' },
    },
  ],
);
export type Environment = z.output<typeof environment>;

/** What a department asks for: one project. Written by the department only. */
export const tenantSpec = withRules(
  z.strictObject({
    displayName: f.displayName,
    planItem: f.planItem,
    class: f.tenantClass,
    until: described(f.date, '到期日', 'Last day; needed by all classes but production').optional(),
    contacts: described(
      z.strictObject({ owner: f.groupName, onCall: f.groupName }),
      '联系组',
      'Groups to turn to, never people',
    ),
    members: f.members,
    environments: described(mapList(environment, ['name'], 8), '环境', 'Environments, each becomes one namespace'),
    exchange: described(
      mapList(z.strictObject({ with: text(1, 64), port: f.port }), ['with', 'port'], 16),
      '与其他租户的交换',
      'Other tenants it talks to',
    ).optional(),
  }),
  [
    {
      id: 'UntilMissing',
      cel: "self.class == 'production' || has(self.until)",
      holds: (value) => value.class === 'production' || value.until !== undefined,
      fieldPath: '.until',
      text: {
        zh: '试用、培训和研究类租户需要 until（到期日）',
        en: 'a trial, training or research tenant needs `until`',
      },
    },
    {
      id: 'NoEnvironment',
      cel: 'self.environments.size() > 0',
      holds: (value) => value.environments.length > 0,
      fieldPath: '.environments',
      text: { zh: '至少需要一个环境', en: 'at least one environment is needed' },
    },
    {
      id: 'NoMember',
      cel: 'self.members.size() > 0',
      holds: (value) => value.members.length > 0,
      fieldPath: '.members',
      text: { zh: '至少需要一个成员组', en: 'at least one member group is needed' },
    },
    {
      id: 'NotServed',
      cel: '!has(self.exchange)',
      holds: (value) => value.exchange === undefined,
      fieldPath: '.exchange',
      text: { zh: 'exchange 尚未提供服务，请删除', en: 'exchange is not served yet; remove it' },
    },
  ],
);
export type TenantSpec = z.output<typeof tenantSpec>;

const waiting = z.strictObject({
  part: z.enum(['project', 'funds', 'removal', 'capacity', 'allowance', 'site', 'correction']),
  group: f.groupName,
  since: f.instant,
  due: f.date.optional(),
});
export type Waiting = z.output<typeof waiting>;

/** What came of the request; put together from Approvals and Grants by the management controller. */
export const tenantStatus = z.strictObject({
  observedGeneration: integer(0, 2 ** 31 - 1),
  state: z.enum(['Requested', 'Waiting', 'Active', 'Frozen', 'Retiring', 'Removed', 'Refused']),
  conditions: f.conditions,
  waitingFor: list(waiting, 8).optional(),
  sites: mapList(
    z.strictObject({
      name: f.siteName,
      role: z.enum(['active', 'standby', 'copy']),
      epoch: integer(1, 1_000_000),
      ready: z.enum(['True', 'False', 'Unknown']),
      reason: text(0, 128).optional(),
      message: text(0, 1024).optional(),
    }),
    ['name'],
    16,
  ).optional(),
  granted: f.computedQuota.optional(),
  grantedGeneration: integer(0, 2 ** 31 - 1).optional(),
  pricePerMonth: f.money.optional(),
  priceList: f.shortName.optional(),
  removeAfter: f.instant.optional(),
  blocking: list(text(0, 256), 32).optional(),
});
export type TenantStatus = z.output<typeof tenantStatus>;
