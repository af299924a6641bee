import fc from 'fast-check';
import { z } from 'zod';
import { descriptions } from '../../core/model/schema.ts';

/** Values of a schema of our subset: always of the right shape, with rules and distinctness left to chance. */
export function arbitraryOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const notes = descriptions.get(schema) ?? {};
  if (schema instanceof z.ZodOptional) return arbitraryOf(schema.unwrap() as z.ZodType);
  if (notes.quantity === true)
    return fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom('500m', '1.5Gi', '64', '0', '12k'));
  if (schema instanceof z.ZodObject) return objectOf(schema);
  if (schema instanceof z.ZodArray) {
    return fc.array(arbitraryOf(schema.element as z.ZodType), { maxLength: Math.min(notes.maxItems ?? 0, 3) });
  }
  if (schema instanceof z.ZodRecord)
    return fc.dictionary(fc.constantFrom('a', 'b', 'c'), arbitraryOf(schema.valueType as z.ZodType));
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodLiteral) return fc.constant([...schema.values][0]);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodNumber) {
    return fc.integer({ min: Math.max(notes.minimum ?? 0, 0), max: Math.min(notes.maximum ?? 100, 2 ** 31 - 1) });
  }
  if (schema instanceof z.ZodString) return textOf(notes);
  throw new TypeError('outside the subset');
}

function textOf(notes: { pattern?: string; minLength?: number; maxLength?: number }): fc.Arbitrary<string> {
  if (notes.pattern !== undefined) {
    return fc.stringMatching(new RegExp(notes.pattern)).filter((value) => value.length <= (notes.maxLength ?? 64) + 2);
  }
  const unit = fc.constantFrom('a', 'Z', '9', ' ', '市', '😀', '"', '\\', '\n', 'é');
  return fc.string({ unit, minLength: notes.minLength ?? 0, maxLength: Math.min(notes.maxLength ?? 8, 70) });
}

function objectOf(schema: z.ZodObject): fc.Arbitrary<unknown> {
  const all: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(schema.shape)) {
    all[name] = arbitraryOf(field as z.ZodType);
    if (!(field instanceof z.ZodOptional)) required.push(name);
  }
  return fc.record(all, { requiredKeys: required as never[] });
}

/** What a careless hand or a broken program makes of `value`: one place replaced, removed, doubled or added. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  const places = pathsOf(value);
  const junk = fc.constantFrom<unknown>(
    '',
    'x',
    -1,
    1.5,
    1e13,
    true,
    [],
    {},
    'A B',
    '市'.repeat(65),
    'a'.repeat(300),
    '2026-13-01',
  );
  return fc
    .tuple(fc.constantFrom(...places), fc.constantFrom('replace', 'remove', 'add', 'double'), junk)
    .map(([path, how, with_]) => {
      const copy = structuredClone(value) as unknown;
      const parent = path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], copy);
      const key = path.at(-1) ?? '';
      const holder = parent as Record<string, unknown>;
      if (how === 'replace') holder[key] = with_;
      else if (how === 'remove') Array.isArray(parent) ? parent.splice(Number(key), 1) : delete holder[key];
      else if (how === 'double' && Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
      else if (!Array.isArray(parent)) holder['unheardOf'] = with_;
      return copy;
    });
}

function pathsOf(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[...at, key], ...pathsOf(child, [...at, key])]);
}
