import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * Path of the editor schema as a manifest in `folder` names it: `schema/<kind>.schema.json` in the folder or above it,
 * else one that is written to `.jinhong/schema` of the working folder, so that completion works without a network.
 */
export async function schemaPathFor(kind: 'tenant' | 'department', folder: string, cwd: string): Promise<string> {
  const name = `${kind}.schema.json`;
  for (let above = folder; ; above = dirname(above)) {
    const path = join(above, 'schema', name);
    if (existsSync(path)) return shown(folder, path);
    if (dirname(above) === above) break;
  }
  const path = join(cwd, '.jinhong', 'schema', name);
  if (!existsSync(path)) {
    const { editorSchemas } = await import('../../core/model/editor-schema.ts');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(editorSchemas()[name], null, 2)}\n`);
  }
  return shown(folder, path);
}

function shown(folder: string, path: string): string {
  const way = relative(folder, path).replaceAll('\\', '/');
  return way.startsWith('.') ? way : `./${way}`;
}
