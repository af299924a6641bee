import { sameValue, type Verdict } from '../../core/desired/index.ts';
import type { GrantSpec, GrantStatus } from '../../core/model/grant.ts';
import { type SiteReason, siteReasons } from '../../core/model/reasons-site.ts';
import { type ConditionWish, isoSeconds, setConditions } from '../../kube/conditions.ts';
import type { EnvironmentResult } from './environment.ts';

/** All that a Grant's status is made from. */
export interface StatusInput {
  /** The last status, for transition times. */
  readonly before: GrantStatus | undefined;
  /** The decision that was acted on; undefined when there is none, or none that can be trusted. */
  readonly inForce: GrantSpec | undefined;
  /** The mirror was changed by someone else and is not acted on. */
  readonly damaged: boolean;
  readonly verdict: Verdict | undefined;
  readonly orphaned: boolean;
  /** Member groups that were left out because this site's directory does not have them. */
  readonly leftOut: readonly string[];
  /** Namespaces with this tenant's labels that the decision does not name. */
  readonly unnamed: readonly string[];
  readonly environments: readonly EnvironmentResult[];
  /** When each environment was first seen to leave, ISO 8601; the tenant as a whole under `*`. */
  readonly retiringSince: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

/** The status of a Grant: what the site saw and did. The same facts give the same status at any time. Pure. */
export function composeStatus(input: StatusInput): GrantStatus {
  const { before, inForce, retiringSince } = input;
  const conditions = conditionsOf(input);
  const types = new Set(conditions.map((condition) => condition.type));
  const kept = (before?.conditions ?? []).filter((condition) => types.has(condition.type));
  const since = retiringSince.get('*');
  const observed =
    inForce === undefined
      ? { observedDecision: before?.observedDecision, observedEpoch: before?.observedEpoch }
      : { observedDecision: inForce.decision, observedEpoch: inForce.epoch };
  return withoutUndefined({
    ...observed,
    retiringSince: since,
    conditions: [...setConditions(kept as never, conditions, input.nowMs)],
    environments: inForce === undefined ? before?.environments : environmentsOf(input),
  });
}

/** Whether two statuses say the same. Pure. */
export function sameStatus(a: GrantStatus | undefined, b: GrantStatus): boolean {
  return a !== undefined && sameValue(a, b);
}

/** First sight of each removal, kept from the last status; nothing for what does not leave. Pure. */
export function firstSights(spec: GrantSpec, before: GrantStatus | undefined, nowMs: number): Map<string, string> {
  const leaves = (state: string) => state === 'Retiring' || state === 'Removed';
  const now = isoSeconds(nowMs);
  const sights = new Map<string, string>();
  if (leaves(spec.state)) sights.set('*', before?.retiringSince ?? now);
  for (const { name, state } of spec.environments) {
    if (!leaves(spec.state) && !leaves(state)) continue;
    const known = before?.environments?.find((environment) => environment.name === name)?.retiringSince;
    sights.set(name, known ?? now);
  }
  return sights;
}

function environmentsOf({ environments, retiringSince }: StatusInput): NonNullable<GrantStatus['environments']> {
  return environments.map(({ name, namespace, ready, reason, message }) =>
    withoutUndefined({
      name,
      namespace,
      ready,
      reason,
      message: message === '' ? undefined : message.slice(0, 1024),
      retiringSince: retiringSince.get(name),
    }),
  );
}

function conditionsOf(input: StatusInput): ConditionWish[] {
  const ready = readyOf(input);
  const waits = ['NamespaceTerminating', 'RetentionRunning', 'Applying', 'WriteFailed'].includes(ready.reason);
  const stuck = ready.status === 'False' && !waits;
  const conditions: ConditionWish[] = [
    ready,
    { ...ready, type: 'Reconciling', status: ready.status === 'False' && waits ? 'True' : 'False' },
    { ...ready, type: 'Stalled', status: stuck ? 'True' : 'False' },
  ];
  if (input.orphaned) conditions.push(wish('Orphaned', 'True', 'Orphaned'));
  const { verdict } = input;
  if (
    verdict?.type === 'keep' &&
    (verdict.reason === 'ManagementBehind' || verdict.reason === 'AwaitingConfirmation')
  ) {
    conditions.push(wish(verdict.reason, 'True', verdict.reason, verdict.message));
  }
  return conditions;
}

/** The first of these that holds says whether the Grant is ready, and why not. */
function readyOf(input: StatusInput): ConditionWish {
  const { inForce, verdict, environments } = input;
  if (input.damaged) return wish('Ready', 'False', 'MirrorDamaged');
  // A management centre that lags behind does not make worse what runs; its own condition says so.
  if (verdict?.type === 'keep' && verdict.reason !== 'ManagementBehind') {
    return wish('Ready', 'False', verdict.reason, verdict.message);
  }
  if (inForce === undefined) return wish('Ready', 'False', 'Applying');
  const bad = environments.filter((environment) => environment.ready !== 'True');
  const [first] = bad.toSorted((a, b) => rank(a.reason) - rank(b.reason));
  if (first !== undefined) {
    const list = bad.map(({ name, message }) => (message === '' ? name : `${name}: ${message}`));
    return wish('Ready', 'False', first.reason, list.join('; '));
  }
  // Where nothing is left nobody is left out; a management centre that waits for the end would wait for ever.
  if (input.leftOut.length > 0 && inForce.state !== 'Removed')
    return wish('Ready', 'False', 'GroupNotInDepartment', input.leftOut.join(', '));
  if (input.unnamed.length > 0) return wish('Ready', 'False', 'EnvironmentOrphaned', input.unnamed.join(', '));
  return wish('Ready', 'True', settledReason(inForce));
}

/** What a person has to do something about comes before what passes by itself. */
function rank(reason: SiteReason): number {
  const order: readonly SiteReason[] = ['ForeignObject', 'WriteRefused', 'WriteFailed', 'NamespaceTerminating'];
  const index = order.indexOf(reason);
  return index < 0 ? order.length : index;
}

function settledReason({ role, state }: GrantSpec): SiteReason {
  if (state === 'Removed') return 'Removed';
  if (state === 'Retiring') return 'Retiring';
  if (state === 'Frozen') return 'Frozen';
  if (role === 'copy') return 'Copied';
  return role === 'standby' ? 'Standby' : 'Running';
}

function wish(type: string, status: 'True' | 'False', reason: SiteReason, detail = ''): ConditionWish {
  const sentence = siteReasons[reason].en;
  return { type, status, reason, message: (detail === '' ? sentence : `${sentence}: ${detail}`).slice(0, 2048) };
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
