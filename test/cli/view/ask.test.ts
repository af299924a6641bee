import { describe, expect, it } from 'vitest';
import { createContext } from '../../../cli/context.ts';
import { confirm } from '../../../cli/view/ask.ts';
import { collect } from '../support.ts';

function asking(options: { yes?: readonly string[]; stdin?: string; terminal?: boolean; input?: boolean }) {
  const collected = collect({ stdin: options.stdin ?? '', terminal: options.terminal === true });
  const state = { io: collected.io, lang: 'en' as const, exitCode: 0, graceMs: 0, closers: [] };
  const flags = {
    ...(options.yes === undefined ? {} : { yes: options.yes }),
    ...(options.input === undefined ? {} : { input: options.input }),
  };
  return { ctx: createContext(flags, state), err: collected.stderr };
}

describe('a question', () => {
  it('is never asked in a pipe: it fails and names the flag', async () => {
    await expect(confirm(asking({ stdin: 'y\n' }).ctx, 'Go?')).rejects.toThrow(/--yes/);
    await expect(confirm(asking({ stdin: 'db\n' }).ctx, 'Go?', { name: 'db' })).rejects.toThrow(/--yes=db/);
  });

  it('is not asked with --no-input, even on a terminal', async () => {
    await expect(confirm(asking({ terminal: true, stdin: 'y\n', input: false }).ctx, 'Go?')).rejects.toThrow(/--yes/);
  });

  it('is answered by --yes; one that names something needs --yes=NAME', async () => {
    await confirm(asking({ yes: [''] }).ctx, 'Go?');
    await confirm(asking({ yes: ['db'] }).ctx, 'Go?', { name: 'db' });
    await expect(confirm(asking({ yes: [''] }).ctx, 'Go?', { name: 'db' })).rejects.toThrow(/--yes=db/);
    await expect(confirm(asking({ yes: ['other'] }).ctx, 'Go?', { name: 'db' })).rejects.toThrow(/--yes=db/);
  });

  it('takes y on a terminal, and the name where one is needed', async () => {
    const { ctx, err } = asking({ terminal: true, stdin: 'y\n' });
    await confirm(ctx, 'Go?');
    expect(err()).toContain('Go? [y/N]');
    await confirm(asking({ terminal: true, stdin: 'db\n' }).ctx, 'Go?', { name: 'db' });
  });

  it.each(['n\n', '\n', ''])('takes %j as no', async (stdin) => {
    await expect(confirm(asking({ terminal: true, stdin }).ctx, 'Go?')).rejects.toMatchObject({
      code: 'not-confirmed',
    });
    await expect(confirm(asking({ terminal: true, stdin }).ctx, 'Go?', { name: 'db' })).rejects.toMatchObject({
      code: 'not-confirmed',
    });
  });
});
