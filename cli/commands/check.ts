import { appendFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { civilDate } from '../../core/decide/calendar.ts';
import { exitCodes } from '../../core/errors.ts';
import { applyFixes } from '../../core/manifest/fix.ts';
import { type Loaded, startLoading } from '../../core/manifest/load.ts';
import type { CheckOptions, Manifest, Problem, Recorded, SourceFile } from '../../core/manifest/types.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { Beside } from '../check/judge.ts';
import { type CheckResult, countOf, githubLines, githubSummary, jsonResult, textLines } from '../check/output.ts';
import { argument, defineCommand, option } from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import { findManifestFiles, readManifestFile, type Unreadable, unreadableError } from '../manifest-files.ts';
import { readOrThrow, readSurroundings } from '../surroundings.ts';
import { usageError } from '../usage.ts';

interface Options {
  readonly fix?: boolean;
  readonly recorded?: string;
  readonly namespace?: string;
}

/** `jinhong check`: every mistake of a set of manifests, offline. */
export function registerCheck(program: Command): void {
  const command = defineCommand(program, 'check [path...]', {
    summary: { zh: '离线检查清单，一次列出全部问题', en: 'Check manifests offline, all problems at once' },
    details: {
      zh: '路径可以是文件、文件夹或 -（标准输入）；缺省为当前文件夹。部门自己的工作负载（Deployment、Service 等）按服务器的同一套规则检查，命名空间取自租户清单。退出码：0 通过，3 有错误，1 有文件无法读取。',
      en: "Paths are files, folders or - (stdin); the working folder when there is none. A department's own workloads (Deployment, Service, ...) are judged by the same rules as the API servers', in the namespace of their Tenant. Exit code 0: passed, 3: refused, 1: something cannot be read.",
    },
    examples: [
      { run: 'jinhong check tenant.yaml', text: { zh: '检查一个文件', en: 'check one file' } },
      {
        run: 'jinhong check --fix .',
        text: { zh: '改正可以安全改正的', en: 'put right what can be put right safely' },
      },
      {
        run: 'helm template shop | jinhong check -n parks-shop-production -',
        text: { zh: '检查工作负载', en: 'check workloads' },
      },
      {
        run: 'jinhong check -o github .',
        text: { zh: '在 GitHub 上以批注显示', en: 'show problems as annotations on GitHub' },
      },
    ],
  });
  argument(command, 'path', { zh: '文件、文件夹或 -', en: 'files, folders or -' });
  option(command, '--fix', {
    zh: '改正编码、全角标点、缩进、引号和行尾，写回文件',
    en: 'put encoding, full-width punctuation, indentation, quotes and line ends right, in the files',
  });
  option(command, '--recorded <file>', {
    zh: '平台现有的租户和部门（Kubernetes List），用于发现改名',
    en: 'what the platform has now (a Kubernetes List of tenants and departments), to find renames',
  });
  option(command, '-n, --namespace <name>', {
    zh: '没有写命名空间的工作负载所在的命名空间',
    en: 'namespace of workloads that name none',
  });
  command.action((paths: string[], options: Options) => check(contextOf(command), paths, options));
}

async function check(ctx: Context, paths: readonly string[], options: Options): Promise<void> {
  const startedMs = ctx.now();
  const named = paths.length === 0 ? ['.'] : paths;
  if (options.fix === true && named.includes('-')) {
    throw usageError({ zh: '--fix 不能用于标准输入', en: '--fix cannot be used with stdin' });
  }
  const found = findManifestFiles(ctx.cwd, named);
  const recorded = options.recorded === undefined ? undefined : readRecorded(ctx, options.recorded);
  const around = readSurroundings(ctx.cwd, named, ctx.cloud);
  const settings = {
    cloud: around.cloud,
    recorded: { departments: around.departments, ...recorded },
    removing: ctx.yes.names,
    today: todayOf(ctx),
  };
  const files: SourceFile[] = [];
  const unreadable = [...found.unreadable];
  let loaded = await load(ctx, found.paths, settings, { files, unreadable });
  const fixed = options.fix === true ? fix(ctx, files, loaded) : { problems: 0, files: 0 };
  if (fixed.problems > 0) loaded = await load(ctx, found.paths, settings, { files: [], unreadable: [] });
  if (found.paths.length === 0 && unreadable.length === 0) {
    unreadable.push({ path: named.join(' '), text: { zh: '没有清单文件', en: 'there are no manifests' } });
  }
  const problems = await withWorkloads(loaded, found.paths, { cwd: ctx.cwd, around, namespace: options.namespace });
  const refused = countOf(problems).error > 0;
  const exitCode = refused ? exitCodes.refused : unreadable.length > 0 ? exitCodes.error : exitCodes.done;
  const totalMs = ctx.now() - startedMs;
  const counts = { ...loaded.counts, workloads: loaded.set.workloads.length, files: found.paths.length, totalMs };
  print(ctx, { problems, unreadable, fixed, exitCode, ...counts });
  ctx.exit(exitCode);
}

/** The rules of admission are loaded only where there is something for them to judge. */
async function withWorkloads(loaded: Loaded, paths: readonly string[], beside: Beside): Promise<readonly Problem[]> {
  if (loaded.set.workloads.length === 0) return loaded.problems;
  const { inOrder, judgeSet } = await import('../check/judge.ts');
  return inOrder(paths, [...loaded.problems, ...judgeSet(loaded.set, beside)]);
}

function todayOf(ctx: Context): (cloud: Cloud | undefined) => string {
  return (cloud) => civilDate(ctx.now(), cloud?.utcOffset ?? '+08:00');
}

/** The Kubernetes List that `jinhong status -o json` prints, or a single object. */
function readRecorded(ctx: Context, path: string): Recorded {
  const bytes = readOrThrow(resolve(ctx.cwd, path));
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as { items?: Manifest<never>[] };
    const items = value.items ?? [value as unknown as Manifest<never>];
    const ofKind = (kind: string) => items.filter((item) => item.kind === kind);
    return { tenants: ofKind('Tenant'), departments: ofKind('Department') };
  } catch {
    throw unreadableError({
      path,
      text: { zh: '不是 JSON 格式的 Kubernetes List', en: 'it is no Kubernetes List in JSON' },
    });
  }
}

