import type { PlainObject } from '../../core/access/objects.ts';
import {
  type Desired,
  desiredEnvironment,
  environmentMode,
  type RemovalStep,
  removalStep,
  retainMsOf,
} from '../../core/desired/index.ts';
import type { Member } from '../../core/model/fields.ts';
import type { GrantedEnvironment, GrantSpec } from '../../core/model/grant.ts';
import { environmentNamespace } from '../../core/model/names.ts';
import type { SiteReason } from '../../core/model/reasons-site.ts';
import { isForbidden, isInvalid, isNamespaceTerminating } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/types.ts';
import { ensureAbsent, ensureObject, lookOnce, removeExactly } from './apply.ts';
import type { SiteContext } from './context.ts';
import { type Held, heldOf } from './held.ts';
import { removeStrangers } from './strangers.ts';

/** One environment of one Grant, with what its run needs. */
export interface EnvironmentTask {
  readonly owner: string;
  readonly grant: GrantSpec;
  readonly environment: GrantedEnvironment;
  /** Members that may enter by this site's own directory. */
  readonly members: readonly Member[];
  /** When the site first saw that it leaves, in epoch milliseconds. */
  readonly retiringSinceMs: number | undefined;
}

/** How one environment stands after a run. */
export interface EnvironmentResult {
  readonly name: string;
  readonly namespace: string;
  readonly ready: 'True' | 'False';
  readonly reason: SiteReason;
  readonly message: string;
  /** Something was written, or is still under way. */
  readonly busy: boolean;
  /** Look again after so long, though nothing changes before. */
  readonly againMs?: number;
  /** What went wrong on the way and is to be tried again with pauses. */
  readonly error?: unknown;
}

/** A foreign object is in no cache of ours, so whether it is gone is asked for from time to time. */
const foreignAgainMs = 30_000;

/** Brings one environment to what the decision says, as far as the site may go now. Never throws. */
export async function reconcileEnvironment(ctx: SiteContext, task: EnvironmentTask): Promise<EnvironmentResult> {
  const namespace = environmentNamespace(task.grant.tenant.department, task.grant.tenant.name, task.environment.name);
  const base = { name: task.environment.name, namespace };
  try {
    return { ...base, ...(await advance(ctx, task, namespace)) };
  } catch (error) {
    return { ...base, ready: 'False', busy: true, error, ...failureOf(error) };
  }
}

type Standing = Omit<EnvironmentResult, 'name' | 'namespace'>;

async function advance(ctx: SiteContext, task: EnvironmentTask, namespace: string): Promise<Standing> {
  const held = ctx.caches.held('Namespace', namespace) ?? (await unseen(ctx, task, namespace));
  const mode = environmentMode(task.grant, task.environment, held !== undefined);
  if (mode === 'none') return standing(task.grant.role === 'copy' ? 'Copied' : 'Retiring');
  if (mode === 'removed') {
    const finished = await remove(ctx, task, held);
    if (finished !== undefined) return finished;
  } else if (held?.terminating) {
    return terminating(held);
  }
  const desired = desiredEnvironment({
    grant: { tenant: task.grant.tenant, members: [...task.members] },
    environment: task.environment,
    mode: mode === 'open' ? 'open' : 'readonly',
    cloud: ctx.deps.config.current().cloud,
  });
  const outcome = await applyDesired(ctx, { owner: task.owner, desired, held });
  if (outcome.foreign.length > 0) {
    const message = outcome.foreign.join(', ');
    return { ready: 'False', reason: 'ForeignObject', message, busy: false, againMs: foreignAgainMs };
  }
  return { ...settled(ctx, task), busy: outcome.wrote };
}

function leaves({ grant, environment }: EnvironmentTask): boolean {
  return grant.state === 'Removed' || environment.state === 'Removed';
}

/**
 * A namespace that no cache holds, since it lost its labels. The cache may also have been told of an empty list, so that one
 * is gone is said only once the server was asked.
 */
async function unseen(ctx: SiteContext, task: EnvironmentTask, namespace: string): Promise<Held | undefined> {
  const object = namespaceObject(namespace);
  if (!leaves(task) && !ctx.lookups.suspected(object)) return undefined;
  const live = await lookOnce(ctx, object, task.owner);
  return live === undefined ? undefined : heldOf(live);
}

