/** Where a secret could come out, and the search for those that did. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readPods } from '../../../local/node-process.ts';
import { passphraseFile } from '../../../stacks/engine/state.ts';
import type { TestCloud } from '../../support/cloud.ts';
import type { Stage } from './stage.ts';

/** A secret and where it was put; nothing but that place may hold it. */
export interface Canary {
  readonly planted: string;
  readonly value: string;
}

/** A text that people, other programs or later readers get to see. */
export interface Outlet {
  readonly name: string;
  readonly text: string;
}

/** Every file below a folder as an outlet, but those that `left` names. */
export function filesBelow(folder: string, leaveOut: (path: string) => boolean = () => false): Outlet[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => !leaveOut(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => ({ name: path, text: readFileSync(path, 'latin1') }));
}

/** Logs and audit logs of every centre, the node's own log, and the state of `up` without its passphrase. */
export function outletsOf(cloud: TestCloud): Outlet[] {
  const ofCentres = cloud.centres.flatMap(({ dir }) =>
    ['logs', 'audit'].flatMap((name) => filesBelow(join(dir, name))),
  );
  const passphrase = passphraseFile(cloud.state);
  return [
    ...ofCentres,
    ...filesBelow(join(cloud.dir, '_node')),
    ...filesBelow(cloud.state, (path) => path === passphrase),
  ];
}

/** The metrics of every controller, and the Events of every centre. */
export async function servedOutlets(cloud: TestCloud, stage: Stage): Promise<Outlet[]> {
  const metrics = readPods(cloud.dir).flatMap((pod) =>
    Object.values(pod.ports).map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
      return { name: `metrics of ${pod.site}/${pod.name}`, text: await answer.text() };
    }),
  );
  const events = stage.sites.map(async (site) => ({
    name: `events of ${site}`,
    text: JSON.stringify(await stage.live('/apis/events.k8s.io/v1/events', site)),
  }));
  return Promise.all([...metrics, ...events]);
}

/** The tokens that the platform's programs hold just now: mounted accounts, and what a site calls the management centre with. */
export async function tokensOf(cloud: TestCloud, stage: Stage): Promise<Canary[]> {
  const mounted = cloud.centres.flatMap(({ dir }) =>
    filesBelow(join(dir, 'pods'))
      .filter(({ name }) => name.endsWith('/token'))
      .map(({ name, text }) => ({ planted: name, value: text.trim() })),
  );
  const path = '/api/v1/namespaces/jinhong-system/secrets/jinhong-management-credential';
  const credentials = stage.sites.map(async (site): Promise<Canary[]> => {
    const { status, text } = await stage.root(site).send({ method: 'GET', path });
    if (status === 404) return [];
    const { data } = JSON.parse(text) as { data: Record<string, string> };
    return [{ planted: `credential of ${site}`, value: Buffer.from(data['token'] ?? '', 'base64').toString('utf8') }];
  });
  return [...mounted, ...(await Promise.all(credentials)).flat()].filter(({ value }) => value.length > 20);
}

/** Private keys of kubeconfigs, as they stand there. */
export function keysOf(kubeconfigs: readonly string[]): Canary[] {
  return kubeconfigs.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/client-key-data: "?([A-Za-z0-9+/=]{40,})/g)].map((match) => ({
      planted: file,
      value: match[1] ?? '',
    })),
  );
}

/** Which canary came out where; a token also counts by its last part, a value also as base64. Pure. */
export function leaks(canaries: readonly Canary[], outlets: readonly Outlet[]): string[] {
  const forms = canaries.flatMap(({ planted, value }) => {
    const encoded = Buffer.from(value).toString('base64').replace(/=+$/, '');
    const signature = value.startsWith('eyJ') ? [value.split('.').at(-1) ?? value] : [];
    return [value, encoded, ...signature].map((text) => ({ planted, text }));
  });
  const found = outlets.flatMap((outlet) =>
    forms.filter(({ text }) => outlet.text.includes(text)).map(({ planted }) => `${planted} in ${outlet.name}`),
  );
  return [...new Set(found)].sort();
}
