/**
 * Runs every suite and ends with `N passed, N failed`. Exit code 1 when a test failed, was skipped or retried, or when a
 * suite could not start. The unit tests need all cores and come first; the other suites mostly wait for servers and run
 * side by side, each line under its suite's name. `node test/run.ts unit apiserver` runs only those; `long` is in none of
 * the gate's runs (`npm run test:long`) and records what it found in docs/results.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

interface Suite {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const vitest = fileURLToPath(new URL('./node_modules/vitest/vitest.mjs', new URL('..', import.meta.url)));

async function runSuite(name: string): Promise<Suite> {
  const folder = mkdtempSync(join(tmpdir(), 'jinhong-report-'));
  const file = join(folder, 'report.json');
  const started = performance.now();
  const args = [
    vitest,
    'run',
    '--project',
    name,
    '--retry=0',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const env = name === 'long' ? { ...process.env, RECORD_RESULTS: '1' } : process.env;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  for (const stream of [child.stdout, child.stderr]) tell(name, stream);
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const report = readReport(file);
  rmSync(folder, { recursive: true, force: true });
  const failed = (report?.numFailedTests ?? 0) || (status === 0 && report !== undefined ? 0 : 1);
  return {
    name,
    seconds: (performance.now() - started) / 1000,
    passed: report?.numPassedTests ?? 0,
    failed,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  };
}

function tell(name: string, stream: Readable): void {
  createInterface({ input: stream }).on('line', (line) => {
    process.stdout.write(line === '' ? '\n' : `${name}: ${line}\n`);
  });
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : ['unit', 'apiserver', 'cloud'];
const suites: Suite[] = [];
if (names.includes('unit')) suites.push(await runSuite('unit'));
suites.push(...(await Promise.all(names.filter((name) => name !== 'unit').map(runSuite))));
for (const { name, seconds, passed, failed, skipped } of suites) {
  console.log(
    `${name.padEnd(10)} ${(seconds / 60).toFixed(1)} min: ${passed} passed, ${failed} failed, ${skipped} skipped`,
  );
}
const sum = (of: (suite: Suite) => number) => suites.reduce((total, suite) => total + of(suite), 0);
const skipped = sum((suite) => suite.skipped);
if (skipped > 0) console.log('skipped tests count as failures: mend or remove them');
console.log(`${sum((suite) => suite.passed)} passed, ${sum((suite) => suite.failed) + skipped} failed`);
process.exitCode = sum((suite) => suite.failed) + skipped > 0 ? 1 : 0;
