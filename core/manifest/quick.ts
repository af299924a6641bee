import { type MapEntry, type MapNode, maxDepth, resolvePlain, type ScalarNode, type YamlNode } from './node.ts';

/**
 * Reads the part of YAML that manifests are written in: block maps and lists, flow collections, one-line scalars,
 * comments. It either gives the same nodes as the full parser or declines (`undefined`), never a guess: anchors, tags,
 * block scalars, scalars over several lines, tabs and everything faulty are left to the full parser, which is some
 * twenty times slower. `deep` says that the text nests deeper than `maxDepth`.
 */
export function readQuickly(text: string, start: number, end: number): YamlNode | 'deep' | undefined {
  try {
    return new QuickReader(text, start, end).read();
  } catch (error) {
    if (error === declined) return undefined;
    if (error === deep) return 'deep';
    throw error;
  }
}

const declined = new Error('declined');
const deep = new Error('deep');
const space = 0x20;
const newline = 0x0a;
const carriage = 0x0d;
const hash = 0x23;
const colon = 0x3a;
const dash = 0x2d;
const comma = 0x2c;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
/** First characters that give a scalar another meaning: `,[]{}#&*!|>'"%@` and the back quote. */
const indicators = new Set([...',[]{}#&*!|>\'"%@`'].map((char) => char.charCodeAt(0)));

