/**
 * Secrets planted in every flow come out nowhere: request, approval, up, plan, drift, refusals, a crash, recover, logs.
 * They are looked for in logs, audit logs, metrics, Events, the state of `up`, what commands print, and temporary files.
 */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { labels } from '../../core/model/names.ts';
import { readPods } from '../../local/node-process.ts';
import { passphraseFile, sitePaths } from '../../stacks/engine/state.ts';
import { until } from '../support/centre.ts';
import { tenantManifest, writeManifest } from '../support/city.ts';
import { jinhong, type TestPerson } from '../support/cloud.ts';
import { approve, submit, waitReady } from '../support/tenancy.ts';
import {
  type Canary,
  filesBelow,
  keysOf,
  leaks,
  type Outlet,
  outletsOf,
  servedOutlets,
  tokensOf,
} from './support/canaries.ts';
import { goodContainer, goodPodSpec } from './support/plants.ts';
import { asRoot, openStage, removeAsRoot, type Stage } from './support/stage.ts';

let stage: Stage;
let folder: string;
let temporary: string;
const canaries: Canary[] = [];
const printed: Outlet[] = [];

/** A secret that is found nowhere else. */
function plant(planted: string, bytes = 12): string {
  const value = `canary${randomBytes(bytes).toString('hex')}`;
  canaries.push({ planted, value });
  return value;
}

/** Runs the command and keeps what it prints. */
async function say(args: readonly string[], who: TestPerson = stage.cast.engineer): Promise<number> {
  const { code, stdout, stderr } = await jinhong(args, who);
  printed.push({ name: `jinhong ${args.join(' ')}`, text: `${stdout}\n${stderr}` });
  return code;
}

beforeAll(async () => {
  stage = await openStage();
  temporary = mkdtempSync(join(tmpdir(), 'jinhong-canary-'));
  vi.stubEnv('TMPDIR', temporary);
  folder = join(inject('cloud').dir, '..', 'canary');
  cpSync(inject('cloud').city, folder, { recursive: true });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
  await stage.close();
});

/** Objects that hold secrets, in the right places and in wrong ones; some are refused. */
async function plantObjects(): Promise<number[]> {
  const metadata = { name: 'canary' };
  const env = [{ name: 'PASSWORD', value: plant('env of a Deployment') }];
  const annotated = { ...metadata, annotations: { 'example.com/token': plant('annotation of a ConfigMap') } };
  const selector = { matchLabels: { app: 'canary' } };
  const template = {
    metadata: { labels: { app: 'canary' } },
    spec: goodPodSpec({ containers: [goodContainer('main', { env })] }),
  };
  const bad = { ...template, spec: goodPodSpec({ hostNetwork: true, containers: [goodContainer('main', { env })] }) };
  const deployment = (spec: object) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas: 0, selector, ...spec },
  });
  const secret = (more: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata, ...more });
  const core = `/api/v1/namespaces/${stage.own}`;
  const apps = `/apis/apps/v1/namespaces/${stage.own}/deployments`;
  const requests = [
    { path: `${core}/secrets`, body: secret({ stringData: { password: plant('a Secret') } }) },
    {
      path: `${core}/configmaps`,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: annotated, data: { key: plant('a ConfigMap') } },
    },
    { path: apps, body: deployment({ template }) },
    { path: apps, body: deployment({ template: bad }) },
    {
      path: `${core}/secrets`,
      body: secret({ metadata: { name: 'jinhong-canary' }, stringData: { password: plant('a refused Secret') } }),
    },
    {
      path: `${core}/secrets`,
      body: secret({ type: 'kubernetes.io/tls', stringData: { wrong: plant('an invalid Secret') } }),
    },
    {
      path: `/api/v1/namespaces/${stage.victim}/secrets`,
      body: secret({ stringData: { password: plant('a forbidden Secret') } }),
    },
  ];
  const statuses: number[] = [];
  for (const { path, body } of requests)
    statuses.push((await stage.wire('admin').send({ method: 'POST', path, body })).status);
  return statuses;
}

/** Manifests with a secret where none belongs. */
function plantManifests(): string[] {
  const wrong = (name: string, object: object) => writeManifest(join(folder, 'wrong', `${name}.yaml`), object);
  const tenant = tenantManifest('alpha', 'canary');
  mkdirSync(join(folder, 'wrong'), { recursive: true });
  const torn = join(folder, 'wrong', 'torn.yaml');
  writeFileSync(torn, `apiVersion: v1\nkind: Secret\nstringData:\n  password: "${plant('a torn manifest')}\n   x: [\n`);
  const data = { password: plant('a Secret in the folder') };
  return [
    wrong('field', { ...tenant, spec: { ...tenant.spec, password: plant('an unknown field') } }),
    // Long, as tokens are: a short value is quoted to its author, who has to see what is wrong with it.
    wrong('value', { ...tenant, spec: { ...tenant.spec, until: plant('a value of a wrong form', 40) } }),
    wrong('secret', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x', namespace: stage.own },
      stringData: data,
      type: 7,
    }),
    torn,
  ];
}

