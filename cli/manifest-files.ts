import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { SourceFile } from '../core/manifest/types.ts';
import type { Text } from '../core/text/lang.ts';

/** A path that could not be read, and why. */
export interface Unreadable {
  readonly path: string;
  readonly text: Text;
}

export interface FoundFiles {
  /** Paths to show: relative to the working folder, with `/`; sorted, each file once. */
  readonly paths: readonly string[];
  readonly unreadable: readonly Unreadable[];
}

const manifestName = /\.(ya?ml|json)$/i;
/** Folders that hold no manifests: tools, dependencies, state, and schemas for editors. */
const skipped = /^(\..*|node_modules|schema|schemas)$/;

/**
 * The files that `paths` stand for: a file as it is named, a folder with every .yaml, .yml and .json below it. `-` stays
 * `-`. Links to folders are not followed, so that a loop cannot hang the search.
 */
export function findManifestFiles(cwd: string, paths: readonly string[]): FoundFiles {
  const found = new Set<string>();
  const unreadable: Unreadable[] = [];
  const look = (absolute: string, shown: string) => {
    try {
      if (statSync(absolute).isDirectory()) walk(absolute);
      else found.add(absolute);
    } catch (error) {
      unreadable.push({ path: shown, text: whyNot(error) });
    }
  };
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !skipped.test(entry.name)) look(path, path);
      else if (entry.isFile() && manifestName.test(entry.name) && !/\.schema\.json$/i.test(entry.name)) found.add(path);
    }
  };
  for (const path of paths) if (path !== '-') look(resolve(cwd, path), path);
  const shown = [...found].map((path) => shownPath(cwd, path)).sort();
  return { paths: paths.includes('-') ? ['-', ...shown] : shown, unreadable };
}

/** One file, or stdin for `-`. */
export async function readManifestFile(
  cwd: string,
  path: string,
  stdin: NodeJS.ReadableStream,
): Promise<SourceFile | Unreadable> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    return { path, bytes: Buffer.concat(chunks) };
  }
  try {
    return { path, bytes: readFileSync(resolve(cwd, path)) };
  } catch (error) {
    return { path, text: whyNot(error) };
  }
}

/** The error for a path that could not be read; exit code 1. */
export function unreadableError({ path, text }: Unreadable): AppError {
  const said = { zh: `${path}：${text.zh}`, en: `${path}: ${text.en}` };
  return new AppError('input', said.en, { code: 'unreadable', data: { text: said } });
}

/** The cloud.yaml that holds for these paths: in their folders or above, nearest first; undefined when there is none. */
export function findCloudAbove(cwd: string, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    let folder = path === '-' ? resolve(cwd) : resolve(cwd, path);
    for (;;) {
      const candidate = join(folder, 'cloud.yaml');
      if (existsSync(candidate)) return candidate;
      if (dirname(folder) === folder) break;
      folder = dirname(folder);
    }
  }
  return undefined;
}

function shownPath(cwd: string, path: string): string {
  const shown = relative(cwd, path) || path;
  return (shown.startsWith('..') ? path : shown).replaceAll('\\', '/');
}

const reasons: Readonly<Record<string, Text>> = {
  ENOENT: { zh: '文件或文件夹不存在', en: 'there is no such file or folder' },
  EACCES: { zh: '没有读取权限', en: 'you have no right to read it' },
  EPERM: { zh: '没有读取权限', en: 'you have no right to read it' },
  EISDIR: { zh: '是文件夹，不是文件', en: 'it is a folder, not a file' },
};

function whyNot(error: unknown): Text {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  return reasons[code] ?? { zh: `无法读取：${message}`, en: `it cannot be read: ${message}` };
}
