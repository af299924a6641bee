import { describe, expect, it } from 'vitest';
import { createRecorder, type EventNote, type RecorderOptions } from '../../kube/events.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const grant = (uid: string): KubeObject => ({
  apiVersion: 'jinhong.dev/v1alpha1',
  kind: 'Grant',
  metadata: { name: `grant-${uid}`, namespace: 'site-x', uid },
});
const note: EventNote = { type: 'Warning', reason: 'QuotaLow', action: 'Check', note: 'n' };

function setUp(options: Partial<RecorderOptions> = {}) {
  const clock = createFakeClock();
  const created: KubeObject[] = [];
  const patched: { name: string; body: unknown }[] = [];
  const wire = { fails: false };
  const client = {
    async create(object: KubeObject) {
      if (wire.fails) throw new Error('no');
      created.push(object);
    },
    async patch(_: unknown, ref: { name: string }, body: unknown) {
      patched.push({ name: ref.name, body });
    },
  } as unknown as KubeClient;
  const recorder = createRecorder({ client, controller: 'jinhong.dev/test', instance: 'one', clock, ...options });
  return { clock, created, patched, recorder, wire };
}

describe('the event recorder', () => {
  it('writes an event as events.k8s.io/v1 wants it', async () => {
    const { created, recorder } = setUp();
    recorder.event(grant('a'), note);
    await recorder.flush();
    expect(created).toHaveLength(1);
    expect(created[0]).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'site-x', name: expect.stringMatching(/^grant-a\.[0-9a-f]{16}$/u) },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'jinhong.dev/test',
      regarding: { kind: 'Grant', name: 'grant-a', namespace: 'site-x', uid: 'a' },
      ...note,
    });
  });

  it('counts repetitions into the first event, and writes the count from time to time', async () => {
    const { clock, created, patched, recorder } = setUp();
    for (let count = 0; count < 100; count += 1) recorder.event(grant('a'), note);
    await clock.advance(90_000);
    expect(created).toHaveLength(1);
    expect(patched).toEqual([
      {
        name: created[0]?.metadata.name,
        body: { series: { count: 100, lastObservedTime: '2026-01-01T00:00:00.000000Z' } },
      },
    ]);
  });

  it('a repetition after a long time is a new event', async () => {
    const { clock, created, recorder } = setUp();
    recorder.event(grant('a'), note);
    await clock.advance(600_000);
    recorder.event(grant('a'), note);
    await recorder.flush();
    expect(created).toHaveLength(2);
  });

  it('an object that has too much to say is cut short, and others are not', async () => {
    const { clock, created, recorder } = setUp();
    for (let count = 0; count < 50; count += 1) recorder.event(grant('a'), { ...note, note: String(count) });
    recorder.event(grant('b'), note);
    await recorder.flush();
    expect(created).toHaveLength(11);
    await clock.advance(60_000);
    recorder.event(grant('a'), { ...note, note: 'again' });
    await recorder.flush();
    expect(created).toHaveLength(12);
  });

  it('a write that fails is dropped and holds up nothing', async () => {
    const { created, recorder, wire } = setUp();
    wire.fails = true;
    recorder.event(grant('a'), note);
    await recorder.flush();
    wire.fails = false;
    recorder.event(grant('b'), note);
    await recorder.flush();
    expect(created.map((event) => event.metadata.name.split('.')[0])).toEqual(['grant-b']);
  });

  it('long notes are cut, names are made fit, cluster-wide objects report in default', async () => {
    const { created, recorder } = setUp();
    const role = { apiVersion: 'v1', kind: 'ClusterRole', metadata: { name: 'system:Node.', uid: 'c' } };
    recorder.event(role, { ...note, note: 'x'.repeat(2_000) });
    await recorder.flush();
    expect(created[0]?.metadata.name).toMatch(/^system-node\.[0-9a-f]{16}$/u);
    expect(created[0]?.metadata.namespace).toBe('default');
    expect(String(created[0]?.['note'])).toHaveLength(1_024);
  });

  it('stop writes the counts that are left, and leaves no timer', async () => {
    const { clock, patched, recorder } = setUp();
    recorder.event(grant('a'), note);
    recorder.event(grant('a'), note);
    await recorder.stop();
    recorder.event(grant('b'), note);
    expect(patched).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });
});
