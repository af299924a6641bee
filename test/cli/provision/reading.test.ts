import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PlanDocument } from '../../../cli/provision/document.ts';
import type { Cloud } from '../../../core/model/cloud.ts';
import { cloud, department, tenant } from '../../core/manifest/support.ts';
import { run, temporaryFolder } from '../support.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  write('lib.yaml', department());
  write('loan.yaml', tenant());
});
afterEach(() => folder.remove());

const write = (name: string, content: string) => folder.write(name, content);
const sites = (parse(cloud()) as { spec: Cloud }).spec.sites;

/** A kubeconfig whose servers refuse every connection. */
function deadKubeconfig(contexts: readonly string[]): string {
  const server = 'https://127.0.0.1:1';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'dead', cluster: { server } }],
    users: [{ name: 'me', user: { token: 'none' } }],
    contexts: contexts.map((name) => ({ name, context: { cluster: 'dead', user: 'me' } })),
  };
  const path = join(folder.path, '.kubeconfig');
  writeFileSync(path, JSON.stringify(config));
  return path;
}

const plan = (kubeconfig: string) =>
  run(['plan', '.', '--output', 'json'], {
    cwd: folder.path,
    env: { JINHONG_STATE: join(folder.path, '.state'), JINHONG_KUBECONFIG: kubeconfig },
  });
const all = sites.map(({ context }) => context);

/** The centres are asked while the folder is still being checked. */
describe.each(['cloud.yaml', 'city.yaml'])('the centres of a folder with its cloud in %s', (file) => {
  it('are each named when none answers', async () => {
    write(file, cloud());
    const { code, stdout } = await plan(deadKubeconfig(all));
    expect(code).toBe(5);
    const { centres, reason } = JSON.parse(stdout) as PlanDocument;
    expect(reason).toBe('SiteUnreachable');
    expect(centres.map(({ name, state }) => [name, state]).sort()).toEqual(
      sites.map(({ name }) => [name, 'unreachable']).sort(),
    );
  });

  it('change nothing about a folder that is refused', async () => {
    write(file, cloud());
    write('loan.yaml', tenant('class: production => class: prod'));
    for (const kubeconfig of ['none', deadKubeconfig(all), deadKubeconfig([])]) {
      const { code, stderr } = await plan(kubeconfig);
      expect(code).toBe(3);
      expect(stderr).toContain('loan.yaml:9:10 UnknownValue');
    }
  });

  it('must be contexts of the kubeconfig', async () => {
    write(file, cloud());
    const { code, stderr } = await plan(deadKubeconfig(all.slice(1)));
    expect(code).toBe(1);
    expect(stderr).toContain(`${all[0]}`);
  });
});
