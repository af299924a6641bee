import type { Problem, Severity } from '../../core/manifest/types.ts';
import { apiVersion } from '../../core/model/names.ts';
import type { Lang, Text } from '../../core/text/lang.ts';
import { say } from '../../core/text/say.ts';
import type { Unreadable } from '../manifest-files.ts';
import { problemLines } from '../view/problem.ts';
import type { Style } from '../view/style.ts';

/** What one check came to; every form of output is made from it. */
export interface CheckResult {
  readonly problems: readonly Problem[];
  readonly unreadable: readonly Unreadable[];
  readonly files: number;
  readonly documents: number;
  /** Objects of a department's own, not counted in `documents`. */
  readonly workloads: number;
  readonly ignoredFiles: number;
  /** Problems that `--fix` put right, and in how many files. */
  readonly fixed: { readonly problems: number; readonly files: number };
  readonly exitCode: number;
  readonly totalMs: number;
}

/** How many problems there are of each severity. Pure. */
export function countOf(problems: readonly Problem[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of problems) counts[severity] += 1;
  return counts;
}

/** Notes of one rule beyond this many are only counted. */
const mostNotes = 3;

/** Lines for people: every error and warning, the first notes of each rule, what could not be read, one closing line. Pure. */
export function textLines(result: CheckResult, lang: Lang, style: Style): string[] {
  const lines: string[] = [];
  const notes = new Map<string, number>();
  for (const problem of result.problems) {
    if (problem.severity === 'note') {
      const seen = (notes.get(problem.rule) ?? 0) + 1;
      notes.set(problem.rule, seen);
      if (seen > mostNotes) continue;
    }
    lines.push(...problemLines(problem, lang, style));
  }
  for (const [rule, count] of notes) {
    if (count <= mostNotes) continue;
    const left = count - mostNotes;
    lines.push(say(lang, { zh: `另有 ${left} 处 ${rule}`, en: `${left} more of ${rule}` }));
  }
  for (const { path, text } of result.unreadable) lines.push(`${style.bold(path)}  ${style.bad(say(lang, text))}`);
  lines.push(closingLine(result, lang, style));
  return lines;
}

function closingLine(result: CheckResult, lang: Lang, style: Style): string {
  const { error, warning, note } = countOf(result.problems);
  const { problems, files } = result.fixed;
  const fixed: Text = {
    zh: problems > 0 ? `已改正 ${files} 个文件中的 ${problems} 处。` : '',
    en: problems > 0 ? `Put ${problems} right in ${files} files. ` : '',
  };
  const ignored: Text = {
    zh: result.ignoredFiles > 0 ? `，跳过 ${result.ignoredFiles} 个` : '',
    en: result.ignoredFiles > 0 ? `, ${result.ignoredFiles} left alone` : '',
  };
  const workloads: Text = {
    zh: result.workloads > 0 ? `，${result.workloads} 个工作负载对象` : '',
    en: result.workloads > 0 ? `, ${result.workloads} workload objects` : '',
  };
  const read: Text = {
    zh: `${result.files} 个文件${ignored.zh}，${result.documents} 份清单${workloads.zh}`,
    en: `${result.files} files${ignored.en}, ${result.documents} manifests${workloads.en}`,
  };
  const unread: Text = {
    zh: result.unreadable.length > 0 ? `，${result.unreadable.length} 处无法读取` : '',
    en: result.unreadable.length > 0 ? `, ${result.unreadable.length} unreadable` : '',
  };
  if (error === 0 && result.unreadable.length === 0) {
    const more = {
      zh: warning + note > 0 ? `（${warning} 条提醒）` : '',
      en: warning + note > 0 ? ` (${warning} warnings)` : '',
    };
    const good = { zh: `${fixed.zh}检查通过${more.zh}：${read.zh}`, en: `${fixed.en}All good${more.en}: ${read.en}` };
    return style.good(say(lang, good));
  }
  return style.bad(
    say(lang, {
      zh: `${fixed.zh}${error} 处错误，${warning} 条提醒${unread.zh}：${read.zh}`,
      en: `${fixed.en}${error} errors, ${warning} warnings${unread.en}: ${read.en}`,
    }),
  );
}

/** The same as the text for programs; keys and rule names are never translated. Pure. */
export function jsonResult(result: CheckResult): object {
  const { exitCode, files, documents, workloads, ignoredFiles, fixed, problems, unreadable } = result;
  return {
    apiVersion,
    kind: 'CheckResult',
    exitCode,
    reason:
      exitCode === 0 ? 'Passed' : problems.some(({ severity }) => severity === 'error') ? 'Refused' : 'Unreadable',
    counts: { files, documents, workloads, ignoredFiles, ...countOf(problems) },
    fixed,
    unreadable,
    items: problems,
    timings: { totalMs: Math.round(result.totalMs) },
  };
}

const githubKinds = { error: 'error', warning: 'warning', note: 'notice' } as const;
/** GitHub shows ten annotations of a kind for one step and drops the rest in silence. */
const mostAnnotations = 10;

/** GitHub workflow commands, at most ten of a kind, and how many are left out of them. Pure. */
export function githubLines(problems: readonly Problem[], lang: Lang): string[] {
  const lines: string[] = [];
  for (const severity of ['error', 'warning', 'note'] as const) {
    const own = problems.filter((problem) => problem.severity === severity);
    for (const problem of own.slice(0, mostAnnotations)) lines.push(annotation(problem, lang));
    const left = own.length - mostAnnotations;
    if (left > 0) {
      const said = {
        zh: `另有 ${left} 条 ${severity} 未显示，见运行摘要`,
        en: `${left} more of kind ${severity}; see the job summary`,
      };
      lines.push(say(lang, said));
    }
  }
  return lines;
}

function annotation({ severity, file, line, column, endColumn, rule, text, fix }: Problem, lang: Lang): string {
  const properties: Record<string, string | number> = { file, line, col: column };
  if (endColumn !== undefined) Object.assign(properties, { endLine: line, endColumn: endColumn - 1 });
  properties['title'] = rule;
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${githubKinds[severity]} ${list.join(',')}::${escapeData(`${say(lang, text)}\n${say(lang, fix)}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** The full list as a Markdown table for GitHub's job summary. Pure. */
export function githubSummary(problems: readonly Problem[], lang: Lang): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = problems.map(({ file, line, column, rule, text, fix }) => {
    return `| ${cell(file)}:${line}:${column} | ${rule} | ${cell(say(lang, text))} | ${cell(say(lang, fix))} |`;
  });
  const head = lang === 'zh' ? '| 位置 | 规则 | 问题 | 处理 |' : '| where | rule | what | fix |';
  return `${[head, '| --- | --- | --- | --- |', ...rows].join('\n')}\n`;
}
