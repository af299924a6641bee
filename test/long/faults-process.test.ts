import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../kube/types.ts';
import { leads, type Nursery, says, startNursery } from '../faults/child.ts';
import { type FaultySite, readyLate, removalsSince, startFaultySite } from '../faults/site.ts';
import { decide, nextDecision, readyTenant } from '../support/site-centre.ts';

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

describe('a process that is short of something', () => {
  it('of memory: it dies at once, and the next one goes on', async () => {
    const first = await nursery.start('heap');
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    const from = Date.now();
    first.process.kill('SIGUSR2');
    expect(await first.ended).not.toBe(0);
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await leads(await nursery.start());
    await readyLate(admin, name, 'Frozen');
    expect(removalsSince(faulty.site, from).filter((write) => !write.includes('rolebindings'))).toEqual([]);
  });

  it('of file descriptors: what is connected goes on; when it must connect anew it gives up and ends', async () => {
    const first = await nursery.start('files', 'ulimit -n 128');
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    first.process.kill('SIGUSR2');
    await says(first, 'no more files');
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await readyLate(admin, name, 'Frozen');
    const cutting = setInterval(() => faulty.own.proxy.cut(), 300);
    try {
      expect(await first.ended).toBe(1);
    } finally {
      clearInterval(cutting);
    }
    await leads(await nursery.start());
    await decide(admin, nextDecision(spec));
    await readyLate(admin, name, 'Running');
  });
});
