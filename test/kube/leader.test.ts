import { describe, expect, it } from 'vitest';
import { startHeartbeat } from '../../kube/heartbeat.ts';
import { type LeaderOptions, startLeader } from '../../kube/leader.ts';
import { leaseObject } from '../../kube/lease.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeLeases } from '../support/fake-leases.ts';

function setUp() {
  const leases = createFakeLeases();
  const clock = createFakeClock();
  const join = (identity: string, more: Partial<LeaderOptions> = {}) => {
    const told: string[] = [];
    const wire = leases.connect();
    const leader = startLeader({
      client: wire.client,
      namespace: 'system',
      name: 'lock',
      identity,
      clock,
      random: () => 0,
      onElected: () => told.push('elected'),
      onLost: () => told.push('lost'),
      ...more,
    });
    return { leader, told, wire };
  };
  return { leases, clock, join };
}

describe('an election', () => {
  it('the first one leads at once, the second waits', async () => {
    const { clock, join, leases } = setUp();
    const one = join('one');
    await clock.advance(0);
    const two = join('two');
    await clock.advance(60_000);
    expect([one.leader.isLeader(), two.leader.isLeader()]).toEqual([true, false]);
    expect([one.told, two.told]).toEqual([['elected'], []]);
    expect(two.leader.holder()).toBe('one');
    expect(leases.lease()?.spec).toMatchObject({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
    });
  });

  it('a holder renews with one request each two seconds', async () => {
    const { clock, join } = setUp();
    const { wire } = join('one');
    await clock.advance(0);
    wire.calls.length = 0;
    await clock.advance(20_000);
    expect(wire.calls).toEqual(Array.from({ length: 10 }, () => 'update'));
  });

  it('a holder that cannot renew has lost after 10 s, before anyone else may lead after 15 s', async () => {
    const { clock, join } = setUp();
    const one = join('one');
    await clock.advance(0);
    const two = join('two');
    one.wire.away = true;
    await clock.advance(9_999);
    expect(one.leader.isLeader()).toBe(true);
    await clock.advance(1);
    expect(one.leader.isLeader()).toBe(false);
    expect(one.told).toEqual(['elected', 'lost']);
    await clock.advance(4_000);
    expect(two.leader.isLeader()).toBe(false);
    await clock.advance(4_000);
    expect(two.leader.isLeader()).toBe(true);
    expect(two.leader.term()).toBe(2);
  });

  it('a process that was stopped past its time knows that it lost, before any timer or answer tells it', async () => {
    const { clock, join } = setUp();
    let stoppedMs = 0;
    const one = join('one', { clock: { ...clock, monotonic: () => clock.monotonic() + stoppedMs } });
    await clock.advance(0);
    expect(one.leader.isLeader()).toBe(true);
    stoppedMs = 10_000;
    expect(one.leader.isLeader()).toBe(false);
    await clock.advance(2_000);
    expect(one.told).toEqual(['elected', 'lost']);
    expect(one.wire.calls.filter((call) => call !== 'get')).toEqual(['create']);
  });

  it('a lost election is over: the process does not lead again', async () => {
    const { clock, join } = setUp();
    const one = join('one');
    await clock.advance(0);
    one.wire.away = true;
    await clock.advance(20_000);
    one.wire.away = false;
    await clock.advance(60_000);
    expect(one.leader.isLeader()).toBe(false);
    expect(one.told).toEqual(['elected', 'lost']);
    expect(clock.pending()).toBe(0);
  });

  it('a Lease whose time says it ended long ago is still waited for: clocks are not compared', async () => {
    const { clock, join, leases } = setUp();
    await leases.connect().client.create(
      leaseObject('system', 'lock', {
        holderIdentity: 'old',
        leaseDurationSeconds: 15,
        renewTime: '2001-01-01T00:00:00.000000Z',
      }),
    );
    const one = join('one');
    await clock.advance(14_000);
    expect(one.leader.isLeader()).toBe(false);
    await clock.advance(3_000);
    expect(one.leader.isLeader()).toBe(true);
  });

  it('a holder that asks for more patience gets it', async () => {
    const { clock, join, leases } = setUp();
    await leases
      .connect()
      .client.create(leaseObject('system', 'lock', { holderIdentity: 'old', leaseDurationSeconds: 60 }));
    const one = join('one');
    await clock.advance(59_000);
    expect(one.leader.isLeader()).toBe(false);
    await clock.advance(4_000);
    expect(one.leader.isLeader()).toBe(true);
  });

  it('a renewal whose answer is lost is not the end, when the next one arrives', async () => {
    const { clock, join } = setUp();
    const one = join('one');
    await clock.advance(0);
    one.wire.deaf = true;
    await clock.advance(4_000);
    one.wire.deaf = false;
    await clock.advance(30_000);
    expect(one.leader.isLeader()).toBe(true);
    expect(one.told).toEqual(['elected']);
  });

  it('a Lease that another took over ends the lead at the next renewal', async () => {
    const { clock, join, leases } = setUp();
    const one = join('one');
    await clock.advance(0);
    const lease = leases.lease();
    await leases.connect().client.update({ ...lease, spec: { ...lease?.spec, holderIdentity: 'thief' } } as never);
    await clock.advance(2_000);
    expect(one.told).toEqual(['elected', 'lost']);
  });

  it('stop gives the Lease back, so that the next one need not wait, and tells no loss', async () => {
    const { clock, join } = setUp();
    const one = join('one');
    const two = join('two');
    await clock.advance(1_000);
    await one.leader.stop();
    expect(one.leader.isLeader()).toBe(false);
    await clock.advance(2_000);
    expect(two.leader.isLeader()).toBe(true);
    expect(one.told).toEqual(['elected']);
  });

  it('stop gives the Lease back also when the answer to its last renewal was lost', async () => {
    const { clock, join, leases } = setUp();
    const one = join('one');
    await clock.advance(0);
    one.wire.deaf = true;
    await clock.advance(2_000);
    one.wire.deaf = false;
    await one.leader.stop();
    expect(leases.lease()?.spec.holderIdentity).toBe('');
  });

  it('of many that try at once exactly one leads', async () => {
    const { clock, join } = setUp();
    const all = Array.from({ length: 8 }, (_, index) => join(`p${index}`));
    await clock.advance(60_000);
    expect(all.filter(({ leader }) => leader.isLeader())).toHaveLength(1);
  });

  it('elected resolves for the one and rejects for the one that is stopped before', async () => {
    const { clock, join } = setUp();
    const one = join('one');
    const two = join('two');
    await clock.advance(1_000);
    await one.leader.elected;
    await two.leader.stop();
    await expect(two.leader.elected).rejects.toThrow();
  });
});

