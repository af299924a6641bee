/**
 * The 19 checks of the multi-tenancy benchmark, and those that it planned and never had, each tried by the members of a
 * tenant. Its ids are kept; one that it used twice has a letter.
 */
import { objectNames, policyNames } from '../../../core/desired/names.ts';
import { citySites } from '../../support/city.ts';
import { requestsOf, type Served } from '../support/discovery.ts';
import type { RawRequest } from '../support/http.ts';
import { goodContainer, goodPodSpec, honestObjects } from '../support/plants.ts';
import { by, named } from '../support/refusal.ts';
import { type Attempt, attemptOf, everyone, removeAsRoot, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';

/** What a check finds in order, as an attempt. */
export const inOrder = 'as it must be';

/** A check of what is there: throws when it is not in order. */
function finding(name: string, find: (stage: Stage) => Promise<readonly string[]>): Way {
  return {
    name,
    by: [inOrder],
    run: async (stage) => {
      const found = await find(stage);
      return found.map((what): Attempt => ({ who: 'platform', what, status: 200, by: inOrder, message: '' }));
    },
  };
}

const pods = (stage: Stage) => `/api/v1/namespaces/${stage.own}/pods`;
const context = goodContainer()['securityContext'] as object;
const restricted = [by.podSecurity, 'PodSecurityRestricted'];

/** Pods with these specs, by everyone who may make Pods. */
const refusedPods = (refusers: readonly string[], specs: readonly object[]): Way =>
  way('pods', refusers, {
    who: ['admin', 'edit'],
    requests: (stage) =>
      specs.map((spec) => ({
        method: 'POST',
        path: pods(stage),
        body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bench' }, spec: goodPodSpec(spec) },
      })),
  });
const secured = (more: object) => ({
  containers: [goodContainer('main', { securityContext: { ...context, ...more } })],
});

const everyVerb = (pick: (served: Served) => boolean, namespace: (stage: Stage) => string | undefined): Way => ({
  name: 'every verb',
  by: [by.rbac],
  run: async (stage) => {
    const kinds = (await stage.served(stage.site)).filter(pick);
    return stage.shoot(
      everyone,
      kinds.flatMap((kind) => requestsOf(kind, namespace(stage))),
      stage.site,
    );
  },
});

/** What the admin of the cluster put into the namespace: changed and removed in every way. */
const administrators: Way = way('changes', ['PlatformObject', 'PlatformMarks', 'NarrowNetworkPolicy', by.rbac], {
  who: everyone,
  requests: async (stage) => {
    const namespace = `/namespaces/${stage.own}`;
    const paths = [
      `/apis/networking.k8s.io/v1${namespace}/networkpolicies/${policyNames.defaultDeny}`,
      `/apis/rbac.authorization.k8s.io/v1${namespace}/rolebindings/jinhong:tenant-view`,
      `/api/v1${namespace}/resourcequotas/${objectNames.quota}`,
      `/api/v1${namespace}/limitranges/${objectNames.limits}`,
    ];
    const all = paths.map(
      async (path): Promise<RawRequest[]> => [
        ...variantsOf({ path, object: await stage.live(path) }, { metadata: { labels: { mine: 'yes' } } }),
        { method: 'DELETE', path },
      ],
    );
    return (await Promise.all(all)).flat();
  },
});

/** Members can do for themselves what is theirs: make it, change it, remove it. */
const ownObjects = (kind: 'RoleBinding' | 'NetworkPolicy', plural: string): Way => ({
  name: 'own objects',
  by: [by.allowed],
  run: async (stage) => {
    const honest = honestObjects(stage.own).find((object) => object.kind === kind);
    if (honest === undefined) throw new Error(`no honest ${kind}`);
    const group = honest.apiVersion.split('/')[0] ?? '';
    const collection = `/apis/${group}/v1/namespaces/${stage.own}/${plural}`;
    const body = { ...honest, metadata: { ...honest.metadata, name: 'bench' } };
    const path = `${collection}/bench`;
    const wire = stage.wire('admin');
    const attempts: Attempt[] = [];
    for (const request of [
      { method: 'POST', path: collection, body },
      {
        method: 'PATCH',
        path,
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels: { mine: 'yes' } } },
      },
      { method: 'DELETE', path },
    ]) {
      attempts.push(named(await attemptOf(wire, 'admin', request), by.allowed));
    }
    await removeAsRoot(stage, path);
    return attempts;
  },
});

