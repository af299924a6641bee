/**
 * Generated writes of Pods and of everything with a template of one: every kind, container list, subresource and verb that
 * the rules about Pods cover. Pods are put into a namespace without pod security, which would refuse them first.
 */
import fc from 'fast-check';
import { items, record } from '../../policies/pods.ts';
import type { Json, JsonObject, RuleRequest } from '../../policies/rule.ts';
import { until } from './centre.ts';
import { type Change, type Draft, podChanges, put, type Slot, serviceAccounts } from './pod-changes.ts';
import { bareNamespace, exampleNamespace, type PolicyCentre, prober, requestOf, type Trial } from './policies.ts';

const kinds = {
  Pod: 'v1',
  PodTemplate: 'v1',
  ReplicationController: 'v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  CronJob: 'batch/v1',
  Job: 'batch/v1',
} as const;

/** A kind that holds a Pod. */
export type PodKind = keyof typeof kinds;

/**
 * How an object is written. `update` changes what is forbidden, if the kind lets it be changed; `touch` changes something
 * else of the spec, `relabel` only a label; `ephemeral` and `resize` are the subresources of Pods.
 */
export type Verb = 'create' | 'update' | 'touch' | 'relabel' | 'ephemeral' | 'resize';

const main: readonly (readonly [PodKind, Verb])[] = (Object.keys(kinds) as PodKind[]).flatMap((kind) =>
  (['create', 'update', 'touch', 'relabel'] as const).map((verb) => [kind, verb] as const),
);
const creates = (Object.keys(kinds) as PodKind[]).map((kind) => [kind, 'create'] as const);
const onPods = (['create', 'ephemeral', 'ephemeral', 'resize'] as const).map((verb) => ['Pod', verb] as const);
const shapes = [...main, ...creates, ...creates, ...onPods, ...onPods, ...onPods];

const image = 'registry.city.example/web:1.4.2';
const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const container = (name: string): JsonObject => ({ name, image, imagePullPolicy: 'Always', securityContext });

/**
 * A Pod that passes all rules. It says what the API server would fill in by looking around (its account, no token), so
 * that it is stored as it is written.
 */
export function goodPod(): Draft {
  return {
    annotations: {},
    spec: {
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ ...container('web'), resources: { requests: { cpu: '100m' } } }],
    },
  };
}

/** Harmless variety. */
const goodPods: fc.Arbitrary<Draft> = fc
  .record({
    side: fc.boolean(),
    setup: fc.boolean(),
    sidecar: fc.boolean(),
    volumes: fc.constantFrom(
      undefined,
      [{ name: 'data', emptyDir: {} }],
      [{ name: 'data', configMap: { name: 'web' } }],
    ),
    ports: fc.constantFrom(undefined, [{ containerPort: 8080 }]),
    owner: fc.constantFrom({}, { runAsUser: 1000, fsGroup: 1000 }),
    aliases: fc.constantFrom(undefined, [{ ip: '10.0.0.1', hostnames: ['db'] }]),
  })
  .map(({ side, setup, sidecar, volumes, ports, owner, aliases }) => {
    const pod = goodPod();
    const first = { ...record(items(pod.spec['containers'])[0]), ...(ports === undefined ? {} : { ports }) };
    const spec: JsonObject = {
      ...pod.spec,
      securityContext: { ...record(pod.spec['securityContext']), ...owner },
      containers: [first, ...(side ? [container('side')] : [])],
      ...(setup
        ? { initContainers: [{ ...container('setup'), ...(sidecar ? { restartPolicy: 'Always' } : {}) }] }
        : {}),
      ...(volumes === undefined ? {} : { volumes }),
      ...(aliases === undefined ? {} : { hostAliases: aliases }),
    };
    return { ...pod, spec };
  });

