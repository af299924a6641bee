import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeObject } from '../kube/types.ts';

/** The CRDs generated from core/model, sorted by name. Reads stacks/crds/*.yaml beside this file. */
export function loadCrds(): KubeObject[] {
  const folder = join(import.meta.dirname, 'crds');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parse(readFileSync(join(folder, file), 'utf8')) as KubeObject);
}
