/** Cases 44 to 47: taking over, imitating, blocking and binding the platform's objects. */
import { objectNames, policyNames } from '../../../core/desired/names.ts';
import { annotations, labels } from '../../../core/model/names.ts';
import type { RawRequest } from '../support/http.ts';
import { collectionOf, goodPodSpec } from '../support/plants.ts';
import { by, named } from '../support/refusal.ts';
import { asRoot, attemptOf, everyone, removeAsRoot, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';
import { templatesOf } from './pods.ts';

const networks = (stage: Stage) => `/apis/networking.k8s.io/v1/namespaces/${stage.own}/networkpolicies`;
const bindings = (stage: Stage) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${stage.own}/rolebindings`;
const accounts = (stage: Stage) => `/api/v1/namespaces/${stage.own}/serviceaccounts`;

/** Objects of the platform that a member with `admin` has the right to write, each with a change that would help them. */
async function managed(stage: Stage): Promise<RawRequest[]> {
  const list: readonly { path: string; patch: Record<string, unknown> }[] = [
    { path: `${networks(stage)}/${policyNames.sameEnvironment}`, patch: { spec: { ingress: [{}] } } },
    {
      path: `${bindings(stage)}/jinhong:tenant-view`,
      patch: { subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'alpha-admins' }] },
    },
    { path: `${bindings(stage)}/jinhong:tenant-admin`, patch: { metadata: { labels: { mine: 'yes' } } } },
    { path: `${accounts(stage)}/${objectNames.serviceAccount}`, patch: { automountServiceAccountToken: true } },
    {
      path: `${accounts(stage)}/${objectNames.serviceAccount}`,
      patch: { metadata: { labels: { [labels.tenant]: 'victim' } } },
    },
  ];
  const all = list.map(async ({ path, patch }) => variantsOf({ path, object: await stage.live(path) }, patch));
  return (await Promise.all(all)).flat();
}

const unmanaged = async (stage: Stage): Promise<RawRequest[]> => {
  const quota = `/api/v1/namespaces/${stage.own}/resourcequotas/${objectNames.quota}`;
  const namespace = `/api/v1/namespaces/${stage.own}`;
  return [
    ...variantsOf({ path: quota, object: await stage.live(quota) }, { spec: { hard: { pods: '1000' } } }),
    ...variantsOf({ path: namespace, object: await stage.live(namespace) }, { metadata: { labels: { mine: 'yes' } } }),
  ];
};

const marks: readonly { readonly name: string; readonly metadata: Record<string, unknown> }[] = [
  { name: 'managed by', metadata: { labels: { [labels.managedBy]: 'jinhong' } } },
  { name: 'tenant', metadata: { labels: { [labels.tenant]: 'victim' } } },
  { name: 'department', metadata: { labels: { [labels.department]: 'beta' } } },
  { name: 'ancestor', metadata: { labels: { 'ancestor.jinhong.dev/cityhall': 'true' } } },
  { name: 'gateway', metadata: { labels: { 'jinhong.dev/gateway': 'extranet' } } },
  { name: 'release', metadata: { annotations: { [annotations.allowDelete]: 'forged' } } },
  { name: 'accepted', metadata: { annotations: { [annotations.acceptedSpec]: 'forged' } } },
  { name: 'finalizer', metadata: { finalizers: ['jinhong.dev/retain'] } },
];

/** Forged marks on new objects and on honest ones, and objects with names of the platform. */
async function forged(stage: Stage): Promise<RawRequest[]> {
  const collection = `/api/v1/namespaces/${stage.own}/configmaps`;
  const honest = ['configmaps/settings', 'services/web', 'pods/web', 'secrets/password'].map(
    (name) => `/api/v1/namespaces/${stage.own}/${name}`,
  );
  const created = marks.map(({ metadata }) => ({
    method: 'POST',
    path: collection,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'forged', ...metadata } },
  }));
  const named = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'jinhong-cloud' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'jinhong-management-credential' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'jinhong-gateway' }, spec: goodPodSpec() },
  ].map((body) => ({ method: 'POST', path: collectionOf(body, stage.own), body }));
  const changed = await Promise.all(
    honest.flatMap((path) =>
      marks.map(async ({ metadata }) => variantsOf({ path, object: await stage.live(path) }, { metadata })),
    ),
  );
  return [...created, ...named, ...changed.flat()];
}

/** Pods that a template would make with the marks of the gateway, past the network policies. */
const templates: Way = way('marks in templates', ['TemplateMarks', 'PlatformObject'], {
  who: ['admin', 'edit'],
  requests: (stage) =>
    templatesOf({}).flatMap((object) => {
      const text = JSON.stringify(object).replaceAll(
        '"app":"attack"',
        '"app":"attack","jinhong.dev/gateway":"extranet"',
      );
      return [{ method: 'POST', path: collectionOf(object, stage.own), body: text }];
    }),
});

const finalizers: Way = way('on namespaces', by.rbac, {
  who: everyone,
  requests: async (stage) => {
    const all = [stage.own, stage.victim].map(async (name) => {
      const path = `/api/v1/namespaces/${name}`;
      const object = await stage.live(path);
      return [
        ...variantsOf({ path, object }, { metadata: { finalizers: ['attack.example/wait'] } }),
        ...variantsOf({ path: `${path}/status`, object }, { metadata: { finalizers: ['jinhong.dev/wait'] } }),
        {
          method: 'PUT',
          path: `${path}/finalize`,
          body: { ...object, spec: { finalizers: ['kubernetes', 'attack.example/wait'] } },
        },
      ];
    });
    return (await Promise.all(all)).flat();
  },
});

const onPlatform: Way = way("on the platform's objects", 'PlatformObject', {
  who: ['admin'],
  requests: async (stage) => {
    const path = `${networks(stage)}/${policyNames.defaultDeny}`;
    const account = `${accounts(stage)}/default`;
    const object = await stage.live(path);
    return [
      ...['attack.example/wait', 'foregroundDeletion', 'jinhong.dev/wait'].flatMap((name) =>
        variantsOf({ path, object }, { metadata: { finalizers: [name] } }),
      ),
      { method: 'DELETE', path: `${path}?propagationPolicy=Foreground` },
      { method: 'DELETE', path: `${bindings(stage)}/jinhong:tenant-admin?propagationPolicy=Foreground` },
      { method: 'DELETE', path: account },
      ...variantsOf(
        { path: account, object: await stage.live(account) },
        { metadata: { finalizers: ['attack.example/wait'] } },
      ),
    ];
  },
});

const owner = (more: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: 'target', uid: 'forged', ...more });

/** Owners that would have the garbage collector work for the attacker. */
async function owned(stage: Stage): Promise<readonly object[]> {
  const victim = await stage.live(`/api/v1/namespaces/${stage.victim}/configmaps/target`);
  const own = await stage.live(`/api/v1/namespaces/${stage.own}`);
  return [
    owner({ uid: victim.metadata.uid }),
    owner({ kind: 'Namespace', name: stage.own, uid: own.metadata.uid }),
    { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Tenant', name: 'attack', uid: 'forged', controller: true },
  ];
}

const onOwners: Way = way("on the platform's objects", 'PlatformObject', {
  who: ['admin'],
  requests: async (stage) => {
    const paths = [`${networks(stage)}/${policyNames.defaultDeny}`, `${accounts(stage)}/default`];
    // The garbage collector removes what has only owners that are not there.
    const owners = [...(await owned(stage)), owner({ uid: '11111111-1111-4111-8111-111111111111' })];
    const targets = await Promise.all(paths.map(async (path) => ({ path, object: await stage.live(path) })));
    return targets.flatMap((target) =>
      owners.flatMap((one) => variantsOf(target, { metadata: { ownerReferences: [one] } })),
    );
  },
});

const blocking: Way = way('blocking owner', [by.owners, 'PlatformObject'], {
  who: ['admin', 'edit'],
  requests: async (stage) => {
    const path = `/api/v1/namespaces/${stage.own}/configmaps`;
    return (await owned(stage)).map((one) => ({
      method: 'POST',
      path,
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'owned', ownerReferences: [{ ...one, blockOwnerDeletion: true }] },
      },
    }));
  },
});

/** Names a stranger as the owner of an own object: the collector may take the own object, and nothing else. */
const collected: Way = {
  name: 'an own object owned by a stranger',
  by: [by.noEffect, 'PlatformObject'],
  run: async (stage) => {
    const collection = `/api/v1/namespaces/${stage.own}/configmaps`;
    const owners = await owned(stage);
    const gone = () => Promise.all(owners.map((_, at) => removeAsRoot(stage, `${collection}/owned-${at}`)));
    await gone();
    const attempts = await Promise.all(
      owners.map((one, at) =>
        attemptOf(stage.wire('admin'), 'admin', {
          method: 'POST',
          path: collection,
          body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `owned-${at}`, ownerReferences: [one] } },
        }),
      ),
    );
    await gone();
    await asRoot(stage, { method: 'GET', path: `/api/v1/namespaces/${stage.victim}/configmaps/target` });
    return attempts.map((attempt) => named(attempt, by.noEffect));
  },
};

/** The cases of this file. */
export const forgeryCases: readonly AttackCase[] = [
  {
    id: 'A10-44',
    title: { zh: '强制 apply 抢占平台字段', en: "forced apply over the platform's fields" },
    ways: [
      way('admin', ['PlatformObject', 'NarrowNetworkPolicy', 'BindingOutsideTenant', by.conflict], {
        who: ['admin'],
        requests: managed,
      }),
      way('edit, view', by.rbac, { who: ['edit', 'view'], requests: managed }),
      way('quota and namespace', by.rbac, { who: everyone, requests: unmanaged }),
    ],
  },
  {
    id: 'A10-45',
    title: { zh: '伪造平台的标签、注解、名称', en: 'forged labels, annotations and names of the platform' },
    ways: [
      way('admin, edit', ['PlatformObject', by.validation], { who: ['admin', 'edit'], requests: forged }),
      templates,
    ],
  },
  {
    id: 'A10-46',
    title: { zh: '用终结器阻止删除', en: 'finalizers that block deletion' },
    ways: [finalizers, onPlatform],
  },
  {
    id: 'A10-47',
    title: { zh: 'ownerReference 指向他人或平台对象', en: "owner references to strangers' or the platform's objects" },
    ways: [onOwners, blocking, collected],
  },
];
