/** One change in the five ways in which an API server takes it. */
import { patchTypes } from './discovery.ts';
import type { RawRequest } from './http.ts';

type Tree = { readonly [field: string]: unknown };

/** An object that is there, or that the attacker believes to be there. */
export interface Target {
  readonly path: string;
  readonly object: { readonly apiVersion: string; readonly kind: string; readonly metadata: object };
}

/**
 * The change `patch` (a merge patch) as merge patch, strategic merge patch, JSON patch, forced server-side apply and PUT.
 * `custom`: a kind of ours, which knows no strategic patch. Pure.
 */
export function variantsOf(target: Target, patch: Tree, custom = false): RawRequest[] {
  const { path, object } = target;
  const { apiVersion, kind, metadata } = object;
  const name = (metadata as { name?: string }).name;
  const own = (patch['metadata'] ?? {}) as object;
  const apply = { apiVersion, kind, ...patch, metadata: { name, ...own } };
  return [
    { method: 'PATCH', path, contentType: patchTypes.merge, body: patch },
    ...(custom ? [] : [{ method: 'PATCH', path, contentType: patchTypes.strategic, body: patch }]),
    { method: 'PATCH', path, contentType: patchTypes.json, body: jsonPatchOf(patch, object as unknown as Tree) },
    { method: 'PATCH', path: `${path}?fieldManager=attacker&force=true`, contentType: patchTypes.apply, body: apply },
    { method: 'PUT', path, body: merged(object as unknown as Tree, patch) },
  ];
}

/** The steps of a JSON patch that do what a merge patch does to `object`. Pure. */
export function jsonPatchOf(patch: Tree, object: Tree, at = ''): { op: string; path: string; value?: unknown }[] {
  return Object.entries(patch).flatMap(([field, value]) => {
    const path = `${at}/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const there = object[field];
    if (value === null) return there === undefined ? [] : [{ op: 'remove', path }];
    if (isTree(value) && isTree(there)) return jsonPatchOf(value, there, path);
    return [{ op: 'add', path, value }];
  });
}

/** `object` after a merge patch. Pure. */
export function merged(object: Tree, patch: Tree): Tree {
  const result: Record<string, unknown> = { ...object };
  for (const [field, value] of Object.entries(patch)) {
    const there = result[field];
    if (value === null) delete result[field];
    else if (isTree(value)) result[field] = merged(isTree(there) ? there : {}, value);
    else result[field] = value;
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
