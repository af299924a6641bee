/**
 * A lock file that names its holder. It appears whole (written beside, then hard-linked), so whoever finds it can read
 * who holds it; a holder that died without release is recognised by pid and start time, and its lock is taken over.
 */
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, readTextIfThere } from './files.ts';
import { isRunning, ownId, type ProcessId, pause } from './processes.ts';

/** Who holds a lock. */
export interface LockHolder extends ProcessId {
  /** What it does, a word or two for people. */
  readonly what: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly nonce: string;
}

/** A lock held by this process. */
export interface Lock {
  /** Lets go; harmless when somebody took it over. */
  readonly release: () => void;
  /** The dead holder from whom it was taken, if it was. */
  readonly takenFrom: LockHolder | undefined;
}

let counter = 0;

/** Tries once: the lock, or its living holder. Takes over the lock of a dead holder. */
export function tryLock(file: string, what: string): Lock | LockHolder {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  counter += 1;
  const own: LockHolder = { ...ownId(), what, since: Date.now(), nonce: `${process.pid}.${counter}.${Date.now()}` };
  let takenFrom: LockHolder | undefined;
  // Each round ends by holding it, by meeting a living holder, or by removing a dead one's file; a crowd of dead ones
  // cannot form, so a few rounds are plenty.
  for (let round = 0; round < 20; round += 1) {
    if (linkNew(file, own)) return { release: () => release(file, own.nonce), takenFrom };
    const text = readTextIfThere(file);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder !== undefined && isRunning(holder)) return holder;
    if (removeStale(file, text)) takenFrom = holder ?? takenFrom;
  }
  throw new Error(`the lock ${file} changes hands too fast`);
}

/** Waits until the lock is free; `onWait` is told once of each holder that is waited for. Rejects when `signal` aborts. */
export async function waitForLock(
  file: string,
  what: string,
  options: { readonly onWait?: (holder: LockHolder) => void; readonly signal?: AbortSignal } = {},
): Promise<Lock> {
  let told = '';
  for (;;) {
    options.signal?.throwIfAborted();
    const result = tryLock(file, what);
    if ('release' in result) return result;
    if (result.nonce !== told) options.onWait?.(result);
    told = result.nonce;
    await pause(200);
  }
}

/** The living holder of a lock, undefined when it is free or its holder is dead. */
export function lockHolder(file: string): LockHolder | undefined {
  const text = readTextIfThere(file);
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

function linkNew(file: string, own: LockHolder): boolean {
  const temporary = `${file}.${own.nonce}`;
  writeFileSync(temporary, JSON.stringify(own), { mode: 0o600 });
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Moves the lock aside and looks at what was moved: between reading it and moving it another process may have taken it
 * over, and then it is put back.
 */
function removeStale(file: string, seen: string): boolean {
  counter += 1;
  const aside = `${file}.stale.${process.pid}.${counter}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    if (readTextIfThere(aside) === seen) return true;
    linkSync(aside, file);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
  return false;
}

function release(file: string, nonce: string): void {
  const text = readTextIfThere(file);
  if (text !== undefined && parseHolder(text)?.nonce === nonce) rmSync(file, { force: true });
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const value = JSON.parse(text) as LockHolder;
    return typeof value.pid === 'number' && typeof value.start === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
