import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findCloudFile, findKubeconfig, loadCloudFile, needKubeconfig, readPublishedCloud } from '../../cli/connect.ts';
import { type Context, createContext } from '../../cli/context.ts';
import { apiVersion } from '../../core/model/names.ts';
import { errorOfStatus } from '../../kube/errors.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { cityCloud } from '../support/city.ts';
import { collect, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);

beforeAll(() => {
  mkdirSync(at('.jinhong', 'local'), { recursive: true });
  mkdirSync(at('work', 'deep'), { recursive: true });
  for (const name of ['flag', 'own', 'kube', '.jinhong/local/kubeconfig']) writeFileSync(at(name), '');
  writeFileSync(at('work', 'cloud.yaml'), stringify({ apiVersion, kind: 'Cloud', spec: cityCloud }));
});
afterAll(() => folder.remove());

function context(
  env: Record<string, string>,
  flags: { kubeconfig?: string; cloud?: string } = {},
  cwd = at('work', 'deep'),
): Context {
  const { io } = collect({ cwd, env });
  return createContext(flags, { io, lang: 'en', exitCode: 0, graceMs: 0, closers: [] });
}

describe('the kubeconfig', () => {
  const all = { JINHONG_KUBECONFIG: at('own'), KUBECONFIG: `${at('none')}:${at('kube')}` };

  it("is that of the flag, then JINHONG_KUBECONFIG, then the first of KUBECONFIG that exists, then the local cloud's", () => {
    expect(findKubeconfig(context(all, { kubeconfig: '../../flag' }))?.path).toBe(at('flag'));
    expect(findKubeconfig(context(all))?.path).toBe(at('own'));
    expect(findKubeconfig(context({ KUBECONFIG: all.KUBECONFIG }))?.path).toBe(at('kube'));
    expect(findKubeconfig(context({}))?.path).toBe(at('.jinhong/local/kubeconfig'));
  });

  it('that is named but missing is an error and never passed over', () => {
    expect(() => findKubeconfig(context({ ...all, JINHONG_KUBECONFIG: at('gone') }))).toThrow(
      /JINHONG_KUBECONFIG names a file that does not exist/,
    );
    expect(() => findKubeconfig(context({ KUBECONFIG: at('gone') }))).toThrow(/KUBECONFIG/);
  });

  it('that is nowhere says how to get one', () => {
    const none = context({}, {}, '/');
    expect(findKubeconfig(none)).toBeUndefined();
    expect(() => needKubeconfig(none)).toThrow(expect.objectContaining({ kind: 'forbidden', code: 'no-kubeconfig' }));
  });
});

describe('cloud.yaml', () => {
  it("is that of the flag, then JINHONG_CLOUD, then the working folder's", () => {
    expect(findCloudFile(context({ JINHONG_CLOUD: '/b' }, { cloud: 'a.yaml' }))).toBe(at('work', 'deep', 'a.yaml'));
    expect(findCloudFile(context({ JINHONG_CLOUD: '/b' }))).toBe('/b');
    expect(findCloudFile(context({}, {}, at('work')))).toBe(at('work', 'cloud.yaml'));
    expect(findCloudFile(context({}))).toBeUndefined();
  });

  it('with a mistake names the file and the check', async () => {
    expect((await loadCloudFile(at('work', 'cloud.yaml'))).name).toBe(cityCloud.name);
    writeFileSync(at('bad.yaml'), stringify({ apiVersion, kind: 'Cloud', spec: { ...cityCloud, sites: [] } }));
    await expect(loadCloudFile(at('bad.yaml'))).rejects.toMatchObject({
      code: 'bad-cloud',
      hint: `jinhong check ${at('bad.yaml')}`,
    });
  });
});

describe('the facts that the management centre publishes', () => {
  const publishing = (get: () => Promise<KubeObject>) => ({ get }) as unknown as KubeClient;
  const map = (text: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'jinhong-cloud' },
    data: { 'cloud.json': text },
  });
  const refuse = (status: number) => async () => {
    throw errorOfStatus(status, '{}', { server: 'hub', method: 'GET', path: '/x' });
  };

  it('are read where cloud.yaml is missing', async () => {
    const found = await readPublishedCloud(publishing(async () => map(JSON.stringify(cityCloud))));
    expect(found?.name).toBe(cityCloud.name);
  });

  it('are unknown to those who may not read them, where there are none, and where they are of another version', async () => {
    expect(await readPublishedCloud(publishing(refuse(403)))).toBeUndefined();
    expect(await readPublishedCloud(publishing(refuse(404)))).toBeUndefined();
    expect(await readPublishedCloud(publishing(async () => map('{"name": "x"}')))).toBeUndefined();
  });

  it('that cannot be asked for are an error, not unknown', async () => {
    await expect(readPublishedCloud(publishing(refuse(503)))).rejects.toThrow();
  });
});
