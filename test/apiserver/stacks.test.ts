import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../../core/access/call.ts';
import { managementCalls } from '../../core/access/management.ts';
import { controllerUsers } from '../../core/access/objects.ts';
import { siteCalls } from '../../core/access/site.ts';
import { annotations, labels } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { findDeviations, repair } from '../../stacks/installed.ts';
import { resourceName } from '../../stacks/registration.ts';
import { cloud } from '../core/decide/fixture.ts';
import { kubeconfigFor, type OwnCentre, startTestCentre, until } from '../support/centre.ts';
import {
  approval,
  clusterAdmin,
  installPlatform,
  namespace,
  networkPolicy,
  refusal,
  roleBinding,
} from '../support/platform.ts';

/** The admission policies hold for the whole cluster, so this file has a centre of its own. */
let centre: OwnCentre;
let admin: KubeClient;
const clients: KubeClient[] = [];

async function personWith(user: string, ...groups: string[]): Promise<KubeClient> {
  const file = await kubeconfigFor([centre], user, groups);
  const client = createClient(loadKubeconfig(file, centre.name));
  clients.push(client);
  return client;
}

let installed: KubeObject[];

beforeAll(async () => {
  centre = await startTestCentre({ name: 'stacks' });
  admin = createClient(loadKubeconfig(centre.kubeconfig, centre.name));
  clients.push(admin);
  installed = await installPlatform(admin);
  await admin.create(
    namespace('dept-water', {
      annotations: { [annotations.projectReviewers]: 'city-project,other', [annotations.fundsReviewers]: 'city-funds' },
    }),
  );
  await admin.create(
    namespace('water-meters-production', {
      labels: {
        [labels.department]: 'water',
        [labels.tenant]: 'meters',
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
      annotations: { [annotations.groups]: 'water-admins,water-staff' },
    }),
  );
  // A policy is in force a moment after it was written: wait until the last of them refuses.
  const member = await personWith('probe', 'system:authenticated');
  await admin.create(clusterAdmin('probe-all', 'probe'));
  await until('the policies are in force', async () => {
    const results = await Promise.all([
      refusal(member.create(approval('probe'), { dryRun: true })),
      refusal(member.remove(resources.namespace, { name: 'dept-water' }, { dryRun: true })),
      refusal(
        member.patch(
          resources.namespace,
          { name: 'dept-water' },
          { metadata: { labels: { 'jinhong.dev/x': 'y' } } },
          { type: 'merge', dryRun: true },
        ),
      ),
      refusal(member.create(networkPolicy([{}]), { dryRun: true })),
      refusal(member.create(roleBinding({ kind: 'Group', name: 'others' }), { dryRun: true })),
    ]);
    return results.every((text) => text !== undefined);
  });
}, 120_000);

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await centre?.stop();
});

describe('the platform on a real API server', () => {
  it('is read back exactly as it was written: every field that the server fills in is written out', async () => {
    const found = await findDeviations(admin, installed);
    expect(found.map(({ object, state }) => `${state} ${resourceName(object)}`)).toEqual([]);
  });

  it('has what somebody added taken away again', async () => {
    const binding = { name: 'jinhong:observer' };
    const subject = { kind: 'Group', name: 'strangers', apiGroup: 'rbac.authorization.k8s.io' };
    await admin.patch(resources.clusterRoleBinding, binding, [{ op: 'add', path: '/subjects/-', value: subject }], {
      type: 'json',
    });
    const cloudMap = { namespace: 'jinhong-system', name: 'jinhong-cloud' };
    await admin.patch(
      resources.configMap,
      cloudMap,
      { data: { extra: 'x' } },
      { type: 'merge', fieldManager: 'somebody' },
    );
    const found = await findDeviations(admin, installed);
    expect(found.map(({ object }) => object.kind).sort()).toEqual(['ClusterRoleBinding', 'ConfigMap']);
    for (const deviation of found) await repair(admin, deviation);
    expect(await findDeviations(admin, installed)).toEqual([]);
  });
});

