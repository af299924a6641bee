import { managedByValue, memberRoles, policyNames } from '../../core/desired/index.ts';
import { labels } from '../../core/model/names.ts';
import { keyOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, ListOptions, Resource } from '../../kube/types.ts';

/**
 * Which objects that are in no cache have to be asked for at the server. Scenario: while no controller ran, somebody took the
 * labels off a RoleBinding that the next decision removes. No watch tells of it, and it goes on letting people in. Asking for
 * each such name in each namespace costs a new process three requests per tenant; so objects of these names that lack
 * our labels are listed once at the start, as are namespaces, and after that only what the watches lose is asked for.
 */
export interface Lookups {
  /** Whether the server has to be asked for this object. */
  needed(object: Marked): boolean;
  /** Whether a namespace may be there though no cache holds it: it was seen without our labels, or a cache lost it. */
  suspected(object: Marked): boolean;
  /** The server was asked and has none that is ours. */
  none(object: Marked): void;
  /** We wrote it, so that there was none is no longer true; from now on the caches tell of it. */
  written(object: Marked): void;
  /** It may be there again: it was lost from a cache. */
  lost(object: Marked): void;
  /** Lists what is there without our labels. Until this has succeeded every object is asked for once. @throws as the client */
  sweep(client: Pick<KubeClient, 'pages'>): Promise<void>;
}

/** What names an object. */
type Marked = Pick<KubeObject, 'kind' | 'metadata'>;

/** Names of ours that a decision may remove from a namespace (`absent` of a desired environment). */
const removable: readonly (readonly [Resource, readonly string[]])[] = [
  [resources.roleBinding, Object.values(memberRoles)],
  [resources.networkPolicy, Object.values(policyNames)],
];

/** An object that lacks either label is in no cache. */
const unlabelled = [`!${labels.tenant}`, `${labels.managedBy}!=${managedByValue}`];

/** Nothing asked for yet. */
export function createLookups(): Lookups {
  const asked = new Set<string>();
  const suspects = new Set<string>();
  let swept = false;
  const isRemovable = ({ kind }: Marked): boolean => removable.some(([resource]) => resource.kind === kind);
  const isSwept = (object: Marked): boolean => object.kind === resources.namespace.kind || isRemovable(object);
  const suspected = (object: Marked): boolean => (swept ? suspects.has(markOf(object)) : !asked.has(markOf(object)));
  return {
    needed: (object) => (isRemovable(object) ? suspected(object) : !asked.has(markOf(object))),
    suspected,
    none(object) {
      suspects.delete(markOf(object));
      if (!swept || !isRemovable(object)) asked.add(markOf(object));
    },
    written: (object) => void asked.delete(markOf(object)),
    lost(object) {
      asked.delete(markOf(object));
      if (isSwept(object)) suspects.add(markOf(object));
    },
    async sweep(client) {
      const named = removable.flatMap(([resource, names]) =>
        names.map((name) => [resource, { fieldSelector: `metadata.name=${name}` }] as const),
      );
      await Promise.all(
        [[resources.namespace, {}] as const, ...named].flatMap(([resource, options]) =>
          unlabelled.map((labelSelector) => list(client, resource, { ...options, labelSelector })),
        ),
      );
      swept = true;
    },
  };

  async function list(client: Pick<KubeClient, 'pages'>, resource: Resource, options: ListOptions): Promise<void> {
    for await (const { items } of client.pages(resource, options)) {
      for (const item of items) suspects.add(markOf(item));
    }
  }
}

function markOf(object: Marked): string {
  return `${object.kind} ${keyOf(object)}`;
}
