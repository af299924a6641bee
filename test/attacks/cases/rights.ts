/** Cases 19 to 21 and 23 to 25: rights given to oneself or to strangers, and the platform's service accounts. */

import { until } from '../../support/centre.ts';
import { citySites } from '../../support/city.ts';
import type { RawRequest } from '../support/http.ts';
import { goodPodSpec } from '../support/plants.ts';
import { by, named } from '../support/refusal.ts';
import { attemptOf, everyone, removeAsRoot, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';

const group = 'rbac.authorization.k8s.io';
const roles = (stage: Stage) => `/apis/${group}/v1/namespaces/${stage.own}/roles`;
const bindings = (stage: Stage) => `/apis/${group}/v1/namespaces/${stage.own}/rolebindings`;

type Rule = Readonly<Record<string, readonly string[]>>;

const tooMuch: readonly Rule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { apiGroups: [''], resources: ['*'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['*'] },
  { apiGroups: [group], resources: ['roles'], verbs: ['escalate'] },
  { apiGroups: [group], resources: ['clusterroles', 'roles'], verbs: ['bind'] },
  { apiGroups: [''], resources: ['users', 'groups', 'serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: [''], resources: ['resourcequotas'], verbs: ['update'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services/status', 'pods/binding'], verbs: ['patch', 'create'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['create'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['namespaces/finalize', 'namespaces/status'], verbs: ['update'] },
  { apiGroups: ['jinhong.dev'], resources: ['grants'], verbs: ['get'] },
  { apiGroups: ['certificates.k8s.io'], resources: ['signers'], verbs: ['approve'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['update'] },
];

/** A member has no right to write Roles at all: as new ones, and as changes of one that it believes to be there. */
function wideRoles(stage: Stage): RawRequest[] {
  return tooMuch.flatMap((rule) => {
    const object = { apiVersion: `${group}/v1`, kind: 'Role', metadata: { name: 'wide' }, rules: [rule] };
    return [
      { method: 'POST', path: roles(stage), body: object },
      ...variantsOf({ path: `${roles(stage)}/wide`, object }, { rules: [rule] }),
    ];
  });
}

interface Bound {
  readonly role: string;
  readonly kind?: 'ClusterRole' | 'Role';
  readonly subject?: object;
}

const self = { kind: 'Group', apiGroup: group, name: 'alpha-staff' };
const staff = (stage: Stage) => `${bindings(stage)}/staff`;

function bindingOf(bound: Bound): Record<string, unknown> {
  const { role, kind = 'ClusterRole', subject = self } = bound;
  return {
    apiVersion: `${group}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'attack' },
    roleRef: { apiGroup: group, kind, name: role },
    subjects: [subject],
  };
}

const strongRoles = [
  'cluster-admin',
  'admin',
  'edit',
  'view',
  'system:node',
  'system:kube-controller-manager',
  'system:auth-delegator',
  'system:controller:namespace-controller',
  'system:controller:generic-garbage-collector',
  'jinhong-site',
  'jinhong:observer',
  'jinhong:site-operator',
];
/** Roles that give nothing that a member has not: still not a role for members. */
const harmlessRoles = [
  'system:basic-user',
  'system:discovery',
  'system:public-info-viewer',
  'jinhong:directory-reader',
  'not-there',
];

const bindingRequests = (stage: Stage, list: readonly Bound[]): RawRequest[] =>
  list.flatMap((bound) => {
    const body = bindingOf(bound);
    return [
      { method: 'POST', path: bindings(stage), body },
      {
        method: 'PATCH',
        path: `${bindings(stage)}/attack?fieldManager=attacker&force=true`,
        contentType: 'application/apply-patch+yaml',
        body,
      },
    ];
  });

const subject = (kind: string, name: string, more: object = {}) => ({
  kind,
  name,
  ...(kind === 'ServiceAccount' ? {} : { apiGroup: group }),
  ...more,
});
const strangers: readonly object[] = [
  subject('Group', 'beta-admins'),
  subject('Group', 'beta-duty'),
  subject('Group', 'system:authenticated'),
  subject('Group', 'system:unauthenticated'),
  subject('Group', 'system:masters'),
  subject('Group', 'system:serviceaccounts'),
  subject('Group', 'system:serviceaccounts:beta-victim-production'),
  subject('Group', 'Alpha-admins'),
  subject('Group', 'alpha-admins,beta-admins'),
  subject('User', 'beta-tom'),
  subject('User', 'system:anonymous'),
  subject('User', 'alpha-admin'),
  subject('ServiceAccount', 'default', { namespace: 'beta-victim-production' }),
  subject('ServiceAccount', 'jinhong-site', { namespace: 'jinhong-system' }),
  subject('ServiceAccount', 'default', { namespace: 'kube-system' }),
];

async function strangerRequests(stage: Stage): Promise<RawRequest[]> {
  const object = await stage.live(staff(stage));
  return strangers.flatMap((one) => [
    ...bindingRequests(stage, [{ role: 'jinhong:tenant-view', subject: one }]),
    ...variantsOf({ path: staff(stage), object }, { subjects: [self, one] }),
  ]);
}

const tokenRequest = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  spec: { expirationSeconds: 3600 },
};
const tokens = (accounts: readonly string[]) => (): RawRequest[] =>
  accounts.map((account) => {
    const [namespace = '', name = ''] = account.split('/');
    return {
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      body: tokenRequest,
    };
  });

const platformAccounts = [
  'jinhong-system/jinhong-site',
  'jinhong-system/default',
  'kube-system/namespace-controller',
  'beta-victim-production/default',
];

/** A long-lived token for an account that is not there: the Secret is refused, or never filled and removed. */
const legacyToken: Way = {
  name: 'Secret for an account',
  by: [by.noEffect],
  run: async (stage) => {
    const collection = `/api/v1/namespaces/${stage.own}/secrets`;
    const names = [
      'jinhong-site',
      'jinhong-management',
      'namespace-controller',
      'jinhong-system:jinhong-site',
      'jinhong-system/jinhong-site',
    ];
    const gone = () => Promise.all(names.map((_, at) => removeAsRoot(stage, `${collection}/legacy-${at}`)));
    await gone();
    const attempts = names.map(async (account, at) => {
      const name = `legacy-${at}`;
      const annotations = {
        'kubernetes.io/service-account.name': account,
        'kubernetes.io/service-account.uid': 'forged',
      };
      const body = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, annotations },
        type: 'kubernetes.io/service-account-token',
      };
      const attempt = await attemptOf(stage.wire('admin'), 'admin', { method: 'POST', path: collection, body });
      // The token controller removes it at once; a name that no account can have it leaves as it is, without a token.
      if (!account.includes('/'))
        await until(`${account}'s Secret is gone`, async () => (await tokenIn(stage, name)) === 'gone');
      return named(attempt, by.noEffect);
    });
    const done = await Promise.all(attempts);
    const left = await Promise.all(names.map((_, at) => tokenIn(stage, `legacy-${at}`)));
    if (left.includes('filled')) throw new Error('a token for a foreign account');
    await gone();
    return done;
  },
};

/** What became of a Secret for a token. */
async function tokenIn(stage: Stage, name: string): Promise<'gone' | 'empty' | 'filled'> {
  const path = `/api/v1/namespaces/${stage.own}/secrets/${name}`;
  const { status, text } = await stage.root().send({ method: 'GET', path });
  if (status === 404) return 'gone';
  return text.includes('"token":') ? 'filled' : 'empty';
}

const podAs = (serviceAccountName: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'attack' },
  spec: goodPodSpec({ serviceAccountName }),
});

