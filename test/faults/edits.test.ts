import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { memberRoles, objectNames, policyNames } from '../../core/desired/index.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import { labels, namespaces, siteNamespace } from '../../core/model/names.ts';
import { resourceOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { uniqueName, until } from '../support/centre.ts';
import {
  decide,
  find,
  grantOf,
  grantSpecOf,
  hardOf,
  nextDecision,
  type RunningSite,
  ready,
  readyTenant,
  reported,
  testSite,
} from '../support/site-centre.ts';
import { annotate, edit, note, remove } from './humans.ts';
import {
  drifted,
  type FaultySite,
  healed,
  pause,
  quiet,
  removalsSince,
  startFaultySite,
  wantedOf,
  writesSince,
} from './site.ts';

/** Seconds each on a quiet machine. */
vi.setConfig({ testTimeout: 180_000 });

let faulty: FaultySite;
let admin: KubeClient;
let running: RunningSite | undefined;

beforeAll(async () => {
  faulty = await startFaultySite();
  admin = faulty.admin;
});
afterAll(() => faulty?.stop());
afterEach(async () => {
  faulty.calm();
  await running?.stop();
  running = undefined;
});

function run(): RunningSite {
  running = faulty.start();
  return running;
}

/** Every object of one environment, as the site controller makes it. */
const managed = wantedOf(grantSpecOf('alpha', 'all')).map((object) => `${object.kind} ${object.metadata.name}`);
const targetMs = 5_000;

/** A tenant, and its object that has this name in `managed`. */
async function tenantWith(label: string): Promise<{ wanted: KubeObject[]; object: KubeObject; spec: GrantSpec }> {
  const { spec } = await readyTenant(admin);
  const wanted = wantedOf(spec);
  const object = wanted[managed.indexOf(label)];
  if (object === undefined) throw new Error(`no ${label}`);
  return { wanted, object, spec };
}

describe('what a person does by hand to each object of a tenant', () => {
  it('an edit of a field of ours is put right, a field that is not ours is kept: every object', async () => {
    run();
    const { wanted } = await tenantWith(managed[0] ?? '');
    const from = Date.now();
    for (const object of wanted) {
      await annotate(admin, object);
      await edit(admin, object);
      await healed(admin, [object], targetMs);
      const live = await admin.get(resourceOf(object), object.metadata);
      expect(live.metadata.annotations, `${object.kind} ${object.metadata.name}`).toMatchObject(note);
    }
    expect(await drifted(admin, wanted)).toEqual([]);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });

  it('labels that are taken away are back, also those by which the object is found: every object', async () => {
    run();
    const { wanted } = await tenantWith(managed[0] ?? '');
    for (const object of wanted) {
      const none = Object.fromEntries(Object.keys(object.metadata.labels ?? {}).map((name) => [name, null]));
      await admin.patch(resourceOf(object), object.metadata, { metadata: { labels: none } }, { type: 'merge' });
      await healed(admin, [object], targetMs);
    }
    expect(await drifted(admin, wanted)).toEqual([]);
  });

  it.for(['the controller', 'none'])(
    'a namespace that is kept only is found again without its labels, which it lost while %s runs',
    async (runs) => {
      const first = run();
      const { spec, name, namespace } = await readyTenant(admin);
      await decide(admin, nextDecision(spec, { state: 'Retiring' }));
      await ready(admin, name, 'Retiring');
      if (runs === 'none') await first.stop();
      const labels = { 'jinhong.dev/tenant': null, 'pod-security.kubernetes.io/enforce': null };
      await admin.patch(resources.namespace, { name: namespace }, { metadata: { labels } }, { type: 'merge' });
      if (runs === 'none') run();
      await healed(admin, wantedOf(spec, 'readonly'));
    },
  );

  it('labels that say another tenant are put right, and the other tenant is as it was', async () => {
    run();
    const [{ spec, namespace }, other] = [await readyTenant(admin), await readyTenant(admin)];
    const marks = { metadata: { labels: { [labels.tenant]: other.spec.tenant.name } } };
    await admin.patch(resources.namespace, { name: namespace }, marks, { type: 'merge' });
    await healed(admin, wantedOf(spec), targetMs);
    await quiet(faulty.site);
    await ready(admin, other.name, 'Running');
    expect(await drifted(admin, wantedOf(other.spec))).toEqual([]);
  });

  it('a deletion is made good: every object, and in the end the namespace with all of them', async () => {
    run();
    const { wanted } = await tenantWith(managed[0] ?? '');
    for (const object of wanted.toReversed()) {
      await remove(admin, object);
      if (object.kind !== 'Namespace') await healed(admin, [object], targetMs);
    }
    // A namespace goes only once its content is gone, which Kubernetes looks after every few seconds.
    await healed(admin, wanted, 30_000);
  });

  it('the mirror that is edited or deleted is as decided again, and nothing of the tenant goes', async () => {
    run();
    const { spec, name } = await readyTenant(admin);
    const ref = { namespace: namespaces.grants, name };
    const from = Date.now();
    await admin.patch(
      resources.grant,
      ref,
      { spec: { role: 'standby' }, metadata: { annotations: note } },
      { type: 'merge' },
    );
    await until(
      'it is put right',
      async () => (await grantOf(admin, name, 'mirror'))?.spec.role === 'active',
      targetMs,
    );
    expect((await grantOf(admin, name, 'mirror'))?.metadata.annotations).toMatchObject(note);
    await admin.remove(resources.grant, ref);
    await until('it is there again', () => grantOf(admin, name, 'mirror'), targetMs);
    await ready(admin, name, 'Running');
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });

  it('a Grant that is edited under the number of its decision is not acted on', async () => {
    run();
    const { spec, name } = await readyTenant(admin);
    const from = Date.now();
    await decide(admin, { ...spec, state: 'Removed' });
    await reported(admin, name, ['ManagementBehind', 'ManagementBehind']);
    expect(await drifted(admin, wantedOf(spec))).toEqual([]);
    expect(removalsSince(faulty.site, from)).toEqual([]);
  });

  it('a status that is edited is put right', async () => {
    run();
    const { name } = await readyTenant(admin);
    const lie = { status: { conditions: [], environments: [] } };
    for (const namespace of [namespaces.grants, siteNamespace(testSite)]) {
      await admin.patch(resources.grant, { namespace, name }, lie, { type: 'merge', subresource: 'status' });
      await ready(admin, name, 'Running');
      const mirror = await until('the mirror says it too', async () => {
        const now = await grantOf(admin, name, 'mirror');
        return now?.status?.conditions.some(({ reason }) => reason === 'Running') === true ? now : undefined;
      });
      expect(mirror.status?.environments).toHaveLength(1);
    }
  });
});

describe('an object of somebody else with a name of ours', () => {
  it('is not taken over, whatever its kind, and is named', async () => {
    const first = run();
    const { spec, name, namespace } = await readyTenant(admin);
    await first.stop();
    const foreign = wantedOf(spec)
      .filter(({ kind }) => ['ResourceQuota', 'LimitRange', 'NetworkPolicy'].includes(kind))
      .map(({ apiVersion, kind, metadata }): KubeObject => {
        const spec =
          kind === 'NetworkPolicy'
            ? { podSelector: {} }
            : kind === 'LimitRange'
              ? { limits: [] }
              : { hard: { pods: '1' } };
        return { apiVersion, kind, metadata: { name: metadata.name, namespace }, spec };
      });
    const made = await replace(foreign);
    run();
    const grant = await reported(admin, name, ['Ready', 'ForeignObject']);
    for (const { kind, metadata } of made) {
      expect(grant.status?.environments?.[0]?.message).toContain(`${kind} ${namespace}/${metadata.name}`);
    }
    await pause(500);
    for (const object of made) {
      const now = await admin.get(resourceOf(object), object.metadata);
      expect(now.metadata.resourceVersion, object.metadata.name).toBe(object.metadata.resourceVersion);
    }
  });

  async function replace(objects: readonly KubeObject[]): Promise<KubeObject[]> {
    const made: KubeObject[] = [];
    for (const object of objects) {
      await remove(admin, object);
      made.push(await admin.create(object, { fieldManager: 'someone' }));
    }
    // The quota's status is filled in by Kubernetes, once.
    await pause(500);
    return Promise.all(made.map((object) => admin.get(resourceOf(object), object.metadata)));
  }
});

describe('a namespace that cannot go', () => {
  it('is reported with what holds it, is not written to, and is made anew when it is gone', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const held = { name: 'held', namespace };
    const finalizers = ['test.example/hold'];
    await admin.create<KubeObject>({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...held, finalizers } });
    await remove(admin, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await until(
      'it is said what holds it',
      async () =>
        (await grantOf(admin, name, 'management'))?.status?.environments?.[0]?.message?.includes('test.example/hold'),
      30_000,
    );
    expect((await grantOf(admin, name, 'management'))?.status?.environments?.[0]?.reason).toBe('NamespaceTerminating');
    const from = Date.now();
    await decide(admin, nextDecision(spec));
    await pause(2_000);
    expect(writesSince(faulty.site, from).filter((write) => write.includes(`/namespaces/${namespace}`))).toEqual([]);
    await admin.patch(resources.configMap, held, { metadata: { finalizers: null } }, { type: 'merge' });
    await healed(admin, wantedOf(spec), 30_000);
    await ready(admin, name, 'Running');
  });
});

