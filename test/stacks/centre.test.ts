import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { type CentreStack, installPlatform, planPlatform } from '../../stacks/centre.ts';
import { writeRecord } from '../../stacks/engine/state.ts';
import { platformHash } from '../../stacks/installed.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'jinhong-centre-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'jinhong-system' },
});
const [first, added] = [configMap('first'), configMap('added')];

/** A centre that has these objects and is wished to have those; its engine cannot run. */
function stackOf(has: readonly KubeObject[], wished: readonly KubeObject[]): CentreStack {
  const client = {
    get: async (_: unknown, { name }: { name: string }) => {
      const found = has.find(({ metadata }) => metadata.name === name);
      if (found === undefined) throw new AppError('notFound', name, { code: 'not-found' });
      return found;
    },
  };
  const missing = join(stateDir, 'no-such-program');
  return {
    target: { site: 'north', kubeconfig: '/dev/null', context: 'north' },
    client: client as unknown as KubeClient,
    objects: wished,
    stateDir,
    binaries: () => ({ pulumi: missing, 'pulumi-resource-kubernetes': missing }),
    env: {},
    refresh: false,
    now: Date.now,
  };
}

it('an upgrade that was cut off and taken back asks the engine, which knows what only the newer version has', async () => {
  writeRecord(stateDir, 'north', { hash: platformHash([first]), at: 1, seconds: 1, objects: {} });
  expect((await planPlatform(stackOf([first], [first]))).skipped).toBe(true);
  await expect(installPlatform(stackOf([first], [first, added]))).rejects.toMatchObject({ kind: 'terminal' });
  const asked = new Error('the engine is asked');
  const back = {
    ...stackOf([first, added], [first]),
    binaries: () => {
      throw asked;
    },
  };
  await expect(planPlatform(back)).rejects.toBe(asked);
}, 30_000);

it('a preview leaves the record of the last good run alone', async () => {
  writeRecord(stateDir, 'north', { hash: platformHash([first]), at: 1, seconds: 1, objects: {} });
  await expect(planPlatform(stackOf([first], [first, added]))).rejects.toMatchObject({ kind: 'terminal' });
  expect((await planPlatform(stackOf([first], [first]))).skipped).toBe(true);
}, 30_000);
