import type { FieldPath } from './types.ts';

/** Offsets are those of the parsed text of the file's Source. */
interface Span {
  readonly start: number;
  readonly end: number;
}
export interface ScalarNode extends Span {
  readonly type: 'scalar';
  readonly value: string | number | boolean | null;
  /** True when written without quotes, so that YAML guessed its type. */
  readonly plain: boolean;
}
export interface MapEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: YamlNode;
}
export interface MapNode extends Span {
  readonly type: 'map';
  readonly entries: MapEntry[];
}
export interface SeqNode extends Span {
  readonly type: 'seq';
  readonly items: YamlNode[];
}
/** A YAML value with its place, the same whichever parser made it; aliases are already expanded. */
export type YamlNode = ScalarNode | MapNode | SeqNode;

/** Deeper documents are refused: no kind needs a tenth of it, and recursion stays bounded. */
export const maxDepth = 64;

/** The plain value; of keys written twice the last one counts, as in every YAML reader. */
export function toValue(node: YamlNode): unknown {
  switch (node.type) {
    case 'scalar':
      return node.value;
    case 'seq':
      return node.items.map(toValue);
    case 'map': {
      const value: Record<string, unknown> = {};
      for (const entry of node.entries) {
        if (entry.key === '__proto__') Object.defineProperty(value, entry.key, own(toValue(entry.value)));
        else value[entry.key] = toValue(entry.value);
      }
      return value;
    }
  }
}

const own = (value: unknown) => ({ value, enumerable: true, configurable: true, writable: true });

/** What lies at a path: the node, and the entry that holds it when its parent is a map. */
export interface Found {
  readonly node: YamlNode;
  readonly entry?: MapEntry | undefined;
  /** How many steps of the path exist. */
  readonly depth: number;
}

/** The node at `path`, or the nearest ancestor that is written. */
export function findNode(root: YamlNode, path: FieldPath): Found {
  let found: Found = { node: root, depth: 0 };
  for (const step of path) {
    const { node, depth } = found;
    if (node.type === 'map') {
      const entry = node.entries.findLast((candidate) => candidate.key === String(step));
      if (entry === undefined) return found;
      found = { node: entry.value, entry, depth: depth + 1 };
    } else if (node.type === 'seq') {
      const item = node.items[Number(step)];
      if (item === undefined) return found;
      found = { node: item, depth: depth + 1 };
    } else return found;
  }
  return found;
}

/** Visits every node, parents first. */
export function visitNodes(node: YamlNode, visit: (node: YamlNode) => void): void {
  visit(node);
  if (node.type === 'seq') for (const item of node.items) visitNodes(item, visit);
  if (node.type === 'map') for (const entry of node.entries) visitNodes(entry.value, visit);
}

const integer = /^[-+]?[0-9]+$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** What an unquoted scalar means: YAML 1.2.2, 10.3 core schema. */
export function resolvePlain(text: string): string | number | boolean | null {
  const first = text.charCodeAt(0);
  const maybeNumber = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  if (maybeNumber) {
    if (integer.test(text)) return Number.parseInt(text, 10);
    if (/^0o[0-7]+$/.test(text)) return Number.parseInt(text.slice(2), 8);
    if (/^0x[0-9a-fA-F]+$/.test(text)) return Number.parseInt(text.slice(2), 16);
    if (float.test(text)) return Number.parseFloat(text);
    if (/^[-+]?\.(inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
    if (/^\.(nan|NaN|NAN)$/.test(text)) return Number.NaN;
    return text;
  }
  switch (text) {
    case '':
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return null;
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    default:
      return text;
  }
}
