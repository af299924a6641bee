import { stringify } from 'yaml';
import { crdOf } from './crd.ts';
import { editorSchemas } from './editor-schema.ts';
import { type KindName, kinds } from './kinds.ts';

const header = '# Generated from core/model by `npm run generate`; do not edit.\n';

/** Path from the repository's root to content, for every file generated from the model. Pure. */
export function generatedFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of Object.keys(kinds) as KindName[]) {
    files[`stacks/crds/${kinds[name].plural}.yaml`] =
      header + stringify(crdOf(name), { lineWidth: 0, aliasDuplicateObjects: false });
  }
  for (const [name, schema] of Object.entries(editorSchemas())) {
    files[`examples/schema/${name}`] = `${JSON.stringify(schema, null, 2)}\n`;
  }
  return files;
}
