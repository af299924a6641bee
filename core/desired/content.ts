import { annotations, labels, group as ourGroup } from '../model/names.ts';

/** Any object as the API server has it; the parts that matter here. */
export interface LiveObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

type Tree = { readonly [field: string]: unknown };

/** Labels that decide whose an object is and what protects it: in these an addition counts as much as a change. */
const ownPrefixes = [`${ourGroup}/`, `ancestor.${ourGroup}/`, 'pod-security.kubernetes.io/'];
const ownAnnotations: readonly string[] = [
  annotations.groups,
  annotations.registries,
  annotations.mode,
  annotations.membersChange,
];

/** Fields of which none is content, whatever the kind. */
const outside: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** Fields that are the platform's by kind; for kinds not named, everything outside metadata and status is. */
const ownFields: Readonly<Record<string, readonly string[]>> = {
  // A tenant lists its own pull secrets there, and the API server fills in `secrets`.
  ServiceAccount: ['automountServiceAccountToken'],
  Namespace: [],
};

/**
 * What of an object belongs to the platform, whoever wrote it: two objects with equal owned content need no write. An
 * added subject, rule, scope or protection label is part of it, so it counts as drift. Works on live and on desired
 * objects alike. Pure.
 */
export function ownedContent(object: LiveObject): Tree {
  const { kind, metadata } = object;
  return {
    ...pick(object, ownFieldOf(kind)),
    metadata: {
      labels: pick(metadata.labels ?? {}, isOwnLabel),
      annotations: pick(metadata.annotations ?? {}, isOwnAnnotation),
    },
  };
}

/**
 * The merge patch that turns the owned content of `live` into that of `desired`; undefined when they are equal. Needed for
 * what an apply cannot remove: fields that another writer added. Pure.
 */
export function correction(live: LiveObject, desired: LiveObject): Tree | undefined {
  return difference(ownedContent(live), ownedContent(desired));
}

function difference(from: Tree, to: Tree): Tree | undefined {
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(from)) if (to[name] === undefined) patch[name] = null;
  for (const [name, wanted] of Object.entries(to)) {
    const has = from[name];
    if (isTree(has) && isTree(wanted)) {
      const inner = difference(has, wanted);
      if (inner !== undefined) patch[name] = inner;
    } else if (!sameValue(has, wanted)) {
      patch[name] = wanted;
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/**
 * Whether `live`, of the kind of `desired`, has its owned content: there is no correction. Compares in place, as nearly
 * always there is none. Pure.
 */
export function hasContent(live: LiveObject, desired: LiveObject): boolean {
  return (
    live.kind === desired.kind &&
    sameFields(live, desired, ownFieldOf(desired.kind)) &&
    sameFields(live.metadata.labels ?? {}, desired.metadata.labels ?? {}, isOwnLabel) &&
    sameFields(live.metadata.annotations ?? {}, desired.metadata.annotations ?? {}, isOwnAnnotation)
  );
}

/** Whether two JSON values are equal, whatever the order of their keys; null and absent differ. Pure. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
  }
  return isTree(a) && isTree(b) && sameFields(a, b);
}

function sameFields(a: Tree, b: Tree, asked: (name: string) => boolean = () => true): boolean {
  for (const name in a) if (asked(name) && (b[name] === undefined || !sameValue(a[name], b[name]))) return false;
  for (const name in b) if (a[name] === undefined && b[name] !== undefined && asked(name)) return false;
  return true;
}

function ownFieldOf(kind: string): (name: string) => boolean {
  const fields = ownFields[kind];
  return fields === undefined ? (name) => !outside.has(name) : (name) => fields.includes(name);
}

function isOwnAnnotation(name: string): boolean {
  return ownAnnotations.includes(name);
}

function isOwnLabel(name: string): boolean {
  return name === labels.managedBy || ownPrefixes.some((prefix) => name.startsWith(prefix));
}

function pick<T>(map: Readonly<Record<string, T>>, keep: (name: string) => boolean): Record<string, T> {
  const kept: Record<string, T> = {};
  for (const [name, value] of Object.entries(map)) if (keep(name)) kept[name] = value;
  return kept;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