describe('the roles of the controllers', () => {
  const users = [
    { program: 'management', user: controllerUsers.management, calls: managementCalls },
    { program: 'site', user: controllerUsers.site, calls: siteCalls },
  ];

  async function may(user: string, call: Call): Promise<boolean> {
    const namespaceOf = call.scope === 'cluster' ? undefined : call.scope.namespace;
    const resourceAttributes = {
      verb: call.verb,
      group: call.group,
      resource: call.resource,
      ...(call.subresource === undefined ? {} : { subresource: call.subresource }),
      ...(namespaceOf === undefined ? {} : { namespace: namespaceOf }),
      ...(call.names?.[0] === undefined ? {} : { name: call.names[0] }),
    };
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes },
    };
    const reply = await admin.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body });
    return (JSON.parse(reply.body) as { status: { allowed: boolean } }).status.allowed;
  }

  it.each(users)('of $program allow every call on its list', async ({ user, calls }) => {
    const denied: Call[] = [];
    for (const call of calls) if (!(await may(user, call))) denied.push(call);
    expect(denied).toEqual([]);
  });

  it.each(users)(
    'of $program allow no other verb on the same objects, no other object, nothing else',
    async ({ user, calls }) => {
      const verbs = [
        'get',
        'list',
        'watch',
        'create',
        'update',
        'patch',
        'delete',
        'deletecollection',
        'bind',
        'escalate',
        'impersonate',
      ] as const;
      const keyOf = (call: Call, verb: string) => JSON.stringify([verb, call.group, call.resource, call.subresource]);
      const listed = new Set(calls.map((call) => keyOf(call, call.verb)));
      const allowed: string[] = [];
      for (const call of new Map(calls.map((one) => [keyOf(one, ''), one])).values()) {
        for (const verb of verbs) {
          if (listed.has(keyOf(call, verb))) continue;
          const { names: _, ...rest } = call;
          if (await may(user, { ...rest, verb: verb as Call['verb'] })) allowed.push(keyOf(call, verb));
        }
        if (
          call.names === undefined ||
          calls.some((one) => keyOf(one, one.verb) === keyOf(call, call.verb) && one.names === undefined)
        )
          continue;
        if (await may(user, { ...call, names: ['somebody-elses'] }))
          allowed.push(`${keyOf(call, call.verb)} by another name`);
      }
      for (const resource of ['secrets', 'nodes', 'certificatesigningrequests', 'validatingadmissionpolicies']) {
        const call: Call = {
          verb: 'list',
          group: resource === 'secrets' || resource === 'nodes' ? '' : 'certificates.k8s.io',
          resource,
          scope: 'cluster',
        };
        if (await may(user, call)) allowed.push(resource);
      }
      expect(allowed).toEqual([]);
    },
  );
});

describe('an Approval', () => {
  beforeAll(async () => {
    for (const user of ['paula', 'frank', 'mary']) await admin.create(clusterAdmin(`all-${user}`, user));
  });

  it('is taken from a reviewer of its part who signs with the own name', async () => {
    const paula = await personWith('paula', 'city-project');
    const frank = await personWith('frank', 'city-funds');
    expect(await refusal(paula.create(approval('paula'), { dryRun: true }))).toBeUndefined();
    expect(await refusal(frank.create(approval('frank', 'funds'), { dryRun: true }))).toBeUndefined();
  });

  it('is refused in the name of somebody else', async () => {
    const paula = await personWith('paula', 'city-project');
    expect(await refusal(paula.create(approval('frank'), { dryRun: true }))).toContain('DecidedByCaller');
  });

  it('is refused from a reviewer of the other part and from everyone else, whatever their rights', async () => {
    const frank = await personWith('frank', 'city-funds');
    const mary = await personWith('mary', 'water-admins');
    expect(await refusal(frank.create(approval('frank'), { dryRun: true }))).toContain('NotAReviewer');
    expect(await refusal(mary.create(approval('mary'), { dryRun: true }))).toContain('NotAReviewer');
    expect(await refusal(admin.create(approval('local-admin'), { dryRun: true }))).toContain('NotAReviewer');
  });
});

describe('protected objects', () => {
  it.each([
    ['a department', resources.namespace, 'dept-water'],
    ['the platform', resources.namespace, 'jinhong-system'],
    ["a tenant's environment", resources.namespace, 'water-meters-production'],
    ['a kind', resources.crd, 'tenants.jinhong.dev'],
  ])('%s cannot be deleted, not even by the administrator', async (_, resource, name) => {
    expect(await refusal(admin.remove(resource, { name }))).toContain('ProtectedObject');
  });

  it('go once the platform has said so on them, and then only these', async () => {
    await admin.create(namespace('dept-gone', { annotations: { [annotations.allowDelete]: 'dept-gone' } }));
    await admin.create(namespace('dept-copied', { annotations: { [annotations.allowDelete]: 'dept-gone' } }));
    expect(await refusal(admin.remove(resources.namespace, { name: 'dept-gone' }))).toBeUndefined();
    expect(await refusal(admin.remove(resources.namespace, { name: 'dept-copied' }))).toContain('ProtectedObject');
  });

  it('of tenants can be deleted by the site controller, which counts their retention, and nothing else by it', async () => {
    const site = await personWith(controllerUsers.site);
    const refused = /ProtectedObject|SiteReach/;
    const remove = (name: string) => refusal(site.remove(resources.namespace, { name }, { dryRun: true }));
    expect(await remove('water-meters-production')).toBeUndefined();
    expect(await remove('dept-water')).toMatch(refused);
    expect(await remove('jinhong-system')).toMatch(refused);
  });

  it('leave other namespaces alone', async () => {
    await admin.create(namespace('elsewhere'));
    expect(await refusal(admin.remove(resources.namespace, { name: 'elsewhere' }))).toBeUndefined();
  });
});

