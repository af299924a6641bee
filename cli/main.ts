#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Started directly, without jinhong.js, this keeps all but this file compiled.
enableCompileCache();

/** Completion has to answer while a key is held: it reads one file and loads nothing else of the program. */
if (process.argv[2] === '__complete') {
  const { offeredText } = await import('./completion/names.ts');
  process.stdout.write(offeredText(process.env, process.argv[3], process.argv[4]));
  process.exit(0);
}

const { newState, runCli } = await import('./run.ts');

/**
 * The `jinhong` command. First Ctrl-C: the command is told and has its grace time (300 ms unless it asked for more),
 * second Ctrl-C: out at once. A reader that closes the pipe early ends the program quietly.
 */
const abort = new AbortController();
const io = {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
  signal: abort.signal,
};
const argv = process.argv.slice(2);
const state = newState(argv, io);

process.on('SIGINT', () => {
  if (abort.signal.aborted) process.exit(130);
  abort.abort();
  setTimeout(() => process.exit(130), state.graceMs).unref();
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await runCli(argv, io, state);
process.stdout.write('', () => process.exit(code));
