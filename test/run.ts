/**
 * Runs every suite, one after another, and ends with `N passed, N failed`. Exit code 1 when a test failed, was skipped
 * or retried, or when a suite could not start. `node test/run.ts unit apiserver` runs only those; `long` is in none of the
 * gate's runs (`npm run test:long`) and records what it found in docs/results.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

function runSuite(name: string): Suite {
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
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
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

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

const wanted = process.argv.slice(2);
const suites = (wanted.length > 0 ? wanted : ['unit', 'apiserver', 'cloud']).map(runSuite);
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
