import { crdOf } from './crd.ts';
import { editorSchemas } from './editor-schema.ts';
import { type KindName, kinds } from './kinds.ts';

/** Path from the repository's root to content, for every file generated from the model. Pure. */
export function generatedFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of Object.keys(kinds) as KindName[]) {
    files[`stacks/crds/${kinds[name].plural}.json`] = json(crdOf(name));
  }
  for (const [name, schema] of Object.entries(editorSchemas())) {
    files[`examples/schema/${name}`] = json(schema);
  }
  return files;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
