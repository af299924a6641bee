/**
 * The whole crash matrix: every write of both controllers and of `up`, before and after. Those of `up` are hundreds and take
 * hours, so they can be tried in parts: `JINHONG_CRASH_UP=2/4`. Keeps what it found as docs/results/crash.json.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everyLife, liveAll, type Tally } from '../support/crash-lives.ts';
import { managementLife, startManagementWorld } from '../support/crash-management.ts';
import { isSilent, learn, liveThrough, type Reference, type Scenario, type World } from '../support/crash-matrix.ts';
import { siteFailover, siteLife, startSiteWorld } from '../support/crash-site.ts';
import { chainsOf, isOwn, type UpEnd, type UpPoint, upThrough } from '../support/crash-up.ts';

const silenceMs = 60_000;
/** How often Events that repeat are counted up (kube/events.ts), and a little more. */
const countingMs = 35_000;

type Row = (string | number)[];
const file = join(import.meta.dirname, '../../docs/results/crash.json');

/** Keeps what was found about a scenario at once; what was found about others, now or in an earlier run, stays. */
function keep(rows: readonly Row[]): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows : [];
  const stays = ([name]: Row) => !rows.some(([ran]) => ran === name);
  const document = {
    title: 'Controllers and `up` killed before and after their writes',
    measuredOn: new Date().toISOString().slice(0, 10),
    command: 'npm run test:long',
    columns: ['scenario', 'phase', 'writes', 'points tried', 'of', 'ended otherwise', 'seconds of the scenario'],
    rows: [...before.filter(stays), ...rows].sort(([a], [b]) => String(a).localeCompare(String(b))),
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
}

async function whole(world: World, scenario: Scenario): Promise<{ reference: Reference; tallies: readonly Tally[] }> {
  const startedMs = performance.now();
  const reference = await learn(world, scenario);
  const lives = everyLife(reference);
  let lived = 0;
  const tallies = await liveAll(world, reference, lives, ({ tried, failures }) => {
    lived += 1;
    console.log(`${scenario.name}: ${lived} of ${lives.length}, ${tried.length} crashes`, ...failures);
  });
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  keep(
    tallies.map(({ phase, writes, points, tried, failures }) => {
      return [scenario.name, phase, writes, tried, points, failures.length, seconds];
    }),
  );
  return { reference, tallies };
}

function expectAllRight(tallies: readonly Tally[]): void {
  expect(tallies.flatMap(({ failures }) => failures)).toEqual([]);
  const points = tallies.reduce((sum, tally) => sum + tally.points, 0);
  const tried = tallies.reduce((sum, tally) => sum + tally.tried, 0);
  // What is left are status writes that come in some lives only.
  expect(tried / points).toBeGreaterThan(0.9);
}

describe('killed before and after every write', () => {
  it('the site controller ends as without a crash, and then writes nothing for a minute', async () => {
    const world = await startSiteWorld({ hurry: false });
    try {
      expectAllRight([
        ...(await whole(world, siteLife(world.admin))).tallies,
        ...(await whole(world, siteFailover(world.admin))).tallies,
      ]);
      await isSilent(world, countingMs);
      expect(await isSilent(world, silenceMs)).toEqual([]);
    } finally {
      await world.stop();
    }
  });

  it('the management controller ends as without a crash, and then writes nothing for a minute', async () => {
    const world = await startManagementWorld({ leaseSeconds: 15 });
    try {
      const life = managementLife(world);
      const { reference, tallies } = await whole(world, life);
      expectAllRight(tallies);
      const half = { ...life, phases: life.phases.filter(({ name }) => name !== 'remove') };
      const { failures } = await liveThrough(world, { ...reference, scenario: half }, new Map());
      expect(failures).toEqual([]);
      await isSilent(world, countingMs);
      expect(await isSilent(world, silenceMs)).toEqual([]);
    } finally {
      await world.stop();
    }
  });
});

/** Half a dozen hours: each point is an `up` that dies, several `recover`, and the `up` after it. */
const upTimeoutMs = 6 * 3_600_000;
/** Clouds side by side: an `up` waits as much as it computes. */
const cloudsAtOnce = 2;
const upScenario = 'up: two centres from nothing';

/** Which part of the points of `up` is to be tried, as `JINHONG_CRASH_UP=2/4` says; all of them without it. */
function partOf(chains: readonly UpPoint[][]): { name: string; chains: readonly UpPoint[][] } {
  const asked = process.env['JINHONG_CRASH_UP'];
  if (asked === undefined) return { name: upScenario, chains };
  const [part = 0, of = 0] = asked.split('/').map(Number);
  if (!(part >= 1 && part <= of)) throw new Error(`JINHONG_CRASH_UP=${asked}: say PART/PARTS, such as 2/4`);
  return { name: `${upScenario}, part ${asked}`, chains: chains.filter((_, index) => index % of === part - 1) };
}

/** Dies at every point of a chain. What a cloud has got past without its write begins the next cloud, where it comes. */
async function dieThrough(chain: readonly UpPoint[], reference: UpEnd, onEnd: (end: UpEnd) => void): Promise<void> {
  let left = chain;
  while (left.length > 0) {
    const end = await upThrough(left, reference);
    onEnd(end);
    left = left.slice(Math.max(1, end.tried.length));
  }
}

/** What one run of the matrix of `up` is about, and what came of it so far. */
interface UpRun {
  readonly name: string;
  readonly reference: UpEnd;
  readonly points: readonly UpPoint[];
  readonly ends: readonly UpEnd[];
  readonly startedMs: number;
}

function rowsOfUp({ name, reference, points, ends, startedMs }: UpRun): Row[] {
  const phases = { platform: (point: UpPoint) => !isOwn(point.key), 'departments, sites, tenants': isOwnPoint };
  return Object.entries(phases).map(([phase, belongs]) => {
    const tried = ends.flatMap((end) => end.tried).filter(belongs).length;
    const wrong = ends.filter((end) => end.wrong.length > 0 && end.tried.some(belongs)).length;
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    return [name, phase, reference.writes.filter(belongs).length, tried, points.filter(belongs).length, wrong, seconds];
  });
}

const isOwnPoint = ({ key }: UpPoint) => isOwn(key);

describe('`up`, killed together with its engine and recovered', () => {
  it(
    'ends as without a crash, makes nothing twice, and a further run writes nothing',
    async () => {
      const startedMs = performance.now();
      const reference = await upThrough([]);
      expect(reference.wrong).toEqual([]);
      const { name, chains } = partOf(chainsOf(reference));
      const points = chains.flat();
      const ends: UpEnd[] = [];
      const onEnd = (end: UpEnd) => {
        ends.push(end);
        console.log(`${name}: ${ends.flatMap(({ tried }) => tried).length} of ${points.length}`, ...end.wrong);
        keep(rowsOfUp({ name, reference, points, ends, startedMs }));
      };
      const waiting = [...chains];
      const worker = async (): Promise<void> => {
        for (let chain = waiting.shift(); chain !== undefined; chain = waiting.shift())
          await dieThrough(chain, reference, onEnd);
      };
      await Promise.all(Array.from({ length: cloudsAtOnce }, worker));
      expect(ends.flatMap(({ wrong }) => wrong)).toEqual([]);
      expect(ends.flatMap(({ tried }) => tried).length).toBeGreaterThan(0.9 * points.length);
    },
    upTimeoutMs,
  );
});
