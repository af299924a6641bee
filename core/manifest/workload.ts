import { group } from '../model/names.ts';
import { Draft } from './document.ts';
import { nearest } from './near.ts';
import type { MapEntry, MapNode, ScalarNode, YamlNode } from './node.ts';
import type { ParsedDocument } from './parse.ts';
import type { Manifest } from './types.ts';

/** An object of a department's own: of any API group but ours. Its fields are not judged by a schema here. */
export type Workload = Omit<Manifest<unknown>, 'metadata'> & {
  readonly metadata?: Partial<Manifest<unknown>['metadata']>;
};

/** API groups of files that tools read on the user's machine; no API server stores their kinds. */
const clientGroups = ['kustomize.config.k8s.io'];
const toolFile = /(?:^|\/)(?:kustomization|values[\w.-]*|chart|helmfile|skaffold|(?:docker-)?compose[\w.-]*)\.ya?ml$/i;

/** Whether an apiVersion is that of this platform, also when it is slightly misspelt. Pure. */
export function isOurs(version: unknown): boolean {
  if (typeof version !== 'string') return false;
  return version.startsWith(`${group}/`) || nearest(version, [`${group}/v1alpha1`]).length > 0;
}

/** Whether a document belongs to a tool that runs before anything is sent to a server: Kustomize, Helm, Compose. Pure. */
export function isToolFile(file: string, fields: Readonly<Record<string, unknown>>): boolean {
  const version = fields['apiVersion'];
  if (typeof version === 'string' && clientGroups.includes(version.split('/')[0] ?? '')) return true;
  return fields['kind'] === undefined && toolFile.test(file);
}

/** What a document of other groups holds. */
export interface Unpacked {
  readonly workloads: readonly Draft<Workload>[];
  /** Items of a List that are ours; they belong in documents of their own. */
  readonly ours: readonly Draft<Workload>[];
  /** Items of a List that do not say what they are. */
  readonly nameless: readonly Draft<Workload>[];
}

/**
 * The objects in a document whose apiVersion is not ours: itself, or what its List holds, to any depth, as
 * `kubectl apply` would take them apart. What an item of `FooList` does not say of its kind follows from the list. Pure.
 */
export function unpackWorkloads(document: ParsedDocument): Unpacked {
  const found = {
    workloads: [] as Draft<Workload>[],
    ours: [] as Draft<Workload>[],
    nameless: [] as Draft<Workload>[],
  };
  const visit = (node: YamlNode, inherited: Readonly<Record<string, string>>): void => {
    if (node.type !== 'map') return;
    const kind = scalarAt(node, 'kind') ?? inherited['kind'] ?? '';
    const items = node.entries.findLast(({ key }) => key === 'items')?.value;
    if (kind.endsWith('List') && items?.type === 'seq') {
      const apiVersion = scalarAt(node, 'apiVersion') ?? inherited['apiVersion'];
      const own = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), ...(apiVersion && { apiVersion }) };
      for (const item of items.items) visit(item, own);
      return;
    }
    const object = { ...inherited, ...(kubectlValue(node) as object) } as object as Workload;
    const draft = new Draft<Workload>(object, { source: document.source, node, sound: true });
    const named = typeof object.kind === 'string' && typeof object.apiVersion === 'string';
    if (!named) found.nameless.push(draft);
    else (isOurs(object.apiVersion) ? found.ours : found.workloads).push(draft);
  };
  visit(document.node, {});
  return found;
}

function scalarAt(node: MapNode, key: string): string | undefined {
  const value = node.entries.findLast((entry) => entry.key === key)?.value;
  return value?.type === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

const truths = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/;
const untruths = /^(?:n|N|no|No|NO|off|Off|OFF)$/;

/**
 * The value as kubectl reads it: YAML 1.1, in which an unquoted `yes` is true and `<<` merges. Our own manifests are
 * read as YAML 1.2 and refuse what the two read differently (traps.ts); those of others are taken as they will be.
 */
function kubectlValue(node: YamlNode): unknown {
  if (node.type === 'scalar') return kubectlScalar(node);
  if (node.type === 'seq') return node.items.map(kubectlValue);
  const value: Record<string, unknown> = {};
  for (const [key, entry] of mergedEntries(node)) {
    const own = { value: kubectlValue(entry.value), enumerable: true, configurable: true, writable: true };
    Object.defineProperty(value, key, own);
  }
  return value;
}

function kubectlScalar({ plain, value }: ScalarNode): unknown {
  if (!plain || typeof value !== 'string') return value;
  return truths.test(value) ? true : untruths.test(value) ? false : value;
}

/** Entries by key; what is written here wins over what `<<` brings in, and the first of several merged maps over the rest. */
function mergedEntries(node: MapNode): Map<string, MapEntry> {
  const found = new Map<string, MapEntry>();
  for (const entry of node.entries) {
    if (entry.key !== '<<') continue;
    for (const map of entry.value.type === 'seq' ? entry.value.items : [entry.value]) {
      if (map.type !== 'map') continue;
      for (const [key, merged] of mergedEntries(map)) if (!found.has(key)) found.set(key, merged);
    }
  }
  for (const entry of node.entries) if (entry.key !== '<<') found.set(entry.key, entry);
  return found;
}
