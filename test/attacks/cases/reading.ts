/** Cases 1 to 3, 22, 26, 27 and 58: other people's namespaces, the cluster, other people's names. */
import { citySites } from '../../support/city.ts';
import { patchTypes, requestsOf, type Served } from '../support/discovery.ts';
import type { RawRequest } from '../support/http.ts';
import { by } from '../support/refusal.ts';
import { attemptOf, everyone, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';

/**
 * Every verb and subresource of the kinds that `pick` takes, in the namespace that `where` names: by the strongest member at
 * every centre, by the others at their own.
 */
function everywhere(name: string, pick: (served: Served) => boolean, where: (stage: Stage) => string | undefined): Way {
  return {
    name,
    by: [by.rbac],
    run: async (stage) => {
      const all = await Promise.all(
        stage.sites.map(async (site) => {
          const requests = (await stage.served(site)).filter(pick).flatMap((kind) => requestsOf(kind, where(stage)));
          return stage.shoot(site === stage.site ? everyone : ['admin'], requests, site);
        }),
      );
      return all.flat();
    },
  };
}

/** What RBAC gives everyone who is signed in, or everyone of the directory: questions about oneself, the directory. */
const opened: readonly RegExp[] = [/^self\w+reviews$/];
const directory: readonly string[] = ['departments', 'hostnameclaims', 'sites'];
const isOpen = (served: Served) => opened.some((pattern) => pattern.test(served.resource));
const isDirectory = (served: Served) => directory.includes(served.resource);

/** The directory at the management centre: to be read, never to be written. */
const directoryWrites: Way = {
  name: 'write the directory',
  by: [by.rbac],
  run: async (stage) => {
    const kinds = (await stage.served(citySites.management)).filter(isDirectory);
    const writes = kinds.flatMap((kind) => requestsOf(kind, undefined)).filter((request) => request.method !== 'GET');
    return stage.shoot(everyone, writes, citySites.management);
  },
};

const platformNamespaces = ['kube-system', 'default', 'jinhong-system', 'jinhong-grants'];

const rbacGroup = 'rbac.authorization.k8s.io';
const clusterRole = (name: string, marks: Record<string, string>) => ({
  apiVersion: `${rbacGroup}/v1`,
  kind: 'ClusterRole',
  metadata: { name, labels: marks },
  rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
});
const clusterBinding = (subjects: readonly object[]) => ({
  apiVersion: `${rbacGroup}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'attack' },
  roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'cluster-admin' },
  subjects,
});

/** Creating by POST and by forced apply. */
function createdTwice(collection: string, object: { metadata: { name: string } }): RawRequest[] {
  const path = `${collection}/${object.metadata.name}?fieldManager=attacker&force=true`;
  return [
    { method: 'POST', path: collection, body: object },
    { method: 'PATCH', path, contentType: patchTypes.apply, body: object },
  ];
}

const clusterRights = (): RawRequest[] => {
  const rolesPath = `/apis/${rbacGroup}/v1/clusterroles`;
  const bindingsPath = `/apis/${rbacGroup}/v1/clusterrolebindings`;
  const aggregated = ['admin', 'edit', 'view'].map((name) =>
    clusterRole(`attack-${name}`, { [`${rbacGroup}/aggregate-to-${name}`]: 'true' }),
  );
  const subjects = [
    { kind: 'User', apiGroup: rbacGroup, name: 'alpha-admin' },
    { kind: 'Group', apiGroup: rbacGroup, name: 'system:authenticated' },
    { kind: 'ServiceAccount', namespace: 'alpha-attack-production', name: 'worker' },
  ];
  return [
    ...[clusterRole('attack', {}), ...aggregated].flatMap((role) => createdTwice(rolesPath, role)),
    ...subjects.flatMap((subject) => createdTwice(bindingsPath, clusterBinding([subject]))),
    ...['cluster-admin', 'view', 'jinhong:tenant-admin', 'jinhong-site'].flatMap((name): RawRequest[] => [
      { method: 'PATCH', path: `${rolesPath}/${name}`, contentType: patchTypes.merge, body: { rules: [] } },
      { method: 'DELETE', path: `${rolesPath}/${name}` },
    ]),
  ];
};

/** Whom the attackers pretend to be. */
const masks: readonly Readonly<Record<string, string>>[] = [
  { 'impersonate-user': 'engineer' },
  { 'impersonate-user': 'system:admin' },
  { 'impersonate-user': 'beta-tom', 'impersonate-group': 'beta-admins' },
  { 'impersonate-user': 'alpha-admin', 'impersonate-group': 'system:masters' },
  { 'impersonate-user': 'alpha-admin', 'impersonate-group': 'break-glass' },
  { 'impersonate-user': 'system:serviceaccount:jinhong-system:jinhong-site' },
  { 'impersonate-user': 'system:kube-controller-manager' },
  { 'impersonate-user': 'system:node:east' },
  { 'impersonate-user': 'alpha-admin', 'impersonate-uid': '0' },
  { 'impersonate-user': 'alpha-admin', 'impersonate-extra-scopes': 'all' },
];

const masked = (stage: Stage): RawRequest[] =>
  masks.flatMap((headers): RawRequest[] => [
    { method: 'GET', path: `/api/v1/namespaces/${stage.victim}/secrets`, headers },
    { method: 'GET', path: '/api/v1/namespaces', headers },
    {
      method: 'POST',
      path: `/api/v1/namespaces/${stage.victim}/configmaps`,
      headers,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'masked' } },
    },
  ]);

const certificates = 'certificates.k8s.io';
const signers = [
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/kube-apiserver-client-kubelet',
  'attack.example/x',
];
const signing = (): RawRequest[] => {
  const path = `/apis/${certificates}/v1/certificatesigningrequests`;
  return [
    ...signers.map((signerName) => ({
      method: 'POST',
      path,
      body: {
        apiVersion: `${certificates}/v1`,
        kind: 'CertificateSigningRequest',
        metadata: { name: 'attack' },
        spec: {
          request: 'eA==',
          signerName,
          usages: ['client auth'],
          username: 'engineer',
          groups: ['system:masters'],
        },
      },
    })),
    ...['approval', 'status'].flatMap((sub): RawRequest[] => [
      { method: 'PUT', path: `${path}/attack/${sub}`, body: {} },
      { method: 'PATCH', path: `${path}/attack/${sub}`, contentType: patchTypes.merge, body: {} },
    ]),
  ];
};

const installing = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'storage.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'scheduling.k8s.io',
  'resource.k8s.io',
]);

/** What the API server itself tells about itself; none of it is for tenants. */
const insides = [
  '/metrics',
  '/logs/',
  '/debug/pprof/',
  '/configz',
  '/flagz',
  '/statusz',
  '/metrics/slis',
  '/debug/api_priority_and_fairness/dump_requests',
];

/** The cases of this file. */
export const readingCases: readonly AttackCase[] = [
  {
    id: 'A10-1',
    title: {
      zh: '对另一租户命名空间中每一种资源使用每一个动词和子资源',
      en: "every verb and subresource of every kind in another tenant's namespace",
    },
    ways: [
      everywhere(
        'victim',
        (served) => served.namespaced,
        (stage) => stage.victim,
      ),
      everywhere(
        'department',
        (served) => served.namespaced,
        () => 'dept-beta',
      ),
      everywhere(
        'site',
        (served) => served.namespaced,
        (stage) => `site-${stage.site}`,
      ),
    ],
  },
  {
    id: 'A10-2',
    title: { zh: '对每一种集群级资源使用每一个动词', en: 'every verb of every cluster-scoped kind' },
    ways: [
      everywhere(
        'cluster',
        (kind) => !kind.namespaced && !isOpen(kind) && !isDirectory(kind),
        () => undefined,
      ),
      directoryWrites,
      way('insides of the API server', by.rbac, {
        who: everyone,
        requests: () => insides.map((path) => ({ method: 'GET', path })),
      }),
    ],
  },
  {
    id: 'A10-3',
    title: { zh: '不带命名空间列出全集群的资源', en: 'cluster-wide lists and watches of namespaced kinds' },
    ways: [
      {
        name: 'all namespaces',
        by: [by.rbac],
        run: async (stage) => {
          const all = await Promise.all(
            stage.sites.map(async (site) => {
              const kinds = (await stage.served(site)).filter((kind) => kind.namespaced && kind.verbs.includes('list'));
              const requests = kinds.flatMap((kind): RawRequest[] => {
                const path = `${kind.base}/${kind.resource}`;
                const narrow = `${path}?fieldSelector=metadata.namespace%3D${stage.own}`;
                const watch = `${path}?watch=1&timeoutSeconds=1`;
                return [path, narrow, watch].map((one) => ({ method: 'GET', path: one }));
              });
              return stage.shoot(site === stage.site ? everyone : ['admin'], requests, site);
            }),
          );
          return all.flat();
        },
      },
      everywhere(
        "the platform's namespaces",
        (served) => served.namespaced,
        () => platformNamespaces[2],
      ),
      everywhere(
        'kube-system',
        (served) => served.namespaced,
        () => platformNamespaces[0],
      ),
    ],
  },
  {
    id: 'A10-22',
    title: {
      zh: '创建 ClusterRole、ClusterRoleBinding（含聚合标签）',
      en: 'cluster roles and bindings, also aggregated',
    },
    ways: [way('cluster rights', by.rbac, { who: everyone, requests: clusterRights })],
  },
  {
    id: 'A10-26',
    title: { zh: '用模拟头冒充用户、组、uid、extra', en: 'impersonation of users, groups, uids and extras' },
    ways: [
      way('masks', by.rbac, { who: everyone, requests: masked }),
      way('masks at the management centre', by.rbac, { who: everyone, site: citySites.management, requests: masked }),
    ],
  },
  {
    id: 'A10-27',
    title: { zh: '申请、批准证书（system:masters、他人）', en: 'certificates for system:masters or for somebody else' },
    ways: [
      {
        name: 'signing requests',
        by: [by.rbac],
        run: async (stage) =>
          (await Promise.all(stage.sites.map((site) => stage.shoot(everyone, signing(), site)))).flat(),
      },
      {
        name: 'no certificate, a made-up token',
        by: [by.authentication],
        run: (stage) => {
          const paths = ['/api/v1/namespaces', `/api/v1/namespaces/${stage.own}/secrets`];
          const tokens = ['x', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW06YWRtaW4ifQ.'];
          const shots = paths.flatMap((path) => [
            { method: 'GET', path },
            ...tokens.map((token) => ({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } })),
          ]);
          return Promise.all(shots.map((request) => attemptOf(stage.nobody(), 'nobody', request)));
        },
      },
    ],
  },
  {
    id: 'A10-58',
    title: {
      zh: '创建 webhook、准入策略、APIService、CRD、FlowSchema、存储类、入口类、网关等',
      en: 'webhooks, admission policies, APIServices, CRDs, FlowSchemas, classes',
    },
    ways: [
      everywhere(
        'install',
        (kind) => installing.has(kind.group) && !kind.namespaced,
        () => undefined,
      ),
    ],
  },
];
