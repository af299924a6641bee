/** Which points a crash matrix tries, in how many lives, and what came of it. */
import { allPoints, liveThrough, type Outcome, type Point, type Reference, type World } from './crash-matrix.ts';

/** The points of one life: at most one per phase. */
export type Life = ReadonlyMap<string, Point>;

/** What a matrix came to in one phase. */
export interface Tally {
  readonly scenario: string;
  readonly phase: string;
  /** Writes of the phase without a crash. */
  readonly writes: number;
  /** Twice as many, less those that were not to be tried. */
  readonly points: number;
  readonly tried: number;
  readonly failures: readonly string[];
}

/** As many lives as the phase with the most points needs. Pure. */
export function everyLife(reference: Reference): Life[] {
  return zip(allPoints(reference));
}

/**
 * `count` lives. Of each phase they try the first and the last point and both sides of a removal, and a sample of the
 * rest that `seed` chooses, the same one each time. Pure.
 */
export function someLives(reference: Reference, count: number, seed: number): Life[] {
  const random = generator(seed);
  const chosen = [...allPoints(reference)].map(([phase, points]): [string, Point[]] => {
    const sorted = [...points].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
    const [removal] = shuffled([...new Set(sorted.map(({ key }) => key))].filter(isRemoval), random);
    const wanted = [
      points[0],
      points.at(-1),
      ...sorted.filter(({ key }) => key === removal),
      ...shuffled(sorted, random),
    ];
    const different = new Map(wanted.flatMap((point) => (point === undefined ? [] : [[textOf(point), point]])));
    return [phase, [...different.values()].slice(0, count)];
  });
  return zip(new Map(chosen));
}

const isRemoval = (key: string) => key.startsWith('delete ');

/** A point as text. Pure. */
export function textOf({ key, nth, when }: Point): string {
  return `${when} ${key} #${nth}`;
}

function zip(points: ReadonlyMap<string, readonly Point[]>): Life[] {
  const most = Math.max(...[...points.values()].map((list) => list.length));
  return Array.from({ length: most }, (_, index) => {
    const own = [...points].flatMap(([phase, list]): [string, Point][] => {
      const point = list[index];
      return point === undefined ? [] : [[phase, point]];
    });
    return new Map(own);
  });
}

/** mulberry32: small, seeded, good enough to choose by. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/**
 * Lives all of them, one after another. A point whose write did not come (two status writes became one) gets two more
 * chances. `onLife` hears of each life at once. Resolves with a tally per phase.
 */
export async function liveAll(
  world: World,
  reference: Reference,
  lives: readonly Life[],
  onLife: (outcome: Outcome) => void = () => undefined,
): Promise<Tally[]> {
  const outcomes: Outcome[] = [];
  let left = lives;
  for (let round = 0; round < 3 && left.length > 0; round += 1) {
    const missed: Point[] = [];
    for (const life of left) {
      const outcome = await liveThrough(world, reference, life);
      outcomes.push(outcome);
      onLife(outcome);
      missed.push(...outcome.missed);
    }
    left = zip(new Map(Object.entries(Object.groupBy(missed, ({ phase }) => phase) as Record<string, Point[]>)));
  }
  return tallies(reference, lives, outcomes);
}

function tallies(reference: Reference, lives: readonly Life[], outcomes: readonly Outcome[]): Tally[] {
  const tried = outcomes.flatMap((outcome) => outcome.tried);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  return reference.scenario.phases.map(({ name: phase }) => ({
    scenario: reference.scenario.name,
    phase,
    writes: reference.writes.get(phase)?.always.length ?? 0,
    points: lives.filter((life) => life.has(phase)).length,
    tried: tried.filter((point) => point.phase === phase).length,
    failures: failures.filter((failure) => failure.startsWith(`${phase},`)),
  }));
}
