/**
 * Puts a missing program into the shared cache: official release first, then a build. One maker per program and machine
 * (lock file); the others wait and find it in the cache. The cache folder of a program appears by one rename, so a maker
 * that is killed leaves only a work folder, which the next maker removes.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError, isAppError } from '../../core/errors.ts';
import { errnoOf } from '../files.ts';
import { type LockHolder, waitForLock } from '../lock.ts';
import { localText } from '../text.ts';
import { build, findGo } from './build.ts';
import { download, planDownload } from './download.ts';
import { cachedPath, cacheRoot, type Env, isExecutable, platform } from './find.ts';
import type { BinaryPin } from './pins.ts';

/** Something to tell about one program. */
export type BinaryProgress = { readonly name: string; readonly elapsedMs: number } & (
  | { readonly state: 'found'; readonly from: 'given' | 'path' | 'cache'; readonly path: string }
  | { readonly state: 'note'; readonly message: string }
  | { readonly state: 'waiting'; readonly holder: LockHolder }
  | { readonly state: 'downloading'; readonly url: string }
  | { readonly state: 'building'; readonly expectedMs: number }
  | { readonly state: 'made'; readonly by: 'download' | 'build'; readonly path: string }
);

/** How to make programs. */
export interface MakeOptions {
  readonly env: Env;
  readonly onProgress?: (event: BinaryProgress) => void;
  /** Folder of the Go modules. @default the project's `local/binaries` */
  readonly modules?: string;
}

const tickMs = 5_000;

/** The file whose holder makes the program now. */
export function makerLock(pin: BinaryPin, env: Env): string {
  return join(cacheRoot(env), `.${pin.name}-${pin.version}-${platform()}.lock`);
}

/** Makes the program unless another maker just did; resolves with its path. Throws AppError `binaries-missing`, `build-failed`, `disk-full`. */
export async function makeBinary(pin: BinaryPin, options: MakeOptions): Promise<string> {
  const begun = Date.now();
  const tell = teller(pin, begun, options);
  try {
    const lock = await waitForLock(makerLock(pin, options.env), `${pin.name} ${pin.version}`, {
      onWait: (holder) => tell({ state: 'waiting', holder }),
    });
    try {
      const path = cachedPath(pin, options.env);
      if (isExecutable(path)) {
        tell({ state: 'found', from: 'cache', path });
        return path;
      }
      const by = await makeIt(pin, options, tell);
      tell({ state: 'made', by, path });
      return path;
    } finally {
      lock.release();
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
    const root = cacheRoot(options.env);
    const text = localText();
    throw new AppError('input', text.diskFull(root), {
      code: 'disk-full',
      hint: text.diskFullHint(root),
      cause: error,
    });
  }
}

type Tell = (event: DistributiveOmit<BinaryProgress, 'name' | 'elapsedMs'>) => void;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function teller(pin: BinaryPin, begun: number, options: MakeOptions): Tell {
  return (event) => options.onProgress?.({ ...event, name: pin.name, elapsedMs: Date.now() - begun } as BinaryProgress);
}

async function makeIt(pin: BinaryPin, options: MakeOptions, tell: Tell): Promise<'download' | 'build'> {
  const root = cacheRoot(options.env);
  removeLeftWork(root, pin);
  const workDir = join(root, `.work-${pin.name}-${process.pid}`);
  const made = join(workDir, 'made', pin.name);
  mkdirSync(dirname(made), { recursive: true, mode: 0o755 });
  try {
    const reasons: string[] = [];
    const by =
      (await tryDownload(pin, join(workDir, 'download'), made, tell, reasons)) ??
      (await tryBuild(pin, options, { workDir: join(workDir, 'build'), target: made }, tell, reasons));
    if (by === undefined) throw missing(pin, reasons);
    const folder = dirname(cachedPath(pin, options.env));
    // What is there is not executable, or we would not be here.
    rmSync(folder, { recursive: true, force: true });
    renameSync(dirname(made), folder);
    return by;
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

async function tryDownload(
  pin: BinaryPin,
  workDir: string,
  target: string,
  tell: Tell,
  reasons: string[],
): Promise<'download' | undefined> {
  const plan = planDownload(pin);
  if (plan === undefined) {
    const message = localText().noChecksum(pin.name, pin.version, platform());
    reasons.push(message);
    tell({ state: 'note', message });
    return undefined;
  }
  tell({ state: 'downloading', url: plan.url });
  try {
    await download(plan, workDir, target);
    return 'download';
  } catch (error) {
    if (!isAppError(error)) throw error;
    reasons.push(error.message);
    tell({ state: 'note', message: error.message });
    return undefined;
  }
}

async function tryBuild(
  pin: BinaryPin,
  options: MakeOptions,
  place: { readonly workDir: string; readonly target: string },
  tell: Tell,
  reasons: string[],
): Promise<'build' | undefined> {
  const go = findGo(options.env);
  if (go === undefined) {
    reasons.push(localText().noGo);
    return undefined;
  }
  const expectedMs = pin.build.expectedSeconds * 1000;
  tell({ state: 'building', expectedMs });
  const timer = setInterval(() => tell({ state: 'building', expectedMs }), tickMs);
  try {
    const logFile = join(cacheRoot(options.env), `${pin.name}-${pin.version}.build.log`);
    const modules = options.modules ?? import.meta.dirname;
    await build(pin, go, options.env, { ...place, modules, logFile });
    return 'build';
  } finally {
    clearInterval(timer);
  }
}

/** Work folders of makers that were killed; we hold the lock, so none of them works any more. */
function removeLeftWork(root: string, pin: BinaryPin): void {
  if (!existsSync(root)) return;
  for (const name of readdirSync(root)) {
    if (name.startsWith(`.work-${pin.name}-`) && /^\d+$/.test(name.slice(`.work-${pin.name}-`.length))) {
      rmSync(join(root, name), { recursive: true, force: true });
    }
  }
}

function missing(pin: BinaryPin, reasons: readonly string[]): AppError {
  const text = localText();
  return new AppError('input', text.binaryMissing(pin.name, pin.version, reasons), {
    code: 'binaries-missing',
    hint: text.binaryMissingHint(pin.variable, pin.name),
    data: { name: pin.name, version: pin.version },
  });
}
