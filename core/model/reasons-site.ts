import type { Text } from '../text/lang.ts';

/**
 * Reasons that a site reports in the conditions of a Grant and of its environments, each with one sentence. The names are
 * stable: the management centre, the command line and people's filters rely on them.
 */
export const siteReasons = {
  Running: { zh: '已按决定就绪', en: 'everything is as decided' },
  Standby: {
    zh: '备用：对象齐备，不能启动 Pod，成员只读',
    en: 'standby: in place, no Pod can start, members read only',
  },
  Copied: { zh: '本中心只保存副本，没有命名空间', en: 'only copies are kept here; there are no namespaces' },
  Frozen: { zh: '已冻结：成员只读，内容保留', en: 'frozen: members read only, everything is kept' },
  Retiring: {
    zh: '即将移除：成员只读，内容保留到期满',
    en: 'to be removed: members read only, kept until the time is over',
  },
  Removed: { zh: '已移除', en: 'removed' },
  Applying: { zh: '正在写入', en: 'being put in place' },
  RetentionRunning: { zh: '本中心的保留期尚未结束', en: "this site's own retention is not over yet" },
  NamespaceTerminating: { zh: '命名空间正在删除', en: 'the namespace is being deleted' },
  ForeignObject: {
    zh: '存在同名但不属于平台的对象，平台不会接管它',
    en: 'an object of the same name is not ours and is not taken over',
  },
  WriteRefused: { zh: 'API 服务器拒绝了写入', en: 'the API server refused a write' },
  WriteFailed: { zh: '写入失败，将重试', en: 'a write failed and will be tried again' },
  ManagementBehind: {
    zh: '管理中心给出的决定不比本中心已有的新，本中心保持不变',
    en: 'the management centre offers a decision that is not newer than the one in force; nothing is changed',
  },
  Orphaned: {
    zh: '管理中心没有这份授权，本中心保持不变',
    en: 'the management centre has no such Grant; nothing is changed',
  },
  EnvironmentOrphaned: {
    zh: '授权中没有这个环境，本中心保持不变',
    en: 'the Grant no longer names this environment; nothing is changed',
  },
  AwaitingConfirmation: {
    zh: '一小时内的移除或角色变更过多，等待 jinhong site confirm',
    en: 'too many removals or role changes within an hour; waits for jinhong site confirm',
  },
  GroupNotInDepartment: {
    zh: '成员组不在本中心的部门目录中',
    en: "a member group is not in this site's own copy of the directory",
  },
  DepartmentUnknown: {
    zh: '本中心的目录中没有这个部门',
    en: "the department is not in this site's copy of the directory",
  },
  OverCapacity: { zh: '超出本中心容量', en: 'more than this site can hold' },
  GrantInvalid: { zh: '授权内容不符合本中心的版本', en: 'the Grant does not fit what this site understands' },
  NameMismatch: { zh: '授权名称与租户不符', en: 'the Grant is not named after its tenant' },
  MirrorDiffers: {
    zh: '授权写入本中心后内容不同，未执行',
    en: 'the Grant came back different from what was stored and is not acted on',
  },
  MirrorDamaged: {
    zh: '本中心的授权副本被改动，未执行',
    en: "this site's copy of the Grant was changed by someone else and is not acted on",
  },
} as const satisfies Record<string, Text>;

export type SiteReason = keyof typeof siteReasons;
