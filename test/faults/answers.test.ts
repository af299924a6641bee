import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { controllers } from '../../core/access/objects.ts';
import { memberRoles, policyNames } from '../../core/desired/index.ts';
import { namespaces } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { uniqueName, until } from '../support/centre.ts';
import type { ProxyCall } from '../support/fault-proxy.ts';
import {
  decide,
  find,
  grantOf,
  grantSpecOf,
  nextDecision,
  type RunningSite,
  ready,
  readyTenant,
  reported,
} from '../support/site-centre.ts';
import { edit, remove } from './humans.ts';
import {
  type FaultySite,
  healed,
  keepingLog,
  pause,
  quiet,
  type StartOptions,
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

function run(options: StartOptions = {}): RunningSite {
  running = faulty.start(options);
  return running;
}

const isWrite = ({ method }: ProxyCall): boolean => method !== 'GET';
const isAbout = ({ path }: ProxyCall, namespace: string): boolean => path.includes(`/namespaces/${namespace}`);

/** Decides about a new tenant without waiting for it. */
async function newTenant() {
  const spec = grantSpecOf('alpha', uniqueName('a'));
  const name = `alpha-${spec.tenant.name}`;
  await decide(admin, spec);
  return { spec, name, namespace: `${name}-production` };
}

describe('writes that are refused for one tenant', () => {
  // Pauses grow from 0.1 to 1 s and are at least half of that: at most 5, then 2 a second.
  const most = (seconds: number): number => 6 + 2 * seconds;

  it.for([
    [409, 'Conflict', 'WriteFailed'],
    [422, 'Invalid', 'WriteRefused'],
    [403, 'Forbidden', 'WriteRefused'],
  ] as const)(
    '%i: it is said, tried with growing pauses, and holds up no other tenant',
    async ([status, reason, said]) => {
      run();
      const other = await readyTenant(admin);
      const { spec, name, namespace } = await newTenantRefused(status, reason);
      const refused = () => faulty.own.proxy.calls.filter((call) => isWrite(call) && isAbout(call, namespace)).length;
      await reported(admin, name, ['Ready', said]);
      const before = refused();
      const fromMs = performance.now();
      await decide(admin, nextDecision(other.spec, { state: 'Frozen' }));
      await ready(admin, other.name, 'Frozen');
      await readyTenant(admin);
      await pause(Math.max(0, 2_000 - (performance.now() - fromMs)));
      expect(refused() - before).toBeLessThanOrEqual(most((performance.now() - fromMs) / 1000));
      faulty.calm();
      await ready(admin, name, 'Running');
      await healed(admin, wantedOf(spec));
    },
  );

  async function newTenantRefused(status: number, reason: string) {
    const spec = grantSpecOf('alpha', uniqueName('a'));
    const name = `alpha-${spec.tenant.name}`;
    const namespace = `${name}-production`;
    faulty.own.rule = (call) =>
      isWrite(call) && isAbout(call, namespace) ? { answer: { status, reason } } : undefined;
    await decide(admin, spec);
    return { spec, name, namespace };
  }
});

describe('a server that is not well', () => {
  it('429 with Retry-After: nothing is asked again before its time, and all goes on right after', async () => {
    run();
    await readyTenant(admin);
    await quiet(faulty.site, 300);
    const askedAt = new Map<string, number>();
    const early: string[] = [];
    faulty.own.rule = (call) => {
      if (call.verb === 'watch') return undefined;
      const key = `${call.method} ${call.path}`;
      const now = performance.now();
      const last = askedAt.get(key);
      if (last !== undefined && now - last < 1_990) early.push(`${key} after ${Math.round(now - last)} ms`);
      askedAt.set(key, now);
      return { answer: { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '2' } } };
    };
    const tenants = await Promise.all(Array.from({ length: 5 }, newTenant));
    await pause(5_000);
    expect(early).toEqual([]);
    expect(askedAt.size).toBeGreaterThanOrEqual(tenants.length);
    faulty.calm();
    const backMs = performance.now();
    for (const { name } of tenants) await ready(admin, name, 'Running');
    expect(performance.now() - backMs).toBeLessThan(10_000);
  });

  it.for([
    ['one in a hundred calls', 0.01],
    ['every second call', 0.5],
  ] as const)('503 on %s: everything is done all the same', async ([, share]) => {
    run();
    let count = 0;
    // As random as needed, the same in every run.
    faulty.own.rule = (call) => {
      count = (count * 16_807 + 11) % 2_147_483_647;
      return call.verb !== 'watch' && count / 2_147_483_647 < share ? { answer: { status: 503 } } : undefined;
    };
    const tenants = await Promise.all(Array.from({ length: 2 }, newTenant));
    for (const { name, spec } of tenants) {
      await ready(admin, name, 'Running');
      await healed(admin, wantedOf(spec));
    }
  });

  it('503 on every call: few calls meanwhile, no rush afterwards, and what drifted is put right', async () => {
    run();
    const tenants = await Promise.all(Array.from({ length: 8 }, () => readyTenant(admin)));
    await quiet(faulty.site, 300);
    faulty.own.rule = () => ({ answer: { status: 503, reason: 'ServiceUnavailable' } });
    faulty.own.proxy.cut();
    for (const { namespace } of tenants) {
      await admin.remove(resources.networkPolicy, { namespace, name: policyNames.dns });
    }
    for (const { spec } of tenants) await decide(admin, nextDecision(spec));
    await pause(2_000);
    const before = faulty.own.proxy.calls.length;
    await pause(2_000);
    const during = faulty.own.proxy.calls.length - before;
    // 8 tenants and 9 kinds, each at most twice a second, a read with at most 4 attempts; and the credential.
    expect(during).toBeLessThan(2 * 2 * (8 + 9) * 4);
    const back = faulty.own.proxy.calls.length;
    faulty.calm();
    await healed(
      admin,
      tenants.flatMap(({ spec }) => wantedOf(spec)),
    );
    await quiet(faulty.site, 300);
    const after = faulty.own.proxy.calls.slice(back).filter((call) => call.plural !== 'secrets');
    // One list and one watch per kind, and per tenant the lost policy, the decision (tried dry first) and two statuses.
    expect(after.length).toBeLessThanOrEqual(2 * 9 + 8 * 6);
  });

  it('answers that are lost: every write that is sent again changes nothing the second time', async () => {
    run();
    await readyTenant(admin);
    const from = Date.now();
    const lost = new Set<string>();
    faulty.own.rule = (call) => {
      const key = `${call.method} ${call.path}`;
      if (!isWrite(call) || lost.has(key)) return undefined;
      lost.add(key);
      return { cut: 'after' };
    };
    const { spec, name, namespace } = await newTenant();
    await ready(admin, name, 'Running');
    await healed(admin, wantedOf(spec));
    const created = writesSince(faulty.site, from).filter(
      (write) => write.includes(namespace) && write.endsWith(' 201'),
    );
    expect(new Set(created).size).toBe(created.length);
    expect(lost.size).toBeGreaterThan(wantedOf(spec).length);
    for (const wanted of wantedOf(spec)) {
      const live = await find(
        admin,
        resources[wanted.kind === 'Namespace' ? 'namespace' : 'networkPolicy'],
        wanted.metadata,
      );
      if (wanted.kind === 'NetworkPolicy') expect(live?.metadata.generation, wanted.metadata.name).toBe(1);
    }
  });
});

