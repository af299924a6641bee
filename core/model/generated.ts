import { stringify } from 'yaml';
import { crdOf } from './crd.ts';
import { type KindName, kinds } from './kinds.ts';

const header = '# Generated from core/model by `npm run generate`; do not edit.\n';

/** Path from the repository's root to content, for every file generated from the model. Pure. */
export function generatedFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of Object.keys(kinds) as KindName[]) {
    files[`stacks/crds/${kinds[name].plural}.yaml`] =
      header + stringify(crdOf(name), { lineWidth: 0, aliasDuplicateObjects: false });
  }
  return files;
}
