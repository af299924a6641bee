import type { ParsedNode, YAMLError } from 'yaml';
import { type MapEntry, maxDepth, type YamlNode } from './node.ts';
import { yamlPackage } from './yaml.ts';

/** What the full parser found in one document. */
export interface FullResult {
  readonly node?: YamlNode;
  readonly errors: readonly { readonly code: string; readonly start: number; readonly end: number }[];
}

/** More nodes than this through aliases and a document is refused: a few lines can stand for billions. */
const maxAliasNodes = 10_000;

class Refused extends Error {
  readonly code: string;
  readonly at: number;
  constructor(code: string, at: number) {
    super(code);
    this.code = code;
    this.at = at;
  }
}

/**
 * One YAML document read by the `yaml` package (YAML 1.2 core schema). Aliases are copied out within a bound, keys
 * written twice are kept twice for the caller to name. Errors carry the package's code, or `TooDeep`, `AliasBomb`.
 * Reads `whole` between two offsets; offsets in the result count from the start of `whole`.
 */
export function readFully(whole: string, from: number, to: number): FullResult {
  const text = whole.slice(from, to);
  const shift = (error: { code: string; start: number; end: number }) => {
    return { code: error.code, start: error.start + from, end: error.end + from };
  };
  const result = read(text, from);
  return { ...result, errors: result.errors.map(shift) };
}

function read(text: string, base: number): FullResult {
  try {
    const yaml = yamlPackage();
    const document = yaml.parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    const errors = [...document.errors, ...document.warnings].map(readError);
    if (document.contents === null) return { errors };
    return { node: new Converter(yaml, text, base).convert(document.contents as ParsedNode, 0), errors };
  } catch (error) {
    if (error instanceof Refused) {
      return { errors: [{ code: error.code, start: error.at, end: error.at + 1 }] };
    }
    if (error instanceof RangeError) return { errors: [{ code: 'TooDeep', start: 0, end: 1 }] };
    return { errors: [{ code: 'UNREADABLE', start: 0, end: 1 }] };
  }
}

function readError(error: YAMLError) {
  return { code: error.code as string, start: error.pos[0], end: error.pos[1] };
}

class Converter {
  readonly #yaml: typeof import('yaml');
  readonly #text: string;
  readonly #base: number;
  readonly #anchors = new Map<string, ParsedNode>();
  #aliasNodes = 0;
  #insideAlias = 0;

  constructor(yaml: typeof import('yaml'), text: string, base: number) {
    this.#yaml = yaml;
    this.#text = text;
    this.#base = base;
  }

  convert(node: ParsedNode | null, depth: number): YamlNode {
    if (node === null) return { type: 'scalar', value: null, plain: true, start: 0, end: 0 };
    const start = node.range[0] + this.#base;
    const end = node.range[1] + this.#base;
    if (depth > maxDepth) throw new Refused('TooDeep', node.range[0]);
    if (this.#insideAlias > 0) {
      this.#aliasNodes += 1;
      if (this.#aliasNodes > maxAliasNodes) throw new Refused('AliasBomb', node.range[0]);
    }
    if (this.#yaml.isAlias(node)) return this.#alias(node.source, start, depth);
    if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (this.#yaml.isMap(node)) return { type: 'map', entries: this.#entries(node.items, depth), start, end };
    if (this.#yaml.isSeq(node)) {
      const items = (node.items as ParsedNode[]).map((item) => this.convert(item, depth + 1));
      return { type: 'seq', items, start, end };
    }
    return {
      type: 'scalar',
      value: this.#scalar(node),
      plain: this.#yaml.isScalar(node) && node.type === 'PLAIN',
      start,
      end,
    };
  }

  #alias(name: string, start: number, depth: number): YamlNode {
    const target = this.#anchors.get(name);
    if (target === undefined) throw new Refused('BAD_ALIAS', start - this.#base);
    this.#insideAlias += 1;
    if (this.#insideAlias > maxDepth) throw new Refused('AliasBomb', start - this.#base);
    const copy = this.convert(target, depth);
    this.#insideAlias -= 1;
    return { ...copy, start, end: start + name.length + 1 };
  }

  #entries(items: readonly unknown[], depth: number): MapEntry[] {
    const entries: MapEntry[] = [];
    for (const pair of items) {
      if (!this.#yaml.isPair(pair)) continue;
      const key = pair.key as ParsedNode | null;
      const keyRange = key?.range ?? [0, 0, 0];
      const value = this.convert(pair.value as ParsedNode | null, depth + 1);
      const at = keyRange[1] + 1 + this.#base;
      entries.push({
        key: this.#keyText(key),
        keyStart: keyRange[0] + this.#base,
        keyEnd: keyRange[1] + this.#base,
        value: pair.value === null ? { ...value, start: at, end: at } : value,
      });
    }
    return entries;
  }

  #keyText(key: ParsedNode | null): string {
    if (key === null) return '';
    if (this.#yaml.isScalar(key)) {
      return typeof key.value === 'string' ? key.value : this.#text.slice(key.range[0], key.range[1]);
    }
    throw new Refused('NON_STRING_KEY', key.range[0]);
  }

  #scalar(node: ParsedNode): string | number | boolean | null {
    const value: unknown = this.#yaml.isScalar(node) ? node.value : null;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    return value === null || value === undefined ? null : String(value);
  }
}
