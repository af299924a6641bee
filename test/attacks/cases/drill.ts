/** Case 60: somebody holds the credential of a site, or the account of a controller. */
import type { Call } from '../../../core/access/call.ts';
import { managementCalls } from '../../../core/access/management.ts';
import type { PolicyRule } from '../../../core/access/objects.ts';
import { rulesOf } from '../../../core/access/roles.ts';
import { managementCredential, siteCalls, siteManagementCalls } from '../../../core/access/site.ts';
import { siteNamespace } from '../../../core/model/names.ts';
import { citySites } from '../../support/city.ts';
import { openWire, type RawRequest, type Wire } from '../support/http.ts';
import { by } from '../support/refusal.ts';
import { type Attempt, asRoot, attemptOf, type Stage } from '../support/stage.ts';
import type { AttackCase, Way } from '../support/table.ts';

const hub = citySites.management;
const group = 'rbac.authorization.k8s.io';

/** A stolen identity: where it is good, and what it may do there. */
interface Stolen {
  readonly name: string;
  readonly at: string;
  readonly token: string;
  readonly calls: readonly Call[];
}

async function minted(stage: Stage, site: string, account: string): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
  const path = `/api/v1/namespaces/jinhong-system/serviceaccounts/${account}/token`;
  const text = await asRoot(stage, { method: 'POST', path, body }, site);
  return (JSON.parse(text) as { status: { token: string } }).status.token;
}

/** The credential by which a site calls the management centre, as it lies in that site's Secret. */
async function credentialOf(stage: Stage, site: string): Promise<string> {
  const { data } = (await stage.live(`/api/v1/namespaces/jinhong-system/secrets/${managementCredential}`, site)) as {
    data?: Record<string, string>;
  };
  return Buffer.from(data?.['token'] ?? '', 'base64').toString('utf8');
}

/** Every identity that a program of the platform has. */
async function stolen(stage: Stage): Promise<Stolen[]> {
  const locals = stage.sites.filter((site) => site !== hub);
  const credentials = locals.map(async (site) => ({
    name: `credential of ${site}`,
    at: hub,
    token: await credentialOf(stage, site),
    calls: siteManagementCalls(siteNamespace(site)),
  }));
  const sites = locals.map(async (site) => ({
    name: `site controller of ${site}`,
    at: site,
    token: await minted(stage, site, 'jinhong-site'),
    calls: siteCalls,
  }));
  const management = {
    name: 'management controller',
    at: hub,
    token: await minted(stage, hub, 'jinhong-management'),
    calls: managementCalls,
  };
  return [...(await Promise.all([...credentials, ...sites])), management];
}

async function wireAt(stage: Stage, site: string, token: string): Promise<Wire> {
  const { url, ca } = stage.address(site);
  return openWire({ url, ca, token });
}

/** One right: `verb group/resource name`. */
function rightsOf(rules: readonly PolicyRule[]): string[] {
  return rules.flatMap((rule) =>
    rule.verbs.flatMap((verb) =>
      rule.apiGroups.flatMap((api) =>
        rule.resources.flatMap((resource) =>
          (rule.resourceNames ?? ['any']).map((name) => `${verb} ${api}/${resource} ${name}`),
        ),
      ),
    ),
  );
}

/** What Kubernetes gives everyone who is signed in: questions about oneself. */
const everybodys = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'];

