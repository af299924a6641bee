import { findNode, type YamlNode } from './node.ts';
import type { Source } from './source.ts';
import type { Edit, FieldPath, Located, Place } from './types.ts';

/**
 * An object with its nodes. `sound` is false when its schema refused it: rules then judge what can be read of it, and it
 * is left out of the ManifestSet. `renames` leads from a corrected key (path as JSON) to the key as written.
 */
export class Draft<T> implements Located<T> {
  readonly object: T;
  readonly sound: boolean;
  readonly source: Source;
  readonly #node: YamlNode;
  readonly #renames: ReadonlyMap<string, string>;

  constructor(
    object: T,
    from: { source: Source; node: YamlNode; sound: boolean; renames?: ReadonlyMap<string, string> },
  ) {
    this.object = object;
    this.sound = from.sound;
    this.source = from.source;
    this.#node = from.node;
    this.#renames = from.renames ?? new Map();
  }

  get file(): string {
    return this.source.file;
  }

  get line(): number {
    return this.source.place(this.#node.start).line;
  }

  at(path: FieldPath): Place {
    const { start, end } = this.span(path);
    return this.source.place(start, end);
  }

  keyAt(path: FieldPath): Place {
    const { entry, node } = findNode(this.#node, this.written(path));
    return entry === undefined ? this.source.place(node.start) : this.source.place(entry.keyStart, entry.keyEnd);
  }

  /** The path with its keys as written. */
  written(path: FieldPath): FieldPath {
    if (this.#renames.size === 0) return path;
    return path.map((step, index) => this.#renames.get(JSON.stringify(path.slice(0, index + 1))) ?? step);
  }

  /** Offsets of a value; of a field that is not there, those of the key of the nearest parent. */
  span(path: FieldPath): { readonly start: number; readonly end: number } {
    const written = this.written(path);
    const found = findNode(this.#node, written);
    const { node, entry, depth } = found;
    const missing = depth < written.length;
    if (!missing && !(node.type === 'scalar' && node.start === node.end)) {
      return node.type === 'scalar' || entry === undefined ? node : { start: entry.keyStart, end: entry.keyEnd };
    }
    if (entry !== undefined) return { start: entry.keyStart, end: entry.keyEnd };
    const first = node.type === 'map' ? node.entries[0] : undefined;
    return first === undefined ? node : { start: first.keyStart, end: first.keyEnd };
  }

  /** Offsets of a key inside the object at `path`. */
  keySpan(path: FieldPath, key: string): { readonly start: number; readonly end: number } {
    const { node } = findNode(this.#node, this.written(path));
    const entry = node.type === 'map' ? node.entries.find((candidate) => candidate.key === key) : undefined;
    return entry === undefined ? this.span(path) : { start: entry.keyStart, end: entry.keyEnd };
  }

  /** The text of a value as it stands in the file, without decoding. */
  sourceText(path: FieldPath): string {
    const { node } = findNode(this.#node, this.written(path));
    return this.source.text.slice(node.start, node.end);
  }

  /** Whether the value at `path` is a scalar without quotes. */
  isPlain(path: FieldPath): boolean {
    const { node, depth } = findNode(this.#node, this.written(path));
    return depth === path.length && node.type === 'scalar' && node.plain;
  }

  /** An edit that puts `replacement` in place of a scalar; undefined where a repair already changes the text there. */
  replaceValue(path: FieldPath, replacement: string): Edit | undefined {
    const { node, depth } = findNode(this.#node, this.written(path));
    if (depth < path.length || node.type !== 'scalar' || node.start === node.end) return undefined;
    if (!this.source.untouched(node.start, node.end)) return undefined;
    return { offset: this.source.writtenOffset(node.start), length: node.end - node.start, replacement };
  }
}
