/** Writes docs/cli.md from the command tree: `node cli/generate-docs.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliReference } from './reference.ts';

writeFileSync(join(import.meta.dirname, '../docs/cli.md'), await cliReference());
