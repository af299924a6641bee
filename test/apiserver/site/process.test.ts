import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { siteLease } from '../../../core/access/site.ts';
import { namespaces } from '../../../core/model/names.ts';
import { resources } from '../../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../../kube/types.ts';
import { until } from '../../support/centre.ts';
import { readyTenant, type SiteCentre, startSiteCentre, testCloud, testSite } from '../../support/site-centre.ts';

let site: SiteCentre;
let admin: KubeClient;
const children: Controller[] = [];

beforeAll(async () => {
  site = await startSiteCentre();
  admin = site.admin;
});
afterAll(() => site?.stop());
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill('SIGKILL');
    await child.ended;
  }
});

interface Controller {
  readonly process: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly ended: Promise<number | null>;
  /** Address of its health server, once it has said so. */
  readonly url: () => Promise<string>;
}

const main = join(import.meta.dirname, '../../../controller/start.js');

/** Runs the program as its own process, with the site controller's account and nothing else. */
function start(program = 'site'): Controller {
  const kubeconfig = join(site.centre.dir, 'site.kubeconfig');
  const cluster = {
    server: site.centre.url,
    'certificate-authority-data': Buffer.from(site.centre.ca).toString('base64'),
  };
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: site.token } }],
    contexts: [{ name: testSite, context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const env = {
    PATH: process.env['PATH'],
    JINHONG_SITE: testSite,
    JINHONG_HTTP_PORT: '0',
    JINHONG_KUBECONFIG: kubeconfig,
    JINHONG_CONTEXT: testSite,
  };
  const child = spawn(process.execPath, [main, program], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) lines.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const url = () =>
    until('the health server listens', () => {
      const started = lines.find((line) => line['msg'] === 'started');
      return started === undefined ? undefined : `http://${started['host']}:${started['port']}`;
    });
  const controller = { process: child, lines, ended, url };
  children.push(controller);
  return controller;
}

const says = (controller: Controller, message: string) =>
  until(`it says '${message}'`, () =>
    controller.lines.some((line) => String(line['msg']).includes(message)) ? true : undefined,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; it said: ${controller.lines.map((line) => String(line['msg'])).join(' | ')}`);
  });

async function configure(timings: object): Promise<void> {
  const data = { 'cloud.json': JSON.stringify(testCloud()), 'timings.json': JSON.stringify(timings) };
  const configMap: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'jinhong-cloud', namespace: namespaces.system },
    data,
  };
  await admin.apply(configMap, { fieldManager: 'test', force: true });
}

const holder = async () => {
  const lease = await admin.get(resources.lease, { namespace: namespaces.system, name: siteLease });
  return (lease['spec'] as { holderIdentity?: string }).holderIdentity;
};

describe('the site controller as a process', () => {
  it('waits for its configuration and says so, then works, and ends in good order', async () => {
    await admin.remove(resources.configMap, { namespace: namespaces.system, name: 'jinhong-cloud' });
    const controller = start();
    await says(controller, 'waiting for jinhong-cloud');
    const url = await controller.url();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const unready = await fetch(`${url}/readyz`);
    expect([unready.status, await unready.text()]).toEqual([503, 'configuration\n']);
    await configure({ leaseSeconds: 3, heartbeatSeconds: 1 });
    await readyTenant(admin);
    await until('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('jinhong_leader 1');
    expect(metrics).toMatch(/jinhong_reconcile_total\{kind="Grant",outcome="done"\} [1-9]/);
    expect(await holder()).not.toBe('');
    controller.process.kill('SIGTERM');
    expect(await controller.ended).toBe(0);
    expect(await holder()).toBe('');
  });

  it('one of two works; the other takes over when that one dies', async () => {
    await configure({ leaseSeconds: 3, heartbeatSeconds: 1 });
    const first = start();
    await says(first, 'this process leads');
    const second = start();
    await second.url();
    first.process.kill('SIGKILL');
    await says(second, 'this process leads');
    await readyTenant(admin);
  });

  it('ends with an error when another holds its Lease', async () => {
    await configure({ leaseSeconds: 3, heartbeatSeconds: 1 });
    const controller = start();
    await says(controller, 'this process leads');
    const spec = { holderIdentity: 'someone else', renewTime: new Date().toISOString().replace('Z', '000Z') };
    const ref = { namespace: namespaces.system, name: siteLease };
    await admin.patch(resources.lease, ref, { spec }, { type: 'merge' });
    expect(await controller.ended).toBe(1);
    await admin.remove(resources.lease, ref);
  });

  it('refuses to be something else', async () => {
    const controller = start('gateway');
    expect(await controller.ended).toBe(1);
    expect(controller.lines.map((line) => line['msg']).join()).toContain('management|site');
  });
});
