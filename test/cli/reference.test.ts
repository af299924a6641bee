import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { examplesOf } from '../../cli/command.ts';
import { detachYes } from '../../cli/program.ts';
import { cliReference, wholeProgram } from '../../cli/reference.ts';
import { table } from '../../cli/table.ts';

/** Every command that is not hidden, with its path. */
function commandsOf(command: Command, path = ''): [string, Command][] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((sub): [string, Command][] => {
      const here = path === '' ? sub.name() : `${path} ${sub.name()}`;
      return [[here, sub], ...commandsOf(sub, here)];
    });
}

/** Lets a program parse without doing anything. */
function disarm(command: Command): void {
  if (command.commands.length === 0) command.action(() => undefined);
  for (const sub of command.commands) disarm(sub);
}

const programs = { zh: await wholeProgram('zh'), en: await wholeProgram('en') };
const commands = commandsOf(programs.en);

describe('docs/cli.md', () => {
  it('is what `npm run generate` writes', async () => {
    const written = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    expect(written).toBe(await cliReference());
  });
});

describe('every command', () => {
  it('is in the table under its own name', () => {
    expect(programs.en.commands.map((command) => command.name()).sort()).toEqual(
      table.map((entry) => entry.name).sort(),
    );
  });

  it.each(commands)('%s has a summary in both languages and says what its arguments are', (path, command) => {
    const zh = commandsOf(programs.zh).find(([other]) => other === path)?.[1];
    expect(command.summary()).toMatch(/^[\x20-\x7e’–…]+$/);
    expect(zh?.summary()).toMatch(/\p{Script=Han}/u);
    const silent = command.options.filter((option) => option.description === '' && !option.hidden);
    expect(silent.map((option) => option.flags)).toEqual([]);
  });

  it.each(commands.filter(([, command]) => command.commands.length === 0))(
    '%s has 2 to 4 examples',
    (_path, command) => {
      const examples = examplesOf(command);
      expect(examples.length).toBeGreaterThanOrEqual(2);
      expect(examples.length).toBeLessThanOrEqual(4);
    },
  );
});

const examples = commands.flatMap(([path, command]) =>
  examplesOf(command).map((example): [string, string] => [example.run, path]),
);

/** The words of a shell line from `jinhong` on, quotes taken away; ends at a pipe or redirection. */
function wordsOf(line: string): string[] {
  const own = line.slice(line.search(/\bjinhong\b/)).split(/ [|><]/)[0] ?? '';
  return [...own.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .slice(1);
}

describe('every example', () => {
  it.each(examples)('%s is understood, by %s', async (line, path) => {
    const program = await wholeProgram('en');
    disarm(program);
    const seen: string[] = [];
    program.hook('preAction', (_, action) => {
      const names: string[] = [];
      for (let one: Command | null = action; one !== null && one.parent !== null; one = one.parent)
        names.unshift(one.name());
      seen.push(names.join(' '));
    });
    await program.parseAsync(detachYes(wordsOf(line)), { from: 'user' });
    expect(seen).toHaveLength(1);
    expect([path, seen[0]]).toEqual([path, seen[0]?.startsWith(path) === true ? seen[0] : path]);
  });
});
