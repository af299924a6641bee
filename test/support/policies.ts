/**
 * The rules of policies/ on a real API server: a centre with the platform installed, in which any write can be tried with
 * `dryRun` and compared with what the pure rules say. The caller has every right that RBAC can give, so only admission
 * is left to refuse.
 */

import { controllerUsers } from '../../core/access/objects.ts';
import { isAppError } from '../../core/errors.ts';
import { annotations, labels } from '../../core/model/names.ts';
import { createClient } from '../../kube/client.ts';
import { loadKubeconfig } from '../../kube/config.ts';
import { isAlreadyExists, isConflict } from '../../kube/errors.ts';
import { pathOf } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, RawReply, Resource } from '../../kube/types.ts';
import { allRules, judge, type Place, ruleOfRefusal } from '../../policies/index.ts';
import {
  type Example,
  innerOf,
  type JsonObject,
  policyName,
  type Rule,
  type RuleRequest,
} from '../../policies/rule.ts';
import { cloud } from '../core/decide/fixture.ts';
import { kubeconfigFor, type OwnCentre, startTestCentre, until } from './centre.ts';
import { jsonPatch, mergePatch } from './json-patches.ts';
import { installPlatform, namespace } from './platform.ts';
import { gatewayCrds, resourceNamed, servedAs } from './policy-kinds.ts';

/** Namespaces of the examples: an environment as the site controller makes it, and one without pod security. */
export const exampleNamespace = 'parks-web-production';
export const bareNamespace = 'parks-bare-production';

/** One that its members may only read. */
export const standbyNamespace = 'parks-web-standby';

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
  namespace(standbyNamespace, {
    labels: { ...marks.labels, ...restricted },
    annotations: { ...marks.annotations, [annotations.mode]: 'readonly' },
  }),
  namespace('dept-parks', { annotations: reviewers }),
  // What looks like a mark of ours means nothing where no tenant is.
  namespace('plain', { annotations: { [annotations.mode]: 'readonly' } }),
  namespace('site-parks'),
];

const department: KubeObject = {
  apiVersion: 'jinhong.dev/v1alpha1',
  kind: 'Department',
  metadata: { name: 'parks' },
  spec: { displayName: 'parks', level: 'city', groups: ['parks-admins'] },
};

/** Who tries by default: no group of the exempt list, every right. */
export const prober = { user: 'reviewer-1', groups: ['probers', 'project-reviewers', 'parks-admins'] } as const;

/** Somebody of the people who install a centre, again with every right. */
export const engineer = { user: 'engineer-1', groups: ['probers', cloud.groups.platform] } as const;

/** Who writes the examples that say so: engineers, and the two controllers. */
const writers = {
  platform: engineer,
  site: { user: controllerUsers.site, groups: ['probers'] },
  management: { user: controllerUsers.management, groups: ['probers'] },
} as const;

