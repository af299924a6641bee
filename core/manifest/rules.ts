import type { Text } from '../text/lang.ts';

/** What a rule of `jinhong check` is about in general, and what to do; a problem says the same with names and places. */
export interface CheckRule {
  readonly text: Text;
  readonly fix: Text;
}

function rule(zh: string, en: string, fixZh: string, fixEn: string): CheckRule {
  return { text: { zh, en }, fix: { zh: fixZh, en: fixEn } };
}

const files = {
  TooLarge: rule('文件或清单过大', 'a file or manifest is too large', '拆成多个文件', 'split it into several files'),
  TooManyProblems: rule(
    '一个文件中问题过多',
    'one file has too many problems',
    '先改正一部分',
    'mend some of them first',
  ),
  Encoding: rule(
    '文件不是 UTF-8 编码',
    'a file is not in UTF-8',
    'check --fix，或另存为 UTF-8',
    '`check --fix`, or save it as UTF-8',
  ),
  ByteOrderMark: rule('文件开头有字节顺序标记', 'a file begins with a byte order mark', 'check --fix', '`check --fix`'),
  WindowsLines: rule(
    '行尾为 Windows 格式',
    'lines end the Windows way',
    'check --fix；不改也可以',
    '`check --fix`, or leave it',
  ),
  FullWidth: rule(
    '在 YAML 的标点处用了全角字符',
    'a full-width character stands where YAML has its own',
    'check --fix',
    '`check --fix`',
  ),
  TabIndent: rule('用制表符缩进', 'tabs are used to indent', '改用空格', 'use spaces'),
  Syntax: rule(
    '不合 YAML 语法',
    'it is not valid YAML',
    '检查缩进、冒号、引号和括号',
    'look at indentation, colons, quotes and brackets',
  ),
  DuplicateKey: rule('同一字段写了两次', 'a field is written twice', '只保留一处', 'keep one of them'),
  YamlTrap: rule('不同工具对这个值的读法不同', 'tools read this value differently', '加上引号', 'put it in quotes'),
  NotAManifest: rule(
    '不是清单',
    'it is no manifest',
    '加上 apiVersion 和 kind，或 # jinhong:ignore-file',
    'add apiVersion and kind, or `# jinhong:ignore-file`',
  ),
  NotOurs: rule('不是本平台的清单', 'it is no manifest of this platform', '无需处理', 'nothing to do'),
  PlatformKind: rule('该种类由平台自己写入', 'the platform itself writes this kind', '删除这一份', 'remove it'),
  UnknownKind: rule(
    '没有这种清单',
    'there is no such kind',
    '可以是 Tenant、Department、Approval、Cloud',
    'use Tenant, Department, Approval or Cloud',
  ),
} as const satisfies Record<string, CheckRule>;

const fields = {
  UnknownField: rule('没有这个字段', 'there is no such field', '检查拼写和缩进', 'look at spelling and indentation'),
  MissingField: rule('缺少必填字段', 'a required field is missing', '补上该字段', 'add it'),
  WrongType: rule('值的类型不对', 'a value is of the wrong type', '文字加引号，数字不加', 'quote text, not numbers'),
  UnknownValue: rule(
    '值不在可选范围内',
    'a value is not among those allowed',
    '选用列出的值',
    'use one that is listed',
  ),
  WrongFormat: rule('值的写法不对', 'a value is not written right', '按示例书写', 'write it as the example shows'),
  OutOfRange: rule('数值超出范围', 'a number is out of range', '改到范围之内', 'keep it in the range'),
  TooLong: rule('过长或过多', 'it is too long or too many', '缩短或拆分', 'shorten or split it'),
  Duplicate: rule('列表中有重复项', 'a list holds an entry twice', '删除其中一项', 'remove one of them'),
} as const satisfies Record<string, CheckRule>;

