/**
 * The rules of policies/ on a real API server: a centre with the platform installed, in which any write can be tried with
 * `dryRun` and compared with what the pure rules say. The caller has every right that RBAC can give, so only admission
 * is left to refuse.
 */
import { isAppError } from '../../core/errors.ts';
import { annotations, labels } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import { pathOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../kube/types.ts';
import { allRules, judge, type Place, ruleOfRefusal } from '../../policies/index.ts';
import { type Example, type JsonObject, policyName, type Rule, type RuleRequest } from '../../policies/rule.ts';
import { cloud } from '../core/decide/fixture.ts';
import { kubeconfigFor, type OwnCentre, startTestCentre, until } from './centre.ts';
import { installPlatform, namespace } from './platform.ts';

/** Namespaces of the examples: an environment as the site controller makes it, and one without pod security. */
export const exampleNamespace = 'parks-web-production';
export const bareNamespace = 'parks-bare-production';

const marks = {
  labels: {
    [labels.department]: 'parks',
    [labels.tenant]: 'web',
    [labels.environment]: 'production',
    [labels.zone]: 'extranet',
    [labels.managedBy]: 'jinhong-site',
  },
  annotations: {
    [annotations.groups]: 'parks-admins,parks-duty,parks-staff',
    [annotations.registries]: 'mirror.city.example/library,registry.city.example',
  },
};
const restricted = Object.fromEntries(
  ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
);
const reviewers = {
  [annotations.projectReviewers]: 'project-reviewers',
  [annotations.fundsReviewers]: 'funds-reviewers',
};

/** The namespaces that every policy centre has. */
export const policyNamespaces: readonly KubeObject[] = [
  namespace(exampleNamespace, { ...marks, labels: { ...marks.labels, ...restricted } }),
  namespace(bareNamespace, marks),
  namespace('dept-parks', { annotations: reviewers }),
  namespace('plain'),
];

/** Who tries by default: no group of the exempt list, every right. */
export const prober = { user: 'reviewer-1', groups: ['probers', 'project-reviewers', 'parks-admins'] } as const;

/** A centre for trials. */
export interface PolicyCentre {
  readonly centre: OwnCentre;
  /** An administrator of the break-glass group, whom the rules about tenants do not bind. */
  readonly admin: KubeClient;
  readonly stop: () => Promise<void>;
  /** A client of somebody with all rights. */
  readonly as: (caller: { user: string; groups: readonly string[] }) => Promise<KubeClient>;
}

/** Starts a centre, installs the platform, and resolves when every rule is in force. */
export async function startPolicyCentre(name: string): Promise<PolicyCentre> {
  const centre = await startTestCentre({ name });
  const clients = new Map<string, Promise<KubeClient>>();
  const as: PolicyCentre['as'] = ({ user, groups }) => {
    const key = JSON.stringify([user, groups]);
    const known = clients.get(key) ?? personClient(centre, user, groups);
    clients.set(key, known);
    return known;
  };
  const bootstrap = createClient(loadKubeconfig(centre.kubeconfig, centre.name));
  const stop = async (): Promise<void> => {
    for (const client of [bootstrap, ...(await Promise.all(clients.values()))]) await client.close();
    await centre.stop();
  };
  try {
    await installPlatform(bootstrap);
    await bootstrap.create(everything('probers'));
    for (const object of policyNamespaces) await bootstrap.create(object);
    const admin = await as({ user: 'breaker', groups: [cloud.groups.breakGlass] });
    const policies: PolicyCentre = { centre, admin, stop, as };
    await inForce(policies);
    return policies;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function personClient(centre: OwnCentre, user: string, groups: readonly string[]): Promise<KubeClient> {
  const file = await kubeconfigFor([centre], user, groups);
  return createClient(loadKubeconfig(file, centre.name), { component: 'probe' });
}

function everything(group: string): KubeObject {
  const rbac = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'probers' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'Group', apiGroup: rbac, name: group }],
  };
}

/** Resolves when the failing example of each rule is refused by it; policies come into force a moment after the write. */
async function inForce(policies: PolicyCentre): Promise<void> {
  const left = new Set(allRules);
  await until(
    'all rules are in force',
    async () => {
      for (const rule of left) {
        const verdict = await tryOnServer(policies, exampleRequest(rule, rule.failing));
        if (verdict.rule?.id === rule.id) left.delete(rule);
      }
      if (left.size > 0) throw new Error(`not in force: ${[...left].map(policyName).join(', ')}`);
      return true;
    },
    30_000,
  );
}

