import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { writeWhole } from '../../stacks/engine/state.ts';
import type { LiveState, SeenState, SiteState } from './live.ts';

/** What the last online plan saw: the base of `plan --offline`. Times in epoch milliseconds. */
export interface PlanRecord {
  readonly at: number;
  readonly live: LiveState;
  /** By name; a centre that did not answer keeps what was seen of it before. */
  readonly sites: Readonly<Record<string, { readonly at: number; readonly state: SiteState }>>;
}

/** What changes with every plan, and which state was seen when. */
interface Index {
  readonly at: number;
  readonly live: Pick<LiveState, 'sites' | 'mark'>;
  readonly sites: Readonly<Record<string, { readonly at: number; readonly mark: string }>>;
}

/*
 * What the centres have is megabytes and seldom changes, so each state lies in a file of its own, named by its mark and
 * written only when there is none: a plan with nothing to do then writes the index alone. A state is complete before an
 * index names it, and is removed only after none does.
 */
const indexFile = (stateDir: string): string => join(stateDir, 'last-plan.json');
const stateFile = (stateDir: string, mark: string): string => join(stateDir, `last-plan-${mark}.json.gz`);

/** The record; undefined when there is none or it cannot be read. */
export function readPlanRecord(stateDir: string): PlanRecord | undefined {
  try {
    const { at, live, sites } = readIndex(stateDir);
    const states = Object.entries(sites).map(([name, seen]) => {
      return [name, { at: seen.at, state: readState<SiteState>(stateDir, seen.mark) }] as const;
    });
    const rest = readState<Omit<LiveState, keyof Index['live']>>(stateDir, live.mark);
    return { at, live: { ...rest, ...live }, sites: Object.fromEntries(states) };
  } catch {
    return undefined;
  }
}

/** What a plan saw. */
interface Seen {
  readonly at: number;
  readonly live: LiveState;
  /** The centres that answered; of the others what was seen before is kept. */
  readonly sites: ReadonlyMap<string, SeenState>;
}

/** Replaces the record, for its owner only. It is compressed beside whatever else runs. */
export async function writePlanRecord(stateDir: string, { at, live, sites }: Seen): Promise<void> {
  const before = indexBefore(stateDir);
  const { sites: siteObjects, mark, ...rest } = live;
  const seen = [...sites].map(([name, state]) => [name, { at, mark: state.mark }] as const);
  const index: Index = {
    at,
    live: { sites: siteObjects, mark },
    sites: { ...before?.sites, ...Object.fromEntries(seen) },
  };
  await Promise.all([
    keepState(stateDir, mark, rest),
    ...[...sites.values()].map(({ mark: own, objects }) => keepState(stateDir, own, { objects })),
  ]);
  writeWhole(indexFile(stateDir), JSON.stringify(index));
  const named = marksOf(index);
  for (const old of before === undefined ? [] : marksOf(before)) {
    if (!named.has(old)) rmSync(stateFile(stateDir, old), { force: true });
  }
}

function indexBefore(stateDir: string): Index | undefined {
  try {
    return readIndex(stateDir);
  } catch {
    return undefined;
  }
}

function marksOf({ live, sites }: Index): Set<string> {
  return new Set([live.mark, ...Object.values(sites).map(({ mark }) => mark)]);
}

function readIndex(stateDir: string): Index {
  return JSON.parse(readFileSync(indexFile(stateDir), 'utf8')) as Index;
}

function readState<T>(stateDir: string, mark: string): T {
  return JSON.parse(gunzipSync(readFileSync(stateFile(stateDir, mark))).toString('utf8')) as T;
}

const compress = promisify(gzip);

async function keepState(stateDir: string, mark: string, state: object): Promise<void> {
  const file = stateFile(stateDir, mark);
  if (!existsSync(file)) writeWhole(file, await compress(JSON.stringify(state), { level: 1 }));
}
