import { z } from 'zod';
import { computedQuantity, described, integer, list, mapList, pattern, quantity, text } from './schema.ts';

/** Fields that several kinds share, each with its bound and help text in both languages. */

const code = /^[a-z][a-z0-9]{0,15}$/;
const label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const host = /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const hostPattern = /^(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const departmentCode = described(
  pattern(code, 16),
  '部门代码，不可更改',
  'Code of the department; never changes',
  'civilaffairs',
);
export const tenantName = described(pattern(label, 32), '租户名称', 'Name of the tenant', 'registry');
export const environmentName = described(
  pattern(/^[a-z][a-z0-9]{0,11}$/, 12),
  '环境名称，不含连字符',
  'Name of the environment; no dash',
  'production',
);
export const siteName = described(pattern(label, 32), '中心名称', 'Name of a centre', 'east');
export const groupName = described(
  pattern(/^[a-z0-9]([-a-z0-9.:_]{0,61}[a-z0-9])?$/, 63),
  '目录中的用户组',
  'A group of the directory',
  'registry-admins',
);
export const shortName = described(pattern(label, 40), '名称', 'A name', 'medium');
export const displayName = described(text(1, 64), '中文名称', 'Name for people', '民政登记系统');
export const hostname = described(
  pattern(host, 253),
  '网站域名，小写',
  'Hostname, lower case',
  'www.civil.city.example',
);
export const hostnamePattern = described(
  pattern(hostPattern, 253),
  '域名或 *.域名',
  'A hostname or *.domain',
  '*.civil.city.example',
);
export const date = described(
  pattern(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/, 10),
  '日期 年-月-日',
  'A date, YYYY-MM-DD',
  '2026-12-31',
);
export const instant = described(
  pattern(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$/, 40),
  '时间，带时区',
  'A time with its offset (RFC 3339)',
  '2026-04-20T09:00:00+08:00',
);
export const duration = described(
  pattern(/^(0|[1-9][0-9]{0,5})(s|m|h|d)$/, 8),
  '时长，例如 30m、90d',
  'A length of time such as 30m or 90d',
  '90d',
);
export const money = described(
  pattern(/^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$/, 16),
  '金额（元）',
  'Money in yuan, two decimals',
  '15000.00',
);
export const planItem = described(
  pattern(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 63),
  '年度计划项目编号',
  "Item of the year's project plan",
  'QD-2026-0117',
);
export const cidr = described(
  pattern(/^[0-9a-fA-F.:]{2,39}\/[0-9]{1,3}$/, 43),
  '网段',
  'A block of addresses',
  '10.20.0.0/16',
);
export const userName = described(text(1, 256), '用户名', 'Name of a user as the API server knows it');
export const port = integer(1, 65535);

/** Resources a tenant can ask for and a department hand out; keys are those of a core ResourceQuota. */
export const quotaFields = [
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
  'requests.storage',
  'pods',
] as const;
export type QuotaField = (typeof quotaFields)[number];

function quotaOf(amount: typeof quantity) {
  const shape = z.strictObject({
    'requests.cpu': amount.optional(),
    'requests.memory': amount.optional(),
    'limits.cpu': amount.optional(),
    'limits.memory': amount.optional(),
    'requests.storage': amount.optional(),
    pods: amount.optional(),
  });
  return described(shape, '资源配额', 'Amounts of resources, as in a core ResourceQuota');
}

export const quota = quotaOf(quantity);
/** What is worked out of quotas: canonical text and sums, which may need more digits than a person writes. */
export const computedQuota = quotaOf(computedQuantity);
export type Quota = z.output<typeof quota>;

export const tenantClass = described(
  z.enum(['production', 'trial', 'training', 'research']),
  '类别：production 正式，trial 试用，training 培训，research 研究',
  'Class; all but production need an end date',
);
export type TenantClass = z.output<typeof tenantClass>;

export const memberRole = described(z.enum(['admin', 'edit', 'view']), '成员角色', 'What the group may do');
export const members = described(
  mapList(z.strictObject({ group: groupName, role: memberRole }), ['group'], 16),
  '成员组及角色',
  'Groups of the department and what each may do',
);
export type Member = z.output<typeof members>[number];

export const condition = z.strictObject({
  type: pattern(/^[A-Z][A-Za-z0-9]{0,62}$/, 63),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: pattern(/^[A-Z][A-Za-z0-9]{0,127}$/, 128),
  message: text(0, 2048),
  lastTransitionTime: instant,
  observedGeneration: integer(0, 2 ** 31 - 1).optional(),
});
export type Condition = z.output<typeof condition>;
export const conditions = mapList(condition, ['type'], 32);

/** Orders decisions between centres (docs/design.md 2, Decision number). */
export const decision = z.strictObject({ term: integer(1, 1_000_000), revision: integer(1, 2 ** 31 - 1) });
export type Decision = z.output<typeof decision>;

export const ancestors = described(
  list(departmentCode, 8),
  '上级部门，从最近的开始',
  'Departments above, nearest first',
);
