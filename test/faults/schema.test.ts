import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { crdOf } from '../../core/model/crd.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { decide, grantOf, nextDecision, type RunningSite, ready, readyTenant } from '../support/site-centre.ts';
import { drifted, type FaultySite, pause, removalsSince, startFaultySite, wantedOf } from './site.ts';

/** Seconds on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let faulty: FaultySite;
let admin: KubeClient;
let running: RunningSite | undefined;

beforeAll(async () => {
  faulty = await startFaultySite();
  admin = faulty.admin;
});
afterAll(async () => {
  await running?.stop();
  await faulty?.stop();
});

describe('a schema that is newer, then older than the controller', () => {
  interface Crd {
    spec: {
      versions: { schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, object> } } } } }[];
    };
  }

  it('a field that it does not know stops nothing that runs, is kept where it was written, and goes with its schema', async () => {
    running = faulty.start();
    const { spec, name } = await readyTenant(admin);
    const from = Date.now();
    const newer = structuredClone(crdOf('Grant')) as unknown as KubeObject & Crd;
    const properties = newer.spec.versions[0]?.schema.openAPIV3Schema.properties.spec.properties ?? {};
    properties['later'] = { type: 'string', maxLength: 10 };
    await admin.apply(newer, { fieldManager: 'test', force: true });
    // A watch that was open before tells of the older schema until the server ends it; each decision is a new event.
    const said = await until('the site says what it does not know', async () => {
      await decide(admin, { ...nextDecision(spec), later: 'yes' } as never);
      await pause(300);
      const grant = await grantOf(admin, name, 'management');
      return grant?.status?.conditions.some(({ reason }) => reason === 'GrantInvalid') === true ? grant : undefined;
    });
    expect((said.spec as { later?: string }).later).toBe('yes');
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
    await admin.apply(crdOf('Grant') as unknown as KubeObject, { fieldManager: 'test', force: true });
    await until('the older schema is served', async () => {
      await decide(admin, nextDecision(spec));
      return !('later' in ((await grantOf(admin, name, 'management'))?.spec ?? {}));
    });
    await ready(admin, name, 'Running');
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });
});
