import { AppError } from '../errors.ts';
import type { Call } from './call.ts';
import type { PolicyRule } from './objects.ts';

/** The rules that a program needs, by where they are granted. */
export interface Rules {
  /** For its ClusterRole; sorted. */
  readonly cluster: PolicyRule[];
  /** For a Role per namespace, sorted by namespace; a namespace without rules is absent. */
  readonly namespaced: readonly { readonly namespace: string; readonly rules: PolicyRule[] }[];
}

/** Verbs whose target the API server can restrict to named objects. */
const nameable: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete', 'bind']);

/**
 * The least rules that allow exactly `calls`: calls on the same objects become one rule, resources with equal verbs share
 * one. Sorted, so that equal call lists give equal roles. Pure.
 * @throws bug `call-too-wide` for a wildcard, for `escalate` or `impersonate`, for `bind` without names, and for names on
 * a verb that the API server cannot restrict by name (the rule would silently allow nothing)
 */
export function rulesOf(calls: readonly Call[]): Rules {
  for (const call of calls) refuseWide(call);
  const byNamespace = new Map<string | undefined, Call[]>();
  for (const call of calls) {
    const namespace = call.scope === 'cluster' ? undefined : call.scope.namespace;
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), call]);
  }
  const namespaced = [...byNamespace]
    .flatMap(([namespace, list]) => (namespace === undefined ? [] : [{ namespace, rules: merge(list) }]))
    .sort((a, b) => compare(a.namespace, b.namespace));
  return { cluster: merge(byNamespace.get(undefined) ?? []), namespaced };
}

/** One call against one object, as the API server's authorizer sees it. */
export interface Attempt {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Absent for `list`, `watch` and `create`. */
  readonly name?: string;
}

/** Whether `rules` allow `attempt`, by the API server's own reading of them. Pure. */
export function allows(rules: readonly PolicyRule[], attempt: Attempt): boolean {
  const resource = pathOf(attempt);
  return rules.some(
    (rule) =>
      rule.verbs.includes(attempt.verb) &&
      rule.apiGroups.includes(attempt.group) &&
      rule.resources.includes(resource) &&
      (rule.resourceNames === undefined || (attempt.name !== undefined && rule.resourceNames.includes(attempt.name))),
  );
}

function merge(calls: readonly Call[]): PolicyRule[] {
  const verbs = collect(
    calls,
    (call) => JSON.stringify([call.group, pathOf(call), sorted(call.names)]),
    (c) => c.verb,
  );
  const alike = new Map<string, string[]>();
  for (const [key, list] of verbs) {
    const [group, resource, names] = JSON.parse(key) as [string, string, string[] | undefined];
    const shape = JSON.stringify([group, list, names]);
    alike.set(shape, [...(alike.get(shape) ?? []), resource]);
  }
  return [...alike].map(toRule).sort((a, b) => compare(sortKey(a), sortKey(b)));
}

function toRule([shape, resources]: [string, string[]]): PolicyRule {
  const [group, verbs, names] = JSON.parse(shape) as [string, string[], string[] | null];
  const rule = { apiGroups: [group], resources: sorted(resources) ?? [], verbs };
  return names === null ? rule : { ...rule, resourceNames: names };
}

function collect<T>(items: readonly T[], keyOf: (item: T) => string, partOf: (item: T) => string) {
  const sets = new Map<string, Set<string>>();
  for (const item of items) {
    const key = keyOf(item);
    sets.set(key, (sets.get(key) ?? new Set()).add(partOf(item)));
  }
  return [...sets].map(([key, set]): [string, string[]] => [key, [...set].sort(compare)]);
}

/** The name of a subresource's object is in the path, so `create` on it can be restricted as well. */
function isNameable(call: Call): boolean {
  return nameable.has(call.verb) || (call.verb === 'create' && call.subresource !== undefined);
}

function refuseWide(call: Call): void {
  const words = [call.verb, call.group, call.resource, call.subresource ?? '', ...(call.names ?? [])];
  const forbidden: readonly string[] = ['escalate', 'impersonate'];
  const wide =
    words.some((word) => word.includes('*')) ||
    forbidden.includes(call.verb) ||
    (call.verb === 'bind' && (call.names ?? []).length === 0) ||
    (call.names !== undefined && (call.names.length === 0 || !isNameable(call)));
  if (!wide) return;
  throw new AppError('bug', `The call ${JSON.stringify(call)} cannot become a least-privilege rule.`, {
    code: 'call-too-wide',
  });
}

function pathOf(call: { readonly resource: string; readonly subresource?: string }): string {
  return call.subresource === undefined ? call.resource : `${call.resource}/${call.subresource}`;
}

function sorted(list: readonly string[] | undefined): string[] | undefined {
  return list === undefined ? undefined : [...new Set(list)].sort(compare);
}

function sortKey(rule: PolicyRule): string {
  return JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames ?? [], rule.verbs]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
