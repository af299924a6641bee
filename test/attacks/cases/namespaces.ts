/** Cases 4 to 14: whose a namespace is, and what protects it. */
import { annotations, apiVersion, labels } from '../../../core/model/names.ts';
import { citySites } from '../../support/city.ts';
import { patchTypes } from '../support/discovery.ts';
import type { RawRequest } from '../support/http.ts';
import { by } from '../support/refusal.ts';
import { attemptOf, everyone, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';
import { merged, variantsOf } from '../support/variants.ts';

const namespacePath = (name: string) => `/api/v1/namespaces/${name}`;

/** The change in five ways on the namespace and its status, and as PUT on finalize. */
async function onNamespace(
  stage: Stage,
  name: string,
  patch: Readonly<Record<string, unknown>>,
): Promise<RawRequest[]> {
  const path = namespacePath(name);
  const object = await stage.live(path);
  return [
    ...variantsOf({ path, object }, patch),
    ...variantsOf({ path: `${path}/status`, object }, patch),
    { method: 'PUT', path: `${path}/finalize`, body: merged(object, patch) },
  ];
}

function changing(name: string, namespaces: (stage: Stage) => readonly string[], patch: (stage: Stage) => object): Way {
  return way(name, by.rbac, {
    who: everyone,
    requests: async (stage) => {
      const all = namespaces(stage).map((one) => onNamespace(stage, one, { ...patch(stage) }));
      return (await Promise.all(all)).flat();
    },
  });
}

const podSecurity = 'pod-security.kubernetes.io/';
const foreign = (stage: Stage) => [
  'kube-system',
  'default',
  'kube-public',
  'jinhong-system',
  'jinhong-grants',
  stage.victim,
];
const own = (stage: Stage) => [stage.own];

const ownTenant = { [labels.tenant]: 'attack', [labels.department]: 'alpha', [labels.managedBy]: 'jinhong' };
const owner = (name: string, more: object = {}) => ({
  apiVersion,
  kind: 'Tenant',
  name,
  uid: '11111111-2222-3333-4444-555555555555',
  ...more,
});

const taken = [
  'kube-attack',
  'openshift-attack',
  'jinhong-attack',
  'jinhong-system-2',
  'dept-attack',
  'site-attack',
  'velero',
  'alpha-attack-staging',
  'alpha-other-production',
  'beta-victim-staging',
  'beta-new-production',
  'attack',
  'default2',
];

function creations(name: string, metadata: object): RawRequest[] {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...metadata } };
  return [
    { method: 'POST', path: '/api/v1/namespaces', body },
    {
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { ...body, metadata: { generateName: `${name}-`, ...metadata } },
    },
    {
      method: 'PATCH',
      path: `${namespacePath(name)}?fieldManager=attacker&force=true`,
      contentType: patchTypes.apply,
      body,
    },
    { method: 'PUT', path: namespacePath(name), body },
  ];
}

const removal = (name: string): RawRequest[] => [
  ...['Foreground', 'Background', 'Orphan'].map((policy) => ({
    method: 'DELETE',
    path: `${namespacePath(name)}?propagationPolicy=${policy}`,
  })),
  {
    method: 'DELETE',
    path: namespacePath(name),
    body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 },
  },
  { method: 'DELETE', path: '/api/v1/namespaces' },
];

/** Even engineers with every right delete a tenant's namespace only after it was marked for it. */
const byEngineer: Way = {
  name: 'an engineer deletes it',
  by: ['ProtectedObject'],
  run: async (stage) => {
    const path = namespacePath(stage.own);
    const requests = ['Foreground', 'Background', 'Orphan'].map((policy) => ({
      method: 'DELETE',
      path: `${path}?propagationPolicy=${policy}`,
    }));
    return Promise.all(
      requests.flatMap((request) => [
        attemptOf(stage.engineer(), 'engineer', request),
        attemptOf(stage.root(), 'break-glass', request),
      ]),
    );
  },
};

