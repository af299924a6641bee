/** Where the programs of the local cloud come from (design 10): given, PATH, cache, download, build. */
import { AppError } from '../core/errors.ts';
import { type Env, findBinary } from './binaries/find.ts';
import type { BinaryName } from './binaries/pins.ts';
import { localText } from './text.ts';

/** Paths of the programs asked for. */
export type BinaryPaths<N extends BinaryName = BinaryName> = Readonly<Record<N, string>>;

/** How to get programs. */
export interface EnsureOptions {
  /** @default process.env */
  readonly env?: Env;
}

/** Finds or makes the programs `names`; resolves with their paths. Throws AppError `binaries-missing`. */
export async function ensureBinaries<N extends BinaryName>(
  names: readonly N[],
  options: EnsureOptions = {},
): Promise<BinaryPaths<N>> {
  const env = options.env ?? process.env;
  const paths: Partial<Record<BinaryName, string>> = {};
  for (const name of names) {
    const { found } = await findBinary(name, env);
    if (found === undefined) throw new AppError('input', localText().binaryMissing(name), { code: 'binaries-missing' });
    paths[name] = found.path;
  }
  return paths as BinaryPaths<N>;
}

/** The path of one program, found or made. */
export async function binaryPath(name: BinaryName, options: EnsureOptions = {}): Promise<string> {
  return (await ensureBinaries([name], options))[name];
}
