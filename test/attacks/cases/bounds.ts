/** Cases 15 to 18: quota, limits and network policies, the platform's and the member's own. */
import { objectNames, policyNames } from '../../../core/desired/names.ts';
import type { RawRequest } from '../support/http.ts';
import { by } from '../support/refusal.ts';
import { attemptOf, everyone, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';

const quotas = (stage: Stage) => `/api/v1/namespaces/${stage.own}/resourcequotas`;
const limits = (stage: Stage) => `/api/v1/namespaces/${stage.own}/limitranges`;
const networks = (stage: Stage) => `/apis/networking.k8s.io/v1/namespaces/${stage.own}/networkpolicies`;

const more = { 'requests.cpu': '1000', pods: '10000', 'services.nodeports': '10' };

async function onBounds(stage: Stage): Promise<RawRequest[]> {
  const quota = `${quotas(stage)}/${objectNames.quota}`;
  const range = `${limits(stage)}/${objectNames.limits}`;
  const [quotaNow, rangeNow] = await Promise.all([stage.live(quota), stage.live(range)]);
  const scoped = {
    hard: { pods: '1' },
    scopeSelector: { matchExpressions: [{ operator: 'Exists', scopeName: 'PriorityClass' }] },
  };
  return [
    ...variantsOf({ path: quota, object: quotaNow }, { spec: { hard: more } }),
    ...variantsOf({ path: `${quota}/status`, object: quotaNow }, { status: { hard: more, used: { pods: '0' } } }),
    ...variantsOf({ path: range, object: rangeNow }, { spec: { limits: [] } }),
    ...[quota, range, quotas(stage), limits(stage)].map((path) => ({ method: 'DELETE', path })),
    ...[{ hard: more }, scoped].map((spec) => ({
      method: 'POST',
      path: quotas(stage),
      body: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'own' }, spec },
    })),
    {
      method: 'POST',
      path: limits(stage),
      body: { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'own' }, spec: { limits: [] } },
    },
  ];
}

/** Every way to weaken or remove a network policy of the platform, but removing all at once. */
async function onPolicies(stage: Stage): Promise<RawRequest[]> {
  const names = [policyNames.defaultDeny, policyNames.dns, policyNames.sameEnvironment];
  const all = names.map(async (name) => {
    const path = `${networks(stage)}/${name}`;
    const object = await stage.live(path);
    return [
      ...variantsOf({ path, object }, { spec: { podSelector: { matchLabels: { app: 'nothing' } } } }),
      ...variantsOf({ path, object }, { metadata: { labels: { 'app.kubernetes.io/managed-by': null, mine: 'yes' } } }),
      { method: 'DELETE', path },
      { method: 'DELETE', path: `${path}?propagationPolicy=Orphan` },
    ];
  });
  return (await Promise.all(all)).flat();
}

/** Removing all at once: the server removes one after another, so the own one may go; the platform's stay. */
const removeAll: Way = {
  name: 'remove all at once',
  by: ['PlatformObject'],
  run: async (stage) => {
    const selector = encodeURIComponent('app.kubernetes.io/managed-by=jinhong');
    const attempts = await Promise.all(
      ['', `&propagationPolicy=Orphan`].map((more) =>
        attemptOf(stage.wire('admin'), 'admin', {
          method: 'DELETE',
          path: `${networks(stage)}?labelSelector=${selector}${more}`,
        }),
      ),
    );
    return attempts;
  },
};

const policyBody = (spec: object, name = 'wide') => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec: { podSelector: {}, ...spec },
});

/** Rules without peers open everything. */
const allowAll: readonly object[] = [
  { ingress: [{}] },
  { egress: [{}] },
  { ingress: [{}], egress: [{}], policyTypes: ['Ingress', 'Egress'] },
  { ingress: [{ ports: [{ port: 80 }] }] },
  { egress: [{ ports: [{ port: 443, endPort: 65535 }] }] },
  { ingress: [{ from: [] }] },
  { egress: [{ to: [] }] },
  { ingress: [{ from: [{ podSelector: {} }] }, {}] },
];

const peers: readonly object[] = [
  { namespaceSelector: {} },
  { namespaceSelector: {}, podSelector: {} },
  { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'beta-victim-production' } } },
  { namespaceSelector: { matchExpressions: [{ key: 'jinhong.dev/tenant', operator: 'Exists' }] } },
  { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'jinhong-system' } }, podSelector: {} },
  { ipBlock: { cidr: '0.0.0.0/0' } },
  { ipBlock: { cidr: '::/0' } },
  { ipBlock: { cidr: '10.20.0.0/16' } },
  { ipBlock: { cidr: '169.254.169.254/32' } },
  { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } },
];
const towards = peers.flatMap((peer) => [
  { ingress: [{ from: [peer] }] },
  { egress: [{ to: [peer] }] },
  { ingress: [{ from: [{ podSelector: {} }, peer] }] },
]);

async function opening(stage: Stage, specs: readonly object[]): Promise<RawRequest[]> {
  const inner = `${networks(stage)}/inner`;
  const object = await stage.live(inner);
  return [
    ...specs.map((spec) => ({ method: 'POST', path: networks(stage), body: policyBody(spec) })),
    ...specs.flatMap((spec) => variantsOf({ path: inner, object }, { spec })),
    {
      method: 'PATCH',
      path: `${networks(stage)}/wide?fieldManager=attacker&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: policyBody(specs[0] ?? {}),
    },
  ];
}

const member = { who: ['admin'] } as const;
const others = { who: ['edit', 'view'] } as const;

/** The cases of this file. */
export const boundsCases: readonly AttackCase[] = [
  {
    id: 'A10-15',
    title: { zh: '创建、修改、删除配额和限制', en: 'create, change, remove quotas and limit ranges' },
    ways: [way('bounds', by.rbac, { who: everyone, requests: onBounds })],
  },
  {
    id: 'A10-16',
    title: { zh: '削弱或删除默认拒绝等平台网络策略', en: "weaken or remove the platform's network policies" },
    ways: [
      way('admin', ['PlatformObject', 'NarrowNetworkPolicy'], { ...member, requests: onPolicies }),
      way('edit, view', by.rbac, { ...others, requests: onPolicies }),
      removeAll,
    ],
  },
  {
    id: 'A10-17',
    title: { zh: '自建放行一切的网络策略', en: 'an own network policy that allows everything' },
    ways: [
      way('admin', 'NarrowNetworkPolicy', { ...member, requests: (stage) => opening(stage, allowAll) }),
      way('edit, view', by.rbac, { ...others, requests: (stage) => opening(stage, allowAll) }),
    ],
  },
  {
    id: 'A10-18',
    title: { zh: '网络策略指向他人命名空间或地址段', en: 'network policies towards other namespaces or addresses' },
    ways: [
      way('admin', 'NarrowNetworkPolicy', { ...member, requests: (stage) => opening(stage, towards) }),
      way('edit, view', by.rbac, { ...others, requests: (stage) => opening(stage, towards) }),
    ],
  },
];
