import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Deployment } from '../../../local/node/kube-types.ts';
import { writeMounts } from '../../../local/node/mounts.ts';
import { planUnits } from '../../../local/node/plan.ts';
import { planStatus } from '../../../local/node/status.ts';
import { backoffMs } from '../../../local/node/unit.ts';

const bare: Deployment = {
  metadata: { name: 'ctl', namespace: 'jinhong-system', generation: 3 },
  spec: { replicas: 2, template: { spec: { containers: [] } } },
};
const running = { wanted: 2, updated: 2, ready: 2 };

test('a Deployment whose processes are ready is Available, observed and rolled out', () => {
  const status = planStatus(bare, running, 'T1');
  expect(status).toMatchObject({ observedGeneration: 3, replicas: 2, readyReplicas: 2, availableReplicas: 2 });
  expect(status?.conditions?.map(({ type, status: holds, reason }) => [type, holds, reason])).toEqual([
    ['Available', 'True', 'MinimumReplicasAvailable'],
    ['Progressing', 'True', 'NewReplicaSetAvailable'],
  ]);
});

test('a status that is right already is not written again', () => {
  const status = planStatus(bare, running, 'T1');
  expect(planStatus({ ...bare, ...(status && { status }) }, running, 'T2')).toBeUndefined();
});

test('a process that is no longer ready changes the status, and keeps the time of what did not change', () => {
  const status = planStatus(bare, running, 'T1');
  const next = planStatus({ ...bare, ...(status && { status }) }, { ...running, ready: 1 }, 'T2');
  expect(next).toMatchObject({ readyReplicas: 1, unavailableReplicas: 1 });
  const times = next?.conditions?.map(({ type, status: holds, lastTransitionTime }) => [
    type,
    holds,
    lastTransitionTime,
  ]);
  expect(times).toEqual([
    ['Available', 'False', 'T2'],
    ['Progressing', 'True', 'T1'],
  ]);
});

test('a process that dies waits 1, 2, 4 ... at most 30 seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 20].map(backoffMs)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('mounted files follow their source, and what is gone there is removed; an emptyDir is left alone', () => {
  const root = mkdtempSync(join(tmpdir(), 'jinhong-mount-'));
  const container = {
    name: 'main',
    image: 'jinhong',
    volumeMounts: [
      { name: 's', mountPath: '/etc/s' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
  const spec = {
    automountServiceAccountToken: false,
    containers: [container],
    volumes: [
      { name: 's', secret: { secretName: 's' } },
      { name: 'tmp', emptyDir: {} },
    ],
  };
  const [plan] = planUnits({ ...bare, spec: { replicas: 1, template: { spec } } });
  if (plan === undefined) throw new Error('no plan');
  const file = (path: string) => readFileSync(join(root, path), 'utf8');
  writeMounts(
    root,
    plan,
    new Map([
      ['/etc/s/a', '1'],
      ['/etc/s/b', '2'],
    ]),
  );
  writeFileSync(join(root, 'tmp', 'mine'), 'kept');
  writeMounts(root, plan, new Map([['/etc/s/a', '3']]));
  expect(file('etc/s/a')).toBe('3');
  expect(() => file('etc/s/b')).toThrow(/ENOENT/);
  expect(file('tmp/mine')).toBe('kept');
  rmSync(root, { recursive: true });
});
