import { describe, expect, it } from 'vitest';
import { createContacts } from '../../controller/management/contacts.ts';
import { createQueue } from '../../controller/queue.ts';
import { isRenewalDue } from '../../controller/site/credential.ts';
import { removalStep } from '../../core/desired/index.ts';
import { AppError } from '../../core/errors.ts';
import type { Clock } from '../../kube/clock.ts';
import { startHeartbeat } from '../../kube/heartbeat.ts';
import { startLeader } from '../../kube/leader.ts';
import { startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createFakeLeases } from '../support/fake-leases.ts';

const hourMs = 3_600_000;

/** A clock whose wall time jumps and whose monotonic time does not, as a machine's do. */
function jumping(clock: FakeClock): Clock & { jump: (ms: number) => void } {
  let offsetMs = 0;
  return {
    now: () => clock.now() + offsetMs,
    monotonic: clock.monotonic,
    after: clock.after,
    jump(ms) {
      offsetMs += ms;
    },
  };
}

describe('a wall clock that jumps by an hour', () => {
  it.for([hourMs, -hourMs])('%i ms: who leads goes on leading, and nobody else does', async (jumpMs) => {
    const steady = createFakeClock();
    const wall = jumping(steady);
    const leases = createFakeLeases();
    const join = (identity: string, clock: Clock) =>
      startLeader({
        client: leases.connect().client,
        namespace: 'system',
        name: 'lock',
        identity,
        clock,
        random: () => 0,
      });
    const one = join('one', wall);
    await steady.advance(0);
    const two = join('two', steady);
    for (let round = 0; round < 5; round += 1) {
      wall.jump(jumpMs * (round % 2 === 0 ? 1 : -1));
      await steady.advance(20_000);
      expect([one.isLeader(), two.isLeader()]).toEqual([true, false]);
    }
    await two.stop();
    await one.stop();
  });

  it.for([hourMs, -hourMs])(
    '%i ms at a site or at the management centre: no site falls silent by it',
    async (jumpMs) => {
      const steady = createFakeClock();
      const wall = jumping(steady);
      const changes: string[] = [];
      const contacts = createContacts({
        clock: wall,
        silentAfterMs: () => 40_000,
        onChange: (site) => changes.push(site),
      });
      const beat = (site: string, clock: Clock): void => {
        const renewTime = new Date(clock.now()).toISOString();
        contacts.heard(site, {
          apiVersion: 'v1',
          kind: 'Lease',
          metadata: { name: 'x' },
          spec: { renewTime },
        } as KubeObject);
      };
      for (let round = 0; round < 12; round += 1) {
        if (round === 4) wall.jump(jumpMs);
        beat('steady', steady);
        beat('jumping', wall);
        await steady.advance(10_000);
        expect(['steady', 'jumping'].map((site) => contacts.of(site).reachable)).toEqual([true, true]);
      }
      expect(changes).toEqual(['steady', 'jumping']);
      contacts.stop();
    },
  );

  it('set back: a retention becomes longer and never shorter, and no token is renewed too soon or never', () => {
    const step = (nowMs: number) =>
      removalStep({ removed: true, retiringSinceMs: 10 * hourMs, nowMs, retainMs: hourMs, namespace: 'present' });
    expect(step(9 * hourMs)).toEqual({ type: 'wait', untilMs: 11 * hourMs });
    expect(step(11 * hourMs - 1).type).toBe('wait');
    expect(step(11 * hourMs).type).toBe('delete');
    const life = { fromMs: 10 * hourMs, untilMs: 10 * hourMs + 90 * 24 * hourMs };
    expect(isRenewalDue(life, 9 * hourMs)).toBe(false);
    expect(isRenewalDue(life, life.untilMs + hourMs)).toBe(true);
  });
});

/** A server that is away, and what was tried. */
function away(): { client: KubeClient; calls: string[] } {
  const calls: string[] = [];
  const fail = (name: string) => () => {
    calls.push(name);
    return Promise.reject(new AppError('unreachable', 'away', { code: 'connection-lost' }));
  };
  const client = {
    name: 'away',
    get: fail('get'),
    list: fail('list'),
    patch: fail('patch'),
    // biome-ignore lint/correctness/useYield: it fails before there is anything to yield
    async *pages() {
      await fail('pages')();
    },
  };
  return { client: client as unknown as KubeClient, calls };
}

describe('a centre that cannot be reached for a day', () => {
  it('is asked at most twice a minute by each list, and once per heartbeat', async () => {
    const clock = createFakeClock();
    const { client, calls } = away();
    const informer = startInformer({ client, resource: resources.grant, clock, random: () => 0 });
    const heart = startHeartbeat({ client, namespace: 'site-x', name: 'x', identity: 'x', clock, random: () => 0 });
    const perHour: number[] = [];
    for (let hour = 0; hour < 24; hour += 1) {
      const before = calls.filter((call) => call === 'pages').length;
      for (let minute = 0; minute < 60; minute += 1) await clock.advance(60_000);
      perHour.push(calls.filter((call) => call === 'pages').length - before);
      expect(clock.pending()).toBeLessThan(10);
    }
    // Half of the longest pause is the least: 30 s and so 15.
    expect(Math.max(...perHour.slice(1))).toBeLessThanOrEqual(240);
    expect(Math.min(...perHour)).toBeGreaterThan(100);
    expect(calls.filter((call) => call === 'patch').length).toBeLessThanOrEqual(2 * 24 * 360);
    await Promise.all([informer.stop(), heart.stop()]);
  });

  it('has one place in the queue per tenant, however often it changes', async () => {
    const clock = createFakeClock();
    let runs = 0;
    const queue = createQueue(
      async () => {
        runs += 1;
        throw new AppError('unreachable', 'away', { code: 'connection-lost' });
      },
      { clock, minBackoffMs: 1_000, maxBackoffMs: 60_000, random: () => 0 },
    );
    queue.start();
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      if (minute % 10 === 0) for (let key = 0; key < 110; key += 1) queue.add(`tenant-${key}`);
      await clock.advance(60_000);
      expect(queue.delayed() + queue.depth()).toBeLessThanOrEqual(110);
    }
    expect(runs).toBeLessThanOrEqual(110 * (24 * 60 * 2 + 24 * 6 + 10));
    await queue.stop();
    expect([queue.delayed(), clock.pending()]).toEqual([0, 0]);
  });
});
