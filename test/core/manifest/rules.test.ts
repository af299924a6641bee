import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatOf } from '../../../core/manifest/format-words.ts';
import { loadManifests } from '../../../core/manifest/index.ts';
import { checkRules } from '../../../core/manifest/rules.ts';
import { elementOf, fieldPath, fieldsOf, fieldText, notesOf, schemaAt } from '../../../core/manifest/schema-walk.ts';
import { schemaOf } from '../../../core/manifest/validate.ts';
import { ruleFix } from '../../../core/manifest/words.ts';
import { file, tenant } from './support.ts';

const kinds = ['Tenant', 'Department', 'Approval', 'Cloud'] as const;
type Schema = ReturnType<typeof schemaOf>;

function everySchema(schema: Schema): Schema[] {
  const element = elementOf(schema);
  const below = [...Object.values(fieldsOf(schema) ?? {}), ...(element === undefined ? [] : [element])];
  return [schema, ...below.flatMap(everySchema)];
}

const schemas = kinds.flatMap((kind) => everySchema(schemaOf(kind)));

describe('the rules of the check', () => {
  it('are all listed, and all that is listed is in use', () => {
    const folder = join(import.meta.dirname, '../../../core/manifest');
    const sources = globSync('**/*.ts', { cwd: folder }).filter((path) => !path.endsWith('rules.ts'));
    const text = sources.map((path) => readFileSync(join(folder, path), 'utf8')).join('\n');
    const used = new Set(
      [...text.matchAll(/'([A-Z][a-z]+(?:[A-Z][a-z]*)+|Encoding|Syntax|Duplicate)'/g)].map((match) => match[1] ?? ''),
    );
    expect(Object.keys(checkRules).filter((id) => !used.has(id))).toEqual([]);
    const reported = new Set([...text.matchAll(/(?:rule: |report\()'([A-Z]\w+)'/gi)].map((match) => match[1] ?? ''));
    expect([...reported].filter((id) => checkRules[id] === undefined && id !== 'NotServed')).toEqual([]);
  });

  it('of the model all say what to do', () => {
    const ids = new Set(
      schemas.flatMap((schema) =>
        (notesOf(schema).rules ?? []).filter((rule) => rule.transition !== true).map(({ id }) => id),
      ),
    );
    expect(ids.size).toBeGreaterThan(8);
    for (const id of ids) expect(ruleFix(id).en, id).not.toBe(ruleFix('no such rule').en);
  });

  it('have words for every pattern of the model that names alone do not explain', () => {
    const silent = schemas.filter((schema) => notesOf(schema).pattern !== undefined && formatOf(schema) === undefined);
    for (const schema of silent) expect(notesOf(schema)).toHaveProperty('example');
  });
});

describe('fields', () => {
  it('are found by the paths that API servers write, at their place in the file', () => {
    const { set } = loadManifests([
      file('a.yaml', tenant('size: small => size: small\n      quota: { requests.cpu: "3" }')),
    ]);
    const [found] = set.tenants;
    expect(found?.line).toBe(1);
    expect(found?.at(fieldPath('spec.environments[0].size'))).toEqual({ line: 15, column: 13, endColumn: 18 });
    expect(found?.at(fieldPath('spec.environments[0].quota[requests.cpu]'))).toEqual({
      line: 16,
      column: 30,
      endColumn: 33,
    });
    expect(found?.keyAt(fieldPath('spec.class'))).toEqual({ line: 9, column: 3, endColumn: 8 });
    expect(found?.at(fieldPath('spec.until'))).toEqual({ line: 6, column: 1, endColumn: 5 });
  });

  it('go to text and back', () => {
    for (const text of [
      'spec',
      'spec.environments[0].size',
      'spec.environments[2].quota["requests.cpu"]',
      'metadata.annotations["a.b/c"]',
    ]) {
      expect(fieldText(fieldPath(text))).toBe(text);
    }
    expect(schemaAt(schemaOf('Tenant'), fieldPath('spec.environments[0].size'))).toBeDefined();
    expect(schemaAt(schemaOf('Tenant'), fieldPath('spec.nothing'))).toBeUndefined();
  });
});
