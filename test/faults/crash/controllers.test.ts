/**
 * A sample of the crash matrix, the same one each time; the whole of it is in test/long/crash.test.ts. Both controllers
 * have a centre of their own, so they die at the same time: most of it is waiting until nothing is written any more.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveAll, someLives, type Tally } from '../../support/crash-lives.ts';
import { managementLife, startManagementWorld } from '../../support/crash-management.ts';
import { learn, type Scenario, type World } from '../../support/crash-matrix.ts';
import { siteFailover, siteLife, startSiteWorld } from '../../support/crash-site.ts';

const seed = 4;
/** Of each phase: the first point, the last one, and both sides of a removal; where there is none, of any write. */
const lives = 4;

const worlds: {
  site?: Awaited<ReturnType<typeof startSiteWorld>>;
  management?: Awaited<ReturnType<typeof startManagementWorld>>;
} = {};

beforeAll(async () => {
  worlds.site = await startSiteWorld({ hurry: true });
  worlds.management = await startManagementWorld({ leaseSeconds: 5 });
}, 300_000);
afterAll(() => Promise.all([worlds.site?.stop(), worlds.management?.stop()]));

async function sample(world: World, scenario: Scenario): Promise<readonly Tally[]> {
  const reference = await learn(world, scenario);
  return liveAll(world, reference, someLives(reference, lives, seed));
}

const failuresOf = (tallies: readonly Tally[]) => tallies.flatMap(({ failures }) => failures);
/** Of all points hardly any is missed: a write that comes in one life and is not needed in the next. */
const triedOf = (tallies: readonly Tally[]) =>
  tallies.map(({ phase, points, tried }) => `${phase}: ${tried >= points - 1 ? 'all' : tried} of ${points} tried`);

describe.concurrent('a controller that is killed before or after a write ends as one that is not', () => {
  it('the site controller, when a tenant is made, raised, removed and promoted', async () => {
    const world = worlds.site;
    if (world === undefined) throw new Error('no centre');
    const tallies = [
      ...(await sample(world, siteLife(world.admin))),
      ...(await sample(world, siteFailover(world.admin))),
    ];
    expect(failuresOf(tallies)).toEqual([]);
    expect(triedOf(tallies)).toEqual(tallies.map(({ phase, points }) => `${phase}: all of ${points} tried`));
  }, 900_000);

  it('the management controller, when a tenant is asked for, granted, raised and removed', async () => {
    const world = worlds.management;
    if (world === undefined) throw new Error('no centre');
    const tallies = await sample(world, managementLife(world));
    expect(failuresOf(tallies)).toEqual([]);
    expect(triedOf(tallies)).toEqual(tallies.map(({ phase, points }) => `${phase}: all of ${points} tried`));
  }, 900_000);
});
