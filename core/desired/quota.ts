import type { PlainObject } from '../access/objects.ts';
import { quotaFields } from '../model/fields.ts';
import type { GrantedEnvironment } from '../model/grant.ts';
import { objectNames } from './names.ts';
import { namespaceOf, ownerLabels } from './namespace.ts';
import { canonicalQuantity, leastQuantity } from './quantities.ts';
import type { EnvironmentInput } from './types.ts';

/**
 * Object counts for an environment whose size names none: enough for a large application, too few to fill etcd
 * (services, Secrets and ConfigMaps are the kinds with which a tenant could). Kinds that the site controller itself
 * writes are not counted: a tenant that used its count up would stop their repair.
 */
const defaultCounts: Readonly<Record<string, number>> = {
  services: 50,
  secrets: 200,
  configmaps: 200,
  persistentvolumeclaims: 50,
  replicationcontrollers: 0,
  'count/deployments.apps': 100,
  'count/replicasets.apps': 500,
  'count/statefulsets.apps': 50,
  'count/daemonsets.apps': 0,
  'count/jobs.batch': 200,
  'count/cronjobs.batch': 50,
  'count/horizontalpodautoscalers.autoscaling': 50,
  'count/poddisruptionbudgets.policy': 50,
  'count/ingresses.networking.k8s.io': 0,
  'count/roles.rbac.authorization.k8s.io': 50,
};

/** Ways around the gateway; no size opens them. */
const closedCounts = { 'services.loadbalancers': 0, 'services.nodeports': 0 } as const;

/** Counts of kinds that the site controller writes: left out even when a size names them, see defaultCounts. */
const ownKinds = new Set([
  'resourcequotas',
  'serviceaccounts',
  'count/resourcequotas',
  'count/limitranges',
  'count/serviceaccounts',
  'count/networkpolicies.networking.k8s.io',
  'count/rolebindings.rbac.authorization.k8s.io',
]);

/** What a tenant gets of a resource that it did not ask for. */
const unasked = ['requests.cpu', 'requests.memory', 'requests.storage', 'pods'] as const;

/**
 * The quota as granted, in canonical text, with object counts. Resources that were not asked for are closed, since nobody
 * pays for them. In mode `readonly` no Pod can start, and none without cores and memory either: a container that asks for
 * zero of them would pass a quota of zero and run without limit. Pure.
 */
export function desiredQuota(input: EnvironmentInput): PlainObject {
  const { environment, mode } = input;
  const hard: Record<string, string> = {};
  for (const field of unasked) hard[field] = '0';
  for (const field of quotaFields) {
    const value = environment.quota[field];
    if (value !== undefined) hard[field] = canonicalQuantity(value);
  }
  const runnable = hard['requests.cpu'] !== '0' && hard['requests.memory'] !== '0';
  if (mode === 'readonly' || !runnable) hard['pods'] = '0';
  for (const [name, count] of Object.entries(countsOf(environment))) hard[name] = canonicalQuantity(count);
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: objectNames.quota, namespace: namespaceOf(input), labels: ownerLabels(input) },
    spec: { hard },
  };
}

function countsOf(environment: GrantedEnvironment): Record<string, number> {
  const asked = Object.entries(environment.objects ?? {}).filter(
    ([name]) => !ownKinds.has(name) && !(quotaFields as readonly string[]).includes(name),
  );
  return { ...defaultCounts, ...Object.fromEntries(asked), ...closedCounts };
}

/** What a container gets that names nothing itself, and the least it may name: zero would pass by the quota. */
const containerDefaults = {
  cpu: { request: '100m', limit: '500m', least: '1m' },
  memory: { request: '128Mi', limit: '512Mi', least: '1Mi' },
} as const;

/**
 * Requests and limits for containers that name none, and the most that one container or volume may have; all within the
 * quota. Every field that the server would fill in is written out. Pure.
 */
export function desiredLimits(input: EnvironmentInput): PlainObject {
  const { quota } = input.environment;
  const max: Record<string, string> = {};
  const min: Record<string, string> = {};
  const limit: Record<string, string> = {};
  const request: Record<string, string> = {};
  for (const name of ['cpu', 'memory'] as const) {
    const most = canonicalQuantity(quota[`limits.${name}`] ?? quota[`requests.${name}`] ?? '0');
    max[name] = most;
    min[name] = leastQuantity(containerDefaults[name].least, most);
    limit[name] = leastQuantity(containerDefaults[name].limit, most);
    const requestable = leastQuantity(quota[`requests.${name}`] ?? '0', limit[name]);
    request[name] = leastQuantity(containerDefaults[name].request, requestable);
    min[name] = leastQuantity(min[name], request[name]);
  }
  const container = { type: 'Container', max, min, default: limit, defaultRequest: request };
  const storage = canonicalQuantity(quota['requests.storage'] ?? '0');
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: objectNames.limits, namespace: namespaceOf(input), labels: ownerLabels(input) },
    spec: { limits: [container, { type: 'PersistentVolumeClaim', max: { storage } }] },
  };
}
