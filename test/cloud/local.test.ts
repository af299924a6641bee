/** The local cloud itself, through its command: what is killed is mended, what is not ours is left alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerOf, readCentre, readCentreState } from '../../local/centre.ts';
import { type CentreProcess, centrePaths, centreProcesses } from '../../local/centre-files.ts';
import { readNodeState, readPods } from '../../local/node-process.ts';
import { freeBase, portsOf } from '../../local/ports.ts';
import { findMarked, isRunning, ownId } from '../../local/processes.ts';
import type { ProcessStatus } from '../../local/status.ts';
import { testDir, until } from '../support/centre.ts';

const cli = join(import.meta.dirname, '../../cli/main.ts');
const root = testDir();
const dir = join(root, 'local');
let base = 0;

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function begin(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [cli, 'local', ...args], { cwd: root, env: { ...process.env, LANG: 'en', ...env } });
}

async function jinhong(args: readonly string[], env: Record<string, string> = {}): Promise<Result> {
  const child = begin([...args, '--dir', dir], env);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  return { code, stdout, stderr };
}

async function succeed(...args: string[]): Promise<string> {
  const result = await jinhong(args);
  expect(result, args.join(' ')).toMatchObject({ code: 0 });
  return result.stdout;
}

async function status(): Promise<readonly ProcessStatus[]> {
  return JSON.parse((await jinhong(['status', '-o', 'json'])).stdout).processes;
}

function pidOf(site: string, process: CentreProcess): number {
  return readCentreState(join(dir, site))?.processes[process]?.pid ?? 0;
}

/** Processes of the centres by marker, so that a doubled one is seen. */
function running(): string[] {
  return findMarked((marker) => marker.startsWith(`${dir}/`) && !marker.includes('/pods/')).map(({ marker }) =>
    marker.slice(dir.length + 1),
  );
}

async function admin<T>(site: string, work: (call: ReturnType<typeof callerOf>) => Promise<T>): Promise<T> {
  const centre = readCentre(join(dir, site));
  if (centre === undefined) throw new Error(`no ${site}`);
  const caller = callerOf(centre, 'admin');
  try {
    return await work(caller);
  } finally {
    caller.close();
  }
}

const every = ['a/etcd', 'a/kube-apiserver', 'a/kube-controller-manager', 'b/etcd', 'b/kube-apiserver'];
const all = [...every, 'b/kube-controller-manager', '_node'].sort();

beforeAll(async () => {
  base = await freeBase(21_000, 2);
  await succeed('up', '--sites', 'a,b', '--ports', String(base));
});

afterAll(async () => {
  await jinhong(['down', '--wipe']);
  rmSync(root, { recursive: true, force: true });
});

test('status shows every process with pid, port, memory, age and health', async () => {
  const rows = await status();
  expect(rows.map(({ site, process }) => `${site === '' ? '_' : `${site}/`}${process}`).sort()).toEqual(all);
  for (const row of rows) {
    expect(row).toMatchObject({ health: 'healthy', pid: expect.any(Number), ageMs: expect.any(Number) });
    expect(row.memoryBytes).toBeGreaterThan(10_000_000);
  }
  expect(rows.find(({ process }) => process === 'kube-apiserver')?.port).toBe(base);
});

