import { z } from 'zod';
import * as f from './fields.ts';
import { described, integer, setList, text, withRules } from './schema.ts';

const envelope = z.strictObject({
  class: f.tenantClass.optional(),
  environments: described(
    setList(f.environmentName, 8),
    '允许存在的环境；缺省为不限。不在其中的环境可以移除',
    'Environments that may exist; absent: any. One that is left out may be removed',
  ).optional(),
  hard: described(f.computedQuota, '所有环境合计上限', 'Ceiling of the sum over all environments').optional(),
  hostnames: described(setList(f.hostnamePattern, 16), '允许的域名', 'Hostnames allowed').optional(),
  zones: described(setList(f.shortName, 8), '允许的网络区域', 'Zones allowed').optional(),
  egress: described(setList(f.shortName, 16), '允许的访问目标', 'Destinations allowed').optional(),
  tiers: described(setList(f.shortName, 8), '允许的保护等级', 'Protection tiers allowed').optional(),
});
export type Envelope = z.output<typeof envelope>;

/** A reviewer's decision about one part; never edited. */
export const approvalSpec = withRules(
  z.strictObject({
    for: z.strictObject({ kind: z.enum(['Tenant']), name: f.tenantName }),
    part: described(
      z.enum(['project', 'funds']),
      '审批内容：project 立项，funds 经费',
      'What is decided: the project or its funds',
    ),
    decision: described(
      z.enum(['approved', 'rejected', 'revoked']),
      '批准、驳回（仅此次申请）、撤销（冻结）',
      'approved, rejected (this request only), revoked (freezes the tenant)',
    ),
    generation: described(
      integer(1, 2 ** 31 - 1),
      '审批所依据的申请版本',
      'Generation of the request that was looked at',
    ).optional(),
    project: z.strictObject({ ref: f.planItem }).optional(),
    funds: z
      .strictObject({
        fiscalYear: integer(2000, 2100),
        ceilingPerMonth: described(f.money, '每月上限（元）', 'Ceiling a month in yuan'),
        priceList: described(f.shortName, '价目表版本', 'Version of the price list'),
      })
      .optional(),
    decidedBy: described(f.userName, '审批人，须与提交者一致', 'Who decides; must be the caller'),
    decidedAt: f.instant,
    until: described(f.date, '有效期', 'Last day of validity').optional(),
    reason: described(text(0, 512), '说明', 'Why').optional(),
    envelope: envelope.optional(),
  }),
  [
    {
      id: 'ApprovalImmutable',
      cel: 'self == oldSelf',
      transition: true,
      holds: () => true,
      text: { zh: '审批不可修改，请另建一份', en: 'an Approval is never edited; make a new one' },
    },
    {
      id: 'ProjectMissing',
      cel: "self.part != 'project' || self.decision != 'approved' || (has(self.project) && has(self.envelope))",
      holds: (v) =>
        v.part !== 'project' || v.decision !== 'approved' || (v.project !== undefined && v.envelope !== undefined),
      text: { zh: '立项审批需要 project 和 envelope', en: 'a project approval needs `project` and `envelope`' },
    },
    {
      id: 'FundsMissing',
      cel: "self.part != 'funds' || self.decision != 'approved' || has(self.funds)",
      holds: (v) => v.part !== 'funds' || v.decision !== 'approved' || v.funds !== undefined,
      text: { zh: '经费审批需要 funds', en: 'a funds approval needs `funds`' },
    },
  ],
);
export type ApprovalSpec = z.output<typeof approvalSpec>;

export const approvalStatus = z.strictObject({ observedGeneration: integer(0, 2 ** 31 - 1), conditions: f.conditions });