/** The cases of this file. */
export const namespaceCases: readonly AttackCase[] = [
  {
    id: 'A10-4',
    title: {
      zh: '把自己命名空间的 pod-security 标签改为 privileged 或删除',
      en: 'loosen pod security on the own namespace',
    },
    ways: [
      changing('privileged', own, () => ({ metadata: { labels: { [`${podSecurity}enforce`]: 'privileged' } } })),
      changing('none', own, () => ({ metadata: { labels: { [`${podSecurity}enforce`]: null } } })),
      changing('older', own, () => ({ metadata: { labels: { [`${podSecurity}enforce-version`]: 'v1.0' } } })),
    ],
  },
  {
    id: 'A10-5',
    title: { zh: '删除或改写自己命名空间的租户标签、注解', en: "remove or change the own namespace's tenant marks" },
    ways: [
      changing('tenant', own, () => ({ metadata: { labels: { [labels.tenant]: null } } })),
      changing('department', own, () => ({ metadata: { labels: { [labels.department]: 'beta' } } })),
      changing('zone', own, () => ({ metadata: { labels: { [labels.zone]: 'intranet' } } })),
      changing('groups', own, () => ({ metadata: { annotations: { [annotations.groups]: 'beta-admins' } } })),
      changing('registries', own, () => ({ metadata: { annotations: { [annotations.registries]: 'evil.example' } } })),
    ],
  },
  {
    id: 'A10-6',
    title: {
      zh: '给 kube-system、平台和他人的命名空间贴自己的租户标签',
      en: "own tenant's label on system and foreign namespaces",
    },
    ways: [changing('label', foreign, () => ({ metadata: { labels: ownTenant } }))],
  },
  {
    id: 'A10-7',
    title: {
      zh: '给未托管的命名空间加指向自己租户的 ownerReference',
      en: 'ownerReference to the own Tenant on a foreign namespace',
    },
    ways: [changing('owner', foreign, () => ({ metadata: { ownerReferences: [owner('attack')] } }))],
  },
  {
    id: 'A10-8',
    title: { zh: '同上，经 namespaces/status', en: 'the same through namespaces/status' },
    ways: [
      way('status', by.rbac, {
        who: everyone,
        requests: async (stage) =>
          (
            await Promise.all(
              foreign(stage).map(async (name) => {
                const path = `${namespacePath(name)}/status`;
                const patch = { metadata: { labels: ownTenant, ownerReferences: [owner('attack')] } };
                return variantsOf({ path, object: await stage.live(namespacePath(name)) }, patch);
              }),
            )
          ).flat(),
      }),
    ],
  },
  {
    id: 'A10-9',
    title: { zh: '同上，经 namespaces/finalize', en: 'the same through namespaces/finalize' },
    ways: [
      way('finalize', by.rbac, {
        who: everyone,
        requests: async (stage) =>
          Promise.all(
            [...foreign(stage), stage.own].flatMap((name) =>
              [
                { metadata: { labels: ownTenant, ownerReferences: [owner('attack')] } },
                { spec: { finalizers: [] } },
              ].map(async (patch) => ({
                method: 'PUT',
                path: `${namespacePath(name)}/finalize`,
                body: merged(await stage.live(namespacePath(name)), patch),
              })),
            ),
          ),
      }),
    ],
  },
  {
    id: 'A10-10',
    title: {
      zh: '状态与元数据一起改：五种写法（JSON、merge、strategic、强制 apply、PUT）',
      en: 'status and marks together, in all five ways of writing',
    },
    ways: [
      changing(
        'together',
        (stage) => [...foreign(stage), stage.own],
        () => ({
          metadata: { labels: { ...ownTenant, [`${podSecurity}enforce`]: 'privileged' } },
          status: { phase: 'Active' },
        }),
      ),
    ],
  },
  {
    id: 'A10-11',
    title: {
      zh: '第二个租户 ownerReference、伪造 UID、controller=true',
      en: 'a second owner, a forged UID, controller=true',
    },
    ways: [
      changing(
        'second',
        (stage) => [...foreign(stage), stage.own],
        () => ({
          metadata: {
            ownerReferences: [
              owner('attack', { controller: true }),
              owner('victim', { uid: 'forged', blockOwnerDeletion: true }),
            ],
          },
        }),
      ),
    ],
  },
  {
    id: 'A10-12',
    title: { zh: '创建保留前缀或他人前缀的命名空间', en: 'create namespaces with reserved or foreign names' },
    ways: [
      ...Object.values(citySites).map((site) =>
        way(site, by.rbac, { who: everyone, site, requests: () => taken.flatMap((name) => creations(name, {})) }),
      ),
    ],
  },
  {
    id: 'A10-13',
    title: { zh: '创建声称属于他人租户的命名空间', en: 'create a namespace that claims another tenant' },
    ways: [
      way('claim', by.rbac, {
        who: everyone,
        requests: () =>
          creations('beta-victim-claimed', {
            labels: { [labels.tenant]: 'victim', [labels.department]: 'beta' },
            annotations: { [annotations.groups]: 'alpha-admins' },
            ownerReferences: [owner('victim')],
          }),
      }),
    ],
  },
  {
    id: 'A10-14',
    title: { zh: '删除命名空间以便以他人名义重建', en: 'delete a namespace to make it anew as somebody else' },
    ways: [
      way('delete', by.rbac, {
        who: everyone,
        requests: (stage) => [stage.own, stage.victim, 'jinhong-system', 'kube-system'].flatMap(removal),
      }),
      byEngineer,
      changing('mark', own, (stage) => ({ metadata: { annotations: { [annotations.allowDelete]: stage.own } } })),
    ],
  },
];