/** Kills the first controller of this name and waits until another process runs in its place. */
async function crash(deployment: string): Promise<void> {
  const { dir } = inject('cloud');
  const victim = readPods(dir).find(({ name, ready }) => ready && name.startsWith(deployment));
  if (victim === undefined) throw new Error(`no ${deployment} runs`);
  process.kill(victim.pid, 'SIGKILL');
  await until(
    `${deployment} is back`,
    () =>
      readPods(dir).some(
        ({ site, name, pid, ready }) => site === victim.site && name === victim.name && pid !== victim.pid && ready,
      ),
    60_000,
  );
}

describe('planted secrets', () => {
  it('go through every flow', async () => {
    expect((await plantObjects()).map((status) => status < 300)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    const codes: number[] = [];
    for (const file of plantManifests()) {
      // A Secret is a workload like others: the check has nothing against it.
      if (!file.endsWith('secret.yaml')) codes.push(await say(['check', file]));
      else await say(['check', file]);
      codes.push(await say(['submit', file, '--yes'], stage.cast.member));
    }
    codes.push(await say(['plan', folder]));
    expect(codes).not.toContain(0);
    rmSync(join(folder, 'wrong'), { recursive: true });
    canaries.push(...(await tokensOf(inject('cloud'), stage)));
    await submit(stage.cast, 'alpha', 'canary');
    await approve(stage.cast, 'alpha', 'canary');
    await waitReady(stage.cast, 'alpha', 'canary', 'True');
    const marks = { metadata: { labels: { [labels.zone]: plant('drift of a label') } } };
    const path = `/api/v1/namespaces/${stage.own}`;
    await asRoot(stage, { method: 'PATCH', path, body: marks, contentType: 'application/merge-patch+json' });
    expect([0, 2]).toContain(await say(['plan', folder, '--refresh']));
    expect(await say(['up', folder, '--refresh', '--yes'])).toBe(0);
    expect(await say(['site', 'join', stage.site, '--renew'])).toBe(0);
    await crash('jinhong-site');
    await crash('jinhong-management');
    expect(await say(['recover', folder, '--yes'])).toBe(0);
    for (const args of [
      ['status'],
      ['doctor'],
      ['site', 'status'],
      ['why', stage.own],
      ['local', 'status'],
      ['local', 'logs', '--tail', '2000'],
    ]) {
      await say(args);
    }
    await waitReady(stage.cast, 'alpha', 'canary', 'True');
  });

  it('come out nowhere', async () => {
    const cloud = inject('cloud');
    canaries.push(...(await tokensOf(cloud, stage)), {
      planted: 'passphrase',
      value: readFileSync(passphraseFile(cloud.state), 'utf8'),
    });
    canaries.push(...keysOf([stage.cast.engineer.kubeconfig, stage.cast.member.kubeconfig]));
    // The label is no secret of anybody; it shows that the drift went through the flows.
    const secrets = canaries.filter(({ planted }) => planted !== 'drift of a label');
    const outlets = [...outletsOf(cloud), ...(await servedOutlets(cloud, stage)), ...printed, ...filesBelow(temporary)];
    expect(secrets.length).toBeGreaterThan(20);
    expect(outlets.length).toBeGreaterThan(40);
    expect(leaks(secrets, outlets)).toEqual([]);
  });

  it('would be found', () => {
    const [first] = canaries;
    const value = first?.value ?? '';
    const outlets = [
      { name: 'a log', text: `x ${value} y` },
      { name: 'an object', text: Buffer.from(value).toString('base64') },
    ];
    expect(leaks(canaries.slice(0, 1), outlets)).toEqual([
      `${first?.planted} in a log`,
      `${first?.planted} in an object`,
    ]);
  });

  it('leave no temporary file of the engine behind', () => {
    const { state } = inject('cloud');
    const left = stage.sites.flatMap((site) => filesBelow(sitePaths(state, site).scratch));
    // Node's own cache of compiled modules is no file of ours.
    const ours = [...left, ...filesBelow(temporary)].filter(({ name }) => !name.includes('/node-compile-cache/'));
    expect(ours.map(({ name }) => name)).toEqual([]);
  });

  it('are taken away again', async () => {
    for (const [base, plural] of [
      ['/api/v1', 'secrets'],
      ['/api/v1', 'configmaps'],
      ['/apis/apps/v1', 'deployments'],
    ]) {
      await removeAsRoot(stage, `${base}/namespaces/${stage.own}/${plural}/canary`);
    }
  });
});
