import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findGo } from '../../local/binaries/build.ts';
import { cacheRoot } from '../../local/binaries/find.ts';
import type { Plan, Request, Target } from './plan.ts';

/**
 * The Go loader (`bench/loader`): the lower bound, and the one observer and clock of both sides. Each call here is one
 * process of its own with one HTTP/2 connection per account; the shapes are those of its `*Spec` and `*Result` types.
 */

const sources = join(import.meta.dirname, '../loader');
const run = promisify(execFile);

/** Builds the loader unless this very source was built before; resolves with its path. @throws when Go is missing */
export async function buildLoader(): Promise<string> {
  const names = readdirSync(sources).filter((name) => /\.(go|mod)$/.test(name));
  const hash = createHash('sha256');
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(sources, name)));
  const path = join(cacheRoot(process.env), `bench-loader-${hash.digest('hex').slice(0, 16)}`, 'loader');
  if (existsSync(path)) return path;
  const go = findGo(process.env);
  if (go === undefined) throw new Error('the bench needs Go to build its loader');
  const work = join(dirname(dirname(path)), `.work-bench-loader-${process.pid}`);
  mkdirSync(work, { recursive: true });
  const env = { ...process.env, GOFLAGS: '', GOWORK: 'off', CGO_ENABLED: '0' };
  await run(go, ['build', '-trimpath', '-o', join(work, 'loader'), '.'], { cwd: sources, env });
  rmSync(dirname(path), { recursive: true, force: true });
  renameSync(work, dirname(path));
  return path;
}

/** Milliseconds of a call that writes a plan: `endNs - startNs` is first request to last answer, on the wall clock. */
export interface ApplyResult {
  readonly startNs: number;
  readonly endNs: number;
  readonly requests: number;
  readonly cpuSeconds: number;
}

/** Writes every tenant of a plan with `flight` calls in flight. Any refusal is an error: nothing is tried again. */
export function loadApply(spec: { target: Target; plan: Plan; flight: number }): Promise<ApplyResult> {
  return callLoader('apply', spec);
}

/** What a list cost: from the first request to the last object decoded. */
export interface ListResultOfLoader {
  readonly startNs: number;
  readonly endNs: number;
  readonly pages: number;
  readonly objects: number;
  readonly bytes: number;
  readonly cpuSeconds: number;
}

/**
 * Lists collections (paths with their selector), all at once, page by page. `drain` reads bytes only, `generic` decodes
 * into maps, `slim` into a struct with what a cache needs.
 */
export function loadList(spec: {
  target: Target;
  paths: readonly string[];
  limit: number;
  decode: 'drain' | 'generic' | 'slim';
}): Promise<ListResultOfLoader> {
  return callLoader('list', spec);
}

/** Per tenant in milliseconds: `raw` by the loader itself, `asked` and `accepted` by the controller under test. */
export interface LatencyResult {
  readonly raw: readonly number[];
  readonly asked: readonly number[];
  readonly accepted: readonly number[];
}

/** One tenant after the other, by turns raw and by the controller; see `LatencySpec` in bench/loader/latency.go. */
export function loadLatency(spec: {
  target: Target;
  paths: readonly string[];
  accepted: string;
  objects: number;
  raw: Plan;
  ask: Plan;
  askTarget: Target;
  pauseMs: number;
}): Promise<LatencyResult> {
  return callLoader('latency', spec);
}

/** One object that is disturbed and must come back. */
export interface Drift {
  /** `namespace/name` */
  readonly key: string;
  readonly disturb: Request;
  /** Sent by the loader only with `restore`. */
  readonly restore: Request;
}

/** Per case in milliseconds, from the answer to the disturbance; `eventMs` to its event, `totalMs` to that of the repair. */
export interface DriftResult {
  readonly totalMs: readonly number[];
  readonly eventMs: readonly number[];
  readonly wallMs: number;
}

/**
 * Disturbs objects of one collection and waits for their repair: with `restore` by the loader itself (the bound: watch
 * latency plus one write), else by the controller under test. The first event of a key is taken as the disturbance, the
 * second as the repair.
 */
export function loadDrift(spec: {
  target: Target;
  vandal: Target;
  cases: readonly Drift[];
  watch: string;
  restore: boolean;
  atOnce: boolean;
  flight: number;
  pauseMs: number;
  timeoutSeconds: number;
}): Promise<DriftResult> {
  return callLoader('drift', spec);
}

/** When the first and the last of the expected objects were read back, on the wall clock. */
export interface Observed {
  readonly firstNs: number;
  readonly lastNs: number;
  readonly seen: number;
  readonly cpuSeconds: number;
}

/** An observer whose watches are open; `done` resolves when `expect` different objects were seen. */
export interface Observer {
  readonly done: Promise<Observed>;
}

/**
 * Watches collections for objects whose key holds `mark`; resolves when the watches are open. `type` counts only events
 * of that type; without it all but removals. `done` rejects after `timeoutSeconds`.
 */
export async function observe(spec: {
  target: Target;
  paths: readonly string[];
  mark: string;
  expect: number;
  timeoutSeconds: number;
  type?: 'ADDED' | 'MODIFIED' | 'DELETED';
}): Promise<Observer> {
  const started = await startLoader('observe', spec);
  const done = started.result.then((line) => JSON.parse(line) as Observed);
  done.catch(() => undefined);
  await Promise.race([started.ready, done]);
  return { done };
}

async function callLoader<T>(mode: string, spec: object): Promise<T> {
  const started = await startLoader(mode, spec);
  return JSON.parse(await started.result) as T;
}

async function startLoader(mode: string, spec: object): Promise<{ ready: Promise<void>; result: Promise<string> }> {
  const path = await buildLoader();
  const folder = mkdtempSync(join(tmpdir(), 'jinhong-bench-spec-'));
  const file = join(folder, 'spec.json');
  writeFileSync(file, JSON.stringify(spec), { mode: 0o600 });
  const child = spawn(path, [mode, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  const ready = Promise.withResolvers<void>();
  let last = '';
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === '{"ready":true}') ready.resolve();
    else last = line;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const result = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.removeListener('exit', onExit);
      rmSync(folder, { recursive: true, force: true });
      if (code === 0) resolve(last);
      else reject(new Error(`loader ${mode}: ${errors.trim().slice(0, 2_000) || `ended with ${code}`}`));
    });
  });
  return { ready: ready.promise, result };
}
