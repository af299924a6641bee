import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import { loadManifests } from '../core/manifest/load.ts';
import type { SourceFile } from '../core/manifest/types.ts';
import type { Tenant } from '../core/model/kinds.ts';
import type { Context } from './context.ts';

/** One file, or stdin for `-`. Errors: input when it cannot be read. */
export async function readSource(ctx: Context, path: string): Promise<SourceFile> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of ctx.io.stdin) chunks.push(Buffer.from(chunk));
    return { path, bytes: Buffer.concat(chunks) };
  }
  try {
    return { path, bytes: readFileSync(resolve(ctx.cwd, path)) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = { zh: `无法读取 ${path}：${why}`, en: `${path} cannot be read: ${why}` };
    throw new AppError('input', text.en, { code: 'unreadable', data: { text }, cause });
  }
}

const manifestName = /\.(ya?ml|json)$/;
const mostFiles = 50_000;

/** `file:line` of the manifest of this Tenant below `folder`; undefined when there is none or the folder is not readable. */
export function findManifest(ctx: Context, folder: string, tenant: Tenant): string | undefined {
  const { name, namespace } = tenant.metadata;
  for (const path of filesBelow(resolve(ctx.cwd, folder))) {
    const bytes = readFileSync(path);
    // Most files are about other tenants: only those that hold the name are parsed.
    if (!bytes.includes(name)) continue;
    const { set } = loadManifests([{ path, bytes }]);
    const found = set.tenants.find(
      ({ object }) => object.metadata.name === name && object.metadata.namespace === namespace,
    );
    if (found !== undefined) return `${relative(ctx.cwd, path)}:${found.line}`;
  }
  return undefined;
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && manifestName.test(entry.name))
      .slice(0, mostFiles)
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes('node_modules'))
      .sort();
  } catch {
    return [];
  }
}
