/**
 * `npm run mutants`: puts one mistake after another into a copy of the tree and sees whether a test fails. First the tests
 * next to the place, then all of project `unit`, then what the mutant names of project `apiserver`. Exit code 1 when a
 * mistake goes unnoticed, when its place is not in the tree exactly once any more, or when the tests fail without one.
 * `--write` keeps the table as docs/results/mutants.json; words choose mutants whose name contains one of them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Mutant, mutants } from './mutants.ts';

interface Report {
  readonly numFailedTests: number;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

interface Run {
  readonly project: 'unit' | 'apiserver';
  readonly files: readonly string[];
  /** Only tests with this in their name. */
  readonly test?: string;
}

interface Verdict {
  readonly mutant: Mutant;
  /** File and name of the first test that failed; undefined: nobody noticed. */
  readonly caughtBy: string | undefined;
  readonly seconds: number;
}

const root = join(import.meta.dirname, '../..');

/** A copy of what is in the working tree, so that no mistake ever stands in the checkout. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'jinhong-mutants-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of new Set(
    listed
      .toString('utf8')
      .split('\0')
      .filter((name) => name !== ''),
  )) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** The tests of a run that failed (the first of them, but for a run of everything). @throws when no test ran, twice */
function failuresOf(tree: string, run: Run): string[] {
  const [first, again] = [runTests(tree, run), () => runTests(tree, run)];
  const { failed, passed, output } = first.failed.length + first.passed > 0 ? first : again();
  if (failed.length + passed > 0) return failed;
  throw new Error(`no test ran: ${JSON.stringify(run)}\n${output}`);
}

function runTests(tree: string, { project, files, test }: Run): { failed: string[]; passed: number; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'jinhong-mutants-report-'));
  const report = join(folder, 'report.json');
  const args = [join(tree, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, '--reporter=json'];
  if (files.length > 0) args.push('--bail=1');
  if (test !== undefined) args.push('--testNamePattern', test);
  try {
    const { stdout, stderr } = spawnSync(process.execPath, [...args, `--outputFile.json=${report}`, ...files], {
      cwd: tree,
      encoding: 'utf8',
    });
    return { ...readReport(report, tree), output: `${stdout}\n${stderr}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(report: string, tree: string): { failed: string[]; passed: number } {
  if (!existsSync(report)) return { failed: [], passed: 0 };
  const { testResults, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const failed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => `${name.slice(tree.length + 1)}: ${fullName}`),
  );
  return { failed, passed: numPassedTests };
}

/** From the nearest tests to the furthest. */
function runsOf({ unit, apiserver = [] }: Mutant): Run[] {
  const real = apiserver.map(({ file, test }): Run => ({ project: 'apiserver', files: [file], test }));
  const near: Run[] = unit.length > 0 ? [{ project: 'unit', files: unit }] : real;
  const rest: Run[] = unit.length > 0 ? real : [];
  return [...near, { project: 'unit', files: [] }, ...rest];
}

/** `anyway` are the tests of project `unit` that fail without a mistake; a run of everything does not count them. */
function tryMutant(copy: string, mutant: Mutant, anyway: () => readonly string[]): Verdict {
  const startedMs = performance.now();
  const file = join(copy, mutant.file);
  const text = readFileSync(file, 'utf8');
  const mistaken = text.replace(mutant.search, () => mutant.replacement);
  writeFileSync(file, mistaken);
  try {
    let caughtBy: string | undefined;
    for (const run of runsOf(mutant)) {
      const failed = failuresOf(copy, run);
      caughtBy = run.files.length > 0 ? failed[0] : failed.find((test) => !anyway().includes(test));
      if (caughtBy !== undefined) break;
    }
    return { mutant, caughtBy, seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    writeFileSync(file, text);
  }
}

/** Mutants whose place is gone or there twice. */
function misplaced(list: readonly Mutant[]): string[] {
  return list.flatMap(({ name, file, search }) => {
    const count = readFileSync(join(root, file), 'utf8').split(search).length - 1;
    return count === 1 ? [] : [`${name}: its text is ${count} times in ${file}`];
  });
}

/** Tests that fail without any mistake say nothing about one. */
function failingAnyway(copy: string, list: readonly Mutant[]): string[] {
  const units = [...new Set(list.flatMap(({ unit }) => unit))];
  const real = list.flatMap(({ unit, apiserver = [] }) => (unit.length > 0 ? [] : apiserver.slice(0, 1)));
  const runs: Run[] = units.length === 0 ? [] : [{ project: 'unit', files: units }];
  const files = [...new Set(real.map(({ file }) => file))];
  const test = real.map(({ test }) => test).join('|');
  if (files.length > 0) runs.push({ project: 'apiserver', files, test });
  return runs.flatMap((run) => failuresOf(copy, run));
}

function write(verdicts: readonly Verdict[]): void {
  const document = {
    title: 'Seeded mistakes and the test that notices each',
    measuredOn: new Date().toISOString().slice(0, 10),
    command: 'npm run mutants -- --write',
    columns: ['mistake', 'file', 'what it would do', 'noticed by', 'seconds'],
    rows: verdicts.map(({ mutant: { name, file, harm }, caughtBy, seconds }) => [
      name,
      file,
      harm,
      caughtBy ?? 'nobody',
      Math.round(seconds),
    ]),
  };
  writeFileSync(join(root, 'docs/results/mutants.json'), `${JSON.stringify(document, undefined, 2)}\n`);
}

function main(args: readonly string[]): number {
  const words = args.filter((arg) => arg !== '--write');
  const list = mutants.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const lost = misplaced(mutants);
  for (const line of lost) console.log(line);
  if (lost.length > 0) return 1;
  const copy = copyTree();
  try {
    const failing = failingAnyway(copy, list);
    for (const line of failing) console.log(`fails without a mistake: ${line}`);
    if (failing.length > 0) return 1;
    let known: readonly string[] | undefined;
    const anyway = () => {
      known ??= failuresOf(root, { project: 'unit', files: [] });
      return known;
    };
    const verdicts = list.map((mutant) => {
      const verdict = tryMutant(copy, mutant, anyway);
      const said = verdict.caughtBy === undefined ? 'SURVIVED' : `noticed by ${verdict.caughtBy}`;
      console.log(`${verdict.seconds.toFixed(0).padStart(4)} s  ${mutant.name}: ${said}`);
      return verdict;
    });
    const survived = verdicts.filter(({ caughtBy }) => caughtBy === undefined).length;
    console.log(`${verdicts.length - survived} noticed, ${survived} survived`);
    if (args.includes('--write')) write(verdicts);
    return survived > 0 ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv.slice(2));
