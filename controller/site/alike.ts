import type { Grant } from '../../core/model/kinds.ts';
import type { KubeObject } from '../../kube/types.ts';

/** Gives equal values as one and the same, so that they take memory once. What is given back is frozen at every depth. */
export type Share = <T>(value: T) => T;

/** How many of the last values, and of the last texts, are looked through: those of some thousand Grants. */
const mostKnown = 10_000;

/** A value and its name; equal values have the same name as long as they are known. */
interface Known {
  readonly id: string;
  readonly value: unknown;
}

/**
 * Thousands of Grants say much the same: members of the department, the quota of a size, a condition of the same second. And
 * each decision is here twice, as it was offered and as it was stored. Only the last values are known, so that
 * the memory of what came only once does not grow with the number of Grants.
 */
export function createShare(): Share {
  const texts = createRecent();
  const values = createRecent();
  let ids = 0;
  const known = (value: unknown): Known => {
    ids += 1;
    return { id: `#${ids}`, value };
  };
  const shareText = (text: string): Known => texts(text, () => known(text));
  const share = (value: unknown): Known => {
    if (typeof value === 'string') return shareText(value);
    if (typeof value !== 'object' || value === null) return { id: String(value), value };
    // An object is known by the names of its parts, so that each part is looked at once.
    const parts = Object.values(value).map(share);
    const list = Array.isArray(value);
    const names = list ? [] : Object.keys(value).map((name) => shareText(name).id);
    const key = `${list ? '[' : names.join()}:${parts.map(({ id }) => id).join()}`;
    return values(key, () => {
      const shared = parts.map((part) => part.value);
      return known(Object.freeze(list ? shared : mapFields(value, (_, index) => shared[index])));
    });
  };
  return ((value: unknown) => share(value).value) as Share;
}

/** What was asked for lately, by key, made when it is not known. The older half is forgotten when the newer one is full. */
function createRecent(): (key: string, make: () => Known) => Known {
  let newer = new Map<string, Known>();
  let older = newer;
  return (key, make) => {
    const found = newer.get(key);
    if (found !== undefined) return found;
    const value = older.get(key) ?? make();
    if (newer.size >= mostKnown / 2) {
      older = newer;
      newer = new Map();
    }
    newer.set(key, value);
    return value;
  };
}

/**
 * What is kept of a Grant: all but managedFields, and what it has in common with others only once. It is made anew, because
 * an object that a field was deleted from takes several times its size. Pure but for what `share` learns.
 */
export function keptGrant({ metadata: { managedFields: _, ...metadata }, ...rest }: KubeObject, share: Share): Grant {
  return { ...mapFields(rest, share), metadata: mapFields(metadata, share) } as unknown as Grant;
}

/** A spread keeps the compact layout that JSON.parse gave the object; an object made field by field does not. */
function mapFields<T extends object>(value: T, map: (field: unknown, index: number) => unknown): T {
  const made = { ...value } as Record<string, unknown>;
  for (const [index, name] of Object.keys(made).entries()) made[name] = map(made[name], index);
  return made as T;
}
