/**
 * Changes of a Pod that passes every rule: for each rule some that break it and some that come close without doing so.
 * All of them leave a Pod that the API server takes, but for a few combinations.
 */
import fc from 'fast-check';
import { items, record } from '../../policies/pods.ts';
import type { Json, JsonObject } from '../../policies/rule.ts';

/** A Pod without a name, or the template of one. */
export interface Draft {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
}

/** A container list and an index in it. */
export type Slot = readonly ['containers' | 'initContainers' | 'ephemeralContainers', number];

/** One change; a change of a container goes to the slot, when it has one that may have the field. */
export interface Change {
  readonly apply: (pod: Draft, slot: Slot) => Draft;
  /** The API server judges the field itself in Pods. */
  readonly templatesOnly?: boolean;
  /** Does not go together with others. */
  readonly alone?: boolean;
}

type Way = readonly (string | number)[];

/** Puts a value at a way of fields and indexes; undefined removes. Pure. */
export function put(tree: Json | undefined, way: Way, leaf: Json | undefined): Json | undefined {
  const [field, ...rest] = way;
  if (field === undefined) return leaf;
  if (typeof field === 'number') {
    const list = [...items(tree)];
    list[field] = put(list[field], rest, leaf) ?? {};
    return list;
  }
  const { [field]: old, ...others } = record(tree);
  const value = put(old, rest, leaf);
  return value === undefined ? others : { ...others, [field]: value };
}

const specAt = (pod: Draft, way: Way, value: Json | undefined): Draft => ({
  ...pod,
  spec: put(pod.spec, way, value) as JsonObject,
});

/** Changes of a field of the Pod. */
function inSpec(way: string, values: readonly (Json | undefined)[], more: Partial<Change> = {}): fc.Arbitrary<Change> {
  return fc.constantFrom(...values).map((value) => ({
    apply: (pod: Draft) => specAt(pod, way.split('.'), value),
    ...more,
  }));
}

/** Changes of a field of a container of any list. */
function inContainer(way: string, values: readonly (Json | undefined)[]): fc.Arbitrary<Change> {
  return fc.constantFrom(...values).map((value) => ({
    apply: (pod: Draft, slot: Slot) => specAt(pod, [...slot, ...way.split('.')], value),
  }));
}

/** Changes of a field that only containers proper may have. */
function inMain(way: string, values: readonly (Json | undefined)[]): fc.Arbitrary<Change> {
  return fc.constantFrom(...values).map((value) => ({
    apply: (pod: Draft) => specAt(pod, ['containers', 0, ...way.split('.')], value),
  }));
}

/** Changes that put one volume in. */
function inVolumes(values: readonly JsonObject[]): fc.Arbitrary<Change> {
  return fc
    .constantFrom(...values)
    .map((value) => ({ apply: (pod: Draft) => specAt(pod, ['volumes'], [{ name: 'data', ...value }]) }));
}

const hash = 'ab'.repeat(32);
const digest = `sha256:${hash}`;

/** Names of images: of the namespace's registries, of others, and tricks. */
const imageNames = [
  'registry.city.example/web:1.4.2',
  'registry.city.example/web',
  'registry.city.example/web:latest',
  'registry.city.example/parks/web-1_2.x/front:1',
  `registry.city.example/web@${digest}`,
  `registry.city.example/web:latest@${digest}`,
  `registry.city.example/web:1@${digest}`,
  'mirror.city.example/library/nginx:1.29',
  'mirror.city.example/library',
  'mirror.city.example/library:1',
  'mirror.city.example/library2/nginx:1',
  'mirror.city.example/nginx:1',
  'mirror.city.example:443/library/nginx:1',
  'nginx',
  'nginx:latest',
  `nginx@${digest}`,
  'library/nginx:1',
  'docker.io/library/nginx:1',
  'localhost/web:1',
  'registry.city.example',
  'registry.city.example:1',
  'registry.city.example:5000/web:1',
  'registry.city.example.other.example/web:1',
  'other.registry.city.example/web:1',
  'Registry.City.Example/web:1',
  'registry.city.example/Web:1',
  'registry.city.example/WEB',
  'registry.city.example/../other/web:1',
  'registry.city.example/./web:1',
  'registry.city.example//web:1',
  'registry.city.example/web:',
  'registry.city.example/web:1:2',
  'registry.city.example/web@sha256:abc',
  `registry.city.example/web@sha256:${hash.toUpperCase()}`,
  `registry.city.example/web@md5:${'ab'.repeat(16)}`,
  `registry.city.example/web@sha512:${hash}${hash}`,
  'registry.city.example/we b:1',
  'registry.city.example/web\n:1',
  'user@registry.city.example/web:1',
  'https://registry.city.example/web:1',
  'registry.city.example,mirror.city.example/library/web:1',
  hash,
  digest,
  '[::1]:5000/web',
  `registry.city.example/${'a'.repeat(300)}`,
];
const term = (more: JsonObject = {}): JsonObject => ({ topologyKey: 'kubernetes.io/hostname', ...more });
const expression = (key: string): JsonObject => ({ key, operator: 'In', values: ['a'] });
const ending = 'DuringSchedulingIgnoredDuringExecution';
const lost = (more: JsonObject): JsonObject => ({ operator: 'Exists', effect: 'NoExecute', ...more });

