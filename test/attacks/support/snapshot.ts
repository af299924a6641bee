/** What is stored at a centre, so that a case can say: nothing has changed. */
import { discover } from './discovery.ts';
import type { Wire } from './http.ts';

/** By `<centre>: <kind> <namespace>/<name>`: its state as text. */
export type Snapshot = ReadonlyMap<string, string>;

/** Kinds that change all the time (heartbeats, what is told to people), or that the server makes up when asked. */
const restless = new Set(['leases', 'events', 'componentstatuses']);

interface Listed {
  readonly items?: readonly { readonly metadata: Metadata; readonly spec?: unknown }[] | null;
}

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly labels?: object;
  readonly annotations?: object;
  readonly finalizers?: unknown;
  readonly ownerReferences?: unknown;
}

/** Every object of every kind at one centre, but of the restless kinds. */
export async function takeSnapshot(wire: Wire, site: string): Promise<Snapshot> {
  const newest = new Map<string, Awaited<ReturnType<typeof discover>>[number]>();
  for (const served of await discover(wire)) {
    const key = `${served.group}/${served.resource}`;
    if (!newest.has(key) && served.verbs.includes('list') && !restless.has(served.resource)) newest.set(key, served);
  }
  const lists = await Promise.all(
    [...newest.values()].map(async (served) => {
      const whole = served.resource === 'resourcequotas';
      const accept = whole ? 'application/json' : 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
      const answer = await wire.send({ method: 'GET', path: `${served.base}/${served.resource}`, headers: { accept } });
      if (answer.status !== 200) throw new Error(`${site}: list ${served.resource}: ${answer.status}`);
      const { items } = JSON.parse(answer.text) as Listed;
      return (items ?? []).map(({ metadata, spec }): [string, string] => [
        `${site}: ${served.resource} ${metadata.namespace ?? ''}/${metadata.name}`,
        stateOf(metadata, whole ? spec : undefined),
      ]);
    }),
  );
  return new Map(lists.flat());
}

/**
 * What of an object counts. Where the server counts changes of the spec, and for a quota, the status does not: controllers
 * report in it all the time. For everything else each version counts.
 */
function stateOf(metadata: Metadata, spec: unknown): string {
  const { uid, resourceVersion, generation, labels, annotations, finalizers, ownerReferences } = metadata;
  if (generation === undefined && spec === undefined) return `${uid} ${resourceVersion}`;
  return JSON.stringify([uid, generation, spec, labels, annotations, finalizers, ownerReferences]);
}

/** What differs: `created`, `changed` or `gone`, with the object. Sorted; empty when nothing does. Pure. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const created = [...after.keys()].filter((key) => !before.has(key)).map((key) => `created ${key}`);
  const gone = [...before.keys()].filter((key) => !after.has(key)).map((key) => `gone ${key}`);
  const changed = [...before]
    .filter(([key, is]) => after.has(key) && after.get(key) !== is)
    .map(([key]) => `changed ${key}`);
  return [...created, ...gone, ...changed].sort();
}