/** The write that an example of a rule stands for, made by `prober`. The first cover with its group and kind is meant. */
export function exampleRequest(rule: Rule, example: Example): RuleRequest {
  const object = example.operation === 'DELETE' ? example.oldObject : example.object;
  const { resource } = servedAs(object ?? {});
  const operation = example.operation ?? (example.oldObject === undefined ? 'CREATE' : 'UPDATE');
  const cover = rule.covers.find(({ groups }) => groups.includes(resource.group) || groups.includes('*'));
  const named = cover?.resources.find((name) => name.split('/')[0] === resource.plural) ?? resource.plural;
  return requestOf({
    operation,
    object: example.object,
    oldObject: example.oldObject,
    subresource: named.split('/')[1],
  });
}

/** What a request is made of; everything else follows from the object. */
export interface RequestParts {
  readonly operation: RuleRequest['operation'];
  readonly object?: JsonObject | undefined;
  readonly oldObject?: JsonObject | undefined;
  readonly subresource?: string | undefined;
  /** @default prober */
  readonly user?: string;
  readonly groups?: readonly string[];
}

/** A request as admission will see it. Pure. */
export function requestOf(parts: RequestParts): RuleRequest {
  const { operation, subresource = '', user = prober.user, groups = prober.groups } = parts;
  const object = operation === 'DELETE' ? parts.oldObject : parts.object;
  const { resource, namespace } = servedAs(object ?? {});
  return {
    operation,
    group: resource.group,
    resource: resource.plural,
    subresource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(parts.object === undefined || operation === 'DELETE' ? {} : { object: parts.object }),
    ...(parts.oldObject === undefined ? {} : { oldObject: parts.oldObject }),
    user,
    groups: [...groups, 'system:authenticated'],
  };
}

