import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { civilDate } from '../../core/decide/calendar.ts';
import { AppError } from '../../core/errors.ts';
import type { ManifestSet, Problem, Recorded, SourceFile } from '../../core/manifest/index.ts';
import { type Loaded, startLoading } from '../../core/manifest/load.ts';
import type { CheckOptions } from '../../core/manifest/types.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { departmentOfNamespace, tenantRef } from '../../core/model/names.ts';
import { findCloudFile, loadCloudFile } from '../connect.ts';
import type { Context } from '../context.ts';
import { findManifestFiles, readManifestFile, unreadableError } from '../manifest-files.ts';

/** A folder of manifests that passed `check`. */
export interface Folder {
  /** As the user wrote it. */
  readonly path: string;
  /** Judges its files once more, with what is known by then; they are not read again. */
  readonly judge: (options: CheckOptions) => Loaded;
  readonly cloud: Cloud;
  readonly departments: ManifestSet['departments'];
  readonly tenants: ManifestSet['tenants'];
  /** Warnings and notes; errors refuse the folder. */
  readonly problems: readonly Problem[];
  /** Name of the sets that the folder's objects belong to: that of its cloud.yaml. */
  readonly setName: string;
}

/** How a folder is read. */
interface ReadOptions {
  /** `own` leaves the departments' workloads out, for when time counts. @default 'all' */
  readonly judged?: 'all' | 'own';
  /** Called with what cloud.yaml says as soon as it is known, before anything else is checked. */
  readonly onCloud?: (cloud: Cloud) => void;
}

/** After so many milliseconds of checking, answers of the centres are let in. */
const breathMs = 10;

/**
 * Reads and checks a folder. cloud.yaml is one of its files, or `--cloud`. Lets other work of this process run meanwhile.
 * @throws policy `manifests-refused` with all problems; input `no-cloud`
 */
export async function readFolder(
  ctx: Context,
  path: string,
  setName: string | undefined,
  { judged = 'all', onCloud }: ReadOptions = {},
): Promise<Folder> {
  const files = await readFiles(ctx, path);
  const elsewhere = ctx.cloud === undefined ? undefined : findCloudFile(ctx);
  const given = elsewhere === undefined ? undefined : await loadCloudFile(elsewhere);
  if (onCloud !== undefined) {
    const early = cloudAmong(files) ?? given;
    if (early !== undefined) onCloud(early);
  }
  const loading = startLoading(given === undefined ? {} : { cloud: given });
  let begun = performance.now();
  for (const file of files) {
    loading.add(file);
    if (performance.now() - begun < breathMs) continue;
    await setImmediate();
    begun = performance.now();
  }
  const { set, problems } = loading.finish();
  refuse(judged === 'own' ? problems : [...problems, ...(await workloadProblems(ctx, set))]);
  const { cloud } = set;
  if (cloud === undefined) throw noCloud(path);
  const name = setName ?? set.cloudFile?.object.metadata?.name ?? cloud.name;
  const { departments, tenants } = set;
  return { path, judge: loading.finish, cloud, departments, tenants, problems, setName: name };
}

/** The cloud of the file with the usual name; undefined when there is none or it is refused. */
function cloudAmong(files: readonly SourceFile[]): Cloud | undefined {
  const file = files.find(({ path }) => basename(path) === 'cloud.yaml');
  if (file === undefined) return undefined;
  const loading = startLoading();
  loading.add(file);
  return loading.finish().set.cloud;
}

/** Workloads are the departments' own and are never applied from here, but a forbidden one is refused where it is seen. */
async function workloadProblems(ctx: Context, set: ManifestSet): Promise<Problem[]> {
  const count = set.workloads.length;
  if (count === 0) return [];
  const { judgeSet } = await import('../check/judge.ts');
  const problems = judgeSet(set, { cwd: ctx.cwd });
  const said = {
    zh: `${count} 个工作负载对象已检查，不由 jinhong 应用（请用 kubectl apply）`,
    en: `${count} workload objects were checked; jinhong does not apply them (kubectl apply does)`,
  };
  if (!problems.some(({ severity }) => severity === 'error')) ctx.note(ctx.say(said));
  return problems;
}

async function readFiles(ctx: Context, path: string): Promise<SourceFile[]> {
  const found = findManifestFiles(ctx.cwd, [path]);
  const first = found.unreadable[0];
  if (first !== undefined) throw unreadableError(first);
  const files = await Promise.all(found.paths.map((file) => readManifestFile(ctx.cwd, file, ctx.io.stdin)));
  return files.map((file) => {
    if ('bytes' in file) return file;
    throw unreadableError(file);
  });
}

/**
 * The rules that need to know what there is already: dates and renames. `removing` are the old names whose removal was
 * confirmed.
 * @throws policy `manifests-refused`
 */
export function checkAgainst(
  folder: Folder,
  recorded: Recorded,
  removing: readonly string[],
  nowMs: number,
): Problem[] {
  const { cloud, judge } = folder;
  const today = civilDate(nowMs, cloud.utcOffset);
  const { problems } = judge({ cloud, recorded, removing, today });
  refuse(problems);
  return problems.filter((problem) => problem.severity !== 'error');
}

/** `department/tenant` of a tenant's manifest. Pure. */
export function refOfManifest(manifest: {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}): string {
  return tenantRef(departmentOfNamespace(manifest.metadata.namespace ?? '') ?? '', manifest.metadata.name);
}

function refuse(problems: readonly Problem[]): void {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const first = errors[0];
  if (first === undefined) return;
  const line = (problem: Problem, lang: 'zh' | 'en') =>
    `${problem.file}:${problem.line}:${problem.column} ${problem.rule}: ${problem.text[lang]}; ${problem.fix[lang]}`;
  const list = (lang: 'zh' | 'en') =>
    errors
      .slice(0, 20)
      .map((problem) => `\n  ${line(problem, lang)}`)
      .join('');
  const text = {
    zh: `清单有 ${errors.length} 处错误，没有应用任何内容：${list('zh')}`,
    en: `the manifests have ${errors.length} mistakes; nothing was applied:${list('en')}`,
  };
  throw new AppError('policy', text.en, {
    code: 'manifests-refused',
    hint: `jinhong check ${first.file}`,
    data: { text, where: `${first.file}:${first.line}:${first.column}`, rule: first.rule },
  });
}

function noCloud(path: string): AppError {
  const text = { zh: `${path} 中没有 cloud.yaml`, en: `there is no cloud.yaml in ${path}` };
  const hintText = { zh: '放入 cloud.yaml，或用 --cloud 指定', en: 'put one there, or name it with --cloud' };
  return new AppError('input', text.en, { code: 'no-cloud', data: { text, hintText } });
}