interface Quota {
  readonly spec: { readonly hard: Readonly<Record<string, string>> };
}

const quotaHas = (names: readonly string[]) => async (stage: Stage) => {
  const path = `/api/v1/namespaces/${stage.own}/resourcequotas/${objectNames.quota}`;
  const { hard } = ((await stage.live(path)) as unknown as Quota).spec;
  const missing = names.filter((name) => hard[name] === undefined);
  if (missing.length > 0) throw new Error(`no quota for ${missing.join(', ')}`);
  return names.map((name) => `${name}=${hard[name]}`);
};

const services =
  (spec: object) =>
  (stage: Stage): RawRequest[] => [
    {
      method: 'POST',
      path: `/api/v1/namespaces/${stage.own}/services`,
      body: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'bench' },
        spec: { ports: [{ port: 80 }], ...spec },
      },
    },
  ];

const bounds = (stage: Stage): RawRequest[] => {
  const collection = `/api/v1/namespaces/${stage.own}/resourcequotas`;
  const path = `${collection}/${objectNames.quota}`;
  const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: objectNames.quota }, spec: { hard: {} } };
  return [
    { method: 'POST', path: collection, body },
    { method: 'PUT', path, body },
    { method: 'PATCH', path, body: {}, contentType: 'application/merge-patch+json' },
    { method: 'DELETE', path },
    { method: 'DELETE', path: collection },
  ];
};

const rbac = 'rbac.authorization.k8s.io';
const roleWith =
  (verb: string, resources: readonly string[]) =>
  (stage: Stage): RawRequest => ({
    method: 'POST',
    path: `/apis/${rbac}/v1/namespaces/${stage.own}/roles`,
    body: {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'bench' },
      rules: [{ apiGroups: [rbac], resources, verbs: [verb] }],
    },
  });
const entry = (id: string, zh: string, en: string, ...ways: Way[]): AttackCase => ({ id, title: { zh, en }, ways });

const cluster = (served: Served) =>
  !served.namespaced &&
  !/^self\w+reviews$/.test(served.resource) &&
  !['departments', 'hostnameclaims', 'sites'].includes(served.resource);