const profile = (type: string): JsonObject =>
  type === 'Localhost' ? { type, localhostProfile: 'own.json' } : { type };
const profiles = [undefined, profile('Unconfined'), profile('RuntimeDefault'), profile('Localhost')];
const seLinux: JsonObject[] = [
  { type: 'container_t' },
  { type: 'container_engine_t', level: 's0:c1' },
  { type: 'spc_t' },
  { user: 'system_u' },
  { role: 'system_r' },
];
const appArmor = 'container.apparmor.security.beta.kubernetes.io';
const hostHandler = (host?: string): JsonObject => ({ httpGet: { port: 80, ...(host === undefined ? {} : { host }) } });

const contextChanges = (into: typeof inSpec | typeof inContainer): fc.Arbitrary<Change>[] => [
  into('securityContext.runAsNonRoot', [undefined, true, false]),
  into('securityContext.runAsUser', [0, 1000]),
  into('securityContext.seccompProfile', profiles),
  into('securityContext.appArmorProfile', profiles),
  into('securityContext.seLinuxOptions', seLinux),
];

/** Says what a Linux Pod says nowhere. */
const windows = fc.constantFrom({ runAsNonRoot: true }, {}).map((securityContext): Change => {
  const bare = (pod: Draft, list: string): Json =>
    items(pod.spec[list]).map((container) => ({ ...record(container), securityContext: {} }));
  return {
    alone: true,
    apply: (pod) => ({
      annotations: {},
      spec: {
        ...pod.spec,
        os: { name: 'windows' },
        securityContext,
        containers: bare(pod, 'containers'),
        ...(pod.spec['initContainers'] === undefined ? {} : { initContainers: bare(pod, 'initContainers') }),
      },
    }),
  };
});