class QuickReader {
  readonly #text: string;
  readonly #end: number;
  #pos: number;
  #lineStart: number;
  /** Column of the next content, -1 when the document is over. */
  #column = -1;
  #depth = 0;

  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#pos = start;
    this.#lineStart = start;
    this.#end = end;
  }

  read(): YamlNode {
    this.#nextContent();
    if (this.#column < 0) throw declined;
    const node = this.#block(-1);
    if (this.#column >= 0) throw declined;
    return node;
  }

  /** Code at `pos`, line ends as `\n`, end of the document as -1. */
  #code(pos: number): number {
    if (pos >= this.#end) return -1;
    const code = this.#text.charCodeAt(pos);
    if (code >= space) return code === 0xfeff ? this.#decline() : code;
    if (code === newline) return newline;
    if (code === carriage && (pos + 1 >= this.#end || this.#text.charCodeAt(pos + 1) === newline)) return newline;
    return this.#decline();
  }

  #decline(): never {
    throw declined;
  }

  #isBreak(code: number): boolean {
    return code === newline || code === -1;
  }

  #isGap(code: number): boolean {
    return code === space || code === newline || code === -1;
  }

  #skipSpaces(): void {
    while (this.#code(this.#pos) === space) this.#pos += 1;
  }

  /** From anywhere on blank or commented rest of a line to the first content of a later line. */
  #nextContent(): void {
    for (;;) {
      this.#skipSpaces();
      const code = this.#code(this.#pos);
      if (code === hash) this.#skipComment();
      else if (code === newline) {
        this.#pos = this.#text.indexOf('\n', this.#pos) + 1 || this.#end;
        this.#lineStart = this.#pos;
      } else break;
    }
    this.#column = this.#pos >= this.#end ? -1 : this.#pos - this.#lineStart;
  }

  #skipComment(): void {
    const at = this.#text.indexOf('\n', this.#pos);
    this.#pos = at < 0 || at > this.#end ? this.#end : at;
  }

  /** After a value: only spaces or a comment may follow on its line. Moves to the next content. */
  #endLine(): void {
    const before = this.#pos;
    this.#skipSpaces();
    const code = this.#code(this.#pos);
    if (!this.#isBreak(code) && !(code === hash && this.#pos > before)) throw declined;
    this.#nextContent();
  }

  /** A value that starts at the current content; `parent` is the column of the collection that holds it. */
  #block(parent: number): YamlNode {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw deep;
    const code = this.#code(this.#pos);
    let node: YamlNode;
    if (code === dash && this.#isGap(this.#code(this.#pos + 1))) node = this.#list(this.#column);
    else if (code !== openBrace && code !== openBracket && this.#atKey()) node = this.#map(this.#column);
    else {
      node = this.#inline(parent);
      this.#endLine();
    }
    this.#depth -= 1;
    return node;
  }

  #list(column: number): YamlNode {
    const start = this.#pos;
    const items: YamlNode[] = [];
    let end = start;
    while (this.#column === column && this.#code(this.#pos) === dash && this.#isGap(this.#code(this.#pos + 1))) {
      this.#pos += 1;
      const after = this.#pos;
      this.#skipSpaces();
      this.#column = this.#pos - this.#lineStart;
      const code = this.#code(this.#pos);
      if (this.#isBreak(code) || code === hash) {
        this.#nextContent();
        items.push(this.#column > column ? this.#block(column) : empty(after));
      } else items.push(this.#block(column));
      end = items.at(-1)?.end ?? end;
      if (this.#column > column) throw declined;
    }
    return { type: 'seq', items, start, end };
  }

  #map(column: number): MapNode {
    const start = this.#pos;
    const entries: MapEntry[] = [];
    while (this.#column === column) {
      const key = this.#key();
      this.#skipSpaces();
      const code = this.#code(this.#pos);
      let value: YamlNode;
      if (this.#isBreak(code) || code === hash) value = this.#nested(column, key.keyEnd + 1);
      else {
        value = this.#inline(column);
        this.#endLine();
      }
      entries.push({ ...key, value });
      if (this.#column > column) throw declined;
    }
    return { type: 'map', entries, start, end: entries.at(-1)?.value.end ?? start };
  }

  /** The value of a key that ends its line. */
  #nested(column: number, after: number): YamlNode {
    this.#nextContent();
    if (this.#column > column) return this.#block(column);
    const isList = this.#column === column && this.#code(this.#pos) === dash && this.#isGap(this.#code(this.#pos + 1));
    return isList ? this.#block(column) : empty(after);
  }

  /** Whether a key and its colon stand at the current position. */
  #atKey(): boolean {
    const code = this.#code(this.#pos);
    if (code === doubleQuote || code === singleQuote) {
      const before = this.#pos;
      this.#quoted(code);
      this.#skipSpaces();
      const found = this.#code(this.#pos) === colon && this.#isGap(this.#code(this.#pos + 1));
      this.#pos = before;
      return found;
    }
    for (let pos = this.#pos; ; pos += 1) {
      const next = this.#code(pos);
      if (this.#isBreak(next)) return false;
      if (next === colon && this.#isGap(this.#code(pos + 1))) return true;
      if (next === hash && this.#code(pos - 1) === space) return false;
    }
  }

  #key(): { key: string; keyStart: number; keyEnd: number } {
    const keyStart = this.#pos;
    const code = this.#code(keyStart);
    let key: string;
    let keyEnd: number;
    if (code === doubleQuote || code === singleQuote) {
      key = String(this.#quoted(code).value);
      keyEnd = this.#pos;
      this.#skipSpaces();
    } else {
      this.#plainStart(code, false);
      while (!(this.#code(this.#pos) === colon && this.#isGap(this.#code(this.#pos + 1)))) {
        if (this.#isBreak(this.#code(this.#pos))) throw declined;
        if (this.#code(this.#pos) === hash && this.#code(this.#pos - 1) === space) throw declined;
        this.#pos += 1;
      }
      key = this.#text.slice(keyStart, this.#pos).trimEnd();
      keyEnd = keyStart + key.length;
    }
    if (this.#code(this.#pos) !== colon || !this.#isGap(this.#code(this.#pos + 1))) throw declined;
    if (keyEnd - keyStart > 256) throw declined;
    this.#pos += 1;
    return { key, keyStart, keyEnd };
  }

  /** A value on the current line; flow collections may go on below, deeper than `parent`. */
  #inline(parent: number): YamlNode {
    const code = this.#code(this.#pos);
    if (code === openBrace || code === openBracket) return this.#flow(parent);
    if (code === doubleQuote || code === singleQuote) return this.#quoted(code);
    const start = this.#pos;
    this.#plainStart(code, false);
    for (let pos = start; ; pos += 1) {
      const next = this.#code(pos);
      if (next === colon && this.#isGap(this.#code(pos + 1))) throw declined;
      if (this.#isBreak(next) || (next === hash && this.#code(pos - 1) === space)) return this.#plain(start, pos);
    }
  }

  #plain(start: number, stop: number): ScalarNode {
    const source = this.#text.slice(start, stop).trimEnd();
    this.#pos = start + source.length;
    return { type: 'scalar', value: resolvePlain(source), plain: true, start, end: this.#pos };
  }

  #plainStart(code: number, inFlow: boolean): void {
    if (indicators.has(code)) throw declined;
    if (code !== dash && code !== colon && code !== 0x3f) return;
    const next = this.#code(this.#pos + 1);
    if (this.#isGap(next) || (inFlow && isFlowIndicator(next))) throw declined;
  }

  #quoted(quote: number): ScalarNode {
    const start = this.#pos;
    let escaped = false;
    for (let pos = start + 1; ; pos += 1) {
      const code = this.#code(pos);
      if (this.#isBreak(code)) throw declined;
      if (quote === doubleQuote && code === 0x5c) {
        escaped = true;
        pos += 1;
      } else if (code === quote) {
        if (quote === singleQuote && this.#code(pos + 1) === singleQuote) {
          escaped = true;
          pos += 1;
          continue;
        }
        this.#pos = pos + 1;
        const raw = this.#text.slice(start + 1, pos);
        const value = escaped ? this.#unescape(quote, raw) : raw;
        return { type: 'scalar', value, plain: false, start, end: this.#pos };
      }
    }
  }

  #unescape(quote: number, raw: string): string {
    if (quote === singleQuote) return raw.replaceAll("''", "'");
    if (!/^([^\\]|\\(["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))*$/.test(raw)) throw declined;
    return JSON.parse(`"${raw}"`) as string;
  }

  #flow(parent: number): YamlNode {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw deep;
    const start = this.#pos;
    const isMap = this.#code(start) === openBrace;
    const close = isMap ? closeBrace : closeBracket;
    const items: YamlNode[] = [];
    const entries: MapEntry[] = [];
    this.#pos += 1;
    this.#flowGap(parent);
    while (this.#code(this.#pos) !== close) {
      if (isMap) entries.push(this.#flowEntry(parent));
      else items.push(this.#flowValue(parent));
      this.#flowGap(parent);
      const code = this.#code(this.#pos);
      if (code === comma) {
        this.#pos += 1;
        this.#flowGap(parent);
      } else if (code !== close) throw declined;
    }
    this.#pos += 1;
    this.#depth -= 1;
    const end = this.#pos;
    return isMap ? { type: 'map', entries, start, end } : { type: 'seq', items, start, end };
  }

  /** Spaces, line ends and comments between the parts of a flow collection. */
  #flowGap(parent: number): void {
    const before = this.#pos;
    this.#skipSpaces();
    const code = this.#code(this.#pos);
    if (code === hash && this.#pos === before) throw declined;
    if (code !== newline && code !== hash) return;
    this.#nextContent();
    if (this.#column <= parent) throw declined;
  }

  #flowEntry(parent: number): MapEntry {
    const keyStart = this.#pos;
    const code = this.#code(keyStart);
    let key: string;
    if (code === doubleQuote || code === singleQuote) {
      key = String(this.#quoted(code).value);
      this.#skipSpaces();
      if (this.#code(this.#pos) !== colon) throw declined;
    } else {
      this.#plainStart(code, true);
      for (; ; this.#pos += 1) {
        const next = this.#code(this.#pos);
        if (this.#isBreak(next) || isFlowIndicator(next) || next === hash) throw declined;
        if (next === colon && this.#isGap(this.#code(this.#pos + 1))) break;
      }
      key = this.#text.slice(keyStart, this.#pos).trimEnd();
    }
    const keyEnd = code === doubleQuote || code === singleQuote ? this.#pos : keyStart + key.length;
    if (keyEnd - keyStart > 256) throw declined;
    this.#pos += 1;
    this.#flowGap(parent);
    return { key, keyStart, keyEnd, value: this.#flowValue(parent) };
  }

  #flowValue(parent: number): YamlNode {
    const code = this.#code(this.#pos);
    if (code === openBrace || code === openBracket) return this.#flow(parent);
    if (code === doubleQuote || code === singleQuote) return this.#quoted(code);
    const start = this.#pos;
    this.#plainStart(code, true);
    for (let pos = start; ; pos += 1) {
      const next = this.#code(pos);
      if (next === -1) throw declined;
      if (next === colon && (this.#isGap(this.#code(pos + 1)) || isFlowIndicator(this.#code(pos + 1)))) throw declined;
      const comment = next === hash && this.#code(pos - 1) === space;
      if (next === newline || isFlowIndicator(next) || comment) return this.#plain(start, pos);
    }
  }
}

function isFlowIndicator(code: number): boolean {
  return code === comma || code === openBrace || code === closeBrace || code === openBracket || code === closeBracket;
}

function empty(at: number): ScalarNode {
  return { type: 'scalar', value: null, plain: true, start: at, end: at };
}
