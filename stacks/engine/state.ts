import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { EngineBinaries, Env } from './binaries.ts';

/**
 * Where the engine keeps what it knows: one folder per centre, a passphrase, the engine's own settings. Everything is
 * readable by its owner only. Losing the folder loses no object at any centre; `docs/decisions/0003` says what then.
 */
export interface SitePaths {
  /** Stack settings with the passphrase's salt. */
  readonly work: string;
  /** File backend: state, backups, history, locks. */
  readonly backend: string;
  /** What the last successful `up` installed. */
  readonly record: string;
  /** Copies of the state, made before `recover` touches it. */
  readonly exports: string;
  /** Temporary folders of runs, each removed with its run (scratch.ts). */
  readonly scratch: string;
}

/** Name of the Pulumi project; part of every URN, so it never changes. */
export const project = 'jinhong-platform';

/** The state folder: `--state`, then JINHONG_STATE, then `.jinhong/state` below `cwd`. Absolute. Pure. */
export function stateDirOf(env: Env, cwd: string, option: string | undefined): string {
  const named = option ?? env['JINHONG_STATE'];
  return resolve(cwd, named === undefined || named === '' ? join('.jinhong', 'state') : named);
}

/** The paths of one centre below the state folder. Pure. */
export function sitePaths(stateDir: string, site: string): SitePaths {
  const root = join(stateDir, 'sites', site);
  return {
    work: join(root, 'work'),
    backend: join(root, 'backend'),
    record: join(root, 'record.json'),
    exports: join(root, 'exports'),
    scratch: join(root, 'scratch'),
  };
}

/** The file in which the engine keeps the state of a centre. Pure. */
export function stateFile(stateDir: string, site: string): string {
  return join(sitePaths(stateDir, site).backend, '.pulumi', 'stacks', project, `${site}.json`);
}

/**
 * Where the engine finds that folder. Without `metadata=skip` its storage library keeps a file `.attrs` beside each file and
 * does not write it whole or not at all: an engine killed in between left a state that none read again ("failed to load
 * checkpoint: EOF"). The state itself is written whole. Pure.
 */
export function backendUrl(stateDir: string, site: string): string {
  return `file://${sitePaths(stateDir, site).backend}?metadata=skip`;
}

/** Whether the engine has ever worked on a centre. */
export function hasState(stateDir: string, site: string): boolean {
  return existsSync(stateFile(stateDir, site));
}

/** Makes the folders of a centre and, once, the passphrase; safe when several processes do it at the same time. */
export function prepareState(stateDir: string, site: string): SitePaths {
  const paths = sitePaths(stateDir, site);
  for (const folder of [stateDir, join(stateDir, 'home'), paths.work, paths.backend]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  removeAttributes(paths.backend);
  const file = passphraseFile(stateDir);
  if (existsSync(file)) return paths;
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!existsSync(file)) throw error;
  }
  return paths;
}

/** Nothing in them is needed, and an engine reads those that are there: of earlier versions, or of an engine run by hand. */
function removeAttributes(backend: string): void {
  const files = readdirSync(backend, { recursive: true, encoding: 'utf8' });
  for (const file of files) if (file.endsWith('.attrs')) rmSync(join(backend, file), { force: true });
}

/** The file with the passphrase that encrypts secrets in the state. */
export function passphraseFile(stateDir: string): string {
  return join(stateDir, 'passphrase');
}

/**
 * The engine's environment (research: Pulumi air-gapped): nothing is downloaded, no version is looked up, the provider is
 * found on PATH, which begins with the folders of the two programs. Credentials of the caller's environment stay out. Pure.
 */
export function engineEnv(stateDir: string, site: string, binaries: EngineBinaries, env: Env): Record<string, string> {
  const folders = [...new Set(Object.values(binaries).map((path) => dirname(path)))];
  const kept: Record<string, string> = {};
  for (const name of ['HOME', 'TMPDIR', 'USER', 'LANG', 'HTTPS_PROXY', 'NO_PROXY']) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return {
    ...kept,
    PATH: [...folders, env['PATH'] ?? ''].join(delimiter),
    NO_COLOR: '1',
    PULUMI_HOME: join(stateDir, 'home'),
    PULUMI_BACKEND_URL: backendUrl(stateDir, site),
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(stateDir),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    PULUMI_DISABLE_REGISTRY_RESOLVE: 'true',
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true',
    PULUMI_PARALLEL: '16',
    PULUMI_K8S_CLIENT_QPS: '100',
    PULUMI_K8S_CLIENT_BURST: '200',
    PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS: 'true',
  };
}

/** How the state of a centre can be read: as it is, only from the engine's copy of the one before, or from nothing. */
export type StateCondition = 'sound' | 'backup' | 'nothing';

/** Looks at the state of a centre that has one; a disk that was full, or that lost what was written last, damages it. */
export function stateCondition(stateDir: string, site: string): StateCondition {
  const file = stateFile(stateDir, site);
  if (isJson(file)) return 'sound';
  return isJson(backupOf(file)) ? 'backup' : 'nothing';
}

/**
 * Puts the engine's copy of the state before in place of a damaged one; without one the centre has no state after it.
 * Only while the state is still as it was announced (`from`): somebody else may have mended it since.
 */
export function replaceState(stateDir: string, site: string, from: Exclude<StateCondition, 'sound'>): void {
  if (stateCondition(stateDir, site) !== from) return;
  const file = stateFile(stateDir, site);
  if (from === 'backup') writeWhole(file, readFileSync(backupOf(file)));
  else for (const path of [file, backupOf(file)]) rmSync(path, { force: true });
}

/** The engine copies the state there before each write. */
function backupOf(file: string): string {
  return `${file}.bak`;
}

function isJson(file: string): boolean {
  try {
    return typeof JSON.parse(readFileSync(file, 'utf8')) === 'object';
  } catch {
    return false;
  }
}

/** What the last successful `up` of a centre installed; lets a later run see that nothing can have changed. */
export interface InstallRecord {
  /** Hash of the platform's objects, the provider's version and how they are registered. */
  readonly hash: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Seconds that the run took; what the next one is expected to take. */
  readonly seconds: number;
  /** Hash of each object by `Kind/namespace/name`: what `plan --offline` compares with. */
  readonly objects: Readonly<Record<string, string>>;
}

/** The record of a centre; undefined when there is none or it cannot be read. */
export function readRecord(stateDir: string, site: string): InstallRecord | undefined {
  try {
    return JSON.parse(readFileSync(sitePaths(stateDir, site).record, 'utf8')) as InstallRecord;
  } catch {
    return undefined;
  }
}

/** Replaces the record of a centre, in one step. */
export function writeRecord(stateDir: string, site: string, record: InstallRecord): void {
  writeWhole(sitePaths(stateDir, site).record, JSON.stringify(record));
}

/** Forgets what was installed last: it is no longer certain, so the next run asks the engine. */
export function removeRecord(stateDir: string, site: string): void {
  rmSync(sitePaths(stateDir, site).record, { force: true });
}

/** Writes a file for its owner only; it is there whole or not at all. */
export function writeWhole(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
