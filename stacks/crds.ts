import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../kube/types.ts';

let loaded: readonly KubeObject[] | undefined;

/**
 * The CRDs generated from core/model, sorted by name; read once from stacks/crds/*.json, which is parsed in a hundredth
 * of the time of YAML. Callers must not change them.
 */
export function loadCrds(): readonly KubeObject[] {
  loaded ??= readAll();
  return loaded;
}

function readAll(): KubeObject[] {
  const folder = join(import.meta.dirname, 'crds');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as KubeObject);
}