/** Kinds that tests write and production code does not: group/version, kind, plural, whether it is in a namespace. */
const moreKinds: readonly Resource[] = (
  [
    ['', 'v1', 'Pod', 'pods', true],
    ['', 'v1', 'PodTemplate', 'podtemplates', true],
    ['', 'v1', 'ReplicationController', 'replicationcontrollers', true],
    ['', 'v1', 'Endpoints', 'endpoints', true],
    ['', 'v1', 'PersistentVolume', 'persistentvolumes', false],
    ['', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', true],
    ['', 'v1', 'Node', 'nodes', false],
    ['apps', 'v1', 'StatefulSet', 'statefulsets', true],
    ['apps', 'v1', 'ReplicaSet', 'replicasets', true],
    ['apps', 'v1', 'DaemonSet', 'daemonsets', true],
    ['apps', 'v1', 'ControllerRevision', 'controllerrevisions', true],
    ['batch', 'v1', 'Job', 'jobs', true],
    ['batch', 'v1', 'CronJob', 'cronjobs', true],
    ['autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true],
    ['policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true],
    ['discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', true],
    ['networking.k8s.io', 'v1', 'Ingress', 'ingresses', true],
    ['networking.k8s.io', 'v1', 'IngressClass', 'ingressclasses', false],
    ['storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', false],
    ['storage.k8s.io', 'v1', 'CSIDriver', 'csidrivers', false],
    ['scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses', false],
    ['node.k8s.io', 'v1', 'RuntimeClass', 'runtimeclasses', false],
    ['admissionregistration.k8s.io', 'v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', false],
    ['admissionregistration.k8s.io', 'v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', false],
    ['apiregistration.k8s.io', 'v1', 'APIService', 'apiservices', false],
    ['certificates.k8s.io', 'v1', 'CertificateSigningRequest', 'certificatesigningrequests', false],
    ['gateway.networking.k8s.io', 'v1', 'Gateway', 'gateways', true],
    ['gateway.networking.k8s.io', 'v1', 'GatewayClass', 'gatewayclasses', false],
    ['gateway.networking.k8s.io', 'v1', 'HTTPRoute', 'httproutes', true],
    ['gateway.networking.k8s.io', 'v1beta1', 'ReferenceGrant', 'referencegrants', true],
  ] as const
).map(([group, version, kind, plural, namespaced]) => ({ group, version, kind, plural, namespaced }));

/** How an object is served, by its apiVersion and kind. @throws when the kind is in neither list */
export function servedAs(object: JsonObject): { resource: Resource; namespace: string | undefined; name: string } {
  const apiVersion = String(object['apiVersion']);
  const [version, group = ''] = apiVersion.split('/').reverse();
  const fits = (one: Resource) => one.kind === object['kind'] && one.group === group && one.version === version;
  const resource = [...Object.values(resources), ...moreKinds].find(fits);
  if (resource === undefined) throw new Error(`test/support/policies.ts does not know ${apiVersion} ${object['kind']}`);
  const metadata = (object['metadata'] ?? {}) as { namespace?: string; name?: string };
  return { resource, namespace: resource.namespaced ? metadata.namespace : undefined, name: metadata.name ?? '' };
}

/** What the server said: allowed, refused by one of our rules, or refused by something else. */
export interface Verdict {
  readonly allowed: boolean;
  readonly rule?: Rule;
  /** The server's words. */
  readonly message?: string;
}

/** Sends a write with `dryRun`. For an update or a delete the old object is stored first. */
export async function tryOnServer(policies: PolicyCentre, request: RuleRequest): Promise<Verdict> {
  const client = await policies.as({
    user: request.user,
    groups: request.groups.filter((g) => !g.startsWith('system:')),
  });
  const old = request.oldObject === undefined ? undefined : await ensure(policies.admin, request.oldObject);
  const target = request.object ?? request.oldObject ?? {};
  const { resource, namespace, name } = servedAs(target);
  const subresource = request.subresource === '' ? undefined : request.subresource;
  const collection = request.operation === 'CREATE' && subresource === undefined;
  const path = pathOf(resource, { namespace, name: collection ? undefined : name, subresource });
  const method = { CREATE: 'POST', UPDATE: 'PUT', DELETE: 'DELETE', CONNECT: 'POST' }[request.operation];
  const body = request.operation === 'DELETE' ? undefined : atVersion(request.object ?? {}, old);
  try {
    await client.request(method, path, { query: { dryRun: 'All' }, body });
    return { allowed: true };
  } catch (error) {
    if (!isAppError(error) || error.kind === 'unreachable') throw error;
    const rule = ruleOfRefusal(error.message);
    return { allowed: false, message: error.message, ...(rule === undefined ? {} : { rule }) };
  }
}

/** Makes the stored object what `object` says; give concurrent trials different names. Resolves with it as it is stored. */
async function ensure(admin: KubeClient, object: JsonObject): Promise<KubeObject> {
  const { resource, namespace, name } = servedAs(object);
  try {
    const { body } = await admin.request('POST', pathOf(resource, { namespace }), { body: object });
    return JSON.parse(body) as KubeObject;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const stored = await admin.get(resource, { namespace, name });
    const { body } = await admin.request('PUT', pathOf(resource, { namespace, name }), {
      body: atVersion(object, stored),
    });
    return JSON.parse(body) as KubeObject;
  }
}

function atVersion(object: JsonObject, old: KubeObject | undefined): JsonObject {
  if (old === undefined) return object;
  const { resourceVersion = '', uid = '' } = old.metadata;
  return { ...object, metadata: { ...(object['metadata'] as JsonObject), resourceVersion, uid } };
}

/** Where a request is judged, from the namespaces of this file. Pure. */
export function placeOf(request: RuleRequest): Place {
  const own = request.resource === 'namespaces' ? undefined : request.namespace;
  const found = policyNamespaces.find(({ metadata }) => metadata.name === own)?.metadata;
  const context = { labels: found?.labels ?? {}, annotations: found?.annotations ?? {} };
  const tenant = labels.tenant in context.labels;
  return { tenant, staff: cloud.groups, ...(found === undefined ? {} : { context }) };
}

/**
 * Tries every request on the server and says where it and the pure rules differ: allowed by one and refused by the other,
 * or refused under an id that the pure rules do not name. `elsewhere` tells refusals apart that are neither (pod security,
 * schema): by default they are deviations too. Empty when all agree.
 */
export async function deviations(
  policies: PolicyCentre,
  requests: readonly RuleRequest[],
  elsewhere: (message: string) => boolean = () => false,
): Promise<string[]> {
  const found: string[] = [];
  const queue = [...requests];
  const worker = async (): Promise<void> => {
    for (let request = queue.pop(); request !== undefined; request = queue.pop()) {
      const expected = judge(request, placeOf(request)).map(({ rule }) => rule.id);
      const { allowed, rule, message = '' } = await tryOnServer(policies, request);
      if (allowed ? expected.length === 0 : rule !== undefined && expected.includes(rule.id)) continue;
      if (!allowed && rule === undefined && expected.length > 0 && elsewhere(message)) continue;
      const said = allowed ? 'allowed' : (rule?.id ?? message);
      found.push(`${said} instead of [${expected.join(', ')}]: ${JSON.stringify(request)}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return found;
}