/** An object of a kind around a Pod. `touched` stands for a change of something that no rule is about. */
export function podObject(kind: PodKind, name: string, pod: Draft, options: { touched?: boolean } = {}): JsonObject {
  const { touched = false } = options;
  const namespace = kind === 'Pod' ? bareNamespace : exampleNamespace;
  const labels = { app: name };
  const annotations = { annotations: pod.annotations };
  const head = { apiVersion: kinds[kind], kind };
  const count = touched ? 1 : 0;
  if (kind === 'Pod') {
    const spec = { ...pod.spec, ...(touched ? { activeDeadlineSeconds: 600 } : {}) };
    return { ...head, metadata: { name, namespace, labels, ...annotations }, spec };
  }
  const metadata = { name, namespace };
  const once = kind === 'Job' || kind === 'CronJob';
  const more = once ? { restartPolicy: 'Never' } : {};
  const template = {
    metadata: { labels: touched && kind === 'PodTemplate' ? { ...labels, more: 'a' } : labels, ...annotations },
    spec: { ...pod.spec, ...more },
  };
  const selector = { matchLabels: labels };
  const specs: Record<Exclude<PodKind, 'Pod' | 'PodTemplate'>, JsonObject> = {
    ReplicationController: { replicas: count, selector: labels, template },
    DaemonSet: { minReadySeconds: count, selector, template },
    Deployment: { replicas: count, selector, template },
    ReplicaSet: { replicas: count, selector, template },
    StatefulSet: { replicas: count, serviceName: name, selector, template },
    CronJob: {
      schedule: '0 3 * * *',
      suspend: true,
      startingDeadlineSeconds: 60 + count,
      jobTemplate: { spec: { template } },
    },
    Job: { suspend: true, parallelism: count, manualSelector: true, selector, template },
  };
  return { ...head, metadata, ...(kind === 'PodTemplate' ? { template } : { spec: specs[kind] }) };
}

/** One write: an object of a kind around `changed`, written in a way. `before` is what it was before the change. */
export function podRequest(kind: PodKind, verb: Verb, name: string, changed: Draft, before = goodPod()): RuleRequest {
  const object = podObject(kind, name, changed);
  const stored = (old: JsonObject, now: JsonObject, subresource?: string) =>
    requestOf({ operation: 'UPDATE', object: now, oldObject: old, subresource });
  switch (verb) {
    case 'create':
      return requestOf({ operation: 'CREATE', object });
    case 'update':
      return stored(podObject(kind, name, before), object);
    case 'touch':
      return stored(object, podObject(kind, name, changed, { touched: true }));
    case 'relabel':
      return stored(object, put(object, ['metadata', 'labels', 'seen'], 'yes') as JsonObject);
    case 'ephemeral':
      return stored(
        put(object, ['spec', 'ephemeralContainers'], undefined) as JsonObject,
        object,
        'ephemeralcontainers',
      );
    case 'resize':
      return stored(
        object,
        put(object, ['spec', 'containers', 0, 'resources', 'requests', 'cpu'], '200m') as JsonObject,
        'resize',
      );
  }
}

/** What may be changed in a stored Pod or Job: next to nothing. */
function isFixed(kind: PodKind, rule: string): boolean {
  return kind === 'Job' || (kind === 'Pod' && rule !== 'ImageRegistry');
}

function withEphemeral(pod: Draft): Draft {
  return { ...pod, spec: { ...pod.spec, ephemeralContainers: [container('debug')] } };
}

function slotOf(pod: Draft, choice: number): Slot {
  if (pod.spec['ephemeralContainers'] !== undefined) return ['ephemeralContainers', 0];
  const slots: Slot[] = (['containers', 'initContainers'] as const).flatMap((list) =>
    items(pod.spec[list]).map((_, index): Slot => [list, index]),
  );
  return slots[choice % slots.length] ?? ['containers', 0];
}

function applied(pod: Draft, changes: readonly Change[], slot: Slot, isPod: boolean): Draft {
  const alone = changes.find((change) => change.alone);
  const all = alone === undefined ? changes.filter((change) => !(isPod && change.templatesOnly)) : [alone];
  return all.reduce((changed, change) => change.apply(changed, slot), pod);
}

/** Only the images differ: the other fields of a stored Pod cannot be changed. */
function imagesOf(pod: Draft, changed: Draft): Draft {
  const lists = ['containers', 'initContainers'].filter((list) => pod.spec[list] !== undefined);
  const withImages = (list: string) =>
    items(pod.spec[list]).map((one, index) => ({
      ...record(one),
      image: record(items(changed.spec[list])[index])['image'],
    }));
  const spec = { ...pod.spec, ...Object.fromEntries(lists.map((list) => [list, withImages(list)])) };
  return { ...pod, spec };
}

