import type { Held } from './held.ts';

/**
 * One copy of what many held objects have in common. A server's answer gives each object its own copy of its namespace,
 * owner and so on; with a hundred thousand objects that is most of what the controller remembers.
 */
export interface Shared {
  /** The same, with strings that objects of one namespace have only once. */
  of(held: Held): Held;
  /** Forgets the strings of a namespace that is gone. */
  forget(namespace: string): void;
}

interface Place {
  readonly namespace: string;
  readonly owner: string;
  readonly environment: string;
}

const nothing: readonly string[] = [];

/** Nothing shared yet. */
export function createShared(): Shared {
  const places = new Map<string, Place>();
  /** Kinds, names that the platform gives, names of environments: few in all. */
  const words = new Map<string, string>();
  const word = (text: string): string => {
    const known = words.get(text);
    if (known === undefined) words.set(text, text);
    return known ?? text;
  };
  const placeOf = (held: Held, namespace: string): Place => {
    const known = places.get(namespace);
    if (known?.owner === held.owner && known.environment === held.environment) return known;
    const made = { namespace, owner: held.owner, environment: word(held.environment) };
    places.set(namespace, made);
    return made;
  };
  return {
    of(held) {
      const { namespace, owner, environment } = placeOf(held, held.namespace ?? held.name);
      return {
        kind: word(held.kind),
        name: held.namespace === undefined ? namespace : word(held.name),
        namespace: held.namespace === undefined ? undefined : namespace,
        uid: held.uid,
        version: held.version,
        hash: held.hash,
        owner,
        environment,
        terminating: held.terminating,
        blocking: held.blocking.length === 0 ? nothing : held.blocking,
      };
    },
    forget: (namespace) => void places.delete(namespace),
  };
}
