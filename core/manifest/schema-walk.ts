import type { z } from 'zod';
import { descriptions } from '../model/schema.ts';
import type { FieldPath } from './types.ts';

/** Reads zod's own structure of the subset in core/model/schema.ts: what is allowed where, and its help text. */

type Described = NonNullable<ReturnType<typeof descriptions.get>>;

/** The schema without `optional`. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const { def } = (schema as z.core.$ZodType as z.core.$ZodTypes)._zod;
  return def.type === 'optional' ? unwrap(def.innerType as z.ZodType) : schema;
}

/** Whether a field may be left out. */
export function isOptional(schema: z.ZodType): boolean {
  return (schema as z.core.$ZodType as z.core.$ZodTypes)._zod.def.type === 'optional';
}

/** Fields of an object by name; undefined for any other schema. */
export function fieldsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const { def } = (unwrap(schema) as z.core.$ZodType as z.core.$ZodTypes)._zod;
  return def.type === 'object' ? (def.shape as Record<string, z.ZodType>) : undefined;
}

/** The schema of a list's entries or a map's values; undefined for any other schema. */
export function elementOf(schema: z.ZodType): z.ZodType | undefined {
  const { def } = (unwrap(schema) as z.core.$ZodType as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return def.element as z.ZodType;
  return def.type === 'record' ? (def.valueType as z.ZodType) : undefined;
}

/** `list` for arrays, `map` for records and objects, `scalar` for the rest. */
export function shapeOf(schema: z.ZodType): 'list' | 'map' | 'scalar' {
  const { type } = (unwrap(schema) as z.core.$ZodType as z.core.$ZodTypes)._zod.def;
  if (type === 'array') return 'list';
  return type === 'object' || type === 'record' ? 'map' : 'scalar';
}

/** The schema of a field; undefined where there is none. */
export function schemaAt(root: z.ZodType, path: FieldPath): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  for (const step of path) {
    if (schema === undefined) return undefined;
    schema = fieldsOf(schema)?.[String(step)] ?? elementOf(schema);
  }
  return schema;
}

/** Help text, bounds and rules that core/model noted for a schema. */
export function notesOf(schema: z.ZodType | undefined): Described {
  if (schema === undefined) return {};
  return descriptions.get(schema) ?? descriptions.get(unwrap(schema)) ?? {};
}

const homes = new WeakMap<z.ZodType, Map<string, string[]>>();

/** Where in `root` a field of this name belongs, e.g. `spec.environments[].size`; empty when nowhere. */
export function homesOf(root: z.ZodType, name: string): readonly string[] {
  let index = homes.get(root);
  if (index === undefined) {
    index = new Map();
    collect(root, '', index);
    homes.set(root, index);
  }
  return index.get(name) ?? [];
}

function collect(schema: z.ZodType, path: string, index: Map<string, string[]>): void {
  const fields = fieldsOf(schema);
  for (const [name, field] of Object.entries(fields ?? {})) {
    const here = path === '' ? name : `${path}.${name}`;
    const known = index.get(name) ?? [];
    index.set(name, [...known, here]);
    collect(field, here, index);
  }
  const element = elementOf(schema);
  if (element !== undefined) collect(element, shapeOf(schema) === 'list' ? `${path}[]` : `${path}.*`, index);
}

/** A path as people write it: `spec.environments[0].quota["requests.cpu"]`. */
export function fieldText(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `["${step}"]`;
  }
  return text;
}

/** The path in a text such as an API server's `spec.environments[0].quota[requests.cpu]`; the reverse of `fieldText`. */
export function fieldPath(text: string): (string | number)[] {
  const path: (string | number)[] = [];
  for (const match of text.matchAll(/\[(?:"([^"]*)"|'([^']*)'|([^\]]*))\]|([^.[\]]+)/g)) {
    const bracket = match[3];
    if (bracket !== undefined) path.push(/^\d+$/.test(bracket) ? Number(bracket) : bracket);
    else path.push(match[1] ?? match[2] ?? match[4] ?? '');
  }
  return path;
}
