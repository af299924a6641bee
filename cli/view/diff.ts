import type { Style } from './style.ts';

/** One field that differs; an absent side is undefined. */
export interface PathDiff {
  /** `spec.environments[name=test].quota["requests.cpu"]`; list entries by their key where they have one. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

type Plain = Readonly<Record<string, unknown>>;

const keyFields = ['name', 'hostname', 'group', 'type', 'destination', 'key'] as const;

/**
 * The fields in which `after` differs from `before`, in the order of their paths. List entries are matched by their
 * name-like field when every entry has a distinct one, else by place. Equal values give nothing. Pure.
 */
export function diffPaths(before: unknown, after: unknown, path = ''): PathDiff[] {
  if (isPlain(before) && isPlain(after)) return diffPlain(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) {
    const key = keyFields.find((field) => keyed(before, field) && keyed(after, field));
    return diffPlain(byKey(before, key), byKey(after, key), path, true);
  }
  return same(before, after) ? [] : [{ path, before, after }];
}

function diffPlain(before: Plain, after: Plain, path: string, entries = false): PathDiff[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  if (!entries) names.sort();
  return names.flatMap((name) => diffPaths(before[name], after[name], entries ? `${path}[${name}]` : join(path, name)));
}

function join(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${path}["${name}"]`;
  return path === '' ? name : `${path}.${name}`;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyed(list: readonly unknown[], field: string): boolean {
  const keys = list.map((entry) => (isPlain(entry) ? entry[field] : undefined));
  return keys.every((key) => typeof key === 'string') && new Set(keys).size === keys.length;
}

function byKey(list: readonly unknown[], field: string | undefined): Plain {
  return Object.fromEntries(
    list.map((entry, index) => [
      field === undefined || !isPlain(entry) ? String(index) : `${field}=${String(entry[field])}`,
      entry,
    ]),
  );
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** One line per difference: `+` added, `-` removed, `~` changed, as signs and colours. */
export function renderDiff(list: readonly PathDiff[], style: Style): string[] {
  return list.map(({ path, before, after }) => {
    if (before === undefined) return style.good(`+ ${path}: ${shown(after)}`);
    if (after === undefined) return style.bad(`- ${path}: ${shown(before)}`);
    return style.warn(`~ ${path}: ${shown(before)} -> ${shown(after)}`);
  });
}
