/** Site controllers as processes of their own, for the tests that stop, block and starve them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controllers } from '../../core/access/objects.ts';
import { namespaces } from '../../core/model/names.ts';
import type { KubeObject } from '../../kube/types.ts';
import { auditLogOf, until } from '../support/centre.ts';
import { testCloud, testSite, tokenOf } from '../support/site-centre.ts';
import type { FaultySite } from './site.ts';

/** A site controller as a process of its own. */
export interface Controller {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** By which the audit log knows its requests. */
  readonly credential: string;
}

const main = join(import.meta.dirname, '../../controller/start.js');

/** Starts and ends controllers for one test file. */
export interface Nursery {
  /** `harm` as harm.ts reads it; `limits` is a shell command before the start. */
  readonly start: (harm?: string, limits?: string) => Promise<Controller>;
  /** Ends whatever still runs. */
  readonly clear: () => Promise<void>;
}

/** Makes the centre's configuration one with a Lease of 6 s. */
export async function startNursery(faulty: FaultySite): Promise<Nursery> {
  const children: Controller[] = [];
  const timings = { leaseSeconds: 6, heartbeatSeconds: 1, backoffBaseMs: 100, backoffMaxMs: 1000 };
  const data = { 'cloud.json': JSON.stringify(testCloud()), 'timings.json': JSON.stringify(timings) };
  const metadata = { name: 'jinhong-cloud', namespace: namespaces.system };
  const configMap: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  await faulty.admin.apply(configMap, { fieldManager: 'test', force: true });
  return {
    async start(harm = '', limits = '') {
      const child = await startController(faulty, harm, limits);
      children.push(child);
      return child;
    },
    async clear() {
      for (const child of children.splice(0)) {
        child.process.kill('SIGCONT');
        child.process.kill('SIGKILL');
        await child.ended;
      }
    },
  };
}

/** With a token of its own, so that the audit log knows it, and through the proxy. */
async function startController(faulty: FaultySite, harm: string, limits: string): Promise<Controller> {
  const token = await tokenOf(faulty.admin, namespaces.system, controllers.site);
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
  return { process: child, lines, ended, credential: jti };
}

/** Waits until it has logged this. */
export const says = ({ lines }: Controller, text: string) =>
  until(`it says '${text}'`, () => lines.some((line) => line.includes(text)), 45_000).catch((error: unknown) => {
    throw new Error(`${String(error)}; it said:\n${lines.join('\n')}`);
  });
/** Waits until it leads. */
export const leads = (controller: Controller) => says(controller, 'this process leads');

/** Writes of one process since then, Leases too. */
export function writesOf(faulty: FaultySite, { credential }: Controller, fromMs: number): string[] {
  return readFileSync(auditLogOf(faulty.site.centre), 'utf8')
    .split('\n')
    .filter((line) => credential !== '' && line.includes(credential))
    .map((line) => JSON.parse(line) as { verb: string; requestURI: string; requestReceivedTimestamp: string })
    .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    .filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= fromMs)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}