test('a second up changes nothing', async () => {
  const before = await status();
  await succeed('up');
  expect((await status()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
});

test('a person gets one file with a context per centre', async () => {
  const file = (await succeed('kubeconfig', '--user', 'li.wei', '--group', 'g')).trim();
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('name: a\n');
  expect(text).toContain('name: li.wei@b\n');
});

test.each(centreProcesses)('a killed %s is named by status and started again by up, with all data', async (process) => {
  const path = '/api/v1/namespaces/default/configmaps';
  const name = `kept-${process}`;
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
  const made = await admin('a', (call) => call.send({ method: 'POST', path, body }));
  expect(made.status).toBe(201);
  globalThis.process.kill(pidOf('a', process), 'SIGKILL');
  const seen = await jinhong(['status', '-o', 'json']);
  expect(seen.code).toBe(5);
  const rows: ProcessStatus[] = JSON.parse(seen.stdout).processes;
  expect(rows.find((row) => row.site === 'a' && row.process === process)?.health).toBe('dead');
  await succeed('up');
  expect(running().sort()).toEqual(all);
  expect((await admin('a', (call) => call.send({ path: `${path}/${name}` }))).status).toBe(200);
});

test('an up that is killed half-way is continued by the next one, and nothing runs twice', async () => {
  await succeed('down');
  const first = begin(['up', '--dir', dir]);
  await until('first process', () => running().length > 0);
  first.kill('SIGKILL');
  const again = await jinhong(['up']);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain(`pid ${first.pid}`);
  expect(running().sort()).toEqual(all);
  expect((await status()).every(({ health }) => health === 'healthy')).toBe(true);
});

test('two commands on one folder: the second is refused and names the first', async () => {
  await succeed('down');
  const first = begin(['up', '--dir', dir]);
  const ended = new Promise((resolve) => first.once('exit', resolve));
  await until('first process', () => running().length > 0);
  const second = await jinhong(['up', '-o', 'json']);
  expect(second.code).toBe(4);
  expect(second.stderr).toContain('local-locked');
  expect(second.stderr).toContain(`pid ${first.pid}`);
  await ended;
});

test('a taken port is named with its owner, the other centre starts, and a free port mends it', async () => {
  await succeed('down');
  const port = portsOf(base, 1).api;
  const server = createServer((socket) => void socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const refused = await jinhong(['up', '-o', 'json']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('port-taken');
  expect(refused.stderr).toContain(`${port}`);
  expect(refused.stderr).toContain(`pid ${process.pid}`);
  expect((await status()).filter(({ site }) => site === 'a').every(({ health }) => health === 'healthy')).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  await succeed('up');
  expect(running().sort()).toEqual(all);
});

test('ports of a running cloud are not moved, those of a stopped one are', async () => {
  const refused = await jinhong(['up', '--ports', String(base + 50), '-o', 'json']);
  expect(refused.stderr).toContain('ports-in-use');
  await succeed('down');
  await succeed('up', '--ports', String(base + 50));
  expect(readCentre(join(dir, 'b'))?.url).toBe(`https://127.0.0.1:${portsOf(base + 50, 1).api}`);
  expect((await status()).every(({ health }) => health === 'healthy')).toBe(true);
});

const program = `require('http').createServer((q, r) => r.end('ok')).listen(process.env.JINHONG_HTTP_PORT, '127.0.0.1')`;
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'jinhong',
            command: ['node', '-e', program],
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
          },
        ],
      },
    },
  },
};
const system = '/apis/apps/v1/namespaces/jinhong-system/deployments';

async function readyReplicas(): Promise<number> {
  const answer = await admin('b', (call) => call.send({ path: `${system}/web` }));
  return JSON.parse(answer.text).status?.readyReplicas ?? 0;
}

test('the node runs the replicas of a Deployment, says when they are ready, and starts a killed one again', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'jinhong-system' } };
  await admin('b', (call) => call.send({ method: 'POST', path: '/api/v1/namespaces', body: namespace }));
  const made = await admin('b', (call) => call.send({ method: 'POST', path: system, body: deployment }));
  expect(made.status).toBe(201);
  await until('two ready', async () => (await readyReplicas()) === 2, 30_000);
  const [victim] = readPods(dir);
  process.kill(victim?.pid ?? 0, 'SIGKILL');
  await until('one more start', () => readPods(dir).find((pod) => pod.name === victim?.name && pod.restarts === 1));
  await until('two ready', async () => (await readyReplicas()) === 2, 30_000);
});

