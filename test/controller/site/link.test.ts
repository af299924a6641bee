import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { readTimings } from '../../../controller/cloud-config.ts';
import { createRuntimeMetrics, type RuntimeMetrics } from '../../../controller/metrics.ts';
import { createShare } from '../../../controller/site/alike.ts';
import { type Link, startLink } from '../../../controller/site/link.ts';
import { AppError } from '../../../core/errors.ts';
import { cloudSpec } from '../../../core/model/cloud.ts';
import type { Grant } from '../../../core/model/kinds.ts';
import { siteNamespace } from '../../../core/model/names.ts';
import { resources } from '../../../kube/resource.ts';
import { type KubeClient, type KubeObject, silentLog } from '../../../kube/types.ts';
import { cityCloud } from '../../support/city.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';

const site = 'east';
const grant = {
  apiVersion: 'jinhong.dev/v1alpha1',
  kind: 'Grant',
  metadata: { name: 'alpha-one', namespace: siteNamespace(site), uid: 'one', resourceVersion: '5', generation: 1 },
  spec: {},
} as unknown as Grant;
const status = { conditions: [] };
const credentialMs = 1_000;

/** A management centre with one Grant that knows no change; `broken` answers nothing. `told` counts reports. */
function management(server: string, told: string[]): KubeClient {
  const broken = server.includes('broken');
  const unreachable = () => new AppError('unreachable', 'down', { code: 'down' });
  const client: Partial<KubeClient> = {
    name: 'management',
    async *pages<T extends KubeObject>() {
      if (broken) throw unreachable();
      yield { items: [grant as unknown as T], resourceVersion: '5' };
    },
    async *watch(_resource, { signal }) {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    },
    async apply<T extends KubeObject>(object: T) {
      if (broken) throw unreachable();
      told.push(server);
      return { ...object, metadata: { ...grant.metadata, resourceVersion: '6' } };
    },
    patch: () => Promise.reject(unreachable()),
    close: async () => undefined,
  };
  return client as KubeClient;
}

const links: Link[] = [];
afterEach(async () => {
  for (const link of links.splice(0)) await link.stop();
});

/** A link whose Secret names `server`; `join` writes another one. */
async function joined(first: string) {
  const clock = createFakeClock();
  const told: string[] = [];
  let server = first;
  let watched = 0;
  const encode = (text: string) => Buffer.from(text).toString('base64');
  const local: Partial<KubeClient> = {
    async get<T extends KubeObject>(resource: unknown) {
      expect(resource).toBe(resources.secret);
      const data = { server: encode(server), 'ca.crt': encode('ca'), token: encode('token') };
      return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret' }, data } as unknown as T;
    },
  };
  const metrics: RuntimeMetrics = {
    ...createRuntimeMetrics(new Registry()),
    watchInformer() {
      watched += 1;
      return () => {
        watched -= 1;
      };
    },
  };
  const current = { cloud: cloudSpec.parse(cityCloud), timings: readTimings('{}') };
  const link = startLink({
    deps: {
      site,
      client: local as KubeClient,
      config: { current: () => current, onChange: () => () => undefined },
      log: silentLog,
      metrics,
      clock,
      random: () => 0,
    },
    connect: (connection) => management(connection.server, told),
    onChange: () => undefined,
    onConnected: () => undefined,
    share: createShare(),
    credentialMs,
  });
  links.push(link);
  await settle();
  return {
    link,
    told,
    watched: () => watched,
    async join(next: string) {
      server = next;
      await clock.advance(credentialMs);
    },
  };
}

describe('a new credential', () => {
  it('leaves nothing of the connections before it in the metrics', async () => {
    const { join, link, watched } = await joined('https://first');
    expect(link.isConnected()).toBe(true);
    for (const next of ['second', 'broken', 'third', 'fourth']) await join(`https://${next}`);
    expect(watched()).toBe(1);
    await link.stop();
    expect(watched()).toBe(0);
  });

  it('that leads nowhere keeps no report from the connection that works', async () => {
    const { join, link, told } = await joined('https://first');
    await join('https://broken');
    expect(link.offer('alpha-one')).toMatchObject({ type: 'present' });
    await link.report(grant, status);
    expect(told).toEqual(['https://first']);
    await join('https://second');
    await link.report(grant, status);
    expect(told).toEqual(['https://first', 'https://second']);
  });
});