describe('decisions that change while they are carried out', () => {
  const other: Partial<GrantSpec['environments'][number]> = {
    quota: { 'requests.cpu': '1', 'requests.memory': '1Gi', pods: '5' },
    hostnames: [],
    zone: 'intranet',
  };
  const changed = (spec: GrantSpec): Partial<GrantSpec> => ({
    members: [{ group: 'alpha-duty', role: 'admin' }],
    environments: spec.environments.map(({ egress: _, ...environment }) => ({ ...environment, ...other })),
  });

  it('there, back and there again: the end is the last one, and nothing of the other is left', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    for (let round = 0; round < 6; round += 1) {
      await decide(admin, nextDecision(spec, round % 2 === 0 ? changed(spec) : {}));
      await pause(15 * round);
    }
    await ready(admin, name, 'Running');
    await healed(admin, wantedOf(spec));
    const bindings = (await admin.list(resources.roleBinding, { namespace })).items;
    expect(JSON.stringify(bindings)).not.toContain('alpha-duty');
    const names = (await admin.list(resources.networkPolicy, { namespace })).items.map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(
      wantedOf(spec)
        .filter(({ kind }) => kind === 'NetworkPolicy')
        .map(({ metadata }) => metadata.name)
        .sort(),
    );
  });

  it('a field that is left out goes at the centre too', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    await decide(admin, nextDecision(spec, changed(spec)));
    await ready(admin, name, 'Running');
    const quota = await find(admin, resources.resourceQuota, { namespace, name: objectNames.quota });
    const [wanted] = wantedOf({ ...spec, ...changed(spec) }).filter(({ kind }) => kind === 'ResourceQuota');
    expect(hardOf(quota)).toEqual(hardOf(wanted));
    expect(hardOf(quota)['requests.storage']).toBe('0');
    expect(await find(admin, resources.networkPolicy, { namespace, name: policyNames.egress })).toBeUndefined();
    expect(await find(admin, resources.roleBinding, { namespace, name: memberRoles.view })).toBeUndefined();
  });

  it('one that cannot be taken, then one that can: no hand is needed in between', async () => {
    run();
    const spec = grantSpecOf('alpha', uniqueName('e'));
    const name = `alpha-${spec.tenant.name}`;
    await decide(admin, nextDecision(spec, { members: [{ group: 'beta-admins', role: 'admin' }] }));
    await reported(admin, name, ['Ready', 'GroupNotInDepartment']);
    await decide(admin, nextDecision(spec));
    await ready(admin, name, 'Running');
    await healed(admin, wantedOf(spec));
  });
});
