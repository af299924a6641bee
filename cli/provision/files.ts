import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SourceFile } from '../../core/manifest/index.ts';

/** Every manifest below the paths, sorted. Hidden folders and node_modules are left out. */
export async function readManifestFiles(
  paths: readonly string[],
  { cwd }: { readonly cwd: string },
): Promise<SourceFile[]> {
  const found = (await Promise.all(paths.map(filesBelow))).flat().sort();
  return Promise.all(found.map(async (path) => ({ path: relative(cwd, path) || path, bytes: await readFile(path) })));
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const lists = await Promise.all(
    entries.map(async (entry) => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
      const inner = join(path, entry.name);
      if (entry.isDirectory()) return filesBelow(inner);
      return /\.(ya?ml|json)$/.test(entry.name) ? [inner] : [];
    }),
  );
  return lists.flat();
}
