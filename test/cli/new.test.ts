import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../cli/run.ts';
import { cloud, department } from '../core/manifest/support.ts';
import { collect, run, temporaryFolder } from './support.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const at = (path: string) => join(folder.path, path);
const make = (args: readonly string[]) => run(['new', ...args], { cwd: folder.path });
const loan = ['tenant', 'loan', '--department', 'lib', '--display-name', '借阅系统', '--plan-item', 'P-7'];

function writeCity(): void {
  mkdirSync(at('departments'));
  writeFileSync(at('cloud.yaml'), cloud());
  writeFileSync(at('departments/lib.yaml'), department());
}

describe('jinhong new', () => {
  it('writes a tenant by flags that passes the check, with a schema that is there', async () => {
    const { code, stdout } = await make(loan);
    expect({ code, stdout: stdout.split('\n')[0] }).toEqual({ code: 0, stdout: 'Wrote loan.yaml' });
    const text = readFileSync(at('loan.yaml'), 'utf8');
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
    expect(JSON.parse(readFileSync(at(schema), 'utf8'))).toHaveProperty('title');
    expect(text).toContain('owner: lib-admins, onCall: lib-duty');
    expect((await run(['check', 'loan.yaml'], { cwd: folder.path })).code).toBe(0);
  });

  it('writes a department that passes the check', async () => {
    const { code } = await make([
      'department',
      'lib',
      '--display-name',
      '图书馆',
      '--level',
      'city',
      '--groups',
      'lib-admins,lib-duty',
      '--file',
      'deep/lib.yaml',
    ]);
    expect(code).toBe(0);
    expect(readFileSync(at('deep/lib.yaml'), 'utf8')).toContain('groups: [lib-admins, lib-duty]');
    expect((await run(['check', 'deep'], { cwd: folder.path })).code).toBe(0);
  });

  it('quotes what YAML would read as something else', async () => {
    await make([
      'tenant',
      'loan',
      '--department',
      'lib',
      '--display-name',
      'no',
      '--plan-item',
      '2026',
      '--hostname',
      'a.lib.city.example',
      '--class',
      'trial',
      '--until',
      '2030-01-31',
    ]);
    const text = readFileSync(at('loan.yaml'), 'utf8');
    expect(text).toContain('displayName: "no"');
    expect(text).toContain('planItem: "2026"');
    expect(text).toContain('until: "2030-01-31"');
    expect((await run(['check', 'loan.yaml'], { cwd: folder.path })).code).toBe(0);
  });

  it('never overwrites a file', async () => {
    writeFileSync(at('loan.yaml'), 'mine');
    const { code, stderr } = await make(loan);
    expect(code).toBe(1);
    expect(stderr).toContain('loan.yaml exists already');
    expect(readFileSync(at('loan.yaml'), 'utf8')).toBe('mine');
  });

  it('prints to stdout on request', async () => {
    const { code, stdout } = await make([...loan, '--file', '-']);
    expect(code).toBe(0);
    expect(stdout).toContain('kind: Tenant');
    expect(existsSync(at('loan.yaml'))).toBe(false);
  });

  it('never asks in a pipe: it names every missing option and ends with exit code 64', async () => {
    const { code, stderr } = await make(['tenant']);
    expect(code).toBe(64);
    expect(stderr).toContain('--department NAME --display-name --plan-item');
  });

  it('refuses a wrong value with the words of the check, and writes nothing', async () => {
    const wrong = await make(['tenant', 'Loan', '--department', 'lib', '--display-name', 'x', '--plan-item', 'P-7']);
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain('lower-case letters, digits and dashes');
    writeCity();
    const group = await make([...loan, '--owner', 'lib-admin']);
    expect(group.code).toBe(64);
    expect(group.stderr).toContain('lib-admins');
    const host = await make([...loan, '--hostname', 'x.reserved.example']);
    expect(host.code).toBe(3);
    expect(host.stderr).toContain('HostnameReserved');
    expect(existsSync(at('loan.yaml'))).toBe(false);
  });

  it('refuses a kind that nobody writes', async () => {
    expect((await make(['grant'])).code).toBe(64);
  });

  it('asks at a terminal, offers what the city has, and asks again after a wrong answer', async () => {
    writeCity();
    const collected = collect({ cwd: folder.path, terminal: true });
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const answers = ['lip', 'lib', 'loan', '', '借阅系统', 'P-7', '', '', '', '', '', '', 'huge', 'small', '', '', ''];
    let asked = 0;
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const stderr = {
      isTTY: true,
      write: (text: string) => {
        collected.io.stderr.write(text);
        if (text.endsWith(': ')) setImmediate(() => stdin.write(`${answers[asked++] ?? ''}\n`));
      },
    };
    const code = await runCli(['new', 'tenant'], { ...collected.io, stdin, stderr });
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(collected.stderr()).toContain('there is no department lip; use one of: lib');
    expect(collected.stderr()).toContain('there is no size huge');
    expect(code).toBe(0);
    const text = readFileSync(at('loan.yaml'), 'utf8');
    expect(text).toContain('namespace: dept-lib');
    expect(text).toContain('size: small');
    expect((await run(['check', '.'], { cwd: folder.path })).code).toBe(0);
  });

  it('ends when the terminal closes, and writes nothing', async () => {
    const collected = collect({ cwd: folder.path, terminal: true, stdin: '' });
    expect(await runCli(['new', 'tenant'], collected.io)).toBe(64);
    expect(existsSync(at('loan.yaml'))).toBe(false);
  });
});