/** Rule id -> changes about what it forbids. */
export const podChanges: Readonly<Record<string, fc.Arbitrary<Change>>> = {
  PodSecurityRestricted: fc.oneof(
    { weight: 5, arbitrary: fc.oneof(...contextChanges(inSpec)) },
    { weight: 5, arbitrary: fc.oneof(...contextChanges(inContainer)) },
    inSpec('hostNetwork', [true, false]),
    inSpec('hostPID', [true, false]),
    inSpec('hostIPC', [true, false]),
    { weight: 2, arbitrary: inSpec('hostUsers', [true, false]) },
    inSpec('securityContext', [undefined]),
    inSpec('securityContext.sysctls', [
      [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
      [{ name: 'net.ipv4.tcp_wmem', value: '1' }],
      [{ name: 'kernel.msgmax', value: '1' }],
    ]),
    inContainer('securityContext', [undefined]),
    { weight: 2, arbitrary: inContainer('securityContext.allowPrivilegeEscalation', [undefined, true, false]) },
    {
      weight: 2,
      arbitrary: inContainer('securityContext.capabilities', [
        undefined,
        { drop: ['ALL'] },
        { drop: ['all'] },
        { drop: ['NET_RAW', 'ALL'], add: ['NET_BIND_SERVICE'] },
        { drop: ['ALL'], add: ['NET_RAW'] },
        { add: ['NET_BIND_SERVICE'] },
      ]),
    },
    fc.constantFrom('Default', 'Unmasked').map((value) => ({
      apply: (pod: Draft, slot: Slot) =>
        specAt(specAt(pod, [...slot, 'securityContext', 'procMount'], value), ['hostUsers'], false),
    })),
    inMain('ports', [
      [{ containerPort: 80 }],
      [{ containerPort: 80, hostPort: 0 }],
      [{ containerPort: 80, hostPort: 80 }],
    ]),
    ...['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop'].map((way) =>
      inMain(way, [
        hostHandler(),
        hostHandler(''),
        hostHandler('127.0.0.1'),
        { tcpSocket: { port: 80, host: 'localhost' } },
        { exec: { command: ['true'] } },
      ]),
    ),
    inVolumes([
      { emptyDir: {} },
      { hostPath: { path: '/' } },
      { nfs: { server: 'nfs.city.example', path: '/' } },
      { secret: { secretName: 'web' } },
      { csi: { driver: 'csi.city.example' } },
      { gitRepo: { repository: 'https://git.city.example/web' } },
      { persistentVolumeClaim: { claimName: 'web' } },
    ]),
    fc.constantFrom('', 'runtime/default', 'localhost/web', 'unconfined').map((value) => ({
      apply: (pod: Draft) => ({ ...pod, annotations: { ...pod.annotations, [`${appArmor}/web`]: value } }),
    })),
    windows,
  ),
  ImageRegistry: fc.oneof(
    { weight: 4, arbitrary: inContainer('image', imageNames) },
    inVolumes(imageNames.map((reference) => ({ image: { reference, pullPolicy: 'Always' } }))),
  ),
  ImagePullPolicy: fc.oneof(
    inContainer('imagePullPolicy', ['Always', 'IfNotPresent', 'Never', undefined]),
    fc.tuple(fc.constantFrom(...imageNames), fc.constantFrom(undefined, '')).map(([image, policy]) => ({
      apply: (pod: Draft, slot: Slot) =>
        specAt(specAt(pod, [...slot, 'image'], image), [...slot, 'imagePullPolicy'], policy),
    })),
    inVolumes(
      imageNames
        .map((reference): JsonObject => ({ image: { reference } }))
        .concat(
          ['Always', 'Never', 'IfNotPresent'].map((pullPolicy) => ({
            image: { reference: 'registry.city.example/web', pullPolicy },
          })),
        ),
    ),
  ),
  PriorityClass: fc.oneof(
    {
      weight: 3,
      arbitrary: inSpec('priorityClassName', [
        '',
        undefined,
        'system-cluster-critical',
        'system-node-critical',
        'tenants-first',
      ]),
    },
    inSpec('priority', [0, 5, -1], { templatesOnly: true }),
    inSpec('preemptionPolicy', ['PreemptLowerPriority']),
  ),
  NodeName: inSpec('nodeName', ['', undefined, 'node-1', 'control-plane']),
  NodeSelection: fc.oneof(
    inSpec('nodeSelector', [
      {},
      { 'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux' },
      { 'topology.kubernetes.io/zone': 'a' },
      { 'topology.kubernetes.io/zone': 'a', pool: 'gpu' },
      { 'node-role.kubernetes.io/control-plane': '' },
      { 'kubernetes.io/hostname': 'node-1' },
    ]),
    fc
      .constantFrom('kubernetes.io/arch', 'topology.kubernetes.io/region', 'kubernetes.io/hostname', 'pool')
      .chain((key) =>
        fc.constantFrom<Json[]>(
          ['required', { nodeSelectorTerms: [{ matchExpressions: [expression(key)] }] }],
          [
            'required',
            {
              nodeSelectorTerms: [
                { matchExpressions: [expression('kubernetes.io/os')] },
                { matchFields: [expression('metadata.name')] },
              ],
            },
          ],
          [
            'preferred',
            [{ weight: 1, preference: { matchExpressions: [expression('kubernetes.io/os'), expression(key)] } }],
          ],
        ),
      )
      .map(([when, value]) => ({
        apply: (pod: Draft) => specAt(pod, ['affinity', 'nodeAffinity', `${String(when)}${ending}`], value),
      })),
    inSpec('schedulerName', [undefined, 'default-scheduler', 'own-scheduler']),
    inSpec('runtimeClassName', [undefined, 'own-runtime']),
  ),
  OwnNeighbours: fc
    .tuple(
      fc.constantFrom('podAffinity', 'podAntiAffinity'),
      fc.constantFrom('required', 'preferred'),
      fc.constantFrom<JsonObject>(
        {},
        { labelSelector: { matchLabels: { app: 'web' } } },
        { namespaces: [] },
        { namespaces: ['parks-web-test'] },
        { namespaceSelector: {} },
        { namespaceSelector: { matchLabels: { zone: 'a' } } },
      ),
    )
    .map(([kind, when, more]) => {
      const list = when === 'required' ? [term(), term(more)] : [{ weight: 1, podAffinityTerm: term(more) }];
      return { apply: (pod: Draft) => specAt(pod, ['affinity', kind, `${when}${ending}`], list) };
    }),
  Tolerations: inSpec('tolerations', [
    [],
    [lost({ key: 'node.kubernetes.io/not-ready', tolerationSeconds: 5 })],
    [lost({ key: 'node.kubernetes.io/unreachable' }), lost({ key: 'node.kubernetes.io/not-ready' })],
    [{ key: 'node.kubernetes.io/not-ready', operator: 'Equal', value: '', effect: 'NoExecute' }],
    [lost({})],
    [{ operator: 'Exists' }],
    [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }],
    [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoSchedule' }],
    [lost({ key: 'node-role.kubernetes.io/control-plane' })],
    [lost({ key: 'node.kubernetes.io/not-ready' }), { key: 'pool', value: 'gpu', effect: 'NoSchedule' }],
    [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }],
  ]),
  PlatformAccount: fc
    .tuple(
      fc.constantFrom<string | undefined>('default', 'web', 'jinhong-site', undefined),
      fc.constantFrom<string | undefined>('default', 'jinhong-site', 'jinhong', 'my-jinhong-site'),
    )
    .map(([serviceAccountName, serviceAccount]) => ({
      apply: (pod: Draft) =>
        specAt(specAt(pod, ['serviceAccountName'], serviceAccountName), ['serviceAccount'], serviceAccount),
    })),
};

/** Objects that Pods of these changes name and the API server looks for. */
export const serviceAccounts = ['web', 'jinhong', 'jinhong-site', 'my-jinhong-site'];
