import { AppError, isAppError } from '../core/errors.ts';
import { fieldPath } from '../core/manifest/schema-walk.ts';
import type { Located, Manifest } from '../core/manifest/types.ts';
import { ruleFix } from '../core/manifest/words.ts';
import { explainRule } from '../core/manifest/workload-words.ts';
import type { TenantSpec } from '../core/model/tenant.ts';
import type { Text } from '../core/text/lang.ts';
import { causesOf } from '../kube/errors.ts';
import type { ShownProblem } from './view/problem.ts';

/** Rules of the CRDs say `Id: Chinese / English`, those of admission `Id: English / Chinese` (core/model, policies). */
const ruled = /(?:^|[\s:"])([A-Z][A-Za-z]+): (.+?) \/ (.+?)"?$/s;
const hasChinese = /\p{Script=Han}/u;

/** A rule that a server named. */
export interface NamedRule {
  readonly rule: string;
  readonly text: Text;
  readonly fix: Text;
}

/** Whether admission said this: one of our policies, or pod security in its own words. Pure. */
function isAdmission(message: string): boolean {
  return /ValidatingAdmissionPolicy|violates PodSecurity/.test(message);
}

/**
 * The rule that a server's message names, with its sentence in both languages; undefined when it names none. The rules
 * of policies/ are loaded only for a message of admission.
 */
export async function ruleOf(message: string): Promise<NamedRule | undefined> {
  if (isAdmission(message)) {
    const { ruleOfRefusal } = await import('../policies/index.ts');
    const found = ruleOfRefusal(message);
    if (found !== undefined) return { rule: found.id, text: found.text, fix: explainRule(found.id) };
  }
  const [, rule, left, right] = ruled.exec(message) ?? [];
  if (rule === undefined || left === undefined || right === undefined) return undefined;
  const text = hasChinese.test(left) ? { zh: left, en: right } : { zh: right, en: left };
  return { rule, text, fix: ruleFix(rule) };
}

/** The same error as a refusal by a rule when it is one of admission that names it: exit code 3, id, sentence and hint. */
export async function asRefusal(error: unknown): Promise<unknown> {
  if (!isAppError(error) || error.kind !== 'forbidden' || !isAdmission(error.message)) return error;
  const found = await ruleOf(error.message);
  if (found === undefined) return error;
  const { rule, text, fix } = found;
  return new AppError('policy', text.en, {
    code: 'refused-by-rule',
    cause: error,
    data: { ...error.data, text, rule, hintText: fix, why: error.message },
  });
}

/**
 * The places in the manifest that an API server refused, one per cause it named: field paths are led back to line and
 * column. A refusal that names no field (admission) stands at the document's first line. Empty for errors that are not
 * about the object.
 */
export async function placesOf(error: unknown, manifest: Located<Manifest<TenantSpec>>): Promise<ShownProblem[]> {
  if (!isAppError(error) || (error.kind !== 'input' && error.kind !== 'forbidden')) return [];
  const causes = causesOf(error);
  const ruled = await ruleOf(error.message);
  if (causes.length === 0) return ruled === undefined ? [] : [await problem(manifest, [], error.message)];
  return Promise.all(causes.map(({ field, message }) => problem(manifest, fieldPath(field), message)));
}

async function problem(
  manifest: Located<Manifest<TenantSpec>>,
  path: readonly (string | number)[],
  message: string,
): Promise<ShownProblem> {
  const place = path.length === 0 ? { line: manifest.line, column: 1 } : manifest.at(path);
  const known = await ruleOf(message);
  const rule = known?.rule ?? 'ServerRefused';
  const text = known?.text ?? { zh: `服务器拒绝：${message}`, en: `the server refused: ${message}` };
  const { line, column } = place;
  return { file: manifest.file, line, column, rule, severity: 'error', text, fix: known?.fix ?? ruleFix(rule) };
}

/** The error that ends a run whose problems have been printed: exit code 3, with their number. */
export function refused(count: number, file: string): AppError {
  const text = {
    zh: `${file} 有 ${count} 处错误，没有提交`,
    en: `${file} has ${count} mistakes and was not submitted`,
  };
  return new AppError('policy', text.en, { code: 'refused', data: { text } });
}