/** The removal's next step; undefined when the environment is still to be kept as it is. */
async function remove(ctx: SiteContext, task: EnvironmentTask, held: Held | undefined): Promise<Standing | undefined> {
  const step = removalOf(ctx, task, held);
  if (step.type === 'gone') return standing('Removed');
  if (step.type === 'terminating' && held !== undefined) return terminating(held);
  if (step.type !== 'delete' || held === undefined) return undefined;
  ctx.deps.log.info({ grant: task.owner, namespace: held.name }, 'retention is over, the namespace is removed');
  await removeExactly(ctx, namespaceObject(held.name), held.uid);
  return { ...terminating(held), againMs: 1_000 };
}

function removalOf(ctx: SiteContext, task: EnvironmentTask, held: Held | undefined): RemovalStep {
  return removalStep({
    removed: true,
    retiringSinceMs: task.retiringSinceMs,
    nowMs: ctx.deps.clock.now(),
    retainMs: retainMsOf(ctx.deps.config.current().cloud, task.grant.class),
    namespace: held === undefined ? 'absent' : held.terminating ? 'terminating' : 'present',
  });
}

function settled(ctx: SiteContext, task: EnvironmentTask): Standing {
  const { grant, environment } = task;
  if (leaves(task)) {
    const step = removalOf(ctx, task, { terminating: false } as Held);
    const untilMs = step.type === 'wait' ? step.untilMs : ctx.deps.clock.now();
    const message = `kept until ${new Date(untilMs).toISOString()}`;
    const againMs = Math.max(1, untilMs - ctx.deps.clock.now());
    return { ready: 'False', reason: 'RetentionRunning', message, busy: false, againMs };
  }
  if (grant.state === 'Retiring' || environment.state === 'Retiring') return standing('Retiring');
  if (grant.state === 'Frozen') return standing('Frozen');
  if (grant.role === 'copy') return standing('Copied');
  return standing(grant.role === 'standby' ? 'Standby' : 'Running');
}

function standing(reason: SiteReason): Standing {
  return { ready: 'True', reason, message: '', busy: false };
}

function terminating(held: Held): Standing {
  return { ready: 'False', reason: 'NamespaceTerminating', message: held.blocking.join('; '), busy: true };
}

interface Wanted {
  readonly owner: string;
  readonly desired: Desired;
  /** Its namespace as it is; undefined when there is none. */
  readonly held: Held | undefined;
}

/**
 * What widens goes first, then step after step. A step with a foreign object or an error ends the run, so no member gets
 * in before everything that protects the namespace is confirmed.
 */
async function applyDesired(ctx: SiteContext, { owner, desired, held }: Wanted) {
  const foreign: string[] = [];
  let wrote = false;
  let fresh = false;
  if (held !== undefined) {
    const gone = await Promise.all(desired.absent.map((name) => ensureAbsent(ctx, objectOf(name), owner)));
    wrote = gone.includes(true);
    await removeStrangers(ctx, { owner, desired, held });
  }
  for (const step of desired.steps) {
    const results = await settleAll(step.map((object) => ensureObject(ctx, object, { owner, fresh })));
    step.forEach((object, index) => {
      if (results[index] === 'foreign') foreign.push(labelOf(object));
      if (results[index] === 'written' || results[index] === 'created') wrote = true;
      if (object.kind === 'Namespace') fresh = results[index] === 'created';
    });
    // In a namespace that did not exist there is nothing to look for.
    if (fresh) for (const name of desired.absent) ctx.lookups.none(objectOf(name));
    if (foreign.length > 0) break;
  }
  return { foreign, wrote };
}

/** All of them are tried even when one fails; then the first error counts. */
async function settleAll<T>(runs: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(runs);
  return results.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    throw result.reason;
  });
}

function failureOf(error: unknown): Pick<Standing, 'reason' | 'message'> {
  const message = error instanceof Error ? error.message : String(error);
  if (isNamespaceTerminating(error)) return { reason: 'NamespaceTerminating', message: '' };
  return { reason: isForbidden(error) || isInvalid(error) ? 'WriteRefused' : 'WriteFailed', message };
}

function labelOf(object: PlainObject): string {
  const { namespace, name } = object.metadata;
  return `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

function objectOf(name: Desired['absent'][number]): KubeObject {
  return { apiVersion: name.apiVersion, kind: name.kind, metadata: { name: name.name, namespace: name.namespace } };
}

function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
