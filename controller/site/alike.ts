import type { Grant } from '../../core/model/kinds.ts';
import type { KubeObject } from '../../kube/types.ts';
import { shortHash } from './held.ts';

/** Gives equal values as one and the same, so that they take memory once. What is given back is frozen at every depth. */
export type Share = <T>(value: T) => T;

/** How many of the last values, and of the last texts, are looked through: those of some thousand Grants. */
const mostKnown = 10_000;

/** A value is known by its JSON text, by the hash of a longer one. */
const longestKey = 64;

/**
 * Thousands of Grants say much the same: members of the department, the quota of a size, a condition of the same second. And
 * each decision is here twice, as it was offered and as it was stored. Only the last values are known, so that
 * the memory of what came only once does not grow with the number of Grants.
 */
export function createShare(): Share {
  const texts = new Map<string, string>();
  const values = new Map<string, unknown>();
  const lookUp = <V>(known: Map<string, V>, key: string, value: V): V => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const [oldest] = known.size < mostKnown ? [] : known.keys();
    if (oldest !== undefined) known.delete(oldest);
    known.set(key, value);
    return value;
  };
  const share = (value: unknown): unknown => {
    if (typeof value === 'string') return lookUp(texts, value, value);
    if (typeof value !== 'object' || value === null) return value;
    const key = keyOf(value);
    const known = values.get(key);
    if (known !== undefined) return known;
    return lookUp(values, key, Object.freeze(Array.isArray(value) ? value.map(share) : mapFields(value, share)));
  };
  return share as Share;
}

/**
 * What is kept of a Grant: all but managedFields, and what it has in common with others only once. It is made anew, because
 * an object that a field was deleted from takes several times its size. Pure but for what `share` learns.
 */
export function keptGrant({ metadata: { managedFields: _, ...metadata }, ...rest }: KubeObject, share: Share): Grant {
  return { ...mapFields(rest, share), metadata: mapFields(metadata, share) } as unknown as Grant;
}

/** A spread keeps the compact layout that JSON.parse gave the object; an object made field by field does not. */
function mapFields<T extends object>(value: T, map: (field: unknown) => unknown): T {
  const made = { ...value } as Record<string, unknown>;
  for (const name of Object.keys(made)) made[name] = map(made[name]);
  return made as T;
}

function keyOf(value: object): string {
  const text = JSON.stringify(value);
  return text.length <= longestKey ? text : shortHash(text);
}
