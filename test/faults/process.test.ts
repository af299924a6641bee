import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { controllers } from '../../core/access/objects.ts';
import { namespaces } from '../../core/model/names.ts';
import { systemClock } from '../../kube/clock.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { auditLogOf, until } from '../support/centre.ts';
import { decide, nextDecision, ready, readyTenant, testCloud, testSite, tokenOf } from '../support/site-centre.ts';
import {
  drifted,
  type FaultySite,
  healed,
  pause,
  quiet,
  removalsSince,
  startFaultySite,
  wantedOf,
  writesSince,
} from './site.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let faulty: FaultySite;
let admin: KubeClient;
const children: Controller[] = [];

beforeAll(async () => {
  faulty = await startFaultySite();
  admin = faulty.admin;
  const timings = { leaseSeconds: 6, heartbeatSeconds: 1, backoffBaseMs: 100, backoffMaxMs: 1000 };
  const data = { 'cloud.json': JSON.stringify(testCloud()), 'timings.json': JSON.stringify(timings) };
  const metadata = { name: 'jinhong-cloud', namespace: namespaces.system };
  await admin.apply<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as never, {
    fieldManager: 'test',
    force: true,
  });
});
afterAll(() => faulty?.stop());
afterEach(async () => {
  faulty.calm();
  for (const child of children.splice(0)) {
    child.process.kill('SIGCONT');
    child.process.kill('SIGKILL');
    await child.ended;
  }
});

interface Controller {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** By which the audit log knows its requests. */
  readonly credential: string;
}

const main = join(import.meta.dirname, '../../controller/main.ts');

/** A site controller as a process of its own, with a token of its own, through the proxy. */
async function start(harm = '', limits = ''): Promise<Controller> {
  const token = await tokenOf(admin, namespaces.system, controllers.site);
  const { jti = '' } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    jti?: string;
  };
  const kubeconfig = join(faulty.site.centre.dir, `${jti}.kubeconfig`);
  const { server, ca = '' } = faulty.own.proxy.connection;
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: testSite, context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const env = {
    PATH: process.env['PATH'],
    HARM: harm,
    JINHONG_SITE: testSite,
    JINHONG_HTTP_PORT: '0',
    JINHONG_KUBECONFIG: kubeconfig,
    JINHONG_CONTEXT: testSite,
  };
  const node = `exec "${process.execPath}" --max-old-space-size=128 --import "${join(import.meta.dirname, 'harm.ts')}" "${main}" site`;
  const child = spawn('sh', ['-c', limits === '' ? node : `${limits} && ${node}`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const controller = { process: child, lines, ended, credential: jti };
  children.push(controller);
  return controller;
}

const says = ({ lines }: Controller, text: string) =>
  until(`it says '${text}'`, () => lines.some((line) => line.includes(text)), 45_000).catch((error: unknown) => {
    throw new Error(`${String(error)}; it said:\n${lines.join('\n')}`);
  });
const leads = (controller: Controller) => says(controller, 'this process leads');

/** Writes of one process since then, Leases too. */
function writesOf({ credential }: Controller, fromMs: number): string[] {
  return readFileSync(auditLogOf(faulty.site.centre), 'utf8')
    .split('\n')
    .filter((line) => credential !== '' && line.includes(credential))
    .map((line) => JSON.parse(line) as { verb: string; requestURI: string; requestReceivedTimestamp: string })
    .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    .filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= fromMs)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}

describe('two site controllers', () => {
  it('of which the leading one is stopped and resumed: it writes nothing more, and what the other did stays', async () => {
    const first = await start();
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    expect(writesOf(first, 0).length).toBeGreaterThan(10);
    const second = await start();
    await says(second, 'started');
    first.process.kill('SIGSTOP');
    // What it had asked for and not sent is a decision of before: the tenant is frozen meanwhile.
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await leads(second);
    await ready(admin, name, 'Frozen');
    const resumedMs = Date.now();
    first.process.kill('SIGCONT');
    expect(await first.ended).toBe(1);
    expect(writesOf(first, resumedMs)).toEqual([]);
    await quiet(faulty.site);
    expect(await drifted(admin, wantedOf(spec, 'readonly'))).toEqual([]);
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
  });

  it('that both work, without any Lease: they come to the same, and to rest', async () => {
    const both = [faulty.start(), faulty.start()];
    const from = Date.now();
    const { spec, name, namespace } = await readyTenant(admin);
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
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
    const first = await start('block:2000,block:9000');
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    first.process.kill('SIGUSR2');
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
    const second = await start();
    await says(second, 'started');
    first.process.kill('SIGUSR2');
    const blockedMs = Date.now();
    await leads(second);
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
    expect(await first.ended).toBe(1);
    // What it sent before it stood still is of its own time; nothing follows once another leads.
    expect(writesOf(first, blockedMs + 6_000)).toEqual([]);
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
  });

  it('of memory: it dies at once, and the next one goes on', async () => {
    const first = await start('heap');
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    const from = Date.now();
    first.process.kill('SIGUSR2');
    expect(await first.ended).not.toBe(0);
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await leads(await start());
    await ready(admin, name, 'Frozen');
    expect(removalsSince(faulty.site, from).filter((write) => !write.includes('rolebindings'))).toEqual([]);
  });

  it('of file descriptors: what is connected goes on; when it must connect anew it gives up and ends', async () => {
    const first = await start('files', 'ulimit -n 128');
    await leads(first);
    const { spec, name } = await readyTenant(admin);
    first.process.kill('SIGUSR2');
    await says(first, 'no more files');
    await decide(admin, nextDecision(spec, { state: 'Frozen' }));
    await ready(admin, name, 'Frozen');
    const cutting = setInterval(() => faulty.own.proxy.cut(), 300);
    try {
      expect(await first.ended).toBe(1);
    } finally {
      clearInterval(cutting);
    }
    await leads(await start());
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
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
