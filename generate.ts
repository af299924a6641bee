import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliReference } from './cli/reference.ts';
import { generatedFiles } from './core/model/generated.ts';
import { filledPages } from './test/support/docs-tables.ts';

const root = import.meta.dirname;
const files = { ...generatedFiles(), 'docs/cli.md': await cliReference(), ...filledPages(root) };

/** Writes every generated file of the repository; `npm run generate`. A test compares them with the sources. */
for (const [path, content] of Object.entries(files)) {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}
