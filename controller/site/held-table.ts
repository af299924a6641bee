import { memberRoles, objectNames, policyNames } from '../../core/desired/index.ts';
import type { Entry, Table } from '../../kube/store.ts';
import type { Held } from './held.ts';

/**
 * What the controller holds of a hundred thousand objects, in bytes instead of objects.
 *
 * Scenario: a namespace has about nine objects of ours, with names that the platform gave. As objects, with a uid, a version,
 * a hash and a key each, they take 4 KiB. Here a namespace is a *place*, with its name, owner and environment once for all
 * kinds, and an object of a known name is a row of 41 bytes at the number of its place. What does not fit a row (another
 * name, an odd uid, another owner than its namespace's, reasons why it is stuck) is kept as the object it is; so what is
 * given back always equals what was put in.
 */
export interface HeldTables {
  /** The table of one kind; ask once per kind. */
  of(kind: string): Table<Held>;
}

/** Names that have a row, by kind. A namespace has its own name, so its place has one row for it. */
const knownNames: Readonly<Record<string, readonly string[]>> = {
  ResourceQuota: [objectNames.quota],
  LimitRange: [objectNames.limits],
  ServiceAccount: [objectNames.serviceAccount],
  NetworkPolicy: Object.values(policyNames),
  RoleBinding: Object.values(memberRoles),
};

/** Empty tables that share their places. */
export function createHeldTables(): HeldTables {
  const places = createPlaces();
  return { of: (kind) => createTable(kind, places) };
}

interface Place {
  readonly number: number;
  readonly namespace: string;
  readonly owner: string;
  readonly environment: string;
  /** Rows in use, of all kinds. */
  rows: number;
}

interface Places {
  get(namespace: string): Place | undefined;
  /** The place for an object; undefined when its namespace has another owner or environment. */
  take(namespace: string, held: Held): Place | undefined;
  /** One row less; a place without rows is forgotten and its number given to the next. */
  leave(place: Place): void;
  all(): Iterable<Place>;
}

function createPlaces(): Places {
  const places = new Map<string, Place>();
  const free: number[] = [];
  /** Names of environments: few in all. */
  const words = new Map<string, string>();
  return {
    get: (namespace) => places.get(namespace),
    all: () => places.values(),
    take(namespace, { owner, environment }) {
      const known = places.get(namespace);
      if (known !== undefined) {
        if (known.owner !== owner || known.environment !== environment) return undefined;
        known.rows += 1;
        return known;
      }
      const word = words.get(environment) ?? environment;
      words.set(word, word);
      const number = free.pop() ?? places.size;
      places.set(namespace, { number, namespace, owner, environment: word, rows: 1 });
      return places.get(namespace);
    },
    leave(place) {
      place.rows -= 1;
      if (place.rows > 0) return;
      places.delete(place.namespace);
      free.push(place.number);
    },
  };
}

/** A row: what it is, 16 bytes of uid, 16 of hash, the version as a double. */
const uidAt = 1;
const hashAt = 17;
const versionAt = 33;
const rowBytes = 41;
const [none, present, terminating] = [0, 1, 2];
/** Places whose rows are in one buffer, so that a table grows without being copied. */
const placesPerBuffer = 256;

const nothing: readonly string[] = [];

function createTable(kind: string, places: Places): Table<Held> {
  const isNamespace = kind === 'Namespace';
  const names = isNamespace ? [''] : (knownNames[kind] ?? []);
  const buffers: Buffer[] = [];
  const odd = new Map<string, Entry<Held>>();
  let rows = 0;

  /** The buffer and offset of a row; the buffer is made when it is not there. */
  const find = (place: Place, slot: number): { readonly buffer: Buffer; readonly at: number } => {
    const index = Math.floor(place.number / placesPerBuffer);
    const buffer = buffers[index] ?? Buffer.alloc(placesPerBuffer * names.length * rowBytes);
    buffers[index] = buffer;
    return { buffer, at: ((place.number % placesPerBuffer) * names.length + slot) * rowBytes };
  };

  const read = (place: Place, slot: number): Entry<Held> | undefined => {
    const { buffer, at } = find(place, slot);
    if (buffer[at] === none) return undefined;
    const { namespace, owner, environment } = place;
    const version = String(buffer.readDoubleLE(at + versionAt));
    const value = {
      kind,
      name: isNamespace ? namespace : (names[slot] ?? ''),
      namespace: isNamespace ? undefined : namespace,
      uid: uidOf(buffer.toString('hex', at + uidAt, at + hashAt)),
      version,
      hash: buffer.toString('latin1', at + hashAt, at + versionAt),
      owner,
      environment,
      terminating: buffer[at] === terminating,
      blocking: nothing,
    };
    return { version, value };
  };

  const locate = (key: string): { readonly place: Place; readonly slot: number } | undefined => {
    const slash = key.indexOf('/');
    const place = places.get(slash < 0 ? key : key.slice(0, slash));
    const slot = names.indexOf(slash < 0 ? '' : key.slice(slash + 1));
    return place === undefined || slot < 0 ? undefined : { place, slot };
  };

  const get = (key: string): Entry<Held> | undefined => {
    const found = locate(key);
    return odd.get(key) ?? (found && read(found.place, found.slot));
  };

  const remove = (key: string): boolean => {
    if (odd.delete(key)) return true;
    const found = locate(key);
    if (found === undefined) return false;
    const { buffer, at } = find(found.place, found.slot);
    if (buffer[at] === none) return false;
    buffer[at] = none;
    rows -= 1;
    places.leave(found.place);
    return true;
  };

  const pack = (key: string, { version, value }: Entry<Held>): boolean => {
    const slot = names.indexOf(isNamespace ? '' : value.name);
    const namespace = isNamespace ? value.name : value.namespace;
    const whole = isNamespace ? namespace : `${namespace}/${value.name}`;
    if (slot < 0 || namespace === undefined || key !== whole || !fits(value, version, kind)) return false;
    const place = places.take(namespace, value);
    if (place === undefined) return false;
    const { buffer, at } = find(place, slot);
    buffer[at] = value.terminating ? terminating : present;
    buffer.write(value.uid.replaceAll('-', ''), at + uidAt, 'hex');
    buffer.write(value.hash, at + hashAt, 'latin1');
    buffer.writeDoubleLE(Number(version), at + versionAt);
    rows += 1;
    return true;
  };

  return {
    get size() {
      return rows + odd.size;
    },
    get,
    has: (key) => get(key) !== undefined,
    set(key, entry) {
      remove(key);
      if (!pack(key, entry)) odd.set(key, entry);
    },
    delete: remove,
    *keys() {
      for (const place of places.all()) {
        for (const [slot, name] of names.entries()) {
          const { buffer, at } = find(place, slot);
          if (buffer[at] !== none) yield isNamespace ? place.namespace : `${place.namespace}/${name}`;
        }
      }
      yield* odd.keys();
    },
  };
}

const uidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a row of this kind gives back the same. Pure. */
function fits(held: Held, version: string, kind: string): boolean {
  const number = Number(version);
  return (
    held.kind === kind &&
    (held.namespace === undefined) === (kind === 'Namespace') &&
    held.blocking.length === 0 &&
    held.version === version &&
    Number.isSafeInteger(number) &&
    String(number) === version &&
    uidPattern.test(held.uid) &&
    held.hash.length === versionAt - hashAt &&
    /^[\0-\xff]*$/.test(held.hash)
  );
}

function uidOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
