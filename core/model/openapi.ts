import { z } from 'zod';
import { descriptions } from './schema.ts';

/** A node of a structural schema (apiextensions.k8s.io/v1), as plain JSON. */
export interface OpenApi {
  [key: string]: unknown;
}

/**
 * The structural schema of one zod schema of our subset (schema.ts). Throws when a string, list, record or whole
 * number has no bound, or when a zod type is outside the subset: an unbounded field would break the API server's
 * cost estimate for CEL and is never what a department needs.
 */
export function openApi(schema: z.ZodType, at = ''): OpenApi {
  const notes = descriptions.get(schema);
  if (schema instanceof z.ZodOptional) return { ...openApi(schema.unwrap() as z.ZodType, at), ...describe(schema) };
  if (notes?.quantity === true) return { ...quantityNode(schema, at), ...describe(schema) };
  return { ...plainNode(schema, at), ...describe(schema) };
}

function plainNode(schema: z.ZodType, at: string): OpenApi {
  const notes = descriptions.get(schema) ?? {};
  if (schema instanceof z.ZodObject) return objectNode(schema, at);
  if (schema instanceof z.ZodArray) {
    const maxItems = need(notes.maxItems, `${at} needs a bound on its length`);
    return { type: 'array', maxItems, items: openApi(schema.element as z.ZodType, `${at}[]`), ...listType(notes) };
  }
  if (schema instanceof z.ZodRecord) {
    const maxProperties = need(notes.maxProperties, `${at} needs a bound on its entries`);
    return { type: 'object', maxProperties, additionalProperties: openApi(schema.valueType as z.ZodType, `${at}{}`) };
  }
  if (schema instanceof z.ZodEnum) return { type: 'string', enum: [...schema.options] };
  if (schema instanceof z.ZodBoolean) return { type: 'boolean' };
  if (schema instanceof z.ZodString) {
    const maxLength = need(notes.maxLength, `${at} needs a bound on its length`);
    const minLength = notes.minLength === undefined ? {} : { minLength: notes.minLength };
    return {
      type: 'string',
      ...minLength,
      maxLength,
      ...(notes.pattern === undefined ? {} : { pattern: notes.pattern }),
    };
  }
  if (schema instanceof z.ZodNumber) {
    const minimum = need(notes.minimum, `${at} needs a least value`);
    return { type: 'integer', minimum, maximum: need(notes.maximum, `${at} needs a greatest value`) };
  }
  throw new TypeError(`${at || 'schema'} is outside the subset of docs/design.md 3`);
}

function objectNode(schema: z.ZodObject, at: string): OpenApi {
  const properties: OpenApi = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(schema.shape)) {
    properties[name] = openApi(field as z.ZodType, `${at}.${name}`);
    if (!(field instanceof z.ZodOptional)) required.push(name);
  }
  return { type: 'object', ...(required.length === 0 ? {} : { required }), properties };
}

/** int-or-string: the pattern and length bind texts, the bounds bind whole numbers. */
function quantityNode(schema: z.ZodType, at: string): OpenApi {
  const notes = descriptions.get(schema) ?? {};
  return {
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    pattern: need(notes.pattern, `${at} needs a pattern`),
    minimum: 0,
    maximum: need(notes.maximum, `${at} needs a greatest value`),
    maxLength: need(notes.maxLength, `${at} needs a bound on its length`),
  };
}

function listType(notes: { listMapKeys?: readonly string[]; set?: boolean }): OpenApi {
  if (notes.listMapKeys !== undefined) {
    return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [...notes.listMapKeys] };
  }
  return { 'x-kubernetes-list-type': notes.set === true ? 'set' : 'atomic' };
}

function describe(schema: z.ZodType): OpenApi {
  const notes = descriptions.get(schema) ?? {};
  const rules = (notes.rules ?? []).map((rule) => ({
    rule: rule.cel,
    message: `${rule.id}: ${rule.text.zh} / ${rule.text.en}`,
    ...(rule.fieldPath === undefined ? {} : { fieldPath: rule.fieldPath }),
  }));
  return {
    ...(notes.text === undefined ? {} : { description: `${notes.text.en}. ${notes.text.zh}` }),
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  };
}

function need<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new TypeError(message);
  return value;
}
