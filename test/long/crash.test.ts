/**
 * The whole crash matrix: every write of both controllers, before and after; and a sample of the writes of `up`, which are
 * hundreds (`JINHONG_CRASH_UP=all` tries each of them and takes hours). Keeps what it found as docs/results/crash.json.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { everyLife, liveAll, type Tally } from '../support/crash-lives.ts';
import { managementLife, startManagementWorld } from '../support/crash-management.ts';
import { isSilent, learn, liveThrough, type Reference, type Scenario, type World } from '../support/crash-matrix.ts';
import { siteFailover, siteLife, startSiteWorld } from '../support/crash-site.ts';
import { chainsOf, isOwn, type UpEnd, upThrough } from '../support/crash-up.ts';

const silenceMs = 60_000;
/** How often Events that repeat are counted up (kube/events.ts), and a little more. */
const countingMs = 35_000;

type Row = (string | number)[];
const rows: Row[] = [];

/** Writes what this run found; what an earlier one found about scenarios that did not run stays. */
afterAll(() => {
  const folder = join(import.meta.dirname, '../../docs/results');
  const file = join(folder, 'crash.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows : [];
  const document = {
    title: 'Controllers and `up` killed before and after their writes',
    measuredOn: new Date().toISOString().slice(0, 10),
    command: 'npm run test:long',
    columns: ['scenario', 'phase', 'writes', 'points tried', 'of', 'ended otherwise', 'seconds of the scenario'],
    rows: [...before.filter(([scenario]) => !rows.some(([ran]) => ran === scenario)), ...rows],
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
});

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
  for (const { phase, writes, points, tried, failures } of tallies) {
    rows.push([scenario.name, phase, writes, tried, points, failures.length, seconds]);
  }
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

describe('`up`, killed together with its engine and recovered', () => {
  it('ends as without a crash, makes nothing twice, and a further run writes nothing', async () => {
    const startedMs = performance.now();
    const reference = await upThrough([]);
    expect(reference.wrong).toEqual([]);
    const all = process.env['JINHONG_CRASH_UP'] === 'all';
    const chains = chainsOf(reference, all ? { clouds: 60, stride: 30 } : { clouds: 2, stride: 40 });
    const ends: UpEnd[] = [];
    for (const chain of chains) ends.push(await upThrough(chain, reference));
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const phases = { platform: (key: string) => !isOwn(key), 'departments, sites, tenants': isOwn };
    for (const [phase, belongs] of Object.entries(phases)) {
      const count = (list: readonly { readonly key: string }[]) => list.filter(({ key }) => belongs(key)).length;
      const tried = count(ends.flatMap((end) => end.tried));
      const wrong = ends.filter((end, index) => end.wrong.length > 0 && count(chains[index] ?? []) > 0).length;
      rows.push([
        'up: two centres from nothing',
        phase,
        count(reference.writes),
        tried,
        count(chains.flat()),
        wrong,
        seconds,
      ]);
    }
    expect(ends.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(ends.flatMap(({ tried }) => tried).length).toBeGreaterThan(chains.flat().length / 2);
  });
});
