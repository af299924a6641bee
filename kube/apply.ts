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
  return Object.entries(desired).every(
    ([name, field]) =>
      name === 'status' ||
      isAbsent(field) ||
      (name === 'metadata' ? coversMetadata(live, desired) : covers(live[name], field)),
  );
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
  if (!full) return coversDesired(live, desired);
  return coversMetadata(live, desired) && samePodSecurity(live, desired) && sameBody(live, desired);
}

function coversMetadata(live: KubeObject, desired: KubeObject): boolean {
  const has = (live.metadata ?? {}) as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(desired.metadata ?? {}).every(
    ([name, field]) => serverMetadata.has(name) || isAbsent(field) || covers(has[name], field),
  );
}

const podSecurityPrefix = 'pod-security.kubernetes.io/';

function samePodSecurity(live: KubeObject, desired: KubeObject): boolean {
  const [has, wants] = [live.metadata.labels ?? {}, desired.metadata.labels ?? {}];
  const agree = (name: string) => !name.startsWith(podSecurityPrefix) || (has[name] ?? null) === (wants[name] ?? null);
  return Object.keys(has).every(agree) && Object.keys(wants).every(agree);
}

/** Whether all outside metadata and status is equal; nothing is copied, as most objects are equal and there are many. */
function sameBody(live: KubeObject, desired: KubeObject): boolean {
  const isBody = (name: string) => name !== 'metadata' && name !== 'status';
  return sameFields(live, desired, isBody);
}

/** Maps are equal when the same fields count and are equal; lists, item by item without those that are null. */
function same(live: unknown, desired: unknown): boolean {
  if (Array.isArray(live) && Array.isArray(desired)) {
    const [has, wants] = [present(live), present(desired)];
    return has.length === wants.length && has.every((item, index) => same(item, wants[index]));
  }
  if (isMap(live) && isMap(desired)) return sameFields(live, desired);
  if (live === desired) return true;
  return isPlain(live) && isPlain(desired) && canonicalJson(live) === canonicalJson(desired);
}

function sameFields(
  live: Readonly<Record<string, unknown>>,
  desired: Readonly<Record<string, unknown>>,
  asked: (name: string) => boolean = () => true,
): boolean {
  let open = 0;
  for (const name of Object.keys(desired)) if (asked(name) && counts(name, desired[name], true)) open += 1;
  for (const name of Object.keys(live)) {
    const field = live[name];
    if (!asked(name) || !counts(name, field, false)) continue;
    if (!counts(name, desired[name], true) || !same(field, desired[name])) return false;
    open -= 1;
  }
  return open === 0;
}

/** Whether a field of a map says anything. In what is `sent`, null is absent at any depth, as `prune` makes it. */
function counts(name: string, value: unknown, sent: boolean): boolean {
  return !isAbsent(value) && (meansAll.has(name) || !saysNothing(value, sent));
}

/** Empty maps and lists, also of such. Items of lists count: `[{}]` in a NetworkPolicy means "from everywhere". */
function saysNothing(value: unknown, sent: boolean): boolean {
  if (Array.isArray(value)) return sent ? value.every(isAbsent) : value.length === 0;
  if (!isMap(value)) return false;
  return Object.entries(value).every(([name, field]) =>
    isAbsent(field) ? sent : !meansAll.has(name) && saysNothing(field, sent),
  );
}

/** Selectors for which empty (everything) and absent (nothing, or only here) differ. */
const meansAll = new Set(['podSelector', 'namespaceSelector', 'scopeSelector']);

/** `desired` as it is sent: what is null in it is absent. */
function covers(live: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) {
    const wants = present(desired);
    if (!Array.isArray(live)) return wants.length === 0 && live === undefined;
    return live.length === wants.length && wants.every((item, index) => covers(live[index], item));
  }
  if (!isMap(desired)) return live === desired;
  if (live !== undefined && !isMap(live)) return false;
  return Object.entries(desired).every(
    ([name, field]) => isAbsent(field) || (live !== undefined && covers(live[name], field)),
  );
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function present(list: readonly unknown[]): readonly unknown[] {
  return list.some(isAbsent) ? list.filter((item) => !isAbsent(item)) : list;
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