/** A centre for trials. */
export interface PolicyCentre {
  readonly centre: OwnCentre;
  /** An administrator of the break-glass group, whom the rules about tenants do not bind. */
  readonly admin: KubeClient;
  /** The uid of a Department, see `ownerUid`. */
  readonly owner: string;
  /** What this program stored last, by path. */
  readonly known: Map<string, string>;
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
    for (const object of [...policyNamespaces, ...gatewayCrds]) await bootstrap.create(object);
    const owner = (await bootstrap.create(department)).metadata.uid ?? '';
    const admin = await as({ user: 'breaker', groups: [cloud.groups.breakGlass] });
    const policies: PolicyCentre = { centre, admin, owner, known: new Map(), stop, as };
    await inForce(policies);
    return policies;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function personClient(centre: OwnCentre, user: string, groups: readonly string[]): Promise<KubeClient> {
  const file = await kubeconfigFor([centre], user, groups);
  // Read once: the file is that of the user, who may come again with other groups.
  return createClient(loadKubeconfig(file, centre.name), { component: 'probe', credentialRefreshMs: 3_600_000 });
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
  const said: string[] = [];
  await until(
    'all rules are in force',
    async () => {
      for (const rule of left) {
        const verdict = await tryOnServer(policies, exampleRequest(rule, rule.failing));
        if (verdict.rule?.id === rule.id) left.delete(rule);
        else said.push(`${policyName(rule)}: ${verdict.message ?? 'allowed'}`);
      }
      if (left.size > 0) throw new Error(`not in force: ${said.slice(-left.size).join('; ')}`);
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
    subresource: named.split('/')[1]?.replace('*', ''),
    ...(example.by === undefined ? {} : writers[example.by]),
  });
}

/** What a request is made of; everything else follows from the object. */
export interface RequestParts {
  readonly operation: RuleRequest['operation'];
  readonly object?: JsonObject | undefined;
  readonly oldObject?: JsonObject | undefined;
  readonly subresource?: string | undefined;
  /** For subresources with a body of another kind. @default as the object says */
  readonly of?: Resource;
  /** @default prober */
  readonly user?: string;
  readonly groups?: readonly string[];
}

/** A request as admission will see it. Pure. */
export function requestOf(parts: RequestParts): RuleRequest {
  const { operation, subresource = '', user = prober.user, groups = prober.groups } = parts;
  const object = operation === 'DELETE' ? parts.oldObject : parts.object;
  const { resource, namespace } = parts.of === undefined ? servedAs(object ?? {}) : within(object, parts.of);
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

function within(object: JsonObject | undefined, resource: Resource) {
  const { namespace } = innerOf(object, 'metadata') as { namespace?: string };
  return { resource, namespace };
}

/** What the server said: allowed, refused by one of our rules, or refused by something else. */
export interface Verdict {
  readonly allowed: boolean;
  readonly rule?: Rule;
  /** The server's words. */
  readonly message?: string;
}

/** How an update reaches the server: as a whole, as one of three patches, or as a forced server-side apply. */
export type How = 'put' | 'merge' | 'strategic' | 'json' | 'apply';

/** A request and the way it takes. */
export interface Trial extends RuleRequest {
  /** A merging way must lead from `oldObject` to `object`; only the author of the trial can see to that. @default put */
  readonly how?: How;
  /** What is stored first when `oldObject` is only a view of it, for example of a `scale`. @default oldObject */
  readonly stored?: JsonObject;
}

/** Stands for the uid of a Department that is there, so that an owner of ours is not garbage. */
export const ownerUid = 'uid-of-the-owner';

const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Sends a write with `dryRun`. For an update or a delete the old object is stored first. */
export async function tryOnServer(policies: PolicyCentre, trial: Trial): Promise<Verdict> {
  try {
    // The cluster's own controllers write too, for example how much of a quota is used.
    await attempted(policies, trial).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      return attempted(policies, trial);
    });
    return { allowed: true };
  } catch (error) {
    if (!isAppError(error) || error.kind === 'unreachable') throw error;
    const rule = ruleOfRefusal(error.message);
    return { allowed: false, message: error.message, ...(rule === undefined ? {} : { rule }) };
  }
}

async function attempted(policies: PolicyCentre, trial: Trial): Promise<void> {
  const send = await prepared(policies, trial);
  await send();
}

/** Stores the old object of a trial; resolves with what sends the trial itself and throws what the server refuses. */
export async function prepared(policies: PolicyCentre, trial: Trial): Promise<() => Promise<RawReply>> {
  const groups = trial.groups.filter((group) => group !== 'system:authenticated');
  const client = await policies.as({ user: trial.user, groups });
  const before = trial.stored ?? trial.oldObject;
  const stored = before === undefined ? undefined : await ensure(policies, before, trial.how ?? 'put');
  const { method, body, query, contentType } = sent(trial, stored);
  const options = { query: { dryRun: 'All', ...query }, body: real(policies, body), contentType };
  return () => client.request(method, pathOfTrial(trial), options);
}

