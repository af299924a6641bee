import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editorSchemas, type JsonSchema } from '../../../core/model/editor-schema.ts';

const folder = join(import.meta.dirname, '../../../examples/schema');

/** Every object schema below one, with the path to it. */
function objects(schema: JsonSchema, path = ''): [string, JsonSchema][] {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>;
  const own: [string, JsonSchema][] = schema['properties'] === undefined ? [] : [[path, schema]];
  const items = schema['items'] as JsonSchema | undefined;
  return [
    ...own,
    ...Object.entries(properties).flatMap(([name, field]) => objects(field, `${path}.${name}`)),
    ...(items === undefined ? [] : objects(items, `${path}[]`)),
  ];
}

describe('the schemas for editors', () => {
  const schemas = editorSchemas();

  it('are the files in examples/schema', () => {
    for (const [name, schema] of Object.entries(schemas)) {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(`${JSON.stringify(schema, null, 2)}\n`);
    }
  });

  it('are of draft 2020-12, one per kind that people write and one for any', () => {
    expect(Object.keys(schemas).sort()).toEqual(
      ['approval', 'cloud', 'department', 'manifest', 'tenant'].map((name) => `${name}.schema.json`),
    );
    for (const schema of Object.values(schemas))
      expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  it('refuse unknown fields everywhere, so that a misspelled one is underlined', () => {
    for (const name of ['tenant', 'department', 'approval', 'cloud']) {
      const found = objects(schemas[`${name}.schema.json`] ?? {});
      expect(found.length).toBeGreaterThan(2);
      for (const [path, schema] of found) expect([path, schema['additionalProperties']]).toEqual([path, false]);
    }
  });

  it('speak both languages, give examples, and say the rules that a schema cannot judge', () => {
    const found = Object.fromEntries(objects(schemas['tenant.schema.json'] ?? {}));
    const spec = found['.spec'] ?? {};
    const { planItem, class: kind } = spec['properties'] as Record<string, JsonSchema>;
    expect(planItem).toMatchObject({
      description: "年度计划项目编号\nItem of the year's project plan",
      examples: ['QD-2026-0117'],
    });
    expect(kind?.['enum']).toEqual(['production', 'trial', 'training', 'research']);
    expect(spec['description']).toContain('到期日');
    expect(spec['required']).toContain('members');
  });

  it('for any kind lead to the right one', () => {
    const any = schemas['manifest.schema.json'] as {
      allOf: { if: { properties: { kind: { const: string } } }; then: { $ref: string } }[];
      $defs: object;
    };
    expect(any.allOf.map((each) => [each.if.properties.kind.const, each.then.$ref])).toEqual([
      ['Tenant', '#/$defs/tenant'],
      ['Department', '#/$defs/department'],
      ['Approval', '#/$defs/approval'],
      ['Cloud', '#/$defs/cloud'],
    ]);
    expect(Object.keys(any.$defs)).toEqual(['tenant', 'department', 'approval', 'cloud']);
  });
});
