import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloud } from '../../core/manifest/support.ts';
import { type FakeRequest, startFakeApi } from '../../support/fake-api.ts';
import { type Ran, run, temporaryFolder } from '../support.ts';

/** A folder with a cloud.yaml, and one server that plays all of its centres. */
export interface FakeCentres {
  readonly folder: string;
  /** What they answer with, by method and path; everything else is not there. */
  readonly answers: Record<string, () => unknown>;
  /** Requests so far, in order. */
  readonly requests: readonly FakeRequest[];
  /** Runs one command line there, on a machine without the engine. */
  run(...argv: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

/** A list as an API server gives it. */
export const listOf = (...items: readonly object[]) => ({ metadata: { resourceVersion: '1' }, items });

/** Starts them. */
export async function fakeCentres(): Promise<FakeCentres> {
  const folder = temporaryFolder();
  const answers: FakeCentres['answers'] = { 'GET /version': () => ({}) };
  const api = await startFakeApi(({ method, path }, respond) => {
    const answer = answers[`${method} ${path}`];
    if (answer === undefined) respond.status(404, 'NotFound');
    else respond.json(200, answer());
  });
  const authority = Buffer.from(api.ca).toString('base64');
  const cluster = { server: api.url, 'certificate-authority-data': authority };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'me', user: { token: 'one' } }],
    contexts: ['hub', 'east'].map((name) => ({ name, context: { cluster: 'fake', user: 'me' } })),
  };
  const kubeconfig = join(folder.path, '.kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(config));
  writeFileSync(join(folder.path, 'cloud.yaml'), cloud());
  const env = {
    JINHONG_STATE: join(folder.path, '.state'),
    JINHONG_KUBECONFIG: kubeconfig,
    XDG_CACHE_HOME: folder.path,
  };
  return {
    folder: folder.path,
    answers,
    requests: api.requests,
    run: (...argv) => run(argv, { cwd: folder.path, env }),
    close: async () => {
      await api.close();
      folder.remove();
    },
  };
}
