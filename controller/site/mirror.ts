import { hash } from 'node:crypto';
import { type Amounts, sumAmounts } from '../../core/decide/quota-math.ts';
import {
  type BudgetedChange,
  correction,
  judge,
  managedByValue,
  orderedSpec,
  sameValue,
  usedBy,
  type Verdict,
} from '../../core/desired/index.ts';
import { AppError } from '../../core/errors.ts';
import { type GrantSpec, grantSpec } from '../../core/model/grant.ts';
import type { Grant } from '../../core/model/kinds.ts';
import { annotations, labels, managers, namespaces } from '../../core/model/names.ts';
import { canonicalJson } from '../../kube/apply.ts';
import { findCondition, isoSeconds } from '../../kube/conditions.ts';
import { isConflict, isFieldConflict } from '../../kube/errors.ts';
import { ourApiVersion, resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { versionOfNone } from './apply.ts';
import type { SiteContext } from './context.ts';
import type { Offer } from './link.ts';

/**
 * The mirror: what the site accepted, stored at the site. Everything else acts on it alone, so the site goes on when the
 * management centre is gone, and what the management centre says is looked at once, here.
 */

/** What is in force for one Grant, and what became of the newest offer. */
export interface Mirrored {
  /** The mirrored Grant; undefined when nothing was ever accepted. */
  readonly local: Grant | undefined;
  /** The decision to act on; undefined when there is none, or the mirror was changed by someone else. */
  readonly inForce: GrantSpec | undefined;
  readonly verdict: Verdict | undefined;
  /** The management centre was reached and has no such Grant, or is deleting it. */
  readonly orphaned: boolean;
  /** `metadata.generation` of the offer that was looked at; what is reported there speaks about it. */
  readonly generation: number | undefined;
}

const hourMs = 3_600_000;

/** Takes the newest offer into the mirror if the bounds allow it, and says what is in force now. @throws as the client */
export async function mirrorGrant(ctx: SiteContext, name: string): Promise<Mirrored> {
  const offer = ctx.link.offer(name);
  const generation = offer.type === 'present' ? offer.grant.metadata.generation : undefined;
  return { ...(await takeOffer(ctx, name, offer)), generation };
}

type Taken = Omit<Mirrored, 'generation'>;

async function takeOffer(ctx: SiteContext, name: string, offer: Offer): Promise<Taken> {
  const local = ctx.caches.grants.get(mirrorKey(name));
  const present = offer.type === 'present' && offer.grant.metadata.deletionTimestamp === undefined;
  const current = inForce(local);
  if (!present) return { ...current, verdict: undefined, orphaned: offer.type !== 'unknown' };
  // Nearly always: what is offered is what was accepted, so it needs no judging.
  if (current.inForce !== undefined && sameValue(offer.grant.spec, local?.spec)) {
    const verdict: Verdict = { type: 'same' };
    remember(ctx, name, verdict);
    return { ...current, verdict, orphaned: false };
  }
  const parsed = grantSpec.safeParse(offer.grant.spec);
  if (!parsed.success) {
    const message = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return { ...current, verdict: { type: 'keep', reason: 'GrantInvalid', message }, orphaned: false };
  }
  const offered = orderedSpec(parsed.data);
  const verdict = judgeOffer(ctx, name, offered);
  remember(ctx, name, verdict);
  if (verdict.type !== 'accept') return { ...current, verdict, orphaned: false };
  ctx.storing.set(name, { spec: offered, change: verdict.change });
  try {
    return await store(ctx, name, { offered, change: verdict.change });
  } finally {
    ctx.storing.delete(name);
  }
}

/** Whether the mirrored Grant is as the site stored it; `spec` is its own, in order. Pure. */
function isIntact(local: Grant, spec: GrantSpec = orderedSpec(local.spec)): boolean {
  return local.metadata.annotations?.[annotations.acceptedSpec] === hashOfSpec(spec);
}

function inForce(local: Grant | undefined): Pick<Mirrored, 'local' | 'inForce'> {
  if (local === undefined) return { local, inForce: undefined };
  const spec = orderedSpec(local.spec);
  return { local, inForce: isIntact(local, spec) ? spec : undefined };
}

function judgeOffer(ctx: SiteContext, name: string, offered: GrantSpec): Verdict {
  const { deps, caches } = ctx;
  const { cloud } = deps.config.current();
  const local = caches.grants.get(mirrorKey(name));
  const nowMs = deps.clock.now();
  const awaits = findCondition(local?.status?.conditions as never, 'AwaitingConfirmation')?.status === 'True';
  return judge({
    name,
    offered,
    known: local === undefined ? undefined : knownOf(local),
    departmentGroups: caches.groupsOf(offered.tenant.department),
    capacity: cloud.sites.find((site) => site.name === deps.site)?.capacity,
    get usedByOthers() {
      return usedByOthers(ctx, name);
    },
    get budget() {
      const { removal, roleChange } = ctx.waiting;
      return {
        ...cloud.changeBudget,
        removals: spentBudget(ctx, name, 'removal', nowMs),
        roleChanges: spentBudget(ctx, name, 'roleChange', nowMs),
        waiting: awaits || removal.has(name) || roleChange.has(name),
        confirmed: nowMs < caches.confirmedUntilMs(),
      };
    },
  });
}

/**
 * The decision in force. Of a mirror that someone changed only the number is believed that the site reported itself; one
 * lower, so that the same decision from the management centre puts it right again.
 */
function knownOf(local: Grant): GrantSpec {
  const spec = orderedSpec(local.spec);
  if (isIntact(local, spec)) return spec;
  const { term, revision } = local.status?.observedDecision ?? { term: 1, revision: 1 };
  return { ...spec, decision: { term, revision: revision - 1 }, epoch: local.status?.observedEpoch ?? 1 };
}

/** What is being stored counts instead of what is in force. */
function usedByOthers({ caches, storing }: SiteContext, name: string): Amounts {
  const stored = [...storing].filter(([other]) => other !== name);
  const left = caches.totals.usedWithout([name, ...stored.map(([other]) => other)]);
  return sumAmounts([left, ...stored.map(([, { spec }]) => usedBy(spec))]);
}

/** Changes of other Grants within the hour, by the marks in the mirror, and those that wait, which may be thousands. */
function spentBudget(ctx: SiteContext, name: string, change: BudgetedChange, nowMs: number): number {
  const waiting = ctx.waiting[change];
  const storing = [...ctx.storing].filter(([, one]) => one.change === change).map(([other]) => other);
  const accepted = new Set([...ctx.caches.totals.changedSince(change, nowMs - hourMs + 1), ...storing]);
  const others = [...accepted].filter((other) => other !== name && !waiting.has(other));
  return others.length + waiting.size - (waiting.has(name) ? 1 : 0);
}

function remember(ctx: SiteContext, name: string, verdict: Verdict): void {
  ctx.refused.delete(name);
  for (const waiting of Object.values(ctx.waiting)) waiting.delete(name);
  if (verdict.type !== 'keep') return;
  if (verdict.reason === 'AwaitingConfirmation' && verdict.change !== undefined) ctx.waiting[verdict.change].add(name);
  if (verdict.reason === 'OverCapacity') ctx.refused.add(name);
}

interface Acceptance {
  readonly offered: GrantSpec;
  readonly change: BudgetedChange | undefined;
}

/**
 * Stores the decision and reads it back. A dry run goes first: an API server with an older schema drops what it does not
 * know, and then a decision in force must not be lost.
 */
async function store(ctx: SiteContext, name: string, { offered, change }: Acceptance): Promise<Taken> {
  const { client, log, clock } = ctx.deps;
  const before = ctx.caches.grants.get(mirrorKey(name));
  const nowIso = isoSeconds(clock.now());
  const object = mirrorObject(name, offered, {
    ...marksOf(before),
    ...(change === 'removal' ? { [annotations.removalAcceptedAt]: nowIso } : {}),
    ...(change === 'roleChange' ? { [annotations.roleChangeAcceptedAt]: nowIso } : {}),
  });
  const options = { fieldManager: managers.site, force: true };
  if (before !== undefined && !isIntact(before)) await takeBack(ctx, before, object);
  for (const dryRun of before === undefined ? [false] : [true, false]) {
    const answer =
      before === undefined ? await storeFirst(ctx, object) : await client.apply(object, { ...options, dryRun });
    const stored = answer as unknown as Grant;
    if (!sameValue(orderedSpec(stored.spec), offered)) {
      const message = 'the API server of this site did not keep all of it';
      return { ...inForce(before), verdict: { type: 'keep', reason: 'MirrorDiffers', message }, orphaned: false };
    }
    if (!dryRun) {
      delete (stored.metadata as { managedFields?: unknown }).managedFields;
      ctx.caches.grants.note(mirrorKey(name), stored.metadata.resourceVersion, stored);
      log.info({ grant: name, decision: offered.decision, epoch: offered.epoch }, 'a decision is in force');
      ctx.onAccepted(name);
      return { local: stored, inForce: offered, verdict: { type: 'same' }, orphaned: false };
    }
  }
  throw new Error('unreachable');
}

/**
 * A first decision is judged without one in force, so it must be certain that there is none: a cache that was told of an
 * empty list would let an old decision in. The server is told to create and nothing else.
 * @throws unreachable `mirror-not-seen` when it has one
 */
async function storeFirst(ctx: SiteContext, object: KubeObject): Promise<KubeObject> {
  const metadata = { ...object.metadata, resourceVersion: versionOfNone };
  try {
    return await ctx.deps.client.apply({ ...object, metadata }, { fieldManager: managers.site });
  } catch (error) {
    if (!isConflict(error) && !isFieldConflict(error)) throw error;
    const { name } = object.metadata;
    throw new AppError('unreachable', `The cache does not know the mirrored Grant ${name} yet.`, {
      code: 'mirror-not-seen',
      cause: error,
    });
  }
}

/** What others added to lists of the mirror would survive an apply, so a changed mirror is first put right as a whole. */
async function takeBack(ctx: SiteContext, damaged: Grant, object: KubeObject): Promise<void> {
  const patch = correction(damaged as unknown as KubeObject, object);
  if (patch === undefined) return;
  const { name, namespace, resourceVersion } = damaged.metadata;
  const metadata = { ...(patch['metadata'] as object | undefined), resourceVersion };
  const options = { type: 'merge', fieldManager: managers.site } as const;
  await ctx.deps.client.patch(resources.grant, { namespace, name }, { ...patch, metadata }, options);
  ctx.deps.log.warn({ grant: name }, 'the mirrored Grant was changed by someone else and is put right');
}

function marksOf(before: Grant | undefined): Record<string, string> {
  const marks = before?.metadata.annotations ?? {};
  const kept = [annotations.removalAcceptedAt, annotations.roleChangeAcceptedAt];
  return Object.fromEntries(Object.entries(marks).filter(([name]) => (kept as string[]).includes(name)));
}

function mirrorObject(name: string, spec: GrantSpec, marks: Record<string, string>): KubeObject {
  return {
    apiVersion: ourApiVersion,
    kind: 'Grant',
    metadata: {
      name,
      namespace: namespaces.grants,
      labels: {
        [labels.managedBy]: managedByValue,
        [labels.department]: spec.tenant.department,
        [labels.tenant]: spec.tenant.name,
      },
      annotations: { ...marks, [annotations.acceptedSpec]: hashOfSpec(spec) },
    },
    spec,
  };
}

function hashOfSpec(spec: GrantSpec): string {
  return hash('sha256', canonicalJson(spec), 'base64url');
}

/** Key of a mirrored Grant in the cache. Pure. */
export function mirrorKey(name: string): string {
  return `${namespaces.grants}/${name}`;
}
