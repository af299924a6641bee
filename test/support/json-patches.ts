/** Patches that lead from one object to another. */
import { innerOf, type Json, type JsonObject } from '../../policies/rule.ts';

/** RFC 7386: what turns one object into the other. Pure. */
export function mergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const isTree = (value: Json | undefined): value is JsonObject =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const removed = Object.keys(from).filter((field) => to[field] === undefined);
  const patch: Record<string, Json> = Object.fromEntries(removed.map((field) => [field, null]));
  for (const [field, value] of Object.entries(to)) {
    const old = from[field];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(old)) continue;
    patch[field] = isTree(old) && isTree(value) ? (mergePatch(old, value) as Json) : value;
  }
  return patch;
}

/** RFC 6902: replaces the parts of `metadata` and the other parts of an object that differ. Pure. */
export function jsonPatch(from: JsonObject, to: JsonObject): JsonObject[] {
  const steps = (path: string, old: JsonObject, now: JsonObject): JsonObject[] =>
    [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((field) => {
      const value = now[field];
      if (JSON.stringify(old[field]) === JSON.stringify(value)) return [];
      if (path === '' && field === 'metadata') return steps('/metadata', innerOf(old, field), innerOf(now, field));
      return [{ op: value === undefined ? 'remove' : 'add', path: `${path}/${field}`, value }];
    });
  return steps('', from, to);
}
