import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import type { KubeClient } from '../../kube/types.ts';
import { decide, nextDecision, readyTenant } from '../support/site-centre.ts';
import { leads, type Nursery, says, startNursery, writesOf } from './child.ts';
import {
  drifted,
  type FaultySite,
  healed,
  pause,
  quiet,
  readyLate,
  startFaultySite,
  wantedOf,
  writesSince,
} from './site.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let faulty: FaultySite;
let admin: KubeClient;
let nursery: Nursery;

beforeAll(async () => {
  faulty = await startFaultySite();
  admin = faulty.admin;
  nursery = await startNursery(faulty);
});
afterAll(() => faulty?.stop());
afterEach(async () => {
  faulty.calm();
  await nursery?.clear();
});

describe('two site controllers', () => {
  it('of which the leading one is stopped and resumed: it writes nothing more, and what the other did stays', async () => {
    const first = await nursery.start();
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    expect(writesOf(faulty, first, 0).length).toBeGreaterThan(10);
    const second = await nursery.start();
    await says(second, 'started');
    first.process.kill('SIGSTOP');
    // What it had asked for and not sent is a decision of before: the tenant is frozen meanwhile.
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await leads(second);
    await readyLate(admin, name, 'Frozen');
    const resumedMs = Date.now();
    first.process.kill('SIGCONT');
    expect(await first.ended).toBe(1);
    expect(writesOf(faulty, first, resumedMs)).toEqual([]);
    await quiet(faulty.site);
    expect(await drifted(admin, wantedOf(spec, 'readonly'))).toEqual([]);
    await decide(admin, nextDecision(spec));
    await readyLate(admin, name, 'Running');
  });

  it('that both work, without any Lease: they come to the same, and to rest', async () => {
    const both = [faulty.start(), faulty.start()];
    const from = Date.now();
    const { spec, name, namespace } = await readyTenant(admin);
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await readyLate(admin, name, 'Frozen');
    await decide(admin, nextDecision(spec));
    await readyLate(admin, name, 'Running');
    await healed(admin, wantedOf(spec));
    await quiet(faulty.site);
    const created = writesSince(faulty.site, from).filter(
      (write) => write.includes(`/${namespace}/`) && write.endsWith(' 201'),
    );
    expect(created.filter((write) => !write.includes('rolebindings')).length).toBeLessThanOrEqual(
      wantedOf(spec).length,
    );
    await Promise.all(both.map((site) => site.stop()));
  });
});

describe('a process that is short of something', () => {
  it('of time: two seconds cost nothing, more than the Lease cost the lead, and no write comes late', async () => {
    const first = await nursery.start('block:2000,block:9000');
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    first.process.kill('SIGUSR2');
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await readyLate(admin, name, 'Frozen');
    const second = await nursery.start();
    await says(second, 'started');
    first.process.kill('SIGUSR2');
    const blockedMs = Date.now();
    await leads(second);
    await decide(admin, nextDecision(spec));
    await readyLate(admin, name, 'Running');
    expect(await first.ended).toBe(1);
    // What it sent before it stood still is of its own time; nothing follows once another leads.
    expect(writesOf(faulty, first, blockedMs + 6_000)).toEqual([]);
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
  });
});

describe('a wall clock that jumps by an hour while the site controller works', () => {
  it('changes nothing that is at rest, and holds up nothing', async () => {
    let offsetMs = 0;
    const running = faulty.start({ clock: { ...systemClock, now: () => systemClock.now() + offsetMs } });
    try {
      const { spec } = await readyTenant(admin);
      for (const jump of [3_600_000, -3_600_000]) {
        await quiet(faulty.site);
        offsetMs = jump;
        const from = Date.now();
        await pause(1_500);
        expect(writesSince(faulty.site, from)).toEqual([]);
        await readyTenant(admin);
      }
      expect(await drifted(admin, wantedOf(spec))).toEqual([]);
    } finally {
      await running.stop();
    }
  });
});
