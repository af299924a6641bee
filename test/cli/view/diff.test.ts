import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffPaths, renderDiff } from '../../../cli/view/diff.ts';
import { makeStyle } from '../../../cli/view/style.ts';

const plain = makeStyle(false);

describe('the difference of two objects', () => {
  it('is one line per field, list entries by their name, and nothing for what is equal', () => {
    const before = {
      size: 'small',
      quota: { 'requests.cpu': '2' },
      environments: [{ name: 'production', zone: 'a' }, { name: 'test' }],
    };
    const after = {
      size: 'small',
      quota: { 'requests.cpu': '4' },
      environments: [{ name: 'test' }, { name: 'production', zone: 'b' }, { name: 'demo' }],
    };
    expect(renderDiff(diffPaths(before, after, 'spec'), plain)).toEqual([
      '~ spec.environments[name=production].zone: a -> b',
      '+ spec.environments[name=demo]: {"name":"demo"}',
      '~ spec.quota["requests.cpu"]: 2 -> 4',
    ]);
  });

  it('says what was removed', () => {
    expect(renderDiff(diffPaths({ a: 1, b: ['x', 'y'] }, { b: ['x'] }), plain)).toEqual(['- a: 1', '- b[1]: y']);
  });

  it('is empty for equal values and not empty for others', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(diffPaths(a, structuredClone(a))).toEqual([]);
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        if (!same && !hasReorderedLists(a, b)) expect(diffPaths(a, b).length).toBeGreaterThan(0);
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

/** An empty list and an empty object have no fields that could differ. */
function hasReorderedLists(a: unknown, b: unknown): boolean {
  const empty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  const text = JSON.stringify([a, b]);
  return empty(a) || empty(b) || text.includes('[]') || text.includes('{}');
}
