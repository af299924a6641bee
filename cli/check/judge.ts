import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startLoading } from '../../core/manifest/load.ts';
import type { ManifestSet, Problem } from '../../core/manifest/types.ts';
import { departmentNamespace } from '../../core/model/names.ts';
import { findManifestFiles } from '../manifest-files.ts';
import type { Surroundings } from '../surroundings.ts';
import { judgeWorkloads } from './workloads.ts';

/** Where to look for what the files themselves do not hold. */
export interface Beside {
  readonly cwd: string;
  /** What lies around them; its cloud and departments stand in where the set has none of its own. */
  readonly around?: Surroundings | undefined;
  /** `--namespace` */
  readonly namespace?: string | undefined;
}

/** Judges the workloads of a set that was read, with its own Tenants or those in the folder beside cloud.yaml. */
export function judgeSet(set: ManifestSet, { cwd, around, namespace }: Beside): Problem[] {
  const own = set.departments.map(({ object }) => object);
  return judgeWorkloads(set.workloads, {
    cloud: set.cloud ?? around?.cloud,
    departments: [...(around?.departments ?? []), ...own],
    tenants: set.tenants,
    tenantsOf: tenantReader(cwd, around?.folder),
    namespace,
  });
}

/** Reads the Tenants of one department below `folder/tenants`: a city has thousands, so the rest is not parsed. */
function tenantReader(cwd: string, folder: string | undefined): (department: string) => ManifestSet['tenants'] {
  const known = new Map<string, ManifestSet['tenants']>();
  return (department) => {
    const found = known.get(department) ?? readTenants(cwd, folder, department);
    known.set(department, found);
    return found;
  };
}

function readTenants(cwd: string, folder: string | undefined, department: string): ManifestSet['tenants'] {
  const tenants = folder === undefined ? undefined : join(folder, 'tenants');
  if (tenants === undefined || !existsSync(tenants)) return [];
  const loading = startLoading();
  for (const path of findManifestFiles(cwd, [tenants]).paths) {
    const bytes = readFileSync(resolve(cwd, path));
    if (bytes.includes(departmentNamespace(department))) loading.add({ path, bytes });
  }
  return loading.finish().set.tenants;
}

/** Problems of several judgements in the order of the files, then of the lines. Pure. */
export function inOrder(paths: readonly string[], problems: readonly Problem[]): Problem[] {
  const order = new Map(paths.map((path, index) => [path, index]));
  const place = ({ file }: Problem) => order.get(file) ?? 0;
  return [...problems].sort((a, b) => place(a) - place(b) || a.line - b.line || a.column - b.column);
}
