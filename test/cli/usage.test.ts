import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detachYes, findCommand, findLang } from '../../cli/program.ts';
import { environmentTexts } from '../../core/text/cli.ts';
import { run } from './support.ts';

describe('a command line that is wrong', () => {
  it('ends with 64 and names the nearest command', async () => {
    const { code, stdout, stderr } = await run(['statsu']);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain('there is no command statsu');
    expect(stderr).toContain('Did you mean status?');
  });

  it('says the same in Chinese', async () => {
    const { stderr } = await run(['--lang', 'zh', 'statsu']);
    expect(stderr).toContain('没有命令 statsu');
    expect(stderr).toContain('您要的是 status 吗？');
  });

  it('names the nearest option and the help page of the command', async () => {
    const { code, stderr } = await run(['status', '--wtach']);
    expect(code).toBe(64);
    expect(stderr).toContain('there is no option --wtach');
    expect(stderr).toContain('Did you mean --watch?');
    expect(stderr).toContain('jinhong help status');
  });

  it.each([
    [['submit'], 'the argument file is missing'],
    [['approve', 'lib/loan'], 'the option --part <part> is missing'],
    [['status', '-o'], 'the option -o, --output <form> needs a value'],
    [['status', 'a', 'b'], 'too many arguments'],
    [['--output', 'xml', 'status'], 'is invalid. Allowed choices are'],
  ])('%j: %s', async (argv, said) => {
    const { code, stderr } = await run(argv);
    expect(code).toBe(64);
    expect(stderr).toContain(said);
  });
});

describe('help', () => {
  it('without a command lists all of them on stdout and ends with 0', async () => {
    const { code, stdout } = await run([]);
    expect(code).toBe(0);
    for (const name of ['new', 'check', 'submit', 'status', 'approve', 'plan', 'up', 'local', 'doctor']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
    }
    expect(stdout).not.toContain('__complete');
  });

  it('of one command begins with its use and examples', async () => {
    const viaHelp = await run(['help', 'approve']);
    const viaFlag = await run(['approve', '--help']);
    expect(viaHelp).toEqual(viaFlag);
    expect(viaHelp.code).toBe(0);
    expect(viaHelp.stdout.indexOf('Examples')).toBeLessThan(viaHelp.stdout.indexOf('Options'));
  });

  it('exit-codes lists every code', async () => {
    const { stdout } = await run(['help', 'exit-codes']);
    expect(stdout.match(/^\d+/gm)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '64', '130']);
  });

  it('environment lists the variables, in Chinese by default', async () => {
    const { stdout } = await run(['help', 'environment'], { env: { LANG: 'C' } });
    expect(stdout).toContain('JINHONG_KUBECONFIG  ');
    expect(stdout).toContain('补全');
  });

  it('environment lists every variable that the program reads', () => {
    const root = join(import.meta.dirname, '../..');
    const files = globSync(['cli/**/*.ts', 'stacks/**/*.ts', 'local/**/*.ts', 'core/text/lang.ts'], { cwd: root });
    const read = files.flatMap(
      (file) => readFileSync(join(root, file), 'utf8').match(/\bJINHONG_[A-Z][A-Z_]*[A-Z]\b/g) ?? [],
    );
    // What a controller is given by its Deployment is no setting of the command line.
    const controllers = [
      'JINHONG_SITE',
      'JINHONG_HTTP_PORT',
      'JINHONG_HTTP_HOST',
      'JINHONG_ROOT',
      'JINHONG_LOG_LEVEL',
      'JINHONG_CONTEXT',
    ];
    const unknown = [...new Set(read)].filter(
      (name) => environmentTexts[name] === undefined && !controllers.includes(name),
    );
    expect(unknown).toEqual([]);
  });

  it('of something that does not exist is wrong usage', async () => {
    const { code, stderr } = await run(['help', 'aprove']);
    expect(code).toBe(64);
    expect(stderr).toContain('Did you mean approve?');
  });
});

describe('the words before commander reads them', () => {
  it.each([
    [['--lang', 'zh', '-o', 'json', 'status', 'x'], 'status'],
    [['--lang=zh', 'status'], 'status'],
    [['--verbose', '--cloud', 'check', 'plan'], 'plan'],
    [['--', 'status'], undefined],
  ])('%j: the command is %s', (argv, name) => {
    expect(findCommand(argv).name).toBe(name);
  });

  it('--yes does not swallow what follows, and --yes=NAME stays', () => {
    expect(detachYes(['up', '--yes', 'folder', '--yes=a', '--', '--yes'])).toEqual([
      'up',
      '--yes=',
      'folder',
      '--yes=a',
      '--',
      '--yes',
    ]);
  });

  it('the language is found wherever it stands', () => {
    expect([findLang(['status', '--lang', 'en']), findLang(['--lang=zh']), findLang(['--', '--lang', 'en'])]).toEqual([
      'en',
      'zh',
      undefined,
    ]);
  });
});
