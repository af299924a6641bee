import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../core/errors.ts';
import { localText } from '../text.ts';
import type { BinaryPin } from './pins.ts';

const run = promisify(execFile);

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A program that was found. */
export interface FoundBinary {
  readonly name: string;
  readonly path: string;
  readonly from: 'given' | 'path' | 'cache';
}

/** What is on this machine: the program, or why the candidates were passed over. */
export interface Finding {
  readonly found: FoundBinary | undefined;
  /** One sentence per candidate that was skipped. */
  readonly notes: readonly string[];
}

/** Whether this user may run the file. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `linux-amd64` and the like, in Go's words. */
export function platform(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return `${process.platform}-${arch}`;
}

/** The cache folder shared by all checkouts of this user: `$XDG_CACHE_HOME/jinhong/bin`, or below `~/.cache`. */
export function cacheRoot(env: Env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'jinhong', 'bin');
}

/** Where the cache keeps a program. The folder appears by one rename, so what is there is whole. */
export function cachedPath(pin: BinaryPin, env: Env): string {
  return join(cacheRoot(env), `${pin.name}-${pin.version}-${platform()}`, pin.name);
}

/**
 * Looks for a program in the order: its own variable, JINHONG_BIN_DIR, PATH, the cache. What the user names must fit
 * (AppError `binary-wrong-version`, `binary-not-there`); on PATH another version is passed over with a note.
 */
export async function findBinary(pin: BinaryPin, env: Env): Promise<Finding> {
  const { name } = pin;
  const given = await givenPath(pin, env);
  if (given !== undefined) return { found: { name, path: given, from: 'given' }, notes: [] };
  const notes: string[] = [];
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder === '' || !isExecutable(path)) continue;
    const version = await versionOf(pin, path);
    if (version !== undefined && accepts(pin, version)) return { found: { name, path, from: 'path' }, notes };
    notes.push(localText().skippedVersion(path, version ?? '?', pin.version));
  }
  const cached = cachedPath(pin, env);
  return { found: isExecutable(cached) ? { name, path: cached, from: 'cache' } : undefined, notes };
}

/** The version that a program says it has; undefined when it cannot be run or says none. */
export async function versionOf(pin: BinaryPin, path: string): Promise<string | undefined> {
  if (pin.versionArgs === undefined) return undefined;
  try {
    const { stdout, stderr } = await run(path, [...pin.versionArgs], {
      timeout: 10_000,
      maxBuffer: 1 << 20,
      env: { PATH: '/usr/bin:/bin', HOME: homedir(), PULUMI_SKIP_UPDATE_CHECK: 'true' },
    });
    return pin.versionPattern.exec(`${stdout}\n${stderr}`)?.[1];
  } catch {
    return undefined;
  }
}

/** Whether a version does for a pin; pure. A pre-release or a patched build (`1.35.1-x`) counts by its numbers. */
export function accepts(pin: Pick<BinaryPin, 'version' | 'accept'>, version: string): boolean {
  if (pin.accept === 'exact') return version === pin.version;
  const [major, minor, patch] = numbersOf(version);
  const [pinMajor, pinMinor, pinPatch] = numbersOf(pin.version);
  return major === pinMajor && minor === pinMinor && (patch ?? 0) >= (pinPatch ?? 0);
}

async function givenPath(pin: BinaryPin, env: Env): Promise<string | undefined> {
  const own = env[pin.variable];
  const folder = env['JINHONG_BIN_DIR'];
  if (own !== undefined && own !== '') return checked(pin, own, pin.variable);
  if (folder === undefined || folder === '') return undefined;
  const path = join(folder, pin.name);
  return existsSync(path) ? checked(pin, path, 'JINHONG_BIN_DIR') : undefined;
}

async function checked(pin: BinaryPin, path: string, variable: string): Promise<string> {
  const text = localText();
  if (!isExecutable(path)) {
    throw new AppError('input', text.givenNotThere(variable, path), { code: 'binary-not-there', data: { path } });
  }
  if (pin.versionArgs === undefined) return path;
  const version = await versionOf(pin, path);
  if (version !== undefined && accepts(pin, version)) return path;
  throw new AppError('input', text.givenWrongVersion(variable, path, version ?? '?', pin.version), {
    code: 'binary-wrong-version',
    hint: text.givenWrongVersionHint(variable),
    data: { path, version, wanted: pin.version },
  });
}

function numbersOf(version: string): number[] {
  return (version.split(/[-+]/)[0] ?? '').split('.').map(Number);
}
