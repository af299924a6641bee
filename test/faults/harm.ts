/**
 * Loaded into a controller's process before it starts (`--import`): at each SIGUSR2 it does the next of the harms that the
 * variable HARM lists, separated by commas. `block:MS` stands still for so long, `heap` fills the heap until the process
 * dies, `files` opens files until the system refuses another one, and goes on trying. Used by child.ts.
 */
import { openSync } from 'node:fs';

const harms = (process.env['HARM'] ?? '').split(',');
const hoard: unknown[] = [];

process.on('SIGUSR2', () => {
  const [kind, value] = (harms.shift() ?? '').split(':');
  if (kind === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(value));
  if (kind === 'heap') for (;;) hoard.push(Array.from({ length: 100_000 }, () => ({})));
  if (kind === 'files') {
    openAll();
    process.stderr.write('no more files\n');
    // What is closed meanwhile is taken at once.
    setInterval(openAll, 1);
  }
});

function openAll(): void {
  try {
    for (;;) hoard.push(openSync('/dev/null', 'r'));
  } catch {
    // There are none left, as wanted.
  }
}
