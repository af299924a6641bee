import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { stopCloud } from '../../local/cloud.ts';
import { testDir } from '../support/centre.ts';
import { freeBasePort } from '../support/cloud.ts';

const demo = join(import.meta.dirname, '../../examples/demo.ts');
const dir = testDir();
const local = join(dir, 'local');

afterAll(async () => {
  await stopCloud({ dir: local, wipe: true });
  rmSync(dir, { recursive: true, force: true });
});

function runDemo(): { status: number | null; text: string } {
  const env = { ...process.env, JINHONG_LOCAL_DIR: local, JINHONG_STATE: join(dir, 'state'), JINHONG_LANG: 'en' };
  const ports = ['--ports', String(base)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo, '--lite', ...ports], {
    encoding: 'utf8',
    env,
    cwd: dir,
  });
  return { status, text: stdout + stderr };
}

const base = await freeBasePort(2);

it('the demo ends with every tenant Ready, and a second run changes nothing', { timeout: 300_000 }, async () => {
  const first = runDemo();
  expect(first.status, first.text).toBe(0);
  expect(first.text).toContain('5 tenants, 5 ready, 0 waiting');
  expect(first.text).toContain('10 new decisions');
  const second = runDemo();
  expect(second.status, second.text).toBe(0);
  expect(second.text).toContain('Nothing to change.');
  expect(second.text).toContain('0 new decisions');
});
