import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import { loadManifests } from '../../core/manifest/load.ts';
import * as f from '../../core/model/fields.ts';
import type { Text } from '../../core/text/lang.ts';
import { argument, defineCommand, option } from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import { type Answers, answer, type Question } from '../new/questions.ts';
import { schemaPathFor } from '../new/schema-file.ts';
import { departmentText, tenantText } from '../new/text.ts';
import { readSurroundings, type Surroundings } from '../surroundings.ts';
import { usageError } from '../usage.ts';
import { problemLines } from '../view/problem.ts';

type NewKind = 'tenant' | 'department';
type Options = Readonly<Record<string, string | undefined>>;

/** Flags with their texts; the same words are the questions at a terminal. */
const flagTexts: Readonly<Record<string, Text>> = {
  department: { zh: '部门代码', en: 'code of the department' },
  'display-name': { zh: '中文名称', en: 'name for people' },
  'plan-item': { zh: '年度计划项目编号', en: "item of the year's project plan" },
  class: { zh: '类别', en: 'class' },
  until: { zh: '到期日，年-月-日', en: 'last day, YYYY-MM-DD' },
  owner: { zh: '负责的用户组', en: 'group that answers for it' },
  'on-call': { zh: '值班的用户组', en: 'group on call' },
  admins: { zh: '管理员用户组', en: 'group of its administrators' },
  viewers: { zh: '只读用户组', en: 'group that may look' },
  environment: { zh: '环境名称', en: 'name of the environment' },
  size: { zh: '规格', en: 'size' },
  service: { zh: '服务等级', en: 'service' },
  zone: { zh: '网络区域', en: 'network zone' },
  hostname: { zh: '网站域名', en: 'hostname of its website' },
  level: { zh: '层级', en: 'level' },
  parent: { zh: '上级部门代码', en: 'code of the department above' },
  domain: { zh: '域名后缀', en: 'domain of its hostnames' },
  groups: { zh: '用户组，以逗号分隔', en: 'groups, separated by commas' },
};

/** `jinhong new`: one manifest to start from, by flags or by questions. */
export function registerNew(program: Command): void {
  const command = defineCommand(program, 'new <kind> [name]', {
    summary: { zh: '生成一份租户清单', en: 'Write a manifest to start from' },
    details: {
      zh: 'kind 为 tenant 或 department。缺少的内容在终端中提问；已有的文件从不覆盖。',
      en: 'The kind is tenant or department. What is missing is asked at a terminal; a file that exists is never overwritten.',
    },
    examples: [
      { run: 'jinhong new tenant', text: { zh: '逐项提问', en: 'answer questions' } },
      {
        run: 'jinhong new tenant loan --department lib --display-name 借阅系统 --plan-item P-7 --size small',
        text: { zh: '以选项给出', en: 'by options' },
      },
      {
        run: 'jinhong new department lib --display-name 图书馆 --level city --groups lib-admins,lib-duty',
        text: { zh: '生成部门清单', en: 'a department' },
      },
    ],
  });
  argument(command, 'kind', { zh: 'tenant 或 department', en: 'tenant or department' });
  argument(command, 'name', { zh: '租户名称或部门代码', en: 'name of the tenant, code of the department' });
  for (const [flag, text] of Object.entries(flagTexts)) option(command, `--${flag} <value>`, text);
  option(command, '-f, --file <path>', { zh: '写到这里；- 为标准输出', en: 'where to write it; - prints it' });
  command.action((kind: string, name: string | undefined, options: Options) =>
    create(contextOf(command), kind, name, options),
  );
}

async function create(ctx: Context, kind: string, name: string | undefined, options: Options): Promise<void> {
  if (kind !== 'tenant' && kind !== 'department') {
    throw usageError({
      zh: `不能生成 ${kind}，可以是 tenant 或 department`,
      en: `${kind} cannot be made: use tenant or department`,
    });
  }
  const around = readSurroundings(ctx.cwd, ['.'], ctx.cloud);
  const given = { ...flagsOf(options), ...(name === undefined ? {} : { name }) };
  const answers = await askAll(ctx, kind, given, around);
  const called = answers['name'] ?? '';
  const target = options['file'] ?? `${called}.yaml`;
  const path = resolve(ctx.cwd, target);
  if (target !== '-' && existsSync(path)) throw alreadyThere(target);
  const schema = await schemaPathFor(kind, target === '-' ? ctx.cwd : dirname(path), ctx.cwd);
  const text = kind === 'tenant' ? tenantText(called, answers, schema) : departmentText(called, answers, schema);
  judge(ctx, target, text, around);
  if (target === '-') {
    ctx.io.stdout.write(text);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: 'wx' });
  const shown = relative(ctx.cwd, path) || path;
  ctx.print(ctx.say({ zh: `已写入 ${shown}`, en: `Wrote ${shown}` }));
  const next = kind === 'tenant' ? 'submit' : 'up';
  ctx.print(
    ctx.say({
      zh: `下一步：jinhong check ${shown}，再 jinhong ${next} ${shown}`,
      en: `Next: jinhong check ${shown}, then jinhong ${next} ${shown}`,
    }),
  );
}

