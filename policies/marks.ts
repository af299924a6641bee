import { managedByValue } from '../core/desired/names.ts';
import { group, labels } from '../core/model/names.ts';
import { type FieldPath, innerOf, type JsonObject, listOf, mapOf } from './rule.ts';

const reservedPrefixes = [`${managedByValue}-`, `${managedByValue}:`] as const;

/**
 * Whether only the platform gives such a name: `jinhong-quota`, `jinhong:tenant-admin`, and `jinhong` itself, because a
 * workload of that name has the cluster make Pods `jinhong-...`. Pure.
 */
export function isReservedName(name: string): boolean {
  return name === managedByValue || reservedPrefixes.some((prefix) => name.startsWith(prefix));
}

/** CEL for `isReservedName`; `name` is an expression for a text. Pure. */
export function celReservedName(name: string): string {
  const prefixed = reservedPrefixes.map((prefix) => `${name}.startsWith('${prefix}')`);
  return `(${[`${name} == '${managedByValue}'`, ...prefixed].join(' || ')})`;
}

/** A trace of the platform in an object's metadata. */
export interface Mark {
  /** From `metadata`. */
  readonly path: FieldPath;
  /** The same text for the same mark, whatever the order. */
  readonly text: string;
}

const ours = (text: string) => text.startsWith(`${group}/`);
const isKey = (key: string) => ours(key) || key.startsWith(`ancestor.${group}/`);

/** The platform's labels, annotations, finalizers and owners in an object's metadata. Pure. */
export function marksOf(metadata: JsonObject): Mark[] {
  const keyed = (['labels', 'annotations'] as const).flatMap((field) =>
    Object.entries(mapOf({ metadata }, field))
      .filter(([key, value]) => isKey(key) || (key === labels.managedBy && value === managedByValue))
      .map(([key, value]) => ({ path: [field, key], text: `${field} ${key}=${value}` })),
  );
  return [...keyed, ...tiesOf(metadata, ours)];
}

/** CEL for the texts of `marksOf`; `metadata` is an expression for an object's metadata. Pure. */
export function celMarks(metadata: string): string {
  const keyed = (field: string) =>
    `${metadata}.?${field}.orValue({}).filter(k, k.startsWith('${group}/') || k.startsWith('ancestor.${group}/') || ` +
    `(k == '${labels.managedBy}' && ${metadata}.${field}[k] == '${managedByValue}'))` +
    `.map(k, '${field} ' + k + '=' + ${metadata}.${field}[k])`;
  return `${keyed('labels')} + ${keyed('annotations')} + ${celTies(metadata, (name) => `${name}.startsWith('${group}/')`)}`;
}

/** CEL that holds when two lists have the same texts. Pure. */
export function celSame(one: string, other: string): string {
  return `${one}.all(t, t in ${other}) && ${other}.all(t, t in ${one})`;
}

/** Whether two objects have the same marks. Pure. */
export function sameMarks(one: readonly Mark[], other: readonly Mark[]): boolean {
  const [texts, others] = [one, other].map((list) => new Set(list.map(({ text }) => text)));
  return texts?.size === others?.size && [...(texts ?? [])].every((text) => others?.has(text));
}

/** The name of an object; empty when it has none. Pure. */
export function nameOf(object: JsonObject | undefined): string {
  return String(innerOf(object, 'metadata')['name'] ?? '');
}

/** Finalizers, and owners by the API version of their kind, that pass `which`: they decide when an object goes. Pure. */
export function tiesOf(metadata: JsonObject, which: (name: string) => boolean = () => true): Mark[] {
  const finalizers = ((metadata['finalizers'] ?? []) as string[]).flatMap((finalizer, index) =>
    which(finalizer) ? [{ path: ['finalizers', index], text: `finalizer ${finalizer}` }] : [],
  );
  const owners = listOf(metadata, 'ownerReferences').flatMap((owner, index) =>
    which(String(owner['apiVersion']))
      ? [{ path: ['ownerReferences', index], text: `owner ${String(owner['uid'])}` }]
      : [],
  );
  return [...finalizers, ...owners];
}

/** CEL for the texts of `tiesOf`; `metadata` is an expression for an object's metadata, `which` gives one for a name. Pure. */
export function celTies(metadata: string, which?: (name: string) => string): string {
  const kept = (item: string, name: string) => (which === undefined ? '' : `.filter(${item}, ${which(name)})`);
  return (
    `${metadata}.?finalizers.orValue([])${kept('f', 'f')}.map(f, 'finalizer ' + f) + ` +
    `${metadata}.?ownerReferences.orValue([])${kept('o', 'o.apiVersion')}.map(o, 'owner ' + o.uid)`
  );
}