describe('a heartbeat', () => {
  it('renews the Lease again and again, asks the condition, and survives failures', async () => {
    const leases = createFakeLeases();
    const wire = leases.connect();
    const clock = createFakeClock();
    await wire.client.create(leaseObject('site-x', 'x', {}));
    let wanted = true;
    const heart = startHeartbeat({
      client: wire.client,
      namespace: 'site-x',
      name: 'x',
      identity: 'me',
      clock,
      random: () => 0.5,
      when: () => wanted,
    });
    await clock.advance(25_000);
    expect(wire.calls.filter((call) => call === 'patch')).toHaveLength(3);
    expect(leases.lease()?.spec).toMatchObject({ holderIdentity: 'me', leaseDurationSeconds: 40 });
    expect(leases.lease()?.spec.renewTime).toBe('2026-01-01T00:00:20.000000Z');
    wire.away = true;
    await clock.advance(30_000);
    expect(heart.lastBeatMs()).toBe(35_000);
    wire.away = false;
    await clock.advance(10_000);
    expect(heart.lastBeatMs()).toBeLessThan(10_000);
    wanted = false;
    await clock.advance(60_000);
    expect(heart.lastBeatMs()).toBeGreaterThan(50_000);
    await heart.stop();
    expect(clock.pending()).toBe(0);
  });
});
