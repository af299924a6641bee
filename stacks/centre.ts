import { AppError } from '../core/errors.ts';
import { hashOf } from '../kube/apply.ts';
import type { KubeClient, KubeObject } from '../kube/types.ts';
import type { EngineBinaries, Env } from './engine/binaries.ts';
import { objectOf } from './engine/events.ts';
import type { EngineOperation, EngineResult, ObjectChange } from './engine/protocol.ts';
import { type RunOptions, runEngine } from './engine/run.ts';
import { hasState, readRecord, writeRecord } from './engine/state.ts';
import { type Deviation, findDeviations, platformHash, repair } from './installed.ts';
import { phaseOf } from './platform.ts';
import { resourceName, type Target } from './registration.ts';

/** The platform of one centre: what should be there, how it is reached, and where its state lies. */
export interface CentreStack {
  readonly target: Target;
  readonly client: KubeClient;
  readonly objects: readonly KubeObject[];
  readonly stateDir: string;
  /** Looked up only when the engine is needed. */
  readonly binaries: () => EngineBinaries;
  readonly env: Env;
  /** Ask the engine even when nothing can have changed. */
  readonly refresh: boolean;
  readonly now: () => number;
  readonly onProgress?: RunOptions['onProgress'];
  readonly signal?: AbortSignal;
}

/** What would change, or has changed, in the platform of one centre. */
export interface PlatformChanges {
  readonly changes: readonly ObjectChange[];
  /** Of these, changes that somebody else made at the centre and that are put right; `Kind/namespace/name`, sorted. */
  readonly drifted: readonly string[];
  /** The engine was not started because record and live objects agree (docs/decisions/0003). */
  readonly skipped: boolean;
  readonly warnings: readonly string[];
  /** What the last run took, for an expectation; undefined when there was none. */
  readonly expectedSeconds: number | undefined;
}

/**
 * What `installPlatform` would do. Reads the live objects; asks the engine only when they or the wish have changed.
 * @throws unreachable; terminal `engine-failed`; input `engine-missing`
 */
export async function planPlatform(stack: CentreStack): Promise<PlatformChanges> {
  const look = await lookAt(stack);
  if (look.settled) return settled(look);
  const result = await engine(stack, 'preview', look.refresh);
  return combine(look, result, look.drift);
}

/**
 * Brings the platform of one centre to what it should be; the second call writes nothing. Additions by others that the
 * engine does not see (a subject, a rule) are removed by applying the object once more.
 * @throws as planPlatform; locked `stack-locked`; terminal `platform-differs` when objects still differ at the end
 */
export async function installPlatform(stack: CentreStack): Promise<PlatformChanges> {
  const look = await lookAt(stack);
  if (look.settled) return settled(look);
  const begun = stack.now();
  let result = await engine(stack, 'up', look.refresh);
  let left = await findDeviations(stack.client, stack.objects);
  if (left.some((deviation) => deviation.state === 'missing')) {
    result = mergeResults(result, await engine(stack, 'up', true));
    left = await findDeviations(stack.client, stack.objects);
  }
  for (const deviation of left) await repair(stack.client, deviation);
  if (left.length > 0) await expectNone(stack);
  const seconds = Math.round((stack.now() - begun) / 100) / 10;
  writeRecord(stack.stateDir, stack.target.site, {
    hash: look.hash,
    at: stack.now(),
    seconds,
    objects: hashesOf(stack.objects),
  });
  return combine(look, result, [...look.drift, ...left]);
}

/**
 * What would change by the record of the last installation alone, without asking the centre: for `--offline` and for a
 * centre that does not answer. `at` is when the record was made; undefined when there is none. Pure but for reading the record.
 */
export function comparePlatform(stack: Pick<CentreStack, 'objects' | 'stateDir' | 'target'>): {
  readonly changes: readonly ObjectChange[];
  readonly at: number | undefined;
} {
  const record = readRecord(stack.stateDir, stack.target.site);
  const before = record?.objects ?? {};
  const after = hashesOf(stack.objects);
  const changes = Object.keys({ ...before, ...after }).flatMap((key): ObjectChange[] => {
    if (before[key] === after[key]) return [];
    const change = before[key] === undefined ? 'create' : after[key] === undefined ? 'delete' : 'update';
    const { kind, namespace, name } = objectOf(key);
    return [{ change, kind, name, fields: [], ...(namespace === undefined ? {} : { namespace }) }];
  });
  return { changes, at: record?.at };
}

