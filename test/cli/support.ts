import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { CliIo } from '../../cli/context.ts';
import { runCli } from '../../cli/run.ts';

/** What one run of the command line printed and returned. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings of a run; everything has a default that depends on nothing outside the test. */
export interface RunOptions {
  /** @default English, no colour */
  readonly env?: Readonly<Record<string, string>>;
  /** @default the folder of this process */
  readonly cwd?: string;
  readonly stdin?: string;
  /** Whether stdin, stdout and stderr are terminals. @default false */
  readonly terminal?: boolean;
  readonly columns?: number;
  /** @default 2026-11-21T08:00:00Z */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

/** The moment that runs of tests take place at. */
export const testNow = Date.parse('2026-11-21T08:00:00Z');

/** Streams that collect, around the options of a run. */
export function collect(options: RunOptions = {}) {
  let out = '';
  let err = '';
  const terminal = options.terminal === true;
  const stdin = Object.assign(Readable.from([Buffer.from(options.stdin ?? '')]), { isTTY: terminal });
  const look = { isTTY: terminal, columns: options.columns };
  const io: CliIo = {
    env: { LANG: 'en_US.UTF-8', NO_COLOR: '1', ...options.env },
    cwd: options.cwd ?? process.cwd(),
    stdin,
    stdout: { ...look, write: (text: string) => (out += text) },
    stderr: { ...look, write: (text: string) => (err += text) },
    now: options.now ?? (() => testNow),
    signal: options.signal ?? new AbortController().signal,
  };
  return { io, stdout: () => out, stderr: () => err };
}

/** Runs one command line in this process. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const collected = collect(options);
  const code = await runCli(argv, collected.io);
  return { code, stdout: collected.stdout(), stderr: collected.stderr() };
}

/** A folder for one test; `remove` deletes it. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'jinhong-cli-'));
  return {
    path,
    write: (name: string, content: string): void => writeFileSync(join(path, name), content),
    remove: (): void => rmSync(path, { recursive: true, force: true }),
  };
}
