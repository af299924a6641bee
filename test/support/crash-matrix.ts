/**
 * The crash matrix: a controller is killed with SIGKILL before and after every write of a scenario, is started again, and
 * must come to the same end as a run without a crash.
 *
 * Scenario: a tenant's life is a list of phases (made, raised, removed). A life without a crash tells the writes of each
 * phase and the state at its end. Then tenants with fresh names live the same life, and in each phase one point is
 * chosen: at that write the process dies, either before the server hears of it or after it has done it. At the end of
 * each phase the masked state and the number of makings and removals of every object equal those of the life without a
 * crash, every change on the way has kept the invariants, and nothing is written any more.
 */
import type { KubeObject } from '../../kube/types.ts';
import { until } from './centre.ts';
import { type Change, type History, makingsOf, markOf, maskedText, stateAfter, step } from './crash-history.ts';
import { type Victim, writeKey } from './crash-victim.ts';

/** One step of a tenant's life; `name` is the tenant's, different in each life. */
export interface Phase {
  readonly name: string;
  readonly act: (name: string) => Promise<void>;
  /** Whether the controller has done its part; then the state has to be as expected too. */
  readonly done: (name: string) => Promise<boolean>;
}

/** The phases of a life. */
export interface Scenario {
  readonly name: string;
  readonly phases: readonly Phase[];
}

/** What must hold after each change; `before` is the object as it was. Says what is wrong. Pure. */
export type Invariant = (
  state: ReadonlyMap<string, KubeObject>,
  change: Change,
  before: KubeObject | undefined,
) => string | undefined;

/** A centre with a controller to kill. */
export interface World {
  readonly victim: Victim;
  readonly history: History;
  readonly invariants: readonly Invariant[];
  /** Kinds whose objects all lives share; they are compared too. */
  readonly shared: readonly string[];
  /** A fresh name for a tenant. */
  readonly freshName: () => string;
  readonly stop: () => Promise<void>;
}

