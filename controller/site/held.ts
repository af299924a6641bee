import { hash } from 'node:crypto';
import { managedByValue, ownedContent } from '../../core/desired/index.ts';
import { annotations, grantName, labels, managers } from '../../core/model/names.ts';
import { canonicalJson } from '../../kube/apply.ts';
import type { KubeObject } from '../../kube/types.ts';

/** What the controller remembers of one object of a tenant: enough to know whose it is and whether it is as wanted. */
export interface Held {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
  readonly version: string;
  /** Of the owned content, see `contentHash`. */
  readonly hash: string;
  /** Name of the Grant that it belongs to. */
  readonly owner: string;
  readonly environment: string;
  readonly terminating: boolean;
  /** For a namespace: why its removal does not go on, in the API server's words. */
  readonly blocking: readonly string[];
}

/** Only objects of tenants match; one that loses either label disappears from a watch, which is told as a removal. */
export const heldSelector = `${labels.managedBy}=${managedByValue},${labels.tenant}`;

/** Bytes of a SHA-256 that are kept: with 128 bits nobody finds another content for a wanted hash, and there are many. */
const hashBytes = 16;

/** First bytes of a namespace's hash, see `areAlikeButRegistries`. */
const restBytes = hashBytes / 2;

/**
 * Equal for two objects whose platform-owned content is equal, also between desired and live ones: a SHA-256, cut to 16 bytes
 * and written as latin1 (which Node calls binary here). That of a namespace, which no member can write, is two of 8 bytes:
 * of all but the registries, and of these. Pure.
 */
export function contentHash(object: KubeObject): string {
  if (object.kind !== 'Namespace') return digest(canonicalJson(ownedContent(object)), hashBytes);
  const { [annotations.registries]: registries, ...rest } = object.metadata.annotations ?? {};
  const content = ownedContent({ ...object, metadata: { ...object.metadata, annotations: rest } });
  return digest(canonicalJson(content), restBytes) + digest(registries ?? '', hashBytes - restBytes);
}

function digest(text: string, bytes: number): string {
  return hash('sha256', text, 'binary').slice(0, bytes);
}

/** Whether two hashes of a namespace are equal but for the registries: these say nothing about who is let in. Pure. */
export function areAlikeButRegistries(one: string, other: string): boolean {
  return one.slice(0, restBytes) === other.slice(0, restBytes);
}

/** What to remember of a live object. Pure. */
export function heldOf(object: KubeObject): Held {
  const { metadata } = object;
  const marks = metadata.labels ?? {};
  return {
    kind: object.kind,
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid ?? '',
    version: metadata.resourceVersion ?? '',
    hash: contentHash(object),
    owner: grantName(marks[labels.department] ?? '', marks[labels.tenant] ?? ''),
    environment: marks[labels.environment] ?? '',
    terminating: metadata.deletionTimestamp !== undefined,
    blocking: object.kind === 'Namespace' ? blockingOf(object) : [],
  };
}

/** Whether an object of a name that we use was made by us for `owner`: by its labels, or by who applied it. Pure. */
export function isOurs(live: KubeObject, owner: string): boolean {
  const marks = live.metadata.labels ?? {};
  const marked = marks[labels.managedBy] === managedByValue && heldOf(live).owner === owner;
  return marked || (live.metadata.managedFields ?? []).some(isOurEntry);
}

function isOurEntry(entry: unknown): boolean {
  const { manager, operation } = entry as { manager?: string; operation?: string };
  return manager === managers.site && operation === 'Apply';
}

/** Conditions of a terminating namespace that say what is left; namespace controller of Kubernetes. */
const blockingConditions = new Set([
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
  'NamespaceContentRemaining',
  'NamespaceFinalizersRemaining',
]);

function blockingOf(namespace: KubeObject): string[] {
  const status = namespace['status'] as
    | { conditions?: { type: string; status: string; message?: string }[] }
    | undefined;
  return (status?.conditions ?? [])
    .filter((condition) => condition.status === 'True' && blockingConditions.has(condition.type))
    .map((condition) => condition.message ?? condition.type)
    .sort();
}