function hashesOf(objects: readonly KubeObject[]): Record<string, string> {
  return Object.fromEntries(objects.map((object) => [resourceName(object), hashOf(object)]));
}

interface Look {
  readonly hash: string;
  readonly settled: boolean;
  /** The engine has a state that may be wrong about what is there: it must look first. */
  readonly refresh: boolean;
  /** Live objects that differ although nothing else is wished than last time. */
  readonly drift: readonly Deviation[];
  readonly expectedSeconds: number | undefined;
}

async function lookAt(stack: CentreStack): Promise<Look> {
  const hash = platformHash(stack.objects);
  const record = readRecord(stack.stateDir, stack.target.site);
  const deviations = await findDeviations(stack.client, stack.objects);
  const unchanged = record?.hash === hash;
  return {
    hash,
    settled: unchanged && deviations.length === 0 && !stack.refresh,
    refresh: stack.refresh || (deviations.length > 0 && hasState(stack.stateDir, stack.target.site)),
    drift: unchanged || stack.refresh ? deviations : [],
    expectedSeconds: record?.seconds,
  };
}

function settled(look: Look): PlatformChanges {
  return { changes: [], drifted: [], skipped: true, warnings: [], expectedSeconds: look.expectedSeconds };
}

function engine(stack: CentreStack, operation: EngineOperation, refresh: boolean): Promise<EngineResult> {
  const { target, stateDir, objects, env, onProgress, signal } = stack;
  return runEngine(
    { operation, target, stateDir, objects, binaries: stack.binaries(), refresh },
    { env, ...(onProgress === undefined ? {} : { onProgress }), ...(signal === undefined ? {} : { signal }) },
  );
}

function combine(look: Look, result: EngineResult, drift: readonly Deviation[]): PlatformChanges {
  const known = new Set(result.changes.map(keyOfChange));
  const unseen = drift.flatMap((deviation) => {
    const change = driftChange(deviation);
    return known.has(keyOfChange(change)) ? [] : [change];
  });
  return {
    changes: [...result.changes, ...distinctChanges(unseen)].sort(byPhase),
    drifted: [...new Set(drift.map((deviation) => keyOfChange(driftChange(deviation))))].sort(),
    skipped: false,
    warnings: result.diagnostics.filter((entry) => entry.severity === 'warning').map((entry) => entry.message),
    expectedSeconds: look.expectedSeconds,
  };
}

function byPhase(a: ObjectChange, b: ObjectChange): number {
  const rank = (change: ObjectChange) => `${phaseOf(change)} ${keyOfChange(change)}`;
  return rank(a) < rank(b) ? -1 : 1;
}

function mergeResults(first: EngineResult, second: EngineResult): EngineResult {
  const changes = new Map([...first.changes, ...second.changes].map((change) => [keyOfChange(change), change]));
  return { ...second, changes: [...changes.values()], diagnostics: [...first.diagnostics, ...second.diagnostics] };
}

function driftChange({ object, state, live }: Deviation): ObjectChange {
  const { name, namespace } = object.metadata;
  const fields =
    live === undefined || hashOf(live) === hashOf(object)
      ? []
      : Object.keys({ ...object, ...live }).filter(
          (key) =>
            !['apiVersion', 'kind', 'metadata', 'status'].includes(key) &&
            JSON.stringify(object[key]) !== JSON.stringify(live[key]),
        );
  const change = state === 'missing' ? 'create' : 'update';
  return { change, kind: object.kind, name, fields, ...(namespace === undefined ? {} : { namespace }) };
}

function distinctChanges(changes: readonly ObjectChange[]): ObjectChange[] {
  return [...new Map(changes.map((change) => [keyOfChange(change), change])).values()];
}

/** `Kind/namespace/name`, or `Kind/name` for objects of the whole cluster. Pure. */
export function keyOfChange(change: Pick<ObjectChange, 'kind' | 'namespace' | 'name'>): string {
  return [change.kind, change.namespace, change.name].filter((part) => part !== undefined).join('/');
}

async function expectNone(stack: CentreStack): Promise<void> {
  const left = await findDeviations(stack.client, stack.objects);
  if (left.length === 0) return;
  const names = left.map((deviation) => keyOfChange(driftChange(deviation)));
  throw new AppError('terminal', `${stack.target.site}: still not as it should be: ${names.join(', ')}.`, {
    code: 'platform-differs',
    hint: 'jinhong plan --refresh',
    data: { site: stack.target.site, objects: names },
  });
}
