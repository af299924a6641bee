import { stringify } from 'yaml';
import type { Lang, Text } from '../../core/text/lang.ts';
import { exemptFrom, type StaffGroups } from '../../policies/exempt.ts';
import type { Audience, Cover, Example, JsonObject, Operation, Rule } from '../../policies/rule.ts';
import { knownKinds } from '../check/kinds.ts';
import type { Style } from '../view/style.ts';

/** All that a rule of policies/ says about itself, as `-o json` prints it. */
export interface AdmissionFacts {
  readonly id: string;
  readonly text: Text;
  readonly why: Text;
  readonly covers: readonly Cover[];
  readonly where: Rule['where'];
  readonly binds: Audience;
  /** Users and groups that it does not bind. */
  readonly exempt: { readonly users: readonly string[]; readonly groups: readonly string[] };
  readonly passing: Example;
  readonly failing: Example;
  readonly enforcedBy: readonly string[];
}

/** Groups of the exempt list when no cloud.yaml is near: where their names stand. */
const unnamedStaff: StaffGroups = {
  platform: '(cloud.yaml: groups.platform)',
  breakGlass: '(cloud.yaml: groups.breakGlass)',
};

/** The facts of a rule; `staff` names the groups of the city when its cloud.yaml is known. Pure. */
export function admissionFacts(rule: Rule, staff: StaffGroups = unnamedStaff): AdmissionFacts {
  const { id, text, why, covers, where, binds, passing, failing } = rule;
  const byFile = creates(failing) && !failing.object['apiVersion']?.toString().startsWith('jinhong.dev/');
  const enforcedBy = ['api-server', ...(byFile ? ['check', 'plan', 'up'] : [])];
  return { id, text, why, covers, where, binds, exempt: exemptFrom(binds, staff), passing, failing, enforcedBy };
}

function creates({ oldObject, operation }: Example): boolean {
  return oldObject === undefined && (operation ?? 'CREATE') === 'CREATE';
}

const words = {
  why: { zh: '原因', en: 'why' },
  covers: { zh: '覆盖', en: 'covers' },
  where: { zh: '范围', en: 'where' },
  binds: { zh: '约束', en: 'binds' },
  enforced: { zh: '在哪里生效', en: 'enforced by' },
  passing: { zh: '允许的示例', en: 'allowed' },
  failing: { zh: '被拒的示例', en: 'refused' },
  either: { zh: '示例：平台可以写入，部门会被拒', en: 'example: the platform may write it, a department is refused' },
} as const satisfies Record<string, Text>;

const places: Readonly<Record<Rule['where'], Text>> = {
  tenant: { zh: '租户环境的命名空间', en: "namespaces of tenants' environments" },
  everywhere: { zh: '所有命名空间和整个中心', en: 'every namespace and the whole centre' },
};

const enforcers: Readonly<Record<string, Text>> = {
  'api-server': {
    zh: '每个中心的 API 服务器（ValidatingAdmissionPolicy 或 Pod 安全标准）',
    en: 'the API server of every centre (a ValidatingAdmissionPolicy, or pod security)',
  },
  check: { zh: 'jinhong check', en: 'jinhong check' },
  plan: { zh: 'jinhong plan', en: 'jinhong plan' },
  up: { zh: 'jinhong up', en: 'jinhong up' },
};

const verbs: Readonly<Record<Operation, Text>> = {
  CREATE: { zh: '新建', en: 'create' },
  UPDATE: { zh: '修改', en: 'update' },
  DELETE: { zh: '删除', en: 'delete' },
  CONNECT: { zh: '连接', en: 'connect' },
};

/** The page about one rule of admission, for people. Pure. */
export function admissionLines(facts: AdmissionFacts, lang: Lang, style: Style): string[] {
  const label = (key: keyof typeof words) => style.bold(`${words[key][lang]}:`);
  const join = lang === 'zh' ? '、' : ', ';
  return [
    style.bold(facts.id),
    `  ${facts.text[lang]}`,
    '',
    `${label('why')} ${facts.why[lang]}`,
    `${label('where')} ${places[facts.where][lang]}`,
    label('covers'),
    ...facts.covers.map((cover) => `  ${coverLine(cover, lang)}`),
    `${label('binds')} ${bindsText(facts, lang)}`,
    `${label('enforced')} ${facts.enforcedBy.map((one) => enforcers[one]?.[lang] ?? one).join(join)}`,
    '',
    ...exampleLines(facts, lang, style),
  ];
}