function pathOfTrial({ group, resource, subresource, namespace, operation, how, ...trial }: Trial): string {
  const { name } = innerOf(trial.object ?? trial.oldObject, 'metadata') as { name?: string };
  const collection = operation === 'CREATE' && subresource === '' && how !== 'apply';
  return pathOf(resourceNamed(group, resource), {
    namespace,
    name: collection ? undefined : name,
    subresource: subresource === '' ? undefined : subresource,
  });
}

interface Sent {
  readonly method: string;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

function sent({ operation, how = 'put', object = {}, oldObject = {} }: Trial, stored: KubeObject | undefined): Sent {
  if (operation === 'DELETE') return { method: 'DELETE' };
  if (how === 'apply') {
    const query = { fieldManager: 'probe', force: 'true' };
    return { method: 'PATCH', body: object, query, contentType: patchTypes.apply };
  }
  if (operation !== 'UPDATE') return { method: 'POST', body: object };
  if (how === 'put') return { method: 'PUT', body: atVersion(object, stored) };
  const body = how === 'json' ? jsonPatch(oldObject, object) : mergePatch(oldObject, object);
  return { method: 'PATCH', body, contentType: patchTypes[how] };
}

/** Makes the stored object what `object` says. Resolves with it as it is stored, if a PUT needs to know. */
async function ensure(policies: PolicyCentre, object: JsonObject, how: How): Promise<KubeObject | undefined> {
  const { admin, known } = policies;
  const { resource, namespace, name } = servedAs(object);
  const path = pathOf(resource, { namespace, name });
  const text = JSON.stringify(object);
  const last = known.get(path);
  if (last === text) return how === 'put' ? admin.get(resource, { namespace, name }) : undefined;
  const write = async (method: string, to: string, body: JsonObject, contentType?: string): Promise<KubeObject> =>
    JSON.parse((await admin.request(method, to, { body: real(policies, body), contentType })).body) as KubeObject;
  const store = async (): Promise<KubeObject> => {
    if (last !== undefined) return write('PATCH', path, mergePatch(JSON.parse(last), object), patchTypes.merge);
    return write('POST', pathOf(resource, { namespace }), object).catch(async (error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
      return write('PUT', path, atVersion(object, await admin.get(resource, { namespace, name })));
    });
  };
  const stored = await store();
  known.set(path, text);
  return stored;
}

function real<T>({ owner }: PolicyCentre, body: T): T {
  return body === undefined ? body : (JSON.parse(JSON.stringify(body).replaceAll(ownerUid, owner)) as T);
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
 * schema): by default they are deviations too. Requests about the same object wait for each other. Empty when all agree.
 */
export async function deviations(
  policies: PolicyCentre,
  requests: readonly Trial[],
  elsewhere: (message: string) => boolean = () => false,
): Promise<string[]> {
  const queues = new Map<string, Trial[]>();
  for (const request of requests) {
    const { name } = innerOf(request.object ?? request.oldObject, 'metadata');
    const key = JSON.stringify([request.group, request.resource, request.namespace, name]);
    queues.set(key, [...(queues.get(key) ?? []), request]);
  }
  const waiting = [...queues.values()];
  const found: string[] = [];
  const worker = async (): Promise<void> => {
    for (let queue = waiting.pop(); queue !== undefined; queue = waiting.pop()) {
      for (const request of queue) found.push(...(await deviation(policies, request, elsewhere)));
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return found;
}

async function deviation(
  policies: PolicyCentre,
  request: Trial,
  elsewhere: (message: string) => boolean,
): Promise<string[]> {
  const expected = judge(request, placeOf(request)).map(({ rule }) => rule.id);
  const { allowed, rule, message = '' } = await tryOnServer(policies, request);
  if (allowed ? expected.length === 0 : rule !== undefined && expected.includes(rule.id)) return [];
  if (!allowed && rule === undefined && expected.length > 0 && elsewhere(message)) return [];
  // Our client leaves out what a server says about a Secret.
  if (!allowed && request.resource === 'secrets' && expected.length > 0 && /: Forbidden$/.test(message)) return [];
  const said = allowed ? 'allowed' : (rule?.id ?? message);
  return [`${said} instead of [${expected.join(', ')}]: ${JSON.stringify(request)}`];
}
