/** Makes the programs named on the command line, one after the other; started by `makeBehind`. */
import { ensureBinaries } from '../binaries.ts';
import { type BinaryName, binaryNames } from './pins.ts';

const names = process.argv.slice(2).filter((name): name is BinaryName => binaryNames.some((known) => known === name));

for (const name of names) {
  try {
    await ensureBinaries([name], { onProgress: (event) => process.stdout.write(`${JSON.stringify(event)}\n`) });
  } catch (error) {
    // The next one may succeed; whoever needs this one gets the error when it tries itself.
    process.stderr.write(`${name}: ${String(error)}\n`);
    process.exitCode = 1;
  }
}
