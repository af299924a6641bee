import { createRequire } from 'node:module';
import { toValue } from './node.ts';
import { readQuickly } from './quick.ts';

const load = createRequire(import.meta.url);

/**
 * The `yaml` package, loaded when it is first asked for: `quick.ts` reads nearly all that people write, and the 72 modules
 * would be a sixth of the start of `jinhong check`.
 */
export function yamlPackage(): typeof import('yaml') {
  return load('yaml') as typeof import('yaml');
}

/** The value of a text that holds one YAML document. @throws YAMLParseError when it is none */
export function parseYaml(text: string): unknown {
  const quick = readQuickly(text, 0, text.length);
  return typeof quick === 'object' ? toValue(quick) : yamlPackage().parse(text);
}
