import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloud, department } from '../../core/manifest/support.ts';
import { type FakeApi, startFakeApi } from '../../support/fake-api.ts';
import { run, temporaryFolder } from '../support.ts';

let folder: ReturnType<typeof temporaryFolder>;
let api: FakeApi;
/** What both centres answer with, by path; everything else is not there. */
let answers: Record<string, () => unknown>;

const nothing = { apiVersion: 'v1', kind: 'NamespaceList', metadata: { resourceVersion: '1' }, items: [] };
const namespaces = '/api/v1/namespaces';
const siteController = '/apis/apps/v1/namespaces/jinhong-system/deployments/jinhong-site';

beforeEach(async () => {
  folder = temporaryFolder();
  answers = { '/version': () => ({}), [namespaces]: () => nothing };
  api = await startFakeApi(({ path }, respond) => {
    const answer = answers[path];
    if (answer === undefined) respond.status(404, 'NotFound');
    else respond.json(200, answer());
  });
  const config = {
    clusters: [
      {
        name: 'fake',
        cluster: { server: api.url, 'certificate-authority-data': Buffer.from(api.ca).toString('base64') },
      },
    ],
    users: [{ name: 'me', user: { token: 'one' } }],
    contexts: ['hub', 'east'].map((name) => ({ name, context: { cluster: 'fake', user: 'me' } })),
  };
  writeFileSync(join(folder.path, '.kubeconfig'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  writeFileSync(join(folder.path, 'cloud.yaml'), cloud());
  writeFileSync(join(folder.path, 'lib.yaml'), department());
});
afterEach(async () => {
  await api.close();
  folder.remove();
});

const destroy = (site: string) =>
  run(['destroy', site, `--yes=${site}`], {
    cwd: folder.path,
    env: {
      JINHONG_STATE: join(folder.path, '.state'),
      JINHONG_KUBECONFIG: join(folder.path, '.kubeconfig'),
      XDG_CACHE_HOME: folder.path,
    },
  });

describe('destroy', () => {
  it('is refused for a centre to which a tenant came while the question stood open', async () => {
    let asked = 0;
    answers[namespaces] = () => {
      asked += 1;
      return asked === 1 ? nothing : { ...nothing, items: [{ metadata: { name: 'lib-loan-production' } }] };
    };
    const { code, stderr } = await destroy('east');
    expect(stderr).toContain('east still holds 1 tenants');
    expect(code).toBe(3);
  });

  it('is refused for the management centre while another has the platform', async () => {
    answers[siteController] = () => ({ metadata: { name: 'jinhong-site' } });
    const { code, stderr } = await destroy('hub');
    expect(stderr).toContain('still installed at east');
    expect(stderr).toContain('jinhong destroy east');
    expect(code).toBe(3);
  });

  it('asks the engine when nothing speaks against it', async () => {
    for (const site of ['hub', 'east']) expect((await destroy(site)).stderr).toContain('is not on this machine');
  });
});