interface Collected {
  readonly files: SourceFile[];
  readonly unreadable: Unreadable[];
}

/** Files between two looks at the progress line. */
const progressStep = 200;

async function load(ctx: Context, paths: readonly string[], options: CheckOptions, to: Collected): Promise<Loaded> {
  const loading = startLoading(options);
  const shows = paths.length > progressStep * 2 && ctx.io.stderr.isTTY === true && ctx.isTTY;
  for (const [index, path] of paths.entries()) {
    if (shows && index % progressStep === 0) ctx.io.stderr.write(`\r${index}/${paths.length}`);
    const file = await readManifestFile(ctx.cwd, path, ctx.io.stdin);
    if (ctx.signal.aborted) break;
    if ('bytes' in file) {
      to.files.push(file);
      loading.add(file);
    } else to.unreadable.push(file);
  }
  if (shows) ctx.io.stderr.write('\r\u001b[K');
  return loading.finish();
}

/** Repairs of one file can lay others open (a file in GBK with full-width colons), so it goes on until nothing is left. */
function fix(ctx: Context, files: readonly SourceFile[], loaded: Loaded): { problems: number; files: number } {
  let problems = 0;
  const changed = new Map<string, SourceFile>();
  let current: readonly Problem[] = loaded.problems;
  for (let round = 0; round < 4; round += 1) {
    const now = files.map((file) => changed.get(file.path) ?? file);
    const fixes = applyFixes(now, current);
    if (fixes.length === 0) break;
    const loading = startLoading();
    for (const { file, count } of fixes) {
      changed.set(file.path, file);
      problems += count;
      loading.add(file);
    }
    current = loading.finish().problems;
  }
  for (const { path, bytes } of changed.values()) replaceFile(resolve(ctx.cwd, path), bytes);
  return { problems, files: changed.size };
}

/** Writes beside the file and renames, so that a full disk or Ctrl-C never leaves half a manifest. */
function replaceFile(path: string, bytes: Uint8Array): void {
  const beside = `${path}.jinhong-${process.pid}`;
  writeFileSync(beside, bytes, { mode: statSync(path).mode });
  renameSync(beside, path);
}

function print(ctx: Context, result: CheckResult): void {
  if (ctx.output === 'json') {
    ctx.print(JSON.stringify(jsonResult(result), null, 2));
    return;
  }
  const onGithub = ctx.output === 'github' || ctx.env['GITHUB_ACTIONS'] === 'true';
  if (ctx.output === 'name') {
    for (const file of new Set(result.problems.map((problem) => problem.file))) ctx.print(file);
    return;
  }
  if (onGithub) {
    for (const line of githubLines(result.problems, ctx.lang)) ctx.print(line);
    const summary = ctx.env['GITHUB_STEP_SUMMARY'];
    if (summary !== undefined && summary !== '' && result.problems.length > 0) {
      appendFileSync(summary, githubSummary(result.problems, ctx.lang));
    }
  }
  const lines = textLines(result, ctx.lang, ctx.style);
  for (const line of ctx.output === 'github' ? lines.slice(-1) : lines) ctx.print(line);
}