const across = {
  ManifestTwice: rule('两份清单同名', 'two manifests have one name', '删除其中一份', 'remove one of them'),
  NamespaceMissing: rule(
    '缺少部门的命名空间',
    "the department's namespace is missing",
    '加上 namespace: dept-部门代码',
    'add `namespace: dept-CODE`',
  ),
  NamespaceForm: rule(
    '命名空间应为 dept-部门代码',
    'a namespace is dept-CODE',
    '写成 dept-部门代码',
    'write dept-CODE',
  ),
  UnknownDepartment: rule('没有该部门', 'there is no such department', '检查部门代码', 'look at the code'),
  UnknownParent: rule('没有该上级部门', 'there is no such parent', '检查上级部门代码', "look at the parent's code"),
  ParentLoop: rule('上级关系成环', 'the parents form a loop', '改正其中一个 parent', 'correct one of the parents'),
  UnknownLevel: rule(
    'cloud.yaml 没有该层级',
    'cloud.yaml has no such level',
    '选用列出的层级',
    'use a level of cloud.yaml',
  ),
  LevelOrder: rule(
    '层级高于上级部门',
    "a department's level is above its parent's",
    '改正 level 或 parent',
    'correct level or parent',
  ),
  DomainOutside: rule(
    '部门域名不在城市域名之下',
    "a department's domain is outside the city's",
    '改用城市域名之下的',
    "use one under the city's",
  ),
  UnknownGroup: rule(
    '用户组不属于该部门',
    'a group does not belong to the department',
    '选用部门 groups 中的组',
    "use one of the department's groups",
  ),
  UnknownTenant: rule('没有该租户', 'there is no such tenant', '检查 for.name', 'look at for.name'),
  UntilPast: rule('到期日已过', 'the last day has passed', '改为以后的日期', 'choose a later day'),
  UnknownPreset: rule(
    'cloud.yaml 没有该规格或服务等级',
    'cloud.yaml has no such size or service',
    '选用 cloud.yaml 中的',
    'use one of cloud.yaml',
  ),
  UnknownZone: rule(
    'cloud.yaml 没有该网络区域',
    'cloud.yaml has no such zone',
    '选用 cloud.yaml 中的',
    'use one of cloud.yaml',
  ),
  UnknownTier: rule(
    'cloud.yaml 没有该保护等级',
    'cloud.yaml has no such protection tier',
    '选用 cloud.yaml 中的',
    'use one of cloud.yaml',
  ),
  UnknownDestination: rule(
    'cloud.yaml 没有该访问目标',
    'cloud.yaml has no such destination',
    '选用 cloud.yaml 中的',
    'use one of cloud.yaml',
  ),
  HostingNotInZone: rule('该区域不能发布网站', 'nothing is published from the zone', '换一个区域', 'use another zone'),
  DestinationNotInZone: rule(
    '该区域不能访问此目标',
    'the zone may not reach the destination',
    '换一个区域',
    'use another zone',
  ),
  HostnameTwice: rule('同一域名出现两次', 'a hostname is asked for twice', '只保留一处', 'keep one of them'),
  HostnameTaken: rule(
    '域名已属于其他租户',
    'the hostname belongs to another tenant',
    '换一个域名',
    'choose another one',
  ),
  HostnameReserved: rule(
    '域名在保留后缀之下',
    'the hostname lies under a reserved suffix',
    '换一个域名',
    'choose another one',
  ),
  HostnameOutside: rule(
    '域名不在部门域名之下',
    "the hostname is outside the department's domain",
    '换一个，或请审批写明',
    'choose another one, or have it approved by name',
  ),
  AllowanceExceeded: rule(
    '分出的资源超过部门可分配的',
    "more is handed out than the department's allowance",
    '减少申请或调增',
    'ask for less, or have it raised',
  ),
  AllowanceOverCapacity: rule(
    '可分配资源超过本地中心容量',
    'allowances are above the capacity of the local centres',
    '减少 allowance 或增加 capacity',
    'lower allowances or raise capacity',
  ),
  CapacityMissing: rule('中心没有 capacity', 'a centre has no capacity', '加上 capacity', 'add `capacity`'),
  PriceListChanged: rule(
    '经费按另一版价目表批准',
    'the funds were approved with another price list',
    '重新审批',
    'have them approved anew',
  ),
  ApprovalEnded: rule('审批已过有效期', 'an approval has ended', '另建一份', 'make a new one'),
  SamePerson: rule(
    '立项和经费由同一人批准',
    'project and funds are approved by one person',
    '由另一人审批其中一项',
    'have another person decide one',
  ),
  ContextTwice: rule('两个中心使用同一个 context', 'two centres use one context', '各用一个', 'give each its own'),
  WrongWorkingDay: rule(
    '工作日表中的日期不对',
    'a date in the table of working days is wrong',
    '改正日期',
    'correct the date',
  ),
  YearWithoutWorkingDays: rule(
    '没有该年的工作日表',
    'there is no table of working days for the year',
    '按官方通知补上',
    'add it from the official notice',
  ),
  ProbableRename: rule(
    '似乎是改名；改名会移除旧的',
    'it looks like a rename, which removes the old one',
    '改回旧名，或输入旧名确认移除',
    'write the old name again, or type it to remove it',
  ),
} as const satisfies Record<string, CheckRule>;

/** About manifests of a department's own workloads, besides the rules of admission in policies/. */
const workloads = {
  UnrenderedTemplate: rule('模板，未检查', 'a template; not checked', '渲染后再检查', 'check what it renders'),
  NotForMembers: rule(
    '租户成员没有创建该种类的权限',
    'members of a tenant have no right to create this kind',
    '删除这一份',
    'leave it out',
  ),
  KindNotKnown: rule(
    '规则中没有这个种类，本云可能不提供',
    'no rule knows the kind; the cloud may not serve it',
    '检查拼写',
    'look at the spelling',
  ),
  OtherNamespace: rule(
    '清单的命名空间与 --namespace 不同',
    "the manifest's namespace is not that of --namespace",
    '改正其中一处',
    'correct one of them',
  ),
  NotAsKind: rule(
    '字段类型与种类不符，未能判断',
    'fields are not those of the kind, so it could not be judged',
    '运行 kubectl apply --dry-run=server',
    'see `kubectl apply --dry-run=server`',
  ),
  NotJudged: rule(
    '缺少租户清单、命名空间或 cloud.yaml，有规则未能判断',
    'without its Tenant, namespace or cloud.yaml some rules were not judged',
    '一起检查，或加 --namespace、--cloud',
    'check them together, or add `--namespace` or `--cloud`',
  ),
} as const satisfies Record<string, CheckRule>;

/** Every rule that `jinhong check` judges by itself, by id; those of the schemas are in core/model. */
export const checkRules: Readonly<Record<string, CheckRule>> = { ...files, ...fields, ...across, ...workloads };
