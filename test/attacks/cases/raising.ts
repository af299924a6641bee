/** Case 43: more than was approved, by spec, status or somebody else's objects; and what all cases about requests share. */
import { apiVersion, departmentNamespace } from '../../../core/model/names.ts';
import { until } from '../../support/centre.ts';
import { citySites, tenantManifest } from '../../support/city.ts';
import { patchTypes } from '../support/discovery.ts';
import type { RawRequest } from '../support/http.ts';
import { named } from '../support/refusal.ts';
import { type Attempt, attemptOf, type Stage } from '../support/stage.ts';
import type { Way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';

/** The management centre. */
export const hub = citySites.management;
/** Path of our kinds in namespaces. */
export const base = `/apis/${apiVersion}/namespaces`;
/** Path of a department's requests. */
export const tenants = (department: string) => `${base}/${departmentNamespace(department)}/tenants`;

/** What became of a request that the API server took: nobody approved it, so nothing may run. */
export const waits = 'approval (waits, nothing runs)';

/** The platform's decisions and records, which departments only read, or not even that. */
export const decisions = (stage: Stage): RawRequest[] => {
  const approval = { apiVersion, kind: 'Approval', metadata: { name: 'mine', namespace: 'dept-alpha' }, spec: {} };
  const grant = {
    apiVersion,
    kind: 'Grant',
    metadata: { name: 'alpha-attack', namespace: `site-${stage.site}` },
    spec: {},
  };
  const raised = { spec: { allowance: { 'requests.cpu': '10000' } } };
  const department = { apiVersion, kind: 'Department', metadata: { name: 'alpha' } };
  const site = { apiVersion, kind: 'Site', metadata: { name: stage.site } };
  return [
    { method: 'POST', path: `${base}/dept-alpha/approvals`, body: approval },
    ...variantsOf(
      { path: `${base}/dept-alpha/approvals/mine`, object: approval },
      { spec: { decision: 'approved' } },
      true,
    ),
    ...variantsOf(
      { path: `${base}/site-${stage.site}/grants/alpha-attack`, object: grant },
      { spec: { role: 'active' } },
      true,
    ),
    ...variantsOf(
      { path: `${base}/site-${stage.site}/grants/alpha-attack/status`, object: grant },
      { status: {} },
      true,
    ),
    ...variantsOf({ path: `/apis/${apiVersion}/departments/alpha`, object: department }, raised, true),
    ...variantsOf({ path: `/apis/${apiVersion}/departments/alpha/status`, object: department }, { status: {} }, true),
    ...variantsOf({ path: `/apis/${apiVersion}/sites/${stage.site}`, object: site }, { spec: { capacity: {} } }, true),
    { method: 'DELETE', path: `/apis/${apiVersion}/hostnameclaims` },
  ];
};

/** What a department may not write of its own tenant. */
export const ownStatus = async (stage: Stage): Promise<RawRequest[]> => {
  const path = `${tenants('alpha')}/attack`;
  const status = { granted: { 'requests.cpu': '1000' }, state: 'Active', conditions: [] };
  return variantsOf({ path: `${path}/status`, object: await stage.live(path, hub) }, { status }, true);
};

/** Asking for more is allowed; getting it is not: the quota at the centre stays, and the request is taken back. */
export const raise: Way = {
  name: 'more quota by spec',
  by: [waits],
  run: async (stage) => {
    const path = `${tenants('alpha')}/attack`;
    const object = await stage.live(path, hub);
    const before = tenantManifest('alpha', 'attack').spec['environments'] as object[];
    const environments = before.map((one) => ({ ...one, quota: { 'requests.cpu': '15', pods: '200' } }));
    const attempts: Attempt[] = [];
    const manager = '?fieldManager=attacker&force=true';
    const fresh = {
      apiVersion,
      kind: 'Tenant',
      metadata: { name: 'attack' },
      spec: { ...(object['spec'] as object), environments },
    };
    for (const request of [
      { method: 'PATCH', path, contentType: patchTypes.merge, body: { spec: { environments } } },
      { method: 'PATCH', path: `${path}${manager}`, contentType: patchTypes.apply, body: fresh },
    ]) {
      const attempt = await attemptOf(stage.wire('admin', hub), 'admin', request);
      if (stage.controllers()) await until('the raise waits', () => isWaiting(stage), 30_000);
      attempts.push(named(attempt, waits));
    }
    // Applying nothing as the same manager gives up what it held.
    const nothing = { apiVersion, kind: 'Tenant', metadata: { name: 'attack' } };
    await stage
      .root(hub)
      .send({ method: 'PATCH', path: `${path}${manager}`, contentType: patchTypes.apply, body: nothing });
    const restored = { spec: { environments: before } };
    await stage.root(hub).send({ method: 'PATCH', path, contentType: patchTypes.merge, body: restored });
    if (stage.controllers()) await until('taken back', async () => !(await isWaiting(stage)), 30_000);
    return attempts;
  },
};

/** Whether the newest request of alpha/attack was looked at and waits. */
async function isWaiting(stage: Stage): Promise<boolean> {
  const { metadata, status } = (await stage.live(`${tenants('alpha')}/attack`, hub)) as {
    metadata: { generation?: number };
    status?: { observedGeneration?: number; waitingFor?: unknown[] };
  } & object;
  if (status?.observedGeneration !== metadata.generation) throw new Error('not looked at yet');
  return (status?.waitingFor ?? []).length > 0;
}
