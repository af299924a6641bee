import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { loadManifests } from '../core/manifest/index.ts';
import type { Cloud } from '../core/model/cloud.ts';
import { lite, qingdao, threeLocal } from './data/cities.ts';
import type { CitySeed } from './data/city.ts';
import { planCity } from './data/plan.ts';
import { renderCity } from './data/render.ts';

/**
 * Writes the example cities from their seeds in examples/data. `cloud.yaml` of each is written by hand and read here:
 * allowances, envelopes and ceilings follow from its sizes and prices. Run: `node examples/generate.ts`.
 */
const cities: readonly CitySeed[] = [qingdao, lite, threeLocal];

/** Path below `examples/` to content, for every generated file. Reads each city's cloud.yaml; the same every time. */
export function exampleFiles(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const seed of cities) {
    const rendered = renderCity(planCity(seed, readCloud(join(folder, seed.folder, 'cloud.yaml'))));
    for (const [path, content] of Object.entries(rendered)) files[`${seed.folder}/${path}`] = content;
  }
  return files;
}

/** Generated files that are there, as paths below `examples/` with forward slashes. */
export function presentFiles(folder: string): string[] {
  const patterns = cities.flatMap((seed) => [
    `${seed.folder}/{departments,tenants,approvals}/**/*.yaml`,
    `${seed.folder}/people.yaml`,
  ]);
  return globSync(patterns, { cwd: folder }).map((path) => path.split(sep).join('/'));
}

function readCloud(path: string): Cloud {
  const { set, problems } = loadManifests([{ path, bytes: readFileSync(path) }]);
  if (set.cloud === undefined)
    throw new Error(`${path}: ${problems.map(({ line, text }) => `${line}: ${text.en}`).join('\n')}`);
  return set.cloud;
}

if (import.meta.main) {
  const folder = import.meta.dirname;
  const files = exampleFiles(folder);
  for (const path of presentFiles(folder)) if (files[path] === undefined) rmSync(join(folder, path));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  process.stdout.write(`${Object.keys(files).length} files\n`);
}