describe('a group that leaves while the controller dies', () => {
  it.for(['before', 'after'] as const)(
    '%s the marks are written: what a tool of the tenant bound to it meanwhile goes all the same',
    async (moment) => {
      run();
      const { spec, name, namespace } = await readyTenant(admin);
      const rbac = 'rbac.authorization.k8s.io';
      const again: KubeObject = {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'staff', namespace },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: memberRoles.view },
        subjects: [{ kind: 'Group', apiGroup: rbac, name: 'alpha-staff' }],
      };
      const unavailable = { answer: { status: 503, reason: 'ServiceUnavailable' } };
      let bound: Promise<unknown> | undefined;
      faulty.own.rule = (call) => {
        if (bound !== undefined) return unavailable;
        if (!isWrite(call) || call.path !== `/api/v1/namespaces/${namespace}`) return undefined;
        bound = admin.create(again);
        return { before: async () => void (await bound), ...(moment === 'before' ? unavailable : {}) };
      };
      const without = nextDecision(spec, { members: [{ group: 'alpha-admins', role: 'admin' }] });
      await decide(admin, without);
      await until('the marks are asked for', () => bound);
      await running?.stop();
      expect(await find(admin, resources.roleBinding, again.metadata)).toBeDefined();
      faulty.calm();
      run();
      await ready(admin, name, 'Running');
      await healed(admin, wantedOf(without));
      expect(await find(admin, resources.roleBinding, again.metadata)).toBeUndefined();
    },
  );
});

