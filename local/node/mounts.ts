import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { errnoOf, readTextIfThere, writeFileAtomic } from '../files.ts';
import type { Snapshot } from './kube-types.ts';
import { type FileSource, fieldOf, type UnitPlan } from './plan.ts';

/** Files of one unit, by path below its folder; or the first thing that has to exist first. */
export type FilesOf =
  | { readonly files: ReadonlyMap<string, string>; readonly missing: undefined }
  | { readonly files: undefined; readonly missing: string };

/** A token as TokenRequest gave it. */
export type TokenFor = (source: Extract<FileSource, { kind: 'token' }>) => string | undefined;

/** What the mounts of a unit hold now; pure. Values are taken as UTF-8 text. */
export function filesOf(
  plan: UnitPlan,
  snapshot: Pick<Snapshot, 'secrets' | 'configMaps'>,
  tokenFor: TokenFor,
): FilesOf {
  const files = new Map<string, string>();
  for (const { mountPath, sources } of plan.mounts) {
    for (const source of sources) {
      const found = entriesOf(source, plan, snapshot, tokenFor);
      if (found === undefined) return { files: undefined, missing: describe(source) };
      for (const [path, content] of found) files.set(join(mountPath, path), content);
    }
  }
  return { files, missing: undefined };
}

/**
 * Makes the mounts of a unit below `root` equal to `files`: writes what differs, each file at once, and removes what is
 * no longer there. An emptyDir is made and left alone.
 */
export function writeMounts(root: string, plan: UnitPlan, files: ReadonlyMap<string, string>): void {
  for (const { mountPath, sources } of plan.mounts) {
    const dir = join(root, mountPath);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (sources.length > 0) removeOthers(root, dir, files);
  }
  for (const [path, content] of files) {
    const file = join(root, path);
    if (readTextIfThere(file) === content) continue;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileAtomic(file, content, 0o600);
  }
}

function entriesOf(
  source: FileSource,
  plan: UnitPlan,
  snapshot: Pick<Snapshot, 'secrets' | 'configMaps'>,
  tokenFor: TokenFor,
): [string, string][] | undefined {
  if (source.kind === 'token') {
    const token = tokenFor(source);
    return token === undefined ? undefined : [[source.path, token]];
  }
  if (source.kind === 'field') return [[source.path, fieldOf(plan, source.field) ?? '']];
  const data = dataOf(source, snapshot);
  if (data === undefined) return source.optional ? [] : undefined;
  if (source.items === undefined) return Object.entries(data);
  const picked = source.items.map(({ key, path }): [string, string | undefined] => [path, data[key]]);
  const there = picked.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return there.length === picked.length || source.optional ? there : undefined;
}

function dataOf(
  source: Extract<FileSource, { kind: 'secret' | 'configMap' }>,
  snapshot: Pick<Snapshot, 'secrets' | 'configMaps'>,
): Record<string, string> | undefined {
  if (source.kind === 'configMap') {
    const found = snapshot.configMaps.get(source.name);
    return found === undefined ? undefined : { ...found.data };
  }
  const found = snapshot.secrets.get(source.name);
  if (found === undefined) return undefined;
  const decoded = Object.entries(found.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString(),
  ]);
  return Object.fromEntries(decoded) as Record<string, string>;
}

function describe(source: FileSource): string {
  if (source.kind === 'token') return 'service account token';
  return source.kind === 'field' ? source.field : `${source.kind} ${source.name}`;
}

function removeOthers(root: string, dir: string, files: ReadonlyMap<string, string>): void {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (files.has(`/${relative(root, path)}`)) continue;
    if (isFile(path)) rmSync(path, { force: true });
    else removeOthers(root, path, files);
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw error;
  }
}
