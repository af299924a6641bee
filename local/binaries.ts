/** Where the programs of the local cloud come from (design 10): given, PATH, the cache, a release, a build. */
import { join } from 'node:path';
import { cacheRoot, type Env, findBinary } from './binaries/find.ts';
import { type BinaryProgress, makeBinary } from './binaries/make.ts';
import { type BinaryName, binaryNames, pins } from './binaries/pins.ts';
import { findMarked, launch } from './processes.ts';

export type { BinaryProgress } from './binaries/make.ts';

/** Paths of the programs asked for. */
export type BinaryPaths<N extends BinaryName = BinaryName> = Readonly<Record<N, string>>;

/** How to get programs. */
export interface EnsureOptions {
  /** @default process.env */
  readonly env?: Env;
  readonly onProgress?: (event: BinaryProgress) => void;
}

/**
 * Finds or makes the programs `names`, one after the other in that order; resolves with their paths. Safe to run in
 * several processes at once: one makes, the others wait. Throws AppError `binary-wrong-version`, `binary-not-there`,
 * `binaries-missing`, `build-failed`, `disk-full`.
 */
export async function ensureBinaries<N extends BinaryName>(
  names: readonly N[],
  options: EnsureOptions = {},
): Promise<BinaryPaths<N>> {
  const env = options.env ?? process.env;
  const paths: Partial<Record<BinaryName, string>> = {};
  for (const name of names) {
    const { found, notes } = await findBinary(pins[name], env);
    if (found === undefined) {
      for (const message of notes) options.onProgress?.({ name, elapsedMs: 0, state: 'note', message });
      paths[name] = await makeBinary(pins[name], { ...options, env });
      continue;
    }
    options.onProgress?.({ name, elapsedMs: 0, state: 'found', from: found.from, path: found.path });
    paths[name] = found.path;
  }
  return paths as BinaryPaths<N>;
}

/**
 * The path of one program, found or made; waits for a build that runs behind (`makeBehind`) instead of repeating it.
 * Throws as `ensureBinaries`.
 */
export async function binaryPath(name: BinaryName, options: EnsureOptions = {}): Promise<string> {
  return (await ensureBinaries([name], options))[name];
}

/**
 * Starts making those of `names` that are missing in a process of its own, which goes on after this command; resolves
 * with the names it makes (empty when nothing is missing, or such a process runs already). Its log is
 * `<cache>/behind.log`.
 */
export async function makeBehind(
  names: readonly BinaryName[] = binaryNames,
  env: Env = process.env,
): Promise<readonly BinaryName[]> {
  const findings = await Promise.all(names.map((name) => findBinary(pins[name], env)));
  const missing = names.filter((_, at) => findings[at]?.found === undefined);
  const root = cacheRoot(env);
  const marker = join(root, 'behind');
  if (missing.length === 0 || findMarked((mark) => mark === marker).length > 0) return [];
  const kept = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  await launch({
    command: process.execPath,
    args: [join(import.meta.dirname, 'binaries', 'behind.ts'), ...missing],
    env: Object.fromEntries(kept),
    logFile: join(root, 'behind.log'),
    cwd: root,
    marker,
  });
  return missing;
}
