import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeObject } from '../kube/types.ts';

let loaded: readonly KubeObject[] | undefined;

/** The CRDs generated from core/model, sorted by name; read once from stacks/crds/*.yaml. Callers must not change them. */
export function loadCrds(): readonly KubeObject[] {
  loaded ??= readAll();
  return loaded;
}

function readAll(): KubeObject[] {
  const folder = join(import.meta.dirname, 'crds');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parse(readFileSync(join(folder, file), 'utf8')) as KubeObject);
}
