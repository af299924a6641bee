/** One condition of a status, as Kubernetes writes them; times are ISO 8601 UTC. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  /** A constant in CamelCase. */
  reason: string;
  /** For people, with numbers; empty when there is nothing to add. */
  message: string;
  /** When `status` last became what it is. */
  lastTransitionTime: string;
  /** `metadata.generation` that the condition speaks about. */
  observedGeneration?: number;
}

/** A condition as its author states it; the transition time follows from the list it is put into. */
export type ConditionWish = Omit<Condition, 'lastTransitionTime'>;

/**
 * `conditions` with one of them set, sorted by type. `lastTransitionTime` becomes `nowMs` (epoch milliseconds, written
 * to the second) only when the status is another than before. Returns the same list when nothing is different, so that
 * the caller can tell by identity that there is nothing to write. Pure.
 */
export function setCondition(
  conditions: readonly Condition[],
  wish: ConditionWish,
  nowMs: number,
): readonly Condition[] {
  const before = conditions.find((condition) => condition.type === wish.type);
  if (before !== undefined && sameStatement(before, wish)) return conditions;
  const lastTransitionTime = before?.status === wish.status ? before.lastTransitionTime : isoSeconds(nowMs);
  const { type, status, reason, message, observedGeneration } = wish;
  const after: Condition = { type, status, reason, message, lastTransitionTime };
  if (observedGeneration !== undefined) after.observedGeneration = observedGeneration;
  const others = conditions.filter((condition) => condition.type !== type);
  return [...others, after].sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}

/** All wishes set one after another; types that no wish names are kept. Pure. */
export function setConditions(
  conditions: readonly Condition[],
  wishes: readonly ConditionWish[],
  nowMs: number,
): readonly Condition[] {
  return wishes.reduce((list, wish) => setCondition(list, wish, nowMs), conditions);
}

/** The condition of a type, if there is one. Pure. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Epoch milliseconds as Kubernetes writes times: ISO 8601 UTC without fractions. Pure. */
export function isoSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

function sameStatement(before: Condition, wish: ConditionWish): boolean {
  return (
    before.status === wish.status &&
    before.reason === wish.reason &&
    before.message === wish.message &&
    before.observedGeneration === wish.observedGeneration
  );
}