function flagsOf(options: Options): Answers {
  const camel = (flag: string) => flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.keys(flagTexts).map((flag) => [flag, options[camel(flag)]]));
}

async function askAll(ctx: Context, kind: NewKind, given: Answers, around: Surroundings): Promise<Answers> {
  if (kind === 'department') return answer(ctx, departmentQuestions(around), given);
  if (!ctx.canAsk) {
    const guess = { ...given, class: given['class'] ?? 'production' };
    return answer(ctx, [...firstQuestions(around), ...tenantQuestions(guess, around)], given);
  }
  const first = await answer(ctx, firstQuestions(around), given);
  const rest = await answer(ctx, tenantQuestions(first, around), { ...given, ...first });
  return { ...first, ...rest };
}

function question(flag: string, schema: Question['schema'], more: Partial<Question> = {}): Question {
  return { flag, text: flagTexts[flag] ?? { zh: '名称', en: 'name' }, schema, ...more };
}

/** What decides about the other questions: which department, which class. */
function firstQuestions({ departments }: Surroundings): Question[] {
  return [
    question('department', f.departmentCode, { choices: departments.map(({ metadata }) => metadata.name) }),
    question('name', f.tenantName),
    question('class', f.tenantClass, { fallback: 'production', choices: f.tenantClass.options }),
  ];
}

function tenantQuestions(first: Answers, { cloud, departments }: Surroundings): Question[] {
  const code = first['department'] ?? '';
  const groups = departments.find(({ metadata }) => metadata.name === code)?.spec.groups;
  const group = (ending: string) => groups?.find((each) => each.endsWith(ending)) ?? groups?.[0] ?? `${code}${ending}`;
  const names = (table: object | undefined) => Object.keys(table ?? {});
  const sizes = names(cloud?.sizes);
  const production = first['class'] === 'production';
  return [
    question('display-name', f.displayName),
    question('plan-item', f.planItem),
    question('until', f.date, production ? { optional: true } : {}),
    question('owner', f.groupName, { fallback: group('-admins'), choices: groups }),
    question('on-call', f.groupName, { fallback: group('-duty'), choices: groups }),
    question('admins', f.groupName, { fallback: group('-admins'), choices: groups }),
    question('viewers', f.groupName, { optional: true, choices: groups }),
    question('environment', f.environmentName, { fallback: production ? 'production' : first['class'] }),
    question('size', f.shortName, {
      fallback: sizes.includes('small') || sizes.length === 0 ? 'small' : sizes[0],
      choices: sizes,
    }),
    question('service', f.shortName, { optional: true, choices: names(cloud?.services) }),
    question('zone', f.shortName, { optional: true, choices: names(cloud?.zones) }),
    question('hostname', f.hostname, { optional: true }),
  ];
}

function departmentQuestions({ cloud, departments }: Surroundings): Question[] {
  return [
    question('name', f.departmentCode),
    question('display-name', f.displayName),
    question('level', f.shortName, { choices: cloud?.levels, fallback: cloud?.levels[0] }),
    question('parent', f.departmentCode, { optional: true, choices: departments.map(({ metadata }) => metadata.name) }),
    question('domain', f.hostname, { optional: true }),
    question('groups', f.userName),
  ];
}

/** What was answered must pass the check before it is written. */
function judge(ctx: Context, target: string, text: string, { cloud, departments }: Surroundings): void {
  const file = { path: target, bytes: new TextEncoder().encode(text) };
  const { problems } = loadManifests([file], { cloud, recorded: { departments } });
  const wrong = problems.filter(({ severity }) => severity === 'error');
  for (const problem of problems) for (const line of problemLines(problem, ctx.lang, ctx.style)) ctx.note(line);
  if (wrong.length > 0) {
    throw new AppError('policy', 'the manifest would be refused; nothing was written', {
      code: 'refused',
      data: { text: { zh: '这样的清单会被拒绝，未写入', en: 'the manifest would be refused; nothing was written' } },
    });
  }
}

function alreadyThere(target: string): AppError {
  const text = { zh: `${target} 已存在，未改动`, en: `${target} exists already and was left as it is` };
  const hintText = { zh: '用 --file 换一个位置', en: 'choose another place with --file' };
  return new AppError('input', text.en, { code: 'file-exists', data: { text, hintText } });
}
