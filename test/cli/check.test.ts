import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloud, department, tenant } from '../core/manifest/support.ts';
import { type RunOptions, run, temporaryFolder } from './support.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function write(path: string, content: string | Uint8Array): string {
  const full = join(folder.path, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content);
  return full;
}

const check = (args: readonly string[], options: RunOptions = {}) =>
  run(['check', ...args], { cwd: folder.path, ...options });

describe('jinhong check', () => {
  it('passes a sound folder with one closing line and exit code 0', async () => {
    write('a.yaml', tenant());
    write('deep/b.yml', tenant('name: loan => name: read'));
    write('c.json', JSON.stringify({ apiVersion: 'v1', kind: 'Secret' }));
    write('node_modules/x.yaml', 'a: [');
    write('.jinhong/x.yaml', 'a: [');
    write('schema/x.json', '{ "a": 1 }');
    write('notes.txt', 'a: [');
    const { code, stdout, stderr } = await check([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n').at(-1)).toBe('All good: 3 files, 2 manifests, 1 workload objects');
  });

  it('refuses with exit code 3, naming file, line, column, rule, fix and what was meant', async () => {
    write('a.yaml', tenant('environments: => enviroments:'));
    const { code, stdout } = await check(['.']);
    expect(code).toBe(3);
    expect(stdout).toContain('a.yaml:13:3  UnknownField  `spec` has no field `enviroments`');
    expect(stdout).toContain('Did you mean environments?');
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^1 errors, 0 warnings: 1 files, 1 manifests$/);
  });

  it('speaks Chinese when asked', async () => {
    write('a.yaml', tenant('environments: => enviroments:'));
    const { stdout } = await check(['.', '--lang', 'zh']);
    expect(stdout).toContain('没有字段 enviroments');
    expect(stdout).toContain('1 处错误');
  });

  it('reads stdin', async () => {
    const { code, stdout } = await check(['-'], { stdin: tenant('class: production => class: prod') });
    expect(code).toBe(3);
    expect(stdout).toContain('-:9:10  UnknownValue');
  });

  it('names what cannot be read, checks the rest, and ends with exit code 1', async () => {
    write('a.yaml', tenant());
    const { code, stdout } = await check(['a.yaml', 'nothing.yaml']);
    expect(code).toBe(1);
    expect(stdout).toContain('nothing.yaml  there is no such file or folder');
    expect(stdout).toContain('1 files, 1 manifests');
    write('inner/b.yaml', tenant());
    expect((await check(['.'], { cwd: folder.path })).code).not.toBe(64);
  });

  it('says so when there is nothing to check', async () => {
    const { code, stdout } = await check(['.']);
    expect(code).toBe(1);
    expect(stdout).toContain('there are no manifests');
  });

  it('judges one file with the cloud and the departments around it', async () => {
    write('cloud.yaml', cloud());
    write('departments/lib.yaml', department());
    write('tenants/lib/loan.yaml', tenant('size: small => size: smal', 'owner: lib-admins => owner: lib-admin'));
    const { code, stdout } = await check([join('tenants', 'lib', 'loan.yaml')]);
    expect(code).toBe(3);
    expect(stdout).toContain('UnknownPreset');
    expect(stdout).toContain('Did you mean lib-admins?');
    expect(stdout).toContain('1 files');
  });

  it('finds a rename against what is recorded, until the old name is typed', async () => {
    write('now/a.yaml', tenant('name: loan => name: loans'));
    const before = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          kind: 'Tenant',
          metadata: { name: 'loan', namespace: 'dept-lib' },
          spec: { displayName: 'x', planItem: 'y', environments: [] },
        },
      ],
    };
    write('before.json', JSON.stringify(before));
    const refused = await check(['now', '--recorded', 'before.json']);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toContain('ProbableRename');
    expect((await check(['now', '--recorded', 'before.json', '--yes=loan'])).code).toBe(0);
  });

  it('as JSON says the same as the text', async () => {
    write('a.yaml', tenant('class: production => class: prod', 'size: small => sise: small'));
    const { code, stdout } = await check(['.', '-o', 'json']);
    const result = JSON.parse(stdout) as {
      exitCode: number;
      reason: string;
      counts: object;
      items: { file: string; line: number; rule: string; field: string; near: string[] }[];
    };
    expect(code).toBe(3);
    expect(result).toMatchObject({
      apiVersion: 'jinhong.dev/v1alpha1',
      kind: 'CheckResult',
      exitCode: 3,
      reason: 'Refused',
      counts: { files: 1, error: 2 },
    });
    expect(result.items.map(({ file, line, rule, field, near }) => [file, line, rule, field, near[0]])).toEqual([
      ['a.yaml', 9, 'UnknownValue', 'spec.class', 'production'],
      ['a.yaml', 15, 'UnknownField', 'spec.environments[0].sise', 'size'],
    ]);
  });

  it('on GitHub annotates at most ten of a kind, escapes, says how many are left, and fills the job summary', async () => {
    const groups = Array.from({ length: 13 }, (_, index) => `    - { group: G${index}, role: view }`).join('\n');
    write('a,b.yaml', tenant(`  environments: => ${groups}\n  environments:`));
    const summary = write('summary.md', '');
    const { code, stdout } = await check(['a,b.yaml', '-o', 'github'], { env: { GITHUB_STEP_SUMMARY: summary } });
    const annotations = stdout.split('\n').filter((line) => line.startsWith('::error '));
    expect(code).toBe(3);
    expect(annotations).toHaveLength(10);
    expect(annotations[0]).toMatch(
      /^::error file=a%2Cb\.yaml,line=13,col=16,endLine=13,endColumn=17,title=WrongFormat::.*%0A/,
    );
    expect(stdout).toContain('3 more of kind error');
    expect(readFileSync(summary, 'utf8').match(/WrongFormat/g)).toHaveLength(13);
  });

  it('with --fix puts right what is safe, keeps the rest, and says both', async () => {
    const path = write(
      'a.yaml',
      tenant('class: production => class：prod', 'planItem: P-7 => planItem: 2026').replaceAll('\n', '\r\n'),
    );
    const sound = write('b.yaml', tenant('name: loan => name: read'));
    const { code, stdout } = await check(['--fix', '.']);
    expect(code).toBe(3);
    expect(stdout).toContain('Put 3 right in 1 files');
    expect(stdout).toContain('UnknownValue');
    expect(readFileSync(path, 'utf8')).toBe(
      tenant('class: production => class: prod', 'planItem: P-7 => planItem: "2026"'),
    );
    expect(readFileSync(sound, 'utf8')).toBe(tenant('name: loan => name: read'));
    const again = await check(['--fix', '.']);
    expect(again.stdout).not.toContain('Put');
  });

  it('with --fix and stdin is wrong usage', async () => {
    expect((await check(['--fix', '-'], { stdin: tenant() })).code).toBe(64);
  });

  it('shows notes of one kind three times and counts the rest', async () => {
    for (let index = 0; index < 6; index += 1)
      write(`${index}.yaml`, tenant(`name: loan => name: loan-${index}`).replaceAll('\n', '\r\n'));
    const { code, stdout } = await check(['.']);
    expect(code).toBe(0);
    expect(stdout.match(/lines end the Windows way/g)).toHaveLength(3);
    expect(stdout).toContain('3 more of WindowsLines');
  });
});