test('a killed node leaves its programs, and the next up replaces exactly them', async () => {
  const before = readPods(dir);
  process.kill(readNodeState(dir)?.pid ?? 0, 'SIGKILL');
  expect(before.every((pod) => isRunning(pod))).toBe(true);
  await succeed('up');
  expect(before.some((pod) => isRunning(pod))).toBe(false);
  await until('programs', () => readPods(dir).length === 2 && readPods(dir).every((pod) => pod.ready), 30_000);
  expect(findMarked((marker) => marker.startsWith(`${dir}/b/pods/`))).toHaveLength(2);
});

test('fewer replicas, another template and a removed Deployment are followed', async () => {
  const patch = { method: 'PATCH', path: `${system}/web`, contentType: 'application/merge-patch+json' } as const;
  await admin('b', (call) => call.send({ ...patch, body: { spec: { replicas: 1 } } }));
  await until('one', () => readPods(dir).length === 1, 30_000);
  const [old] = readPods(dir);
  await admin('b', (call) =>
    call.send({ ...patch, body: { spec: { template: { metadata: { labels: { app: 'web', v: '2' } } } } } }),
  );
  await until('a new process', () => readPods(dir)[0] !== undefined && readPods(dir)[0]?.pid !== old?.pid, 30_000);
  await admin('b', (call) => call.send({ method: 'DELETE', path: `${system}/web` }));
  await until('none', () => readPods(dir).length === 0, 30_000);
  await admin('b', (call) => call.send({ method: 'POST', path: system, body: deployment }));
  await until('ready again', async () => (await readyReplicas()) === 2, 30_000);
});

test('down --sites stops one centre with its programs and leaves the other; up brings it back', async () => {
  const kept = pidOf('a', 'kube-apiserver');
  await succeed('down', '--sites', 'b');
  const rows = await status();
  expect(rows.filter(({ site }) => site === 'b').every(({ health }) => health === 'stopped')).toBe(true);
  expect(findMarked((marker) => marker.startsWith(`${dir}/b/`))).toEqual([]);
  expect(pidOf('a', 'kube-apiserver')).toBe(kept);
  await succeed('up');
  await until('program', () => readPods(dir).some((pod) => pod.ready), 30_000);
});

test('down never ends a process that only has the pid of one of ours', async () => {
  const { state: file } = centrePaths(join(dir, 'a'));
  const state = JSON.parse(readFileSync(file, 'utf8'));
  const etcd = state.processes.etcd;
  const foreign = spawn('sleep', ['600']);
  writeFileSync(
    file,
    JSON.stringify({ ...state, processes: { ...state.processes, etcd: { ...etcd, pid: foreign.pid } } }),
  );
  await succeed('down');
  expect(foreign.exitCode).toBeNull();
  expect(isRunning(ownId())).toBe(true);
  expect(isRunning(etcd)).toBe(false);
  foreign.kill();
});

test('a program of the wrong version is named, and a full disk too', async () => {
  const fake = join(root, 'etcd');
  const write = (version: string): void => {
    const body = `[ "$1" = "--version" ] && echo "etcd Version: ${version}" && exit 0`;
    writeFileSync(fake, `#!/bin/sh\n${body}\necho "write wal: no space left on device" >&2; exit 1\n`);
    chmodSync(fake, 0o755);
  };
  write('3.4.1');
  const wrong = await jinhong(['up', '-o', 'json'], { JINHONG_ETCD: fake });
  expect(wrong.stderr).toContain('binary-wrong-version');
  expect(wrong.stderr).toContain('3.4.1');
  write('3.6.8');
  const full = await jinhong(['up', '-o', 'json'], { JINHONG_ETCD: fake });
  expect(full.stderr).toContain('disk-full');
});

test('down --wipe removes the data, and up starts from nothing', async () => {
  await succeed('down', '--wipe');
  expect(running()).toEqual([]);
  await succeed('up', '--sites', 'a', '--ports', String(base));
  const path = '/api/v1/namespaces/default/configmaps/kept-etcd';
  expect((await admin('a', (call) => call.send({ path }))).status).toBe(404);
});
