import { describe, expect, it } from 'vitest';
import { createContacts } from '../../../controller/management/contacts.ts';
import type { KubeObject } from '../../../kube/types.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const lease = (renewTime?: string): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'jinhong-site', namespace: 'site-east' },
  spec: renewTime === undefined ? {} : { renewTime },
});

function watched() {
  const clock = createFakeClock(Date.parse('2026-04-15T00:00:00Z'));
  const changes: string[] = [];
  const contacts = createContacts({ clock, silentAfterMs: () => 40_000, onChange: (site) => changes.push(site) });
  return { clock, changes, contacts };
}

describe('the contact to a site', () => {
  it('is none before its first heartbeat', () => {
    const { contacts } = watched();
    contacts.heard('east', lease());
    expect(contacts.of('east')).toEqual({ reachable: false, lastContact: undefined });
  });

  it('is lost once when no heartbeat came for the time, and is back with the next', async () => {
    const { clock, changes, contacts } = watched();
    contacts.heard('east', lease('2026-04-15T00:00:00.000000Z'));
    await clock.advance(39_000);
    contacts.heard('east', lease('2026-04-15T00:00:39.000000Z'));
    await clock.advance(39_000);
    expect(contacts.of('east').reachable).toBe(true);
    await clock.advance(2_000);
    expect(contacts.of('east')).toEqual({ reachable: false, lastContact: '2026-04-15T00:00:39Z' });
    await clock.advance(600_000);
    expect(changes).toEqual(['east', 'east']);
    contacts.heard('east', lease('2026-04-15T00:12:00.000000Z'));
    expect(contacts.of('east').reachable).toBe(true);
    expect(changes).toHaveLength(3);
  });

  it('counts from when the renewal was seen, not by the clock of the site', async () => {
    const { clock, contacts } = watched();
    contacts.heard('east', lease('2026-04-15T00:00:00.000000Z'));
    await clock.advance(10_000);
    contacts.heard('east', lease('2026-04-14T23:00:10.000000Z'));
    await clock.advance(30_000);
    expect(contacts.of('east').reachable).toBe(true);
  });

  it('is known to be lost by a process that starts later and finds an old heartbeat', () => {
    const { contacts } = watched();
    contacts.heard('east', lease('2026-04-14T23:00:00.000000Z'));
    expect(contacts.of('east')).toEqual({ reachable: false, lastContact: '2026-04-14T23:00:00Z' });
  });
});