/** Where to kill: the `nth` write of this key in a phase, from 1. */
export interface Point {
  readonly phase: string;
  readonly key: string;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** How a phase ends: masked objects and makings, each by mark. */
interface End {
  readonly objects: Readonly<Record<string, string>>;
  readonly makings: Readonly<Record<string, string>>;
}

/** A life without a crash. */
export interface Reference {
  readonly scenario: Scenario;
  /** By phase: the writes that each such life makes, in order; and those that only some make. */
  readonly writes: ReadonlyMap<string, { readonly always: readonly Point[]; readonly sometimes: readonly Point[] }>;
  readonly ends: ReadonlyMap<string, End>;
}

/** What came of one life with crashes. */
export interface Outcome {
  readonly tried: readonly Point[];
  /** Points whose write did not come this time. */
  readonly missed: readonly Point[];
  /** What was wrong, with the phase and the point. */
  readonly failures: readonly string[];
}

/** Nothing is written for so long: the phase is over. */
const quietMs = 400;
/** Long enough for a busy machine. */
const patienceMs = 180_000;

/** Two lives without a crash, which must be alike; else a mask is missing. @throws when they differ */
export async function learn(world: World, scenario: Scenario): Promise<Reference> {
  // What all lives share keeps a trace of the first one, such as a sum that is zero again instead of absent.
  if (world.shared.length > 0) await quietLife(world, scenario);
  const [first, second] = [await quietLife(world, scenario), await quietLife(world, scenario)];
  const writes = new Map<string, { always: Point[]; sometimes: Point[] }>();
  for (const { name } of scenario.phases) {
    const difference = compareEnds(first.ends.get(name), second.ends.get(name));
    if (difference.length > 0) throw new Error(`two ${name} without a crash differ: ${difference.join('\n')}`);
    const [one = [], two = []] = [first.writes.get(name), second.writes.get(name)];
    const has = (list: readonly Point[], point: Point) =>
      list.some(({ key, nth }) => key === point.key && nth === point.nth);
    const sometimes = [...one.filter((p) => !has(two, p)), ...two.filter((p) => !has(one, p))];
    writes.set(name, { always: one.filter((p) => has(two, p)), sometimes });
  }
  return { scenario, writes, ends: first.ends };
}

async function quietLife(world: World, scenario: Scenario) {
  const name = world.freshName();
  const ends = new Map<string, End>();
  const writes = new Map<string, Point[]>();
  const start = world.history.changes().at(-1)?.version ?? 0;
  for (const phase of scenario.phases) {
    const from = world.victim.writes().length;
    await phase.act(name);
    const end = await converge(world, { phase, name, start });
    if (end.wrong.length > 0) throw new Error(`without a crash: ${end.wrong.join('\n')}`);
    ends.set(phase.name, end);
    writes.set(phase.name, pointsIn(world.victim, { from, phase: phase.name, name }));
  }
  return { ends, writes };
}

function pointsIn(victim: Victim, { from, phase, name }: { from: number; phase: string; name: string }): Point[] {
  const seen = new Map<string, number>();
  return victim
    .writes()
    .slice(from)
    .map((call) => {
      const key = writeKey(call, name);
      const nth = (seen.get(key) ?? 0) + 1;
      seen.set(key, nth);
      return { phase, key, nth, when: 'before' };
    });
}

/** All crash points of a reference by phase: before and after each write, those that always come first. Pure. */
export function allPoints({ writes }: Reference): Map<string, Point[]> {
  const both = (point: Point): Point[] => [point, { ...point, when: 'after' }];
  return new Map([...writes].map(([phase, { always, sometimes }]) => [phase, [...always, ...sometimes].flatMap(both)]));
}

/** One life with at most one crash per phase. */
export async function liveThrough(
  world: World,
  reference: Reference,
  points: ReadonlyMap<string, Point>,
): Promise<Outcome> {
  const name = world.freshName();
  const start = world.history.changes().at(-1)?.version ?? 0;
  const outcome = { tried: [] as Point[], missed: [] as Point[], failures: [] as string[] };
  for (const phase of reference.scenario.phases) {
    const point = points.get(phase.name);
    if (point !== undefined) armAt(world.victim, point, name);
    await phase.act(name);
    const expected = reference.ends.get(phase.name);
    const end = await converge(world, { phase, name, start, expected });
    const died = world.victim.hasDied();
    if (point !== undefined) (died ? outcome.tried : outcome.missed).push(point);
    world.victim.disarm();
    const said = point === undefined ? 'no crash' : `${point.when} ${point.key} #${point.nth}`;
    outcome.failures.push(...end.wrong.map((what) => `${phase.name}, ${said}: ${what}`));
    if (end.wrong.length > 0) break;
  }
  return outcome;
}

function armAt(victim: Victim, { key, nth, when }: Point, name: string): void {
  let seen = 0;
  victim.arm({
    when,
    at(call) {
      if (writeKey(call, name) !== key) return false;
      seen += 1;
      return seen === nth;
    },
  });
}

interface Converging {
  readonly phase: Phase;
  readonly name: string;
  /** Version before the life began. */
  readonly start: number;
  readonly expected?: End | undefined;
}

/** Waits until the phase is done, all is quiet, and the state is as expected; says what is wrong when it does not come. */
async function converge(world: World, life: Converging): Promise<End & { readonly wrong: readonly string[] }> {
  const { phase, name, expected } = life;
  const deadline = performance.now() + patienceMs;
  const known = knownOf(world);
  let end: End = { objects: {}, makings: {} };
  let wrong: string[] = [];
  do {
    try {
      await until(`${phase.name} of ${name} is done`, () => phase.done(name), deadline - performance.now());
      await quiet(world, deadline);
    } catch (error) {
      wrong = [`${String(error)}\n${world.victim.log().split('\n').slice(-15).join('\n')}`];
      break;
    }
    await world.history.caughtUp();
    end = endOf(world, life);
    wrong = expected === undefined ? [] : compareEnds(expected, end);
  } while (wrong.length > 0 && performance.now() < deadline);
  await world.history.caughtUp();
  return { ...end, wrong: [...wrong, ...known.replay()] };
}

async function quiet({ victim, history }: World, deadline: number): Promise<void> {
  await victim.ready();
  const fromMs = performance.now();
  const still = () => performance.now() - Math.max(fromMs, victim.lastWriteMs(), history.lastMs()) >= quietMs;
  await until('nothing is written any more', still, deadline - performance.now());
}

/** Waits for so long; resolves with the writes that came nevertheless, as `method path`. */
export async function isSilent({ victim }: World, ms: number): Promise<string[]> {
  const before = victim.writes().length;
  await new Promise((resolve) => setTimeout(resolve, ms));
  return victim
    .writes()
    .slice(before)
    .map(({ method, path }) => `${method} ${path}`);
}

function endOf({ history, shared }: World, { name, start }: Converging): End {
  const changes = history.changes();
  const own = (object: KubeObject) => markOf(object).includes(name);
  const objects = [...stateAfter(changes)]
    .filter(([, object]) => own(object) || shared.includes(object.kind))
    .map(([mark, object]): [string, string] => [mark.replaceAll(name, 'NAME'), maskedText(object, name)]);
  const life = changes.filter(({ version, object }) => version > start && own(object));
  return { objects: Object.fromEntries(objects), makings: makingsOf(life, name) };
}

function compareEnds(a: End | undefined, b: End | undefined): string[] {
  return [...compareTexts(a?.objects ?? {}, b?.objects ?? {}), ...compareTexts(a?.makings ?? {}, b?.makings ?? {})];
}

function compareTexts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  const marks = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return marks.filter((mark) => a[mark] !== b[mark]).map((mark) => `${mark}: ${differenceOf(a[mark], b[mark])}`);
}

function differenceOf(a: string | undefined, b: string | undefined): string {
  if (a === undefined) return `is there and should not be`;
  if (b === undefined) return 'is not there';
  const [left, right] = [a.split('\n'), b.split('\n')];
  const lost = left.filter((line) => !right.includes(line));
  const added = right.filter((line) => !left.includes(line));
  return `without [${lost.join(' ')}] with [${added.join(' ')}]`;
}

const replays = new WeakMap<World, { replay: () => string[] }>();

/** Plays what was not played yet through the invariants, each change once. */
function knownOf(world: World): { replay: () => string[] } {
  const known = replays.get(world);
  if (known !== undefined) return known;
  const state = new Map<string, KubeObject>();
  let played = 0;
  const replay = (): string[] => {
    const broken: string[] = [];
    for (const change of world.history.changes()) {
      if (change.version <= played) continue;
      const before = state.get(markOf(change.object));
      step(state, change);
      for (const invariant of world.invariants) {
        const what = invariant(state, change, before);
        if (what !== undefined) broken.push(`invariant at version ${change.version}: ${what}`);
      }
    }
    played = world.history.changes().at(-1)?.version ?? played;
    return broken;
  };
  const made = { replay };
  replays.set(world, made);
  return made;
}