/** What an identity can do in one namespace, by the server's own account, differs from its list of calls in nothing. */
async function compareRights(stage: Stage, who: Stolen, namespace: string): Promise<Attempt> {
  const wire = await wireAt(stage, who.at, who.token);
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const { text } = await wire.send({ method: 'POST', path, body });
  await wire.close();
  const { status } = JSON.parse(text) as { status: { resourceRules: Partial<PolicyRule>[]; incomplete: boolean } };
  const held = rightsOf(
    status.resourceRules.map((rule) => ({ apiGroups: [], resources: [], verbs: [], ...rule })),
  ).filter((right) => !everybodys.some((name) => right.includes(`/${name} `)));
  const { cluster, namespaced } = rulesOf(who.calls);
  const listed = rightsOf([
    ...cluster,
    ...namespaced.filter((one) => one.namespace === namespace).flatMap((one) => one.rules),
  ]);
  const [more, less] = [held.filter((one) => !listed.includes(one)), listed.filter((one) => !held.includes(one))];
  if (status.incomplete || more.length + less.length > 0) {
    throw new Error(`${who.name} in ${namespace}: has too much ${more.join(', ')}; has not ${less.join(', ')}`);
  }
  return { who: who.name, what: `rights in ${namespace}`, status: 200, by: 'exactly core/access', message: '' };
}

/** What nobody of them may do, anywhere they are known. */
function wishes(stage: Stage, who: Stolen): RawRequest[] {
  const others = stage.sites.filter((site) => !who.name.includes(site)).map(siteNamespace);
  const secrets = [stage.own, stage.victim, 'kube-system', 'default'].flatMap((namespace) => [
    { method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets` },
    { method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/target` },
  ]);
  const foreignSites =
    who.name === 'management controller'
      ? []
      : others.flatMap((namespace) => [
          { method: 'GET', path: `/apis/jinhong.dev/v1alpha1/namespaces/${namespace}/grants` },
          { method: 'GET', path: `/apis/jinhong.dev/v1alpha1/namespaces/${namespace}/grants/alpha-attack` },
          {
            method: 'PUT',
            path: `/apis/jinhong.dev/v1alpha1/namespaces/${namespace}/grants/alpha-attack/status`,
            body: {},
          },
          { method: 'PUT', path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/jinhong-site`, body: {} },
          { method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts/jinhong-site/token`, body: {} },
        ]);
  const role = {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'attack' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  };
  const masks = ['engineer', 'system:admin', 'beta-tom'].map((name) => ({
    method: 'GET',
    path: '/api/v1/secrets',
    headers: { 'impersonate-user': name, 'impersonate-group': 'system:masters' },
  }));
  return [
    ...secrets,
    ...foreignSites,
    ...masks,
    { method: 'GET', path: '/api/v1/secrets' },
    { method: 'GET', path: '/api/v1/nodes' },
    { method: 'GET', path: '/metrics' },
    { method: 'POST', path: '/apis/certificates.k8s.io/v1/certificatesigningrequests', body: {} },
    { method: 'PUT', path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval', body: {} },
    { method: 'POST', path: `/apis/${group}/v1/clusterroles`, body: role },
    {
      method: 'PATCH',
      path: `/apis/${group}/v1/clusterroles/jinhong-site`,
      body: { rules: role.rules },
      contentType: 'application/merge-patch+json',
    },
    { method: 'POST', path: `/apis/${group}/v1/clusterrolebindings`, body: {} },
    { method: 'POST', path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', body: {} },
    { method: 'DELETE', path: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings' },
    { method: 'POST', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', body: {} },
    { method: 'POST', path: `/api/v1/namespaces/${stage.own}/pods`, body: {} },
    { method: 'GET', path: `/api/v1/namespaces/${stage.own}/pods/web/exec?command=id` },
    { method: 'POST', path: '/apis/jinhong.dev/v1alpha1/namespaces/dept-alpha/approvals', body: {} },
  ];
}

const nameOf = (role: string) => ({ apiGroup: group, kind: 'ClusterRole', name: role });

/** A binding of a role to a subject, in a namespace. */
function bindingOf(namespace: string, role: string, subject: object): RawRequest {
  const path = `/apis/${group}/v1/namespaces/${namespace}/rolebindings`;
  const metadata = { name: 'attack' };
  const body = { apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata, roleRef: nameOf(role), subjects: [subject] };
  return { method: 'POST', path, body };
}

const stranger = { kind: 'Group', apiGroup: group, name: 'beta-admins' };
const everybody = { kind: 'Group', apiGroup: group, name: 'system:authenticated' };
const itself = (name: string) => ({ kind: 'ServiceAccount', namespace: 'jinhong-system', name });

/** What the kinds of a controller's role would open: its own rights handed on, namespaces of the platform entered. */
function reaching(stage: Stage, who: Stolen): RawRequest[] {
  const management = who.at === hub;
  const own = management ? 'jinhong-management' : 'jinhong-site';
  const mine = management
    ? ['dept-beta', siteNamespace(stage.site)]
    : stage.locals.includes(who.at)
      ? [stage.own, stage.victim]
      : [];
  const system = ['kube-system', 'jinhong-system', 'default'];
  const handedOn = [...mine, ...system].flatMap((namespace) =>
    ['cluster-admin', 'admin', own, 'system:node'].map((role) => bindingOf(namespace, role, stranger)),
  );
  const role = management ? 'jinhong:reviewer' : 'jinhong:tenant-admin';
  const marks = { metadata: { labels: { 'jinhong.dev/tenant': 'attack' } } };
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'attack' },
    spec: { hard: { pods: '0' } },
  };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'attack' } };
  return [
    ...handedOn,
    ...system.map((namespace) => bindingOf(namespace, role, stranger)),
    ...mine.flatMap((namespace) => [itself(own), everybody].map((subject) => bindingOf(namespace, role, subject))),
    ...system.map((name) => ({
      method: 'PATCH',
      path: `/api/v1/namespaces/${name}`,
      body: marks,
      contentType: 'application/merge-patch+json',
    })),
    { method: 'POST', path: '/api/v1/namespaces/kube-system/resourcequotas', body: quota },
    { method: 'POST', path: '/api/v1/namespaces/jinhong-system/serviceaccounts', body: account },
    {
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-attack' } },
    },
  ];
}

