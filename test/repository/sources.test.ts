import { globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '../..');
const sources = (folders: readonly string[]) =>
  folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }));
const production = sources(['core', 'policies', 'kube', 'dashboards', 'stacks', 'controller', 'cli', 'local']);

/** Names of the example city's centres, departments and tenants. */
function exampleNames(): string[] {
  const files = globSync('examples/qingdao/**/*.yaml', { cwd: root });
  const objects = files.flatMap((file) =>
    parseAllDocuments(readFileSync(join(root, file), 'utf8')).map((doc) => doc.toJS() as ExampleObject),
  );
  const sites = objects.flatMap((object) =>
    object.kind === 'Cloud' ? (object.spec.sites ?? []).filter((site) => site.role !== 'management') : [],
  );
  const named = objects
    .filter((object) => object.kind === 'Department' || object.kind === 'Tenant')
    .map((object) => object.metadata?.name ?? '');
  return [...new Set([...sites.map((site) => site.name), ...named])];
}

interface ExampleObject {
  kind: string;
  metadata?: { name: string };
  spec: { sites?: { name: string; role: string }[] };
}

/** Words of every program that a department or tenant may be called as well; they prove nothing. */
const everyday = new Set([
  'audit',
  'search',
  'training',
  'portal',
  'statistics',
  'archives',
  'finance',
  'office',
  'registry',
  'identity',
  'network',
  'security',
  'storage',
  'mail',
  'monitoring',
  'directory',
  'exchange',
]);

describe('sources', () => {
  it('of production hold no name of the example city', () => {
    const names = exampleNames().filter((name) => name.length > 4 && !everyday.has(name));
    expect(names.length).toBeGreaterThan(100);
    const pattern = new RegExp(`['"\`/ ](${names.join('|')})['"\`/ .]`);
    const wrong = production.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));
    expect(wrong).toEqual([]);
  });

  it('have at most 400 lines a file', () => {
    const long = [...production, ...sources(['test', 'bench', 'examples'])].filter(
      (file) => readFileSync(join(root, file), 'utf8').split('\n').length > 401,
    );
    expect(long).toEqual([]);
  });

  it('have no default export and no barrel that re-exports everything', () => {
    const wrong = production.filter((file) =>
      /^export (default|\* from)/m.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('name no registry host and no path of a developer machine', () => {
    const files = globSync('**/*', {
      cwd: root,
      exclude: (name) => ['node_modules', '.git', '.jinhong'].includes(name),
    });
    const text = files.filter((file) => /\.(ts|md|json|yaml|yml|sh|mod)$/.test(file) || basename(file) === 'run');
    const hosts = new RegExp(
      [
        'registry\\.npm' + 'js',
        'proxy\\.golang' + '\\.org',
        'deb\\.' + 'debian',
        '/work/' + 'main',
        '/' + 'root/',
      ].join('|'),
    );
    expect(text.filter((file) => hosts.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('name every dependency in docs/dependencies.md', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const page = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
    const names = Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'] });
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('leave no folder unnamed in the README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map((entry) => entry.name);
    expect(folders.filter((name) => !readme.includes(`\`${name}/\``))).toEqual([]);
  });
});
