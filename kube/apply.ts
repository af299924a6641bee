import { createHash } from 'node:crypto';
import type { KubeObject } from './types.ts';

/**
 * What of an object is ours to compare. Fields that only the server writes never count: otherwise every write would
 * look like a change of its own.
 */
const serverMetadata = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

/**
 * `value` without entries that are null or undefined, at any depth, as server-side apply needs it: a null would claim
 * the field. Empty lists and maps stay: they claim "nothing in here". Pure.
 */
export function prune<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.filter((item) => item !== null && item !== undefined).map((item) => prune(item)) as T;
  }
  if (!isMap(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if (field !== null && field !== undefined) kept[name] = prune(field);
  }
  return kept as T;
}

/**
 * SHA-256 (base64url, 43 characters) of the object without status and without what the server writes; the same for
 * any order of keys, and whether absent fields are left out or null. Lists keep their order. Pure.
 */
export function hashOf(object: KubeObject): string {
  const { status: _, ...rest } = object;
  const metadata = Object.entries(object.metadata).filter(([name]) => !serverMetadata.has(name));
  const owned = { ...rest, metadata: Object.fromEntries(metadata) };
  return createHash('sha256').update(canonicalJson(owned)).digest('base64url');
}

/** JSON with sorted keys and without null and undefined, so that equal values give equal text. Pure. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  const add = (part: string): void => {
    text += text === '' ? part : `,${part}`;
  };
  if (Array.isArray(value)) {
    for (const item of value) if (item !== null && item !== undefined) add(canonicalJson(item));
    return `[${text}]`;
  }
  const map = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(map).sort()) {
    const field = map[name];
    if (field !== null && field !== undefined) add(`${JSON.stringify(name)}:${canonicalJson(field)}`);
  }
  return `{${text}}`;
}

/**
 * Whether `live` holds everything that `desired` asks for. Maps may hold more (labels of others, defaults of the
 * server); lists must be equal item by item, each item again covered. Quantities are compared as text, so write them in
 * the canonical form. Metadata of the server and `status` are not looked at. Pure.
 */
export function coversDesired(live: KubeObject, desired: KubeObject): boolean {
  return covers(withoutServerFields(live), withoutServerFields(prune(desired)));
}

/** See equalsOwned. */
export interface OwnedOptions {
  /** Also what `live` has besides counts as drift, outside metadata. */
  readonly full: boolean;
}

/**
 * Whether `live` is as `desired` wants it. With `full` every field outside metadata must be equal, so that an added
 * rule, subject or limit counts as drift: for Role, RoleBinding, NetworkPolicy, ResourceQuota and LimitRange. Of the
 * metadata the labels, annotations and owners that `desired` names must be there, as in `coversDesired`; pod security
 * labels (`pod-security.kubernetes.io/`) that `desired` does not name are drift too. An empty map or list equals an
 * absent one. Pure.
 */
export function equalsOwned(live: KubeObject, desired: KubeObject, { full }: OwnedOptions): boolean {
  const has = withoutServerFields(live);
  const wants = withoutServerFields(prune(desired));
  if (!full) return covers(has, wants);
  if (!covers(has['metadata'] ?? {}, wants['metadata'] ?? {})) return false;
  if (canonicalJson(podSecurityLabels(live)) !== canonicalJson(podSecurityLabels(desired))) return false;
  return canonicalJson(withoutEmpty(body(has))) === canonicalJson(withoutEmpty(body(wants)));
}

const podSecurityPrefix = 'pod-security.kubernetes.io/';

function podSecurityLabels(object: KubeObject): Record<string, string> {
  const labels = Object.entries(object.metadata.labels ?? {});
  return Object.fromEntries(labels.filter(([name]) => name.startsWith(podSecurityPrefix)));
}

function body(object: Record<string, unknown>): Record<string, unknown> {
  const { metadata: _, ...rest } = object;
  return rest;
}

function withoutServerFields(object: KubeObject): Record<string, unknown> {
  const { status: _, ...rest } = object;
  const metadata = Object.entries(object.metadata).filter(([name]) => !serverMetadata.has(name));
  return { ...rest, metadata: Object.fromEntries(metadata) };
}

/** Drops empty maps and lists inside maps. Items of lists stay: `[{}]` in a NetworkPolicy means "from everywhere". */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isMap(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const inner = withoutEmpty(field);
    if (!isEmpty(inner) || meansAll.has(name)) kept[name] = inner;
  }
  return kept;
}

/** Selectors for which empty (everything) and absent (nothing, or only here) differ. */
const meansAll = new Set(['podSelector', 'namespaceSelector', 'scopeSelector']);

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}

function covers(live: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) {
    if (!Array.isArray(live)) return desired.length === 0 && live === undefined;
    return live.length === desired.length && desired.every((item, index) => covers(live[index], item));
  }
  if (!isMap(desired)) return live === desired;
  if (live === undefined) return Object.keys(desired).length === 0;
  return isMap(live) && Object.entries(desired).every(([name, field]) => covers(live[name], field));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
