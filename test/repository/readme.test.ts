import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../cli/support.ts';

const root = join(import.meta.dirname, '../..');
const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })];
const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** Verbs of all commands that a page tells its reader to type. */
function verbsIn(page: string): string[] {
  const lines = [...read(page).matchAll(/npx jinhong ([a-z]+(?: [a-z]+)?)/g)].map((match) => match[1] ?? '');
  return [...new Set(lines.map((line) => (/^(local|site) /.test(line) ? line : (line.split(' ')[0] ?? ''))))];
}

describe('what the pages tell their reader', () => {
  it.for(pages.flatMap((page) => verbsIn(page).map((verb) => [page, verb] as const)))(
    '%s: jinhong %s exists',
    async ([, verb]) => {
      const { code, stdout, stderr } = await run([...verb.split(' '), '--help']);
      expect(code, stderr).toBe(0);
      expect(stdout).toContain(`jinhong ${verb}`);
    },
  );

  it('npm scripts that the README names exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('README.md').matchAll(/npm (?:run )?(demo|test)\b/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('files and folders that a page names exist', () => {
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/`((?:docs|examples|test|bench|local|stacks|core|cli|kube|controller)\/[\w./-]*)`/g)]
        .map((match) => match[1] ?? '')
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${page}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});
