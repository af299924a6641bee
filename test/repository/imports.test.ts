import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Folder -> folders it may import (docs/design.md 5). `local` may be imported by cli/commands/local* and tests only. */
const allowed: Record<string, readonly string[]> = {
  core: ['core'],
  policies: ['core', 'policies'],
  dashboards: ['core', 'dashboards'],
  kube: ['core', 'kube'],
  stacks: ['core', 'policies', 'dashboards', 'kube', 'stacks'],
  controller: ['core', 'policies', 'dashboards', 'kube', 'controller'],
  local: ['core', 'kube', 'local'],
  cli: ['core', 'policies', 'dashboards', 'kube', 'stacks', 'controller', 'cli'],
};

/** Node's own modules that do I/O or keep time; core is pure and has none of them. */
const impure = /^node:(fs|net|http|http2|https|child_process|os|process|timers|tls|dns|worker_threads)/;

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

function filesOf(folder: string): string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: root });
}

function folderOf(file: string, specifier: string): string {
  return relative(root, join(root, dirname(file), specifier)).split('/')[0] ?? '';
}

describe('imports go one way', () => {
  it.for(Object.keys(allowed))('from %s', (folder) => {
    const wrong = filesOf(folder).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => folderOf(file, specifier))
        .filter((target) => !(allowed[folder] ?? []).includes(target))
        .filter((target) => !(target === 'local' && /^cli\/commands\/local/.test(file)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('and core has no I/O and no clock', () => {
    const wrong = filesOf('core').flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      const modules = importsOf(file).filter((specifier) => impure.test(specifier));
      const calls = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bfetch\(|\bsetTimeout\(/.test(source)
        ? ['a clock or I/O call']
        : [];
      return [...modules, ...calls].map((what) => `${file}: ${what}`);
    });
    expect(wrong).toEqual([]);
  });

  it('and only stacks/engine drives Pulumi', () => {
    const wrong = ['core', 'kube', 'controller', 'cli', 'local', 'stacks']
      .flatMap(filesOf)
      .filter(
        (file) =>
          !file.startsWith('stacks/engine/') &&
          importsOf(file).some((name) => name.includes('@pulumi/pulumi/automation')),
      );
    expect(wrong).toEqual([]);
  });
});
