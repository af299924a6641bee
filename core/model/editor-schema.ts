import { z } from 'zod';
import type { Text } from '../text/lang.ts';
import { cloudManifest, kinds, manifestSchema } from './kinds.ts';
import { descriptions } from './schema.ts';

/** A JSON schema (draft 2020-12) as plain JSON. */
export interface JsonSchema {
  [key: string]: unknown;
}

const dialect = 'https://json-schema.org/draft/2020-12/schema';
const cloudText: Text = { zh: '一个城市的云', en: "One city's cloud" };

/**
 * Schemas for editors, by file name: one per kind that people write, and `manifest.schema.json` for any of them by its
 * `kind`. Help in both languages, examples and allowed values; rules that a schema cannot say stand in the help. Pure.
 */
export function editorSchemas(): Record<string, JsonSchema> {
  const written = {
    tenant: editorSchema(manifestSchema('Tenant'), kinds.Tenant.text),
    department: editorSchema(manifestSchema('Department'), kinds.Department.text),
    approval: editorSchema(manifestSchema('Approval'), kinds.Approval.text),
    cloud: editorSchema(cloudManifest, cloudText),
  };
  const files: Record<string, JsonSchema> = {};
  for (const [name, schema] of Object.entries(written)) files[`${name}.schema.json`] = { $schema: dialect, ...schema };
  files['manifest.schema.json'] = anyKind(written);
  return files;
}

function anyKind(written: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const known = Object.keys(written).map((name) => name.charAt(0).toUpperCase() + name.slice(1));
  return {
    $schema: dialect,
    type: 'object',
    required: ['apiVersion', 'kind'],
    properties: { kind: { enum: known } },
    allOf: Object.entries(written).map(([name, schema], index) => ({
      if: { properties: { kind: { const: known[index] } }, required: ['kind'] },
      // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON schema
      then: { $ref: `#/$defs/${name}`, description: schema['description'] },
    })),
    $defs: written,
  };
}

function editorSchema(schema: z.ZodType, text: Text): JsonSchema {
  return { title: text.zh, ...node(schema), description: `${text.zh}\n${text.en}` };
}

function node(schema: z.ZodType): JsonSchema {
  if (schema instanceof z.ZodOptional) return { ...node(schema.unwrap() as z.ZodType), ...help(schema) };
  return { ...shape(schema), ...help(schema) };
}

/** Help text, rules and an example of a schema, as far as it has them. */
function help(schema: z.ZodType): JsonSchema {
  const { text, rules = [], example } = descriptions.get(schema) ?? {};
  const lines = text === undefined ? [] : [text.zh, text.en];
  for (const rule of rules) if (rule.transition !== true) lines.push(`- ${rule.text.zh} / ${rule.text.en}`);
  return {
    ...(lines.length === 0 ? {} : { description: lines.join('\n') }),
    ...(example === undefined ? {} : { examples: [example] }),
  };
}

function shape(schema: z.ZodType): JsonSchema {
  const notes = descriptions.get(schema) ?? {};
  if (notes.quantity === true) {
    const { maximum, ...written } = bounds(notes);
    return {
      anyOf: [
        { type: 'integer', minimum: 0, maximum },
        { type: 'string', ...written },
      ],
    };
  }
  if (schema instanceof z.ZodObject) return objectShape(schema);
  if (schema instanceof z.ZodArray) {
    const unique = notes.set === true ? { uniqueItems: true } : {};
    return { type: 'array', ...bounds(notes), ...unique, items: node(schema.element as z.ZodType) };
  }
  if (schema instanceof z.ZodRecord) {
    return { type: 'object', ...bounds(notes), additionalProperties: node(schema.valueType as z.ZodType) };
  }
  if (schema instanceof z.ZodEnum) return { type: 'string', enum: [...schema.options] };
  if (schema instanceof z.ZodLiteral) return { const: schema.value };
  if (schema instanceof z.ZodBoolean) return { type: 'boolean' };
  if (schema instanceof z.ZodNumber) return { type: 'integer', ...bounds(notes) };
  if (schema instanceof z.ZodString) return { type: 'string', ...bounds(notes) };
  throw new TypeError('a schema is outside the subset of docs/design.md 3');
}

const boundNames = ['minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'maxItems', 'maxProperties'] as const;

function bounds(notes: ReturnType<typeof descriptions.get>): JsonSchema {
  const found: JsonSchema = {};
  for (const name of boundNames) if (notes?.[name] !== undefined) found[name] = notes[name];
  return found;
}

function objectShape(schema: z.ZodObject): JsonSchema {
  const properties: JsonSchema = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(schema.shape)) {
    properties[name] = node(field as z.ZodType);
    if (!(field instanceof z.ZodOptional)) required.push(name);
  }
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties,
  };
}
