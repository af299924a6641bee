import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nothingLive, type SeenState } from '../../../cli/provision/live.ts';
import { readPlanRecord, writePlanRecord } from '../../../cli/provision/record.ts';
import type { Site } from '../../../core/model/kinds.ts';
import { temporaryFolder } from '../support.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const live = (mark: string, heartbeat = 'a') => ({
  ...nothingLive,
  sites: [{ metadata: { name: heartbeat } }] as unknown as Site[],
  mark,
});
const state = (mark: string): SeenState => ({
  mark,
  objects: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: mark } }],
});
const keep = (at: number, mark: string, sites: Record<string, string>, heartbeat?: string) => {
  const seen = new Map(Object.entries(sites).map(([name, own]) => [name, state(own)]));
  return writePlanRecord(folder.path, { at, live: live(mark, heartbeat), sites: seen });
};
const files = () => readdirSync(folder.path).sort();
const written = () => files().map((file) => [file, statSync(join(folder.path, file)).ino] as const);

it('says what was seen and when', async () => {
  expect(readPlanRecord(folder.path)).toBeUndefined();
  await keep(1, 'm1', { east: 'e1', west: 'w1' });
  expect(readPlanRecord(folder.path)).toEqual({
    at: 1,
    live: live('m1'),
    sites: {
      east: { at: 1, state: { objects: state('e1').objects } },
      west: { at: 1, state: { objects: state('w1').objects } },
    },
  });
});

it('is of the last plan although nothing but the time and the heartbeats changed; no state is written again', async () => {
  await keep(1, 'm1', { east: 'e1' });
  const before = written().filter(([file]) => file !== 'last-plan.json');
  await keep(2, 'm1', { east: 'e1' }, 'b');
  expect(written().filter(([file]) => file !== 'last-plan.json')).toEqual(before);
  const record = readPlanRecord(folder.path);
  expect([record?.at, record?.sites['east']?.at]).toEqual([2, 2]);
  expect(record?.live).toEqual(live('m1', 'b'));
});

it('keeps of a centre that did not answer what was seen before, with its time', async () => {
  await keep(1, 'm1', { east: 'e1', west: 'w1' });
  await keep(2, 'm2', { west: 'w2' });
  const { sites } = readPlanRecord(folder.path) ?? {};
  expect(sites?.['east']).toEqual({ at: 1, state: { objects: state('e1').objects } });
  expect(sites?.['west']).toEqual({ at: 2, state: { objects: state('w2').objects } });
});

it('leaves no state behind that it does not name, and two centres may share one', async () => {
  await keep(1, 'm1', { east: 'none', west: 'none' });
  await keep(2, 'm2', { east: 'e2', west: 'none' });
  expect(files()).toEqual(['last-plan-e2.json.gz', 'last-plan-m2.json.gz', 'last-plan-none.json.gz', 'last-plan.json']);
  await keep(3, 'm2', { east: 'e2', west: 'w3' });
  expect(files()).not.toContain('last-plan-none.json.gz');
});

it('with a part missing is no record', async () => {
  await keep(1, 'm1', { east: 'e1' });
  rmSync(join(folder.path, 'last-plan-e1.json.gz'));
  expect(readPlanRecord(folder.path)).toBeUndefined();
});
