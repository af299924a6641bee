import { AppError, isAppError } from '../core/errors.ts';
import { fieldPath } from '../core/manifest/schema-walk.ts';
import type { Located, Manifest } from '../core/manifest/types.ts';
import { ruleFix } from '../core/manifest/words.ts';
import type { TenantSpec } from '../core/model/tenant.ts';
import type { Text } from '../core/text/lang.ts';
import { causesOf } from '../kube/errors.ts';
import type { ShownProblem } from './view/problem.ts';

/** Rules of the CRDs say `Id: Chinese / English`, those of admission `Id: English / Chinese` (core/model, core/access). */
const ruled = /(?:^|[\s:"])([A-Z][A-Za-z]+): (.+?) \/ (.+?)"?$/s;
const hasChinese = /\p{Script=Han}/u;

/** The rule that a server's message names, with its sentence in both languages; undefined when it names none. Pure. */
export function ruleOf(message: string): { rule: string; text: Text } | undefined {
  const match = ruled.exec(message);
  const [, rule, left, right] = match ?? [];
  if (rule === undefined || left === undefined || right === undefined) return undefined;
  const text = hasChinese.test(left) ? { zh: left, en: right } : { zh: right, en: left };
  return { rule, text };
}

/**
 * The places in the manifest that an API server refused, one per cause it named: field paths are led back to line and
 * column. A refusal that names no field (admission) stands at the document's first line. Empty for errors that are not
 * about the object. Pure.
 */
export function placesOf(error: unknown, manifest: Located<Manifest<TenantSpec>>): ShownProblem[] {
  if (!isAppError(error) || (error.kind !== 'input' && error.kind !== 'forbidden')) return [];
  const causes = causesOf(error);
  const ruled = ruleOf(error.message);
  if (causes.length === 0) return ruled === undefined ? [] : [problem(manifest, [], error.message)];
  return causes.map(({ field, message }) => problem(manifest, fieldPath(field), message));
}

function problem(
  manifest: Located<Manifest<TenantSpec>>,
  path: readonly (string | number)[],
  message: string,
): ShownProblem {
  const place = path.length === 0 ? { line: manifest.line, column: 1 } : manifest.at(path);
  const known = ruleOf(message);
  const rule = known?.rule ?? 'ServerRefused';
  const text = known?.text ?? { zh: `服务器拒绝：${message}`, en: `the server refused: ${message}` };
  const { line, column } = place;
  return { file: manifest.file, line, column, rule, severity: 'error', text, fix: ruleFix(rule) };
}

/** The error that ends a run whose problems have been printed: exit code 3, with their number. */
export function refused(count: number, file: string): AppError {
  const text = {
    zh: `${file} 有 ${count} 处错误，没有提交`,
    en: `${file} has ${count} mistakes and was not submitted`,
  };
  return new AppError('policy', text.en, { code: 'refused', data: { text } });
}
