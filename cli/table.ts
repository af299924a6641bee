import type { Command } from 'commander';
import type { Text } from '../core/text/lang.ts';

/** Adds one command to the program. */
type Register = (program: Command) => void;

/** Headings of the help, in this order. */
export const groups = ['department', 'reviewer', 'platform', 'general'] as const;
export type CommandGroup = (typeof groups)[number];

/** A command by name and summary; its module is imported only when it is the one to run. */
export interface Entry {
  readonly name: string;
  readonly group: CommandGroup;
  readonly summary: Text;
  readonly load: () => Promise<Register>;
  readonly hidden?: boolean;
}

/** Every command of the program, in the order of the help. */
export const table: readonly Entry[] = [
  {
    name: 'new',
    group: 'department',
    summary: { zh: '生成一份租户清单', en: 'Write a manifest to start from' },
    load: async () => (await import('./commands/new.ts')).registerNew,
  },
  {
    name: 'check',
    group: 'department',
    summary: { zh: '离线检查清单，一次列出全部问题', en: 'Check manifests offline, all problems at once' },
    load: async () => (await import('./commands/check.ts')).registerCheck,
  },
  {
    name: 'submit',
    group: 'department',
    summary: { zh: '提交一个租户的申请', en: "Submit one tenant's request" },
    load: async () => (await import('./commands/submit.ts')).registerSubmit,
  },
  {
    name: 'status',
    group: 'department',
    summary: { zh: '查看租户：状态、各中心、在等谁', en: 'Show tenants: state, centres, who they wait for' },
    load: async () => (await import('./commands/status.ts')).registerStatus,
  },
  {
    name: 'explain',
    group: 'department',
    summary: { zh: '说明一个租户、字段或规则', en: 'Explain a tenant, a field or a rule' },
    load: async () => (await import('./commands/explain.ts')).registerExplain,
  },
  {
    name: 'why',
    group: 'department',
    summary: {
      zh: '由域名或命名空间追溯到部门、审批和联系组',
      en: 'Lead a hostname or namespace back to its department, approvals and contacts',
    },
    load: async () => (await import('./commands/why.ts')).registerWhy,
  },
  {
    name: 'approve',
    group: 'reviewer',
    summary: { zh: '批准一个租户的立项或经费', en: "Approve a tenant's project or funds" },
    load: async () => (await import('./commands/approve.ts')).registerApprove,
  },
  {
    name: 'reject',
    group: 'reviewer',
    summary: { zh: '驳回此次申请', en: 'Reject this request' },
    load: async () => (await import('./commands/approve.ts')).registerReject,
  },
  {
    name: 'renew',
    group: 'reviewer',
    summary: { zh: '延长一份审批的有效期', en: 'Extend an approval' },
    load: async () => (await import('./commands/approve.ts')).registerRenew,
  },
  {
    name: 'plan',
    group: 'platform',
    summary: { zh: '列出将要发生的变更，不改动任何东西', en: 'Show what would change, and change nothing' },
    load: async () => (await import('./commands/plan.ts')).registerPlan,
  },
  {
    name: 'up',
    group: 'platform',
    summary: { zh: '安装平台并应用清单', en: 'Install the platform and apply manifests' },
    load: async () => (await import('./commands/up.ts')).registerUp,
  },
  {
    name: 'recover',
    group: 'platform',
    summary: { zh: '处理中断的变更，每次给出一步', en: 'Mend an interrupted change, one step at a time' },
    load: async () => (await import('./commands/recover.ts')).registerRecover,
  },
  {
    name: 'site',
    group: 'platform',
    summary: { zh: '中心的接入、确认和退役', en: 'Join, confirm or retire a centre' },
    load: async () => (await import('./commands/site.ts')).registerSite,
  },
  {
    name: 'destroy',
    group: 'platform',
    summary: { zh: '从中心卸载平台', en: 'Remove the platform from centres' },
    load: async () => (await import('./commands/destroy.ts')).registerDestroy,
  },
  {
    name: 'local',
    group: 'platform',
    summary: { zh: '在本机运行多个中心', en: 'Run the centres on this machine' },
    load: async () => (await import('./commands/local.ts')).registerLocal,
  },
  {
    name: 'doctor',
    group: 'general',
    summary: { zh: '检查版本、连接、权限和时钟', en: 'Check versions, connections, rights and clocks' },
    load: async () => (await import('./commands/doctor.ts')).registerDoctor,
  },
  {
    name: 'completion',
    group: 'general',
    summary: { zh: '输出 bash 或 zsh 的补全脚本', en: 'Print the completion script of bash or zsh' },
    load: async () => (await import('./commands/completion.ts')).registerCompletion,
  },
  {
    name: '__complete',
    group: 'general',
    hidden: true,
    summary: { zh: '供补全脚本使用', en: 'Used by the completion scripts' },
    load: async () => (await import('./commands/completion.ts')).registerCompleteValues,
  },
];