/** The checks. */
export const benchmarkCases: readonly AttackCase[] = [
  entry(
    'MTB-PL1-CC-CPI-1',
    '租户不能读写集群级资源',
    'no verb on any cluster-scoped resource',
    everyVerb(cluster, () => undefined),
  ),
  entry(
    'MTB-PL1-BC-CPI-2',
    '租户不能改动管理员放入其命名空间的对象',
    'what the administrator put into the namespace stays',
    administrators,
  ),
  entry(
    'MTB-PL1-BC-CPI-3',
    '添加 Linux 能力',
    'added Linux capabilities',
    refusedPods(
      restricted,
      ['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'SYS_TIME', 'ALL'].map((name) =>
        secured({ capabilities: { drop: ['ALL'], add: [name] } }),
      ),
    ),
  ),
  entry(
    'MTB-PL1-BC-CPI-4',
    '必须以非 root 运行',
    'must run as non-root',
    refusedPods(restricted, [
      secured({ runAsUser: 0 }),
      secured({ runAsNonRoot: false }),
      { ...secured({ runAsNonRoot: undefined }), securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
    ]),
  ),
  entry(
    'MTB-PL1-BC-CPI-5',
    '特权容器',
    'privileged containers',
    refusedPods([by.validation, ...restricted], [secured({ privileged: true, allowPrivilegeEscalation: true })]),
  ),
  entry(
    'MTB-PL1-BC-CPI-6',
    '提权',
    'allowPrivilegeEscalation',
    refusedPods(restricted, [
      secured({ allowPrivilegeEscalation: true }),
      secured({ allowPrivilegeEscalation: undefined }),
    ]),
  ),
  entry(
    'MTB-PL1-CC-FNS-1',
    'CPU、内存、存储有配额',
    'quota for CPU, memory, storage',
    finding('quota', quotaHas(['requests.cpu', 'requests.memory', 'requests.storage'])),
  ),
  entry(
    'MTB-PL1-CC-FNS-2',
    '对象数量有配额',
    'quota for numbers of objects',
    finding(
      'quota',
      quotaHas([
        'pods',
        'services',
        'secrets',
        'configmaps',
        'persistentvolumeclaims',
        'services.loadbalancers',
        'services.nodeports',
        'replicationcontrollers',
        'count/deployments.apps',
      ]),
    ),
  ),
  entry(
    'MTB-PL1-BC-HI-1a',
    'hostPath 卷',
    'hostPath volumes',
    refusedPods(
      restricted,
      ['/', '/var/run', '/etc/kubernetes'].map((path) => ({ volumes: [{ name: 'v', hostPath: { path } }] })),
    ),
  ),
  entry(
    'MTB-PL1-BC-HI-1b',
    'NodePort 服务',
    'NodePort services',
    way('services', ['ServiceType', by.quota], { who: ['admin', 'edit'], requests: services({ type: 'NodePort' }) }),
  ),
  entry(
    'MTB-PL1-BC-HI-3',
    '主机网络和主机端口',
    'host network and host ports',
    refusedPods(restricted, [
      { hostNetwork: true },
      { containers: [goodContainer('main', { ports: [{ containerPort: 80, hostPort: 80 }] })] },
    ]),
  ),
  entry('MTB-PL1-BC-HI-4', '主机 PID', 'host PID', refusedPods(restricted, [{ hostPID: true }])),
  entry('MTB-PL1-BC-HI-5', '主机 IPC', 'host IPC', refusedPods(restricted, [{ hostIPC: true }])),
  entry(
    'MTB-PL1-CC-TI-1',
    '租户不能写配额',
    'no write to quotas',
    way('quotas', by.rbac, { who: everyone, requests: bounds }),
  ),
  entry(
    'MTB-PL1-CC-TI-2',
    '对他人租户的任何资源没有任何动词',
    "no verb on anything of another tenant's",
    everyVerb(
      (served) => served.namespaced,
      (stage) => stage.victim,
    ),
  ),
  entry(
    'MTB-PL1-CC-DI-1',
    '镜像拉取策略必须为 Always',
    'image pull policy Always',
    refusedPods(
      ['ImagePullPolicy'],
      ['IfNotPresent', 'Never'].map((imagePullPolicy) => ({
        containers: [goodContainer('main', { imagePullPolicy })],
      })),
    ),
  ),
  entry(
    'MTB-PL2-CC-TI-1',
    '没有 escalate，不能任意 bind',
    'no escalate, no bind of any role',
    way('roles', by.rbac, {
      who: ['admin'],
      requests: (stage) =>
        [roleWith('escalate', ['roles']), roleWith('bind', ['roles']), roleWith('bind', ['clusterroles'])].map((make) =>
          make(stage),
        ),
    }),
  ),
  entry(
    'MTB-PL2-BC-OPS-3',
    '租户能管理自己的 RoleBinding',
    'members manage role bindings of their own',
    ownObjects('RoleBinding', 'rolebindings'),
  ),
  entry(
    'MTB-PL2-BC-OPS-4',
    '租户能管理自己的网络策略',
    'members manage network policies of their own',
    ownObjects('NetworkPolicy', 'networkpolicies'),
  ),
  entry(
    'MTB-pending-1',
    '只能用 PVC 存储',
    'storage by claims only',
    refusedPods(
      restricted,
      [
        { nfs: { server: '10.0.0.1', path: '/' } },
        { iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.example:x', lun: 0 } },
        { gitRepo: { repository: 'https://evil.example/x' } },
      ].map((source) => ({ volumes: [{ name: 'v', ...source }] })),
    ),
  ),
  entry(
    'MTB-pending-2',
    '不能创建或使用既有持久卷、存储类',
    'no use of existing volumes, no own storage classes',
    everyVerb(
      (served) => ['persistentvolumes', 'storageclasses', 'volumeattributesclasses'].includes(served.resource),
      () => undefined,
    ),
  ),
  entry(
    'MTB-pending-3',
    '跨命名空间网络隔离',
    'network isolation across namespaces',
    finding('default deny', async (stage) => {
      const sites = stage.sites.filter((site) => site !== citySites.management && site !== citySites.recovery);
      for (const site of sites) {
        const path = `/apis/networking.k8s.io/v1/namespaces/${stage.victim}/networkpolicies/${policyNames.defaultDeny}`;
        const { spec } = (await stage.live(path, site)) as unknown as {
          spec: { policyTypes: string[]; podSelector: object };
        };
        if (spec.policyTypes.join() !== 'Ingress,Egress' || Object.keys(spec.podSelector).length > 0)
          throw new Error(`open at ${site}`);
      }
      return sites;
    }),
  ),
];
