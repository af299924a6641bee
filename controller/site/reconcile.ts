import { boundMembers, retainMsOf } from '../../core/desired/index.ts';
import type { GrantSpec, GrantStatus } from '../../core/model/grant.ts';
import type { Grant } from '../../core/model/kinds.ts';
import { environmentNamespace, managers, namespaces } from '../../core/model/names.ts';
import { isNotFound } from '../../kube/errors.ts';
import { ourApiVersion, resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { done, type Outcome } from '../queue.ts';
import type { SiteContext } from './context.ts';
import { type EnvironmentResult, reconcileEnvironment } from './environment.ts';
import { type Mirrored, mirrorGrant, mirrorKey } from './mirror.ts';
import { composeStatus, firstSights, sameStatus } from './status.ts';

const noRemovals: ReadonlyMap<string, string> = new Map();

/**
 * One Grant: take the newest decision if the bounds allow it, bring its environments to what is in force, say how they
 * stand. @throws the first error that is worth another attempt
 */
export async function reconcileGrant(ctx: SiteContext, name: string): Promise<Outcome> {
  const mirrored = await mirrorGrant(ctx, name);
  const { local, inForce } = mirrored;
  const before = local?.status ?? reportedStatus(ctx, name);
  const nowMs = ctx.deps.clock.now();
  if (local === undefined && mirrored.verdict === undefined) {
    ctx.reports.delete(name);
    return done;
  }
  const run = inForce === undefined ? undefined : await runEnvironments(ctx, { name, spec: inForce, before });
  const status = composeStatus({
    before,
    inForce,
    damaged: local !== undefined && inForce === undefined,
    verdict: mirrored.verdict,
    orphaned: mirrored.orphaned,
    leftOut: run?.leftOut ?? [],
    unnamed: run?.unnamed ?? [],
    environments: run?.environments ?? [],
    retiringSince: run?.retiringSince ?? noRemovals,
    nowMs,
  });
  await writeStatus(ctx, local, status);
  tell(ctx, name, { status, generation: mirrored.generation });
  const error = run?.environments.find((environment) => environment.error !== undefined)?.error;
  if (error !== undefined) throw error;
  return (await forgetRemoved(ctx, name, { mirrored, status })) ?? nextLook(run?.environments ?? []);
}

/**
 * The management centre is told the same, and which generation of its Grant it is about. Nothing is told before its offer
 * was looked at: that comes first when it is reached.
 */
function tell(
  ctx: SiteContext,
  name: string,
  { status, generation }: { status: GrantStatus; generation: number | undefined },
): void {
  if (generation === undefined) {
    ctx.reports.delete(name);
    return;
  }
  const conditions = status.conditions.map((condition) => ({ ...condition, observedGeneration: generation }));
  ctx.reports.set(name, { ...status, conditions });
  ctx.sendReport(name);
}

interface Run {
  readonly environments: readonly EnvironmentResult[];
  readonly leftOut: readonly string[];
  readonly unnamed: readonly string[];
  readonly retiringSince: ReadonlyMap<string, string>;
}

interface RunInput {
  readonly name: string;
  readonly spec: GrantSpec;
  readonly before: GrantStatus | undefined;
}

async function runEnvironments(ctx: SiteContext, { name, spec, before }: RunInput): Promise<Run> {
  const retiringSince = firstSights(spec, before, ctx.deps.clock.now());
  const members = boundMembers(spec.members, ctx.caches.groupsOf(spec.tenant.department));
  const environments = await Promise.all(
    spec.environments.map((environment) => {
      const since = retiringSince.get(environment.name);
      const retiringSinceMs = since === undefined ? undefined : Date.parse(since);
      return reconcileEnvironment(ctx, { owner: name, grant: spec, environment, members, retiringSinceMs });
    }),
  );
  const named = spec.environments.map((environment) =>
    environmentNamespace(spec.tenant.department, spec.tenant.name, environment.name),
  );
  return {
    environments,
    retiringSince,
    leftOut: spec.members.filter((member) => !members.includes(member)).map((member) => member.group),
    unnamed: ctx.caches
      .namespacesOf(name)
      .filter((namespace) => !named.includes(namespace))
      .sort(),
  };
}

/** What the management centre has heard of a Grant of which nothing is in the mirror. */
function reportedStatus(ctx: SiteContext, name: string): GrantStatus | undefined {
  const offer = ctx.link.offer(name);
  return offer.type === 'present' ? offer.grant.status : undefined;
}

async function writeStatus(ctx: SiteContext, local: Grant | undefined, status: GrantStatus): Promise<void> {
  if (local === undefined || sameStatus(local.status, status)) return;
  const { name, namespace, uid } = local.metadata;
  const object = { apiVersion: ourApiVersion, kind: 'Grant', metadata: { name, namespace, uid }, status };
  const options = { fieldManager: managers.site, force: true, subresource: 'status' };
  const stored = (await ctx.deps.client.apply(object as KubeObject, options)) as unknown as Grant;
  delete (stored.metadata as { managedFields?: unknown }).managedFields;
  ctx.caches.grants.note(mirrorKey(name), stored.metadata.resourceVersion, stored);
}

/**
 * A finished removal stays in the mirror for as long again as things are retained: it is what tells an old decision of a
 * restored management centre from a new one. Then it goes, if the management centre has let go of it too.
 */
async function forgetRemoved(
  ctx: SiteContext,
  name: string,
  { mirrored, status }: { mirrored: Mirrored; status: GrantStatus },
): Promise<Outcome | undefined> {
  const { local, inForce, orphaned } = mirrored;
  if (!orphaned || local === undefined || inForce?.state !== 'Removed') return undefined;
  if (status.environments?.some((environment) => environment.reason !== 'Removed')) return undefined;
  const sinceMs = Date.parse(status.retiringSince ?? '');
  if (Number.isNaN(sinceMs)) return undefined;
  const leftMs = sinceMs + 2 * retainMsOf(ctx.deps.config.current().cloud, inForce.class) - ctx.deps.clock.now();
  if (leftMs > 0) return lookAgain(leftMs, 'removed, and remembered for a time');
  try {
    await ctx.deps.client.remove(resources.grant, { namespace: namespaces.grants, name }, { uid: local.metadata.uid });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  ctx.caches.grants.noteRemoved(local.metadata.uid);
  ctx.reports.delete(name);
  return done;
}

function nextLook(environments: readonly EnvironmentResult[]): Outcome {
  const waits = environments.filter((environment) => environment.againMs !== undefined);
  const [soonest] = waits.toSorted((a, b) => (a.againMs ?? 0) - (b.againMs ?? 0));
  return soonest?.againMs === undefined ? done : lookAgain(soonest.againMs, soonest.reason);
}

/** Timers take at most 2^31 ms; a longer wait is looked at in between. */
function lookAgain(afterMs: number, reason: string): Outcome {
  return { type: 'requeue', afterMs: Math.min(afterMs, 86_400_000), reason };
}
