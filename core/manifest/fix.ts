import { applyEdits, decodeFile } from './source.ts';
import type { Problem, SourceFile } from './types.ts';

export interface Fixed {
  readonly file: SourceFile;
  /** How many problems were put right. */
  readonly count: number;
}

/**
 * The files that safe repairs change, in UTF-8 without a mark: edits of problems, other encodings, Windows line ends.
 * Problems of files that are not given are left out. Of edits that overlap only the first is made; check again after
 * writing. Pure.
 */
export function applyFixes(files: readonly SourceFile[], problems: readonly Problem[]): Fixed[] {
  const byFile = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.edits === undefined && problem.rewrite === undefined) continue;
    byFile.set(problem.file, [...(byFile.get(problem.file) ?? []), problem]);
  }
  return files.flatMap((file) => {
    const own = byFile.get(file.path) ?? [];
    return own.length === 0 ? [] : [{ file: fixFile(file, own), count: own.length }];
  });
}

function fixFile(file: SourceFile, problems: readonly Problem[]): SourceFile {
  const { text } = decodeFile(file.bytes);
  const edited = applyEdits(
    text,
    problems.flatMap(({ edits }) => edits ?? []),
  );
  const unix = problems.some(({ rewrite }) => rewrite === 'lf') ? edited.replaceAll('\r\n', '\n') : edited;
  return { path: file.path, bytes: new TextEncoder().encode(unix) };
}
