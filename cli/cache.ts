import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Names that completion offers; written by online commands, read without the network. Lists are sorted. */
export interface Names {
  /** `department/tenant`. */
  readonly tenants: readonly string[];
  readonly departments: readonly string[];
  readonly sites: readonly string[];
  readonly sizes: readonly string[];
  readonly services: readonly string[];
}

const none: Names = { tenants: [], departments: [], sites: [], sizes: [], services: [] };
const most = 5000;

/** The folder for names and undo manifests: JINHONG_CACHE, else XDG_CACHE_HOME/jinhong, else ~/.cache/jinhong. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const own = env['JINHONG_CACHE'];
  if (own !== undefined && own !== '') return own;
  const base = env['XDG_CACHE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(env['HOME'] ?? homedir(), '.cache'), 'jinhong');
}

function fileOf(env: Readonly<Record<string, string | undefined>>): string {
  return join(cacheFolder(env), 'names.json');
}

/** The names remembered last; empty when there are none or the file is not readable. Never throws. */
export function readNames(env: Readonly<Record<string, string | undefined>>): Names {
  try {
    const read = JSON.parse(readFileSync(fileOf(env), 'utf8')) as Partial<Record<keyof Names, unknown>>;
    const list = (key: keyof Names) =>
      Array.isArray(read[key]) ? read[key].filter((one) => typeof one === 'string') : [];
    return {
      tenants: list('tenants'),
      departments: list('departments'),
      sites: list('sites'),
      sizes: list('sizes'),
      services: list('services'),
    };
  } catch {
    return none;
  }
}

/**
 * Remembers the names given and keeps the others. A cache that cannot be written is no error: completion then offers
 * less, and nothing else changes.
 */
export function rememberNames(env: Readonly<Record<string, string | undefined>>, names: Partial<Names>): void {
  const before = readNames(env);
  const merged: Record<string, readonly string[]> = { ...before };
  for (const [key, list] of Object.entries(names)) merged[key] = [...new Set(list)].sort().slice(0, most);
  const text = JSON.stringify(merged);
  if (text === JSON.stringify(before)) return;
  const file = fileOf(env);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // See above: the names are a convenience.
  }
}