describe('rights that are taken away', () => {
  it('by RBAC, for one kind: it is said and logged, the rest goes on, and it recovers when they are back', async () => {
    const log = keepingLog();
    run({ log });
    const { spec, name, namespace } = await readyTenant(admin);
    const role = { name: controllers.site };
    const whole = await admin.get(resources.clusterRole, role);
    const rules = whole['rules'] as { resources?: string[] }[];
    const less = rules.filter((rule) => rule.resources?.includes('networkpolicies') !== true);
    expect(less.length).toBeLessThan(rules.length);
    await admin.patch(resources.clusterRole, role, { rules: less }, { type: 'merge' });
    try {
      const policy = {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: policyNames.dns, namespace },
      };
      await remove(admin, policy);
      await reported(admin, name, ['Ready', 'WriteRefused']);
      faulty.own.proxy.cut();
      await until('the log says that the kind cannot be followed', () =>
        log.lines.some((line) => line.startsWith('warn following the server fails')),
      );
      const before = faulty.own.proxy.calls.length;
      await pause(2_000);
      expect(faulty.own.proxy.calls.length - before).toBeLessThan(60);
    } finally {
      await admin.patch(resources.clusterRole, role, { rules }, { type: 'merge' });
    }
    await ready(admin, name, 'Running');
    await healed(admin, wantedOf(spec));
  });

  it('by an admission policy: it is said, tried with pauses, and it recovers when the policy is gone', async () => {
    run();
    const { spec, name, namespace } = await readyTenant(admin);
    const metadata = { name: uniqueName('deny') };
    const apiVersion = 'admissionregistration.k8s.io/v1';
    const rule = {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['resourcequotas'],
    };
    const account = `system:serviceaccount:${namespaces.system}:${controllers.site}`;
    const policy: KubeObject = {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules: [rule] },
        validations: [
          { expression: `request.userInfo.username != '${account}' || request.namespace != '${namespace}'` },
        ],
      },
    };
    const binding: KubeObject = {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    };
    await admin.create(policy);
    await admin.create(binding);
    const quota = wantedOf(spec).filter(({ kind }) => kind === 'ResourceQuota');
    // The server takes a policy into use a moment after it took it in; until then the drift is put right.
    const grant = await until(
      'the refusal is reported',
      async () => {
        await edit(admin, quota[0] as KubeObject);
        const now = await grantOf(admin, name, 'management');
        return now?.status?.conditions.some(({ reason }) => reason === 'WriteRefused') === true ? now : undefined;
      },
      40_000,
    );
    expect(JSON.stringify(grant.status)).toContain(metadata.name);
    expect(
      await find(admin, resources.resourceQuota, { namespace, name: quota[0]?.metadata.name ?? '' }),
    ).toBeDefined();
    const before = faulty.own.proxy.calls.length;
    await pause(2_000);
    expect(faulty.own.proxy.calls.length - before).toBeLessThan(30);
    await admin.remove(resources.validatingAdmissionPolicyBinding, metadata);
    await admin.remove(resources.validatingAdmissionPolicy, metadata);
    await ready(admin, name, 'Running');
    await healed(admin, wantedOf(spec));
  });
});