/** `Deployment, StatefulSet (apps): create, update`; subresources after a slash. Pure. */
export function coverLine({ groups, resources, operations }: Cover, lang: Lang): string {
  const join = lang === 'zh' ? '、' : ', ';
  const names = resources.map((resource) => {
    const [plural = '', sub] = resource.split('/');
    const kind = knownKinds.find((known) => known.plural === plural && groups.includes(known.group))?.kind ?? plural;
    return sub === undefined ? kind : `${kind}/${sub}`;
  });
  const whole = names.filter((name) => !names.includes(name.replace(/\/\*$/, '')) || !name.endsWith('/*'));
  const group = groups.map((name) => (name === '' ? 'v1' : name)).join(join);
  const shown = lang === 'zh' ? `（${group}）：` : ` (${group}): `;
  return `${whole.join(join)}${shown}${operations.map((operation) => verbs[operation][lang]).join(join)}`;
}

const kubeSystem = 'system:serviceaccount:kube-system:';

function bindsText({ exempt }: AdmissionFacts, lang: Lang): string {
  const { users, groups } = exempt;
  if (users.length + groups.length === 0) return lang === 'zh' ? '所有人，没有例外' : 'everyone, without exception';
  const named = users.filter((user) => !user.startsWith(kubeSystem));
  const own = users.length - named.length;
  const join = lang === 'zh' ? '、' : ', ';
  const list = [...groups.map((group) => (lang === 'zh' ? `组 ${group}` : `group ${group}`)), ...named].join(join);
  if (lang === 'zh') return `除以下之外的所有人：${list}${own > 0 ? `、集群自身的 ${own} 个控制器账号` : ''}`;
  return `everyone but ${list}${own > 0 ? ` and ${own} accounts of the cluster's own controllers` : ''}`;
}

function exampleLines({ passing, failing }: AdmissionFacts, lang: Lang, style: Style): string[] {
  const title = (key: 'passing' | 'failing' | 'either') => style.bold(`${words[key][lang]}:`);
  const [allowed, refused] = [exampleYaml(passing, lang), exampleYaml(failing, lang)];
  if (allowed.join('\n') === refused.join('\n')) return [title('either'), ...allowed.map((line) => `  ${line}`)];
  const same = commonLines(allowed, refused);
  const [good, bad] = lang === 'zh' ? ['允许', '拒绝'] : ['allowed', 'refused'];
  const mark = (line: string, other: boolean, word: string, paint: (text: string) => string) =>
    other ? `  ${line}` : paint(`  ${line}  # <-- ${word}`);
  return [
    title('passing'),
    ...allowed.map((line, index) => mark(line, same.first.has(index), good ?? '', style.good)),
    '',
    title('failing'),
    ...refused.map((line, index) => mark(line, same.second.has(index), bad ?? '', style.bad)),
  ];
}

/** The object as a manifest; of a change also what it was before, of a removal only that. */
function exampleYaml({ object, oldObject, operation }: Example, lang: Lang): string[] {
  const yaml = (value: JsonObject) =>
    stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n');
  if (operation === 'DELETE') return [lang === 'zh' ? '# 删除' : '# deleting', ...yaml(oldObject ?? {})];
  if (oldObject === undefined) return yaml(object);
  const [before, after] = lang === 'zh' ? ['# 修改前', '# 修改后'] : ['# before', '# after'];
  return [before ?? '', ...yaml(oldObject), '---', after ?? '', ...yaml(object)];
}

/** Indexes of the lines that two texts share, by their longest common subsequence. Pure. */
function commonLines(first: readonly string[], second: readonly string[]) {
  const lengths = Array.from({ length: first.length + 1 }, () => new Array<number>(second.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = first.length - 1; i >= 0; i -= 1) {
    for (let j = second.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = first[i] === second[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const common = { first: new Set<number>(), second: new Set<number>() };
  for (let i = 0, j = 0; i < first.length && j < second.length; ) {
    if (first[i] === second[j]) {
      common.first.add(i);
      common.second.add(j);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return common;
}
