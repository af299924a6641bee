import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliReference } from './cli/reference.ts';
import { generatedFiles } from './core/model/generated.ts';

/** Writes every generated file of the repository; `npm run generate`. A test compares them with the sources. */
for (const [path, content] of Object.entries({ ...generatedFiles(), 'docs/cli.md': await cliReference() })) {
  const file = join(import.meta.dirname, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}
