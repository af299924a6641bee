import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { startLoading } from '../core/manifest/load.ts';
import type { Manifest } from '../core/manifest/types.ts';
import type { Cloud } from '../core/model/cloud.ts';
import type { DepartmentSpec } from '../core/model/department.ts';
import { findCloudAbove, findManifestFiles, unreadableError } from './manifest-files.ts';

/** What is known around some files, so that one file can be judged like the whole folder. */
export interface Surroundings {
  /** The folder of cloud.yaml; undefined when there is none. */
  readonly folder?: string | undefined;
  readonly cloud?: Cloud | undefined;
  readonly departments: readonly Manifest<DepartmentSpec>[];
}

/** cloud.yaml as named, or from above the paths, and the departments in the folder beside it. */
export function readSurroundings(cwd: string, paths: readonly string[], named: string | undefined): Surroundings {
  const path = named === undefined ? findCloudAbove(cwd, paths) : resolve(cwd, named);
  if (path === undefined) return { departments: [] };
  const loading = startLoading();
  loading.add({ path, bytes: readOrThrow(path) });
  const folder = dirname(path);
  const listed = join(folder, 'departments');
  const files = existsSync(listed) ? findManifestFiles(cwd, [listed]).paths : [];
  for (const file of files) loading.add({ path: file, bytes: readOrThrow(resolve(cwd, file)) });
  const { cloud, departments } = loading.finish().set;
  return { folder, cloud, departments: departments.map(({ object }) => object) };
}

/** The bytes of a file; what keeps it from being read is an AppError of exit code 1. */
export function readOrThrow(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { message } = error as Error;
    throw unreadableError({ path, text: { zh: `无法读取：${message}`, en: `it cannot be read: ${message}` } });
  }
}