const member = { who: ['admin'] } as const;
const others = { who: ['edit', 'view'] } as const;

/** The cases of this file. */
export const rightsCases: readonly AttackCase[] = [
  {
    id: 'A10-19',
    title: {
      zh: '创建含 escalate、bind、impersonate、* 等的 Role',
      en: 'roles with escalate, bind, impersonate, * and other rights',
    },
    ways: [way('roles', by.rbac, { who: everyone, requests: wideRoles })],
  },
  {
    id: 'A10-20',
    title: {
      zh: '绑定 cluster-admin、admin、edit 及平台内部角色',
      en: 'bind cluster-admin, admin, edit and roles of the platform',
    },
    ways: [
      way('stronger', [by.escalation, 'ForeignRole'], {
        ...member,
        requests: (stage) =>
          bindingRequests(
            stage,
            strongRoles.map((role) => ({ role })),
          ),
      }),
      way('harmless', ['ForeignRole', by.escalation, by.notServed], {
        ...member,
        requests: (stage) =>
          bindingRequests(
            stage,
            harmlessRoles.map((role) => ({ role })),
          ),
      }),
      way('edit, view', by.rbac, {
        ...others,
        requests: (stage) =>
          bindingRequests(
            stage,
            ['jinhong:tenant-admin', ...strongRoles].map((role) => ({ role })),
          ),
      }),
    ],
  },
  {
    id: 'A10-21',
    title: { zh: '绑定给他人租户、所有人、匿名、个人', en: 'bind strangers, everyone, nobody, or single people' },
    ways: [
      way('admin', 'BindingOutsideTenant', { ...member, requests: strangerRequests }),
      way('edit, view', by.rbac, { ...others, requests: strangerRequests }),
    ],
  },
  {
    id: 'A10-23',
    title: {
      zh: '为平台或他人的服务账号签发令牌',
      en: 'mint tokens for service accounts of the platform or of others',
    },
    ways: [
      way('at the centre', by.rbac, {
        who: everyone,
        requests: (stage) => tokens([...platformAccounts, `${stage.own}/default`, `${stage.own}/worker`])(),
      }),
      way('at the management centre', by.rbac, {
        who: everyone,
        site: citySites.management,
        requests: tokens([
          'jinhong-system/jinhong-management',
          'site-east/jinhong-site',
          'site-west/jinhong-site',
          'dept-beta/default',
        ]),
      }),
    ],
  },
  {
    id: 'A10-24',
    title: { zh: '用旧式令牌 Secret 冒领他人账号', en: 'legacy token Secrets for foreign accounts' },
    ways: [legacyToken],
  },
  {
    id: 'A10-25',
    title: { zh: 'Pod 使用平台服务账号的名字', en: "Pods with the name of a platform's service account" },
    ways: [
      way('no such account', [by.accounts, 'PlatformAccount'], {
        who: ['admin', 'edit'],
        requests: (stage) =>
          ['jinhong-site', 'jinhong-management', 'namespace-controller'].map((name) => ({
            method: 'POST',
            path: `/api/v1/namespaces/${stage.own}/pods`,
            body: podAs(name),
          })),
      }),
      way('an account of that name', 'PlatformObject', {
        ...member,
        requests: (stage) =>
          ['jinhong-site', 'jinhong-management'].map((name) => ({
            method: 'POST',
            path: `/api/v1/namespaces/${stage.own}/serviceaccounts`,
            body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
          })),
      }),
    ],
  },
];