/** All requests of each stolen identity, as that identity. */
const asStolen = (
  name: string,
  refusers: readonly string[],
  requests: (stage: Stage, who: Stolen) => RawRequest[],
): Way => ({
  name,
  by: refusers,
  run: async (stage) => {
    const all = (await stolen(stage)).map(async (who) => {
      const wire = await wireAt(stage, who.at, who.token);
      const attempts = await Promise.all(requests(stage, who).map((one) => attemptOf(wire, who.name, one)));
      await wire.close();
      return attempts;
    });
    return (await Promise.all(all)).flat();
  },
});

const elsewhere: Way = {
  name: 'at another centre',
  by: [by.authentication],
  run: async (stage) => {
    const all = (await stolen(stage)).flatMap((who) =>
      stage.sites
        .filter((site) => site !== who.at)
        .map(async (site) => {
          const wire = await wireAt(stage, site, who.token);
          const attempt = await attemptOf(wire, who.name, { method: 'GET', path: '/api/v1/namespaces' });
          await wire.close();
          return attempt;
        }),
    );
    return Promise.all(all);
  },
};

const exactly: Way = {
  name: 'what is left',
  by: ['exactly core/access'],
  run: async (stage) => {
    const places = [
      'default',
      'kube-system',
      'jinhong-system',
      'jinhong-grants',
      'jinhong-operations',
      'dept-alpha',
      stage.own,
      ...stage.sites.map(siteNamespace),
    ];
    const all = (await stolen(stage)).flatMap((who) => places.map((namespace) => compareRights(stage, who, namespace)));
    return Promise.all(all);
  },
};

/** The case of this file. */
export const drillCases: readonly AttackCase[] = [
  {
    id: 'A10-60',
    title: {
      zh: '演练：各中心的凭据或控制器账号被盗',
      en: "drill: the credential of a site, or a controller's account, is stolen",
    },
    ways: [
      asStolen('secrets, other sites, the cluster', [by.rbac, by.escalation], wishes),
      asStolen('beyond its reach', [by.rbac, by.escalation, 'SiteReach', 'ManagementReach'], reaching),
      elsewhere,
      exactly,
    ],
  },
];
