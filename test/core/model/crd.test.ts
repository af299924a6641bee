import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generatedFiles } from '../../../core/model/generated.ts';
import { openApi } from '../../../core/model/openapi.ts';
import { integer, pattern } from '../../../core/model/schema.ts';

describe('generated files', () => {
  it.for(Object.entries(generatedFiles()))('%s is what `npm run generate` writes', ([path, content]) => {
    expect(readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')).toBe(content);
  });
});

describe('the generator refuses what has no bound', () => {
  it.for([
    ['a string', z.strictObject({ a: z.string() })],
    ['a list', z.strictObject({ a: z.array(pattern(/^a$/, 1)) })],
    ['a map', z.strictObject({ a: z.record(z.string(), integer(0, 1)) })],
    ['a number', z.strictObject({ a: z.int() })],
    ['a type outside the subset', z.strictObject({ a: z.date() })],
  ] as const)('%s', ([, schema]) => {
    expect(() => openApi(schema)).toThrow(TypeError);
  });
});
