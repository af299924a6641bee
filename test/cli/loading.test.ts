import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { tenantManifest } from '../support/city.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');
/** What `jinhong` on the path is. */
const bin = join(import.meta.dirname, '../../cli/jinhong.js');
let folder: string;
let recorder: string;

/** Writes the URL of every module the program loads to the file that MODULES names. */
const record = `
import { registerHooks } from 'node:module';
import { appendFileSync } from 'node:fs';
registerHooks({ load(url, context, next) { appendFileSync(process.env.MODULES, url + '\\n'); return next(url, context); } });
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jinhong-loading-'));
  recorder = join(folder, 'record.mjs');
  writeFileSync(recorder, record);
  writeFileSync(join(folder, 'tenant.yaml'), stringify(tenantManifest('alpha', 'one')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The modules that one command line loads, as paths from the repository's root. */
function modulesOf(argv: readonly string[], program = main): string[] {
  const log = join(folder, 'modules.txt');
  writeFileSync(log, '');
  const env = { ...process.env, MODULES: log, LANG: 'en_US.UTF-8', JINHONG_KUBECONFIG: join(folder, 'none') };
  try {
    execFileSync(process.execPath, ['--import', pathToFileURL(recorder).href, program, ...argv], {
      env,
      cwd: folder,
      stdio: 'pipe',
    });
  } catch {
    // A command without a centre may fail; what it loaded until then counts.
  }
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((url) => url.startsWith('file:'));
}

const heavy = /node_modules\/(@pulumi|@grpc|google-protobuf|protobufjs)\/|\/stacks\/|\/controller\/|\/local\//;

describe('what a command loads', () => {
  it('help of the program loads no command', () => {
    const loaded = modulesOf(['--help']);
    expect(loaded.some((url) => url.includes('/cli/run.ts'))).toBe(true);
    expect(loaded.filter((url) => url.includes('/cli/commands/'))).toEqual([]);
    expect(loaded.filter((url) => url.includes('/node_modules/zod/'))).toEqual([]);
  });

  it.each([
    [['new', '--help']],
    [['check', 'tenant.yaml']],
    [['submit', 'tenant.yaml']],
    [['status']],
    [['approve', 'a/b', '--part', 'project']],
    [['explain', 'tenant.spec']],
  ])('%j loads nothing of Pulumi, stacks, controllers or the local cloud', (argv) => {
    const loaded = modulesOf(argv);
    expect(loaded.some((url) => url.includes(`/cli/commands/${argv[0]}.ts`))).toBe(true);
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  });

  it.each([[['check', 'tenant.yaml']], [['submit', 'tenant.yaml']], [['status']]])(
    '%j loads no rule of admission while there is nothing for them to judge',
    (argv) => {
      const loaded = modulesOf(argv);
      expect(loaded.some((url) => url.includes(`/cli/commands/${argv[0]}.ts`))).toBe(true);
      expect(loaded.filter((url) => url.includes('/policies/'))).toEqual([]);
    },
  );

  it('check of a workload loads them', () => {
    writeFileSync(join(folder, 'workload.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n');
    expect(modulesOf(['check', 'workload.yaml']).some((url) => url.endsWith('/policies/index.ts'))).toBe(true);
  });

  it('the installed command loads zod in one language, and the YAML package only for what needs it', () => {
    const packages = (argv: readonly string[], part: string) =>
      modulesOf(argv, bin).filter((url) => url.includes(part));
    expect(packages(['check', 'tenant.yaml'], '/node_modules/zod/v4/locales/')).toHaveLength(1);
    expect(packages(['check', 'tenant.yaml'], '/node_modules/yaml/')).toEqual([]);
    writeFileSync(
      join(folder, 'anchored.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: &a { name: x }\ndata: *a\n',
    );
    expect(packages(['check', 'anchored.yaml'], '/node_modules/yaml/').length).toBeGreaterThan(0);
  });

  it('completing a name loads one module beside the cache', () => {
    const own = modulesOf(['__complete', 'tenants', 'x']).filter((url) => !url.includes('record.mjs'));
    expect(own.map((url) => url.slice(url.lastIndexOf('/cli/'))).sort()).toEqual([
      '/cli/cache.ts',
      '/cli/completion/names.ts',
      '/cli/main.ts',
    ]);
  });
});