function requestArbitrary(rule: string, single: boolean): fc.Arbitrary<(name: string) => RuleRequest> {
  const own = podChanges[rule] ?? fc.constant<Change>({ apply: (pod) => pod });
  const any = fc.oneof(...Object.values(podChanges));
  const changes = single
    ? fc.tuple(fc.array(own, { minLength: 1, maxLength: 1 }), fc.constant(null))
    : fc.tuple(fc.array(own, { minLength: 1, maxLength: 2 }), fc.option(any, { freq: 6 }));
  return fc
    .tuple(fc.constantFrom(...shapes), goodPods, changes, fc.nat(9))
    .map(([[kind, wanted], good, [mine, other], choice]) => (name) => {
      const pod = wanted === 'ephemeral' ? withEphemeral(good) : good;
      const all = [...mine, ...(other === null ? [] : [other])];
      let changed = applied(pod, all, slotOf(pod, choice), kind === 'Pod');
      const verb = wanted === 'update' && isFixed(kind, rule) ? 'touch' : wanted;
      const isWindows = record(changed.spec['os'])['name'] === 'windows';
      if (isWindows && (verb === 'ephemeral' || verb === 'resize')) return podRequest(kind, 'touch', name, good);
      if (kind === 'Pod' && verb === 'update') changed = imagesOf(pod, changed);
      // The API server turns the annotation of a new Pod into a field, which a later write would have to repeat.
      if (kind === 'Pod' && verb !== 'create') changed = { ...changed, annotations: {} };
      return podRequest(kind, verb, name, changed, good);
    });
}

/** How many writes, and of what sort. */
export interface PodRequestOptions {
  readonly count: number;
  /** @default 20260420 */
  readonly seed?: number;
  /** One change each, of what this rule is about, instead of up to three. @default false */
  readonly single?: boolean;
}

/** Generated writes about what a rule forbids, the same for the same arguments, each about an object of its own. */
export function podRequests(rule: string, options: PodRequestOptions): RuleRequest[] {
  const { count, seed = 20260420, single = false } = options;
  const prefix = `${rule.toLowerCase()}${single ? '-single' : ''}`;
  const builds = fc.sample(requestArbitrary(rule, single), { numRuns: count, seed });
  return builds.map((build, index) => build(`${prefix}-${index}`));
}

const callers = fc.constantFrom<string>(
  prober.user,
  prober.user,
  'system:serviceaccount:kube-system:statefulset-controller',
  'system:kube-scheduler',
);

/** Bindings by both of their resources, by people, by a controller and by the scheduler. */
export function bindingRequests(count: number, seed = 20260420): Trial[] {
  const one = fc.tuple(callers, fc.boolean(), fc.constantFrom('node-1', 'control-plane'));
  return fc.sample(one, { numRuns: count, seed }).map(([user, legacy, node], index): Trial => {
    const name = `binding-${index % 40}`;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const object = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace: bareNamespace }, target };
    const request = { ...requestOf({ operation: 'CREATE', object, user }), stored: podObject('Pod', name, goodPod()) };
    return legacy ? request : { ...request, resource: 'pods', subresource: 'binding' };
  });
}

/** Revisions written by people and by their controller, in tenants' namespaces and elsewhere. */
export function revisionRequests(count: number, seed = 20260420): Trial[] {
  const data = fc.dictionary(fc.constantFrom('spec', 'Spec', '$patch', 'x'), fc.jsonValue() as fc.Arbitrary<Json>);
  const one = fc.tuple(callers, fc.constantFrom(exampleNamespace, bareNamespace, 'plain'), data, fc.nat(3));
  return fc.sample(one, { numRuns: count, seed }).map(([user, namespace, content, verb], index): Trial => {
    const metadata = { name: `revision-${index}`, namespace };
    const object = { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, revision: 1, data: content };
    if (verb > 0) return requestOf({ operation: 'CREATE', object, user });
    const changed = { ...object, metadata: { ...metadata, labels: { seen: 'yes' } }, revision: 2 };
    return requestOf({ operation: 'UPDATE', object: changed, oldObject: object, user });
  });
}

/** Makes what the generated Pods name: service accounts, a priority class, a runtime class. */
export async function installForPods({ admin }: PolicyCentre): Promise<void> {
  const core = (namespace: string) => `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const all: [string, JsonObject][] = [
    ['/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'tenants-first' }, value: 10 }],
    ['/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'own-runtime' }, handler: 'own' }],
    ...[bareNamespace, exampleNamespace].flatMap((namespace) =>
      serviceAccounts.map((name): [string, JsonObject] => [core(namespace), { metadata: { name } }]),
    ),
  ];
  for (const [path, body] of all) await admin.request('POST', path, { body });
  for (const namespace of [bareNamespace, exampleNamespace]) {
    await until('the default account is there', () =>
      admin.request('GET', `${core(namespace)}/default`).then(() => true),
    );
  }
}
