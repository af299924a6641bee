import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tenant } from '../core/model/kinds.ts';
import { apiVersion } from '../core/model/names.ts';
import { cacheFolder } from './cache.ts';
import type { Context } from './context.ts';
import { departmentOf } from './tenants.ts';

/**
 * Keeps a Tenant as it was before a change, as a manifest that can be submitted again; returns its path, or undefined
 * when the cache folder cannot be written: the change is then still made, only without that command.
 */
export async function keepBefore(ctx: Context, tenant: Tenant): Promise<string | undefined> {
  const { stringify } = await import('yaml');
  const { name, namespace, generation = 0, labels, annotations } = tenant.metadata;
  const manifest = {
    apiVersion,
    kind: 'Tenant',
    metadata: {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: tenant.spec,
  };
  const folder = join(cacheFolder(ctx.env), 'undo');
  const path = join(folder, `${departmentOf(tenant)}-${name}-${generation}.yaml`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, stringify(manifest, { lineWidth: 0 }), { mode: 0o600 });
    return path;
  } catch (error) {
    ctx.log(`undo: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
