/** Loaded into the controller by the bench only: on SIGUSR2 it collects garbage and writes what is left to a file. */
import { renameSync, writeFileSync } from 'node:fs';
import { memoryUsage } from 'node:process';

const file = process.env['BENCH_COLLECT_FILE'] ?? '';
const collect = (globalThis as { gc?: (options: object) => void }).gc;

function collectAll(): void {
  for (let round = 0; round < 3; round += 1) collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

process.on('SIGUSR2', () => {
  collectAll();
  // Finalisers and freed pages need a moment.
  setTimeout(() => {
    collectAll();
    writeFileSync(`${file}.new`, JSON.stringify(memoryUsage()));
    renameSync(`${file}.new`, file);
  }, 500);
});
