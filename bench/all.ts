/**
 * Every bench, one after the other; nothing else should run meanwhile. What was measured today with the same command is
 * left out, so a run that was cut short is continued by the same command; `--again` measures it anew.
 *
 * Run: `node bench/all.ts [--record] [--only provision,scale] [--again] [--list]`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** A bench, what it is called with, the results that it writes, and its minutes on two quiet cores. */
interface Step {
  readonly bench: string;
  readonly args: readonly string[];
  readonly results: readonly string[];
  readonly minutes: number;
}

/** In order of worth: what matters most comes first when time is short. */
const steps: readonly Step[] = [
  { bench: 'provision', args: ['--tenants', '110', '--runs', '5'], results: ['provision'], minutes: 3 },
  { bench: 'drift', args: [], results: ['drift'], minutes: 4 },
  { bench: 'fanout', args: [], results: ['fanout'], minutes: 4 },
  { bench: 'plan', args: ['--sizes', '110,1000'], results: ['plan'], minutes: 4 },
  { bench: 'steady', args: ['--sizes', '110,1000'], results: ['steady'], minutes: 9 },
  { bench: 'scale', args: ['--sizes', '100,1000,10000'], results: ['latency', 'memory', 'start'], minutes: 14 },
  { bench: 'provision', args: ['--tenants', '1000', '--runs', '3'], results: ['provision-1000'], minutes: 5 },
  {
    bench: 'provision',
    args: ['--tenants', '110', '--runs', '5', '--centres', '4'],
    results: ['provision-4'],
    minutes: 6,
  },
  { bench: 'drift', args: ['--tenants', '10000', '--runs', '3'], results: ['drift-10000'], minutes: 20 },
  { bench: 'fanout', args: ['--tenants', '2500', '--runs', '3'], results: ['fanout-2500'], minutes: 20 },
  { bench: 'plan', args: ['--sizes', '10000', '--runs', '3'], results: ['plan-10000'], minutes: 20 },
];

const { values: args } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const root = join(import.meta.dirname, '..');
const today = new Date().toISOString().slice(0, 10);
const wanted = args.only?.split(',');
const failed: string[] = [];

for (const step of steps) {
  const command = `node bench/${step.bench}.ts ${step.args.join(' ')}`.trim();
  if (wanted !== undefined && !wanted.includes(step.bench)) continue;
  if (args.list) process.stdout.write(`${command} (about ${step.minutes} min)\n`);
  else if (args.record && !args.again && step.results.every(isFresh)) process.stdout.write(`done today: ${command}\n`);
  else if (!run(step, command)) failed.push(command);
}
for (const command of failed) process.stderr.write(`failed: ${command}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;

function run(step: Step, command: string): boolean {
  const startedMs = Date.now();
  process.stdout.write(`\n== ${command}\n`);
  const file = join(import.meta.dirname, `${step.bench}.ts`);
  const more = args.record ? ['--record'] : [];
  const { status } = spawnSync(process.execPath, [file, ...step.args, ...more], { cwd: root, stdio: 'inherit' });
  process.stdout.write(`== ${((Date.now() - startedMs) / 60_000).toFixed(1)} min, exit code ${status}\n`);
  return status === 0;
}

function isFresh(name: string): boolean {
  try {
    const text = readFileSync(join(root, 'docs/results', `bench-${name}.json`), 'utf8');
    return (JSON.parse(text) as { measuredOn: string }).measuredOn === today;
  } catch {
    return false;
  }
}
