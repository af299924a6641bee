import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faults } from '../faults/catalogue.ts';

const root = join(import.meta.dirname, '../..');

/** Titles of the tests of a file, as they are written. */
function titlesOf(file: string): string {
  return existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
}

describe('the fault catalogue', () => {
  it('has one row for each fault that the project tries', () => {
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
    expect(faults.map(({ number }) => number)).toEqual([...range(1, 24), ...range(31, 40)]);
  });

  it.for(faults.map((fault) => [fault.number, fault] as const))('%i names tests that exist', ([, { tests }]) => {
    // `npm test` runs at least one of them, not only the long tests.
    expect(tests.some(({ file }) => !file.startsWith('test/long/'))).toBe(true);
    const missing = tests.filter(({ file, name }) => !titlesOf(file).includes(`'${name}',`));
    expect(missing).toEqual([]);
  });
});