describe('the marks of a namespace', () => {
  const change = (client: KubeClient, metadata: object) =>
    refusal(
      client.patch(
        resources.namespace,
        { name: 'water-meters-production' },
        { metadata },
        { type: 'merge', dryRun: true },
      ),
    );

  it.each([
    ['the tenant', { labels: { [labels.tenant]: 'other' } }],
    ['an ancestor', { labels: { 'ancestor.jinhong.dev/other': 'true' } }],
    ['the pod security level', { labels: { 'pod-security.kubernetes.io/enforce': null } }],
    ['the member groups', { annotations: { [annotations.groups]: 'strangers' } }],
    ['the word that lets it be deleted', { annotations: { [annotations.allowDelete]: 'water-meters-production' } }],
  ])('cannot be changed by people with all other rights: %s', async (_, metadata) => {
    expect(await change(await personWith('probe', 'system:authenticated'), metadata)).toContain('PlatformMarks');
  });

  it('can be changed by the platform, and other labels by anyone who may', async () => {
    expect(await change(admin, { labels: { [labels.zone]: 'intranet' } })).toBeUndefined();
    expect(
      await change(await personWith('probe', cloud.groups.breakGlass), { labels: { [labels.zone]: 'intranet' } }),
    ).toBeUndefined();
    expect(
      await change(await personWith('probe', 'system:authenticated'), { labels: { team: 'meters' } }),
    ).toBeUndefined();
  });

  it('cannot be forged on a new namespace', async () => {
    const probe = await personWith('probe', 'system:authenticated');
    const forged = namespace('forged', { labels: { [labels.tenant]: 'meters' } });
    expect(await refusal(probe.create(forged, { dryRun: true }))).toContain('PlatformMarks');
    expect(await refusal(probe.create(namespace('plain'), { dryRun: true }))).toBeUndefined();
  });
});

describe("a tenant's own rules", () => {
  const pods = { podSelector: { matchLabels: { app: 'web' } } };

  it.each([
    ['from everywhere', [{}], []],
    ['from an empty list', [{ from: [] }], []],
    ['from another namespace', [{ from: [{ namespaceSelector: {} }] }], []],
    ['from addresses', [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }], []],
    ['to the world', [], [{}]],
    ['to addresses', [], [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }]],
    ['to pods of another namespace', [], [{ to: [{ ...pods, namespaceSelector: {} }] }]],
  ])('a network policy that opens it %s is refused', async (_, ingress, egress) => {
    const probe = await personWith('probe', 'water-admins');
    expect(await refusal(probe.create(networkPolicy(ingress, egress), { dryRun: true }))).toContain(
      'NarrowNetworkPolicy',
    );
  });

  it('a network policy between its own pods is taken', async () => {
    const probe = await personWith('probe', 'water-admins');
    expect(
      await refusal(probe.create(networkPolicy([{ from: [pods] }], [{ to: [pods] }]), { dryRun: true })),
    ).toBeUndefined();
  });

  it('a binding reaches its member groups and its own accounts, and nobody else', async () => {
    const probe = await personWith('probe', 'water-admins');
    const bind = (subject: object) => refusal(probe.create(roleBinding(subject), { dryRun: true }));
    expect(await bind({ kind: 'Group', name: 'water-staff' })).toBeUndefined();
    expect(
      await bind({ kind: 'ServiceAccount', name: 'default', namespace: 'water-meters-production' }),
    ).toBeUndefined();
    expect(await bind({ kind: 'Group', name: 'system:authenticated' })).toContain('BindingOutsideTenant');
    expect(await bind({ kind: 'User', name: 'mary' })).toContain('BindingOutsideTenant');
    expect(await bind({ kind: 'ServiceAccount', name: 'default', namespace: 'dept-water' })).toContain(
      'BindingOutsideTenant',
    );
  });

  it('are not looked at in namespaces that are no tenant’s', async () => {
    const probe = await personWith('probe', 'water-admins');
    const elsewhere = { ...networkPolicy([{}]), metadata: { name: 'own', namespace: 'default' } };
    expect(await refusal(probe.create(elsewhere, { dryRun: true }))).toBeUndefined();
  });
});
