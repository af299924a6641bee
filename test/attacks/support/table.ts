/** The shape of the attack table, and how one case is run and judged. */
import { expect } from 'vitest';
import type { Text } from '../../../core/text/lang.ts';
import type { RawRequest } from './http.ts';
import type { Refuser } from './refusal.ts';
import { differences, type Snapshot } from './snapshot.ts';
import type { Attempt, Stage, Who } from './stage.ts';

/** One way to try an attack: its attempts, and who has to refuse each of them. */
export interface Way {
  readonly name: string;
  /** Any of these is right. */
  readonly by: readonly Refuser[];
  /** Asserts a repair or a decision, so it cannot run while the controllers are stopped. */
  readonly controllers?: 'needed';
  readonly run: (stage: Stage) => Promise<readonly Attempt[]>;
}

/** One case of the catalogue; `leaves`: differences that are right, for cases in which something is asked and refused later. */
export interface AttackCase {
  readonly id: string;
  readonly title: Text;
  readonly ways: readonly Way[];
  readonly leaves?: RegExp;
}

/** What a case came to: how many attempts, refused by whom. */
export interface CaseResult {
  readonly id: string;
  readonly attempts: number;
  readonly refusers: readonly Refuser[];
  /** What the ways came to that need the controllers. */
  readonly besides: readonly string[];
}

/** Requests of a way, as data; the default attackers are all three members, the default place their own centre. */
export interface Shots {
  readonly who: readonly Who[];
  readonly site?: string;
  readonly requests: (stage: Stage) => readonly RawRequest[] | Promise<readonly RawRequest[]>;
}

/** A way that sends requests and looks at the answers alone. Pure. */
export function way(name: string, by: Refuser | readonly Refuser[], shots: Shots): Way {
  return {
    name,
    by: typeof by === 'string' ? [by] : by,
    run: async (stage) => stage.shoot(shots.who, await shots.requests(stage), shots.site),
  };
}

let last: Snapshot | undefined;

/**
 * Runs every way of a case at the same time. Fails when an attempt was not refused, was refused by somebody else than the
 * way says, or when anything at any centre differs afterwards.
 */
export async function runCase(stage: Stage, attack: AttackCase): Promise<CaseResult> {
  const before = last ?? (await stage.snapshot());
  const ways = attack.ways.filter((one) => stage.controllers() || one.controllers !== 'needed');
  const tried = await Promise.all(ways.map(async (one) => ({ one, attempts: await one.run(stage) })));
  const wrong = tried.flatMap(({ one, attempts }) =>
    attempts
      .filter((attempt) => !one.by.includes(attempt.by))
      .map((attempt) => `${one.name}: ${attempt.who} ${attempt.what}: ${attempt.by}: ${attempt.message}`),
  );
  const empty = tried
    .filter(({ attempts }) => attempts.length === 0)
    .map(({ one }) => `${one.name}: nothing was tried`);
  last = await stage.snapshot();
  const changed = differences(before, last).filter((line) => attack.leaves?.test(line) !== true);
  expect.soft(wrong.slice(0, 25), `${attack.id}: attempts that were not refused as they must be`).toEqual([]);
  expect.soft(empty, `${attack.id}: ways`).toEqual([]);
  expect(changed, `${attack.id}: what differs afterwards`).toEqual([]);
  const attemptsOf = (needed: boolean) =>
    tried.filter(({ one }) => (one.controllers === 'needed') === needed).flatMap((entry) => entry.attempts);
  const names = (attempts: readonly Attempt[]) => [...new Set(attempts.map((entry) => entry.by))].sort();
  const attempts = attemptsOf(false);
  return { id: attack.id, attempts: attempts.length, refusers: names(attempts), besides: names(attemptsOf(true)) };
}
