/** Cases 28 to 32: Pods that reach for the node, for other images, other nodes, other priorities; wherever they are written. */
import { patchTypes } from '../support/discovery.ts';
import type { RawRequest } from '../support/http.ts';
import { collectionOf, goodContainer, goodPodSpec } from '../support/plants.ts';
import { by, type Refuser } from '../support/refusal.ts';
import { attemptOf, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';

type Spec = Readonly<Record<string, unknown>>;

/** One forbidden thing as a Pod spec. */
interface Forbidden {
  readonly name: string;
  readonly spec: Spec;
  /** Leaves a field out: a way of writing that merges keeps the honest value, so it attacks nothing. */
  readonly omits?: true;
}

const context = goodContainer()['securityContext'] as object;
const container = (more: object): Spec => ({ containers: [goodContainer('main', more)] });
const secured = (more: object): Spec => container({ securityContext: { ...context, ...more } });
const podSecured = (more: object): Spec => ({
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, ...more },
});
const volume = (more: object): Spec => ({ volumes: [{ name: 'v', ...more }] });

/** What the API server of a centre refuses before anybody else is asked. */
const impossible: readonly Forbidden[] = [
  { name: 'privileged', spec: secured({ privileged: true, allowPrivilegeEscalation: true }) },
  { name: 'HostProcess', spec: { ...podSecured({ windowsOptions: { hostProcess: true } }), hostNetwork: true } },
];

/** What pod security level `restricted` forbids. */
const insecure: readonly Forbidden[] = [
  { name: 'escalation', spec: secured({ allowPrivilegeEscalation: true }) },
  { name: 'escalation not refused', omits: true, spec: secured({ allowPrivilegeEscalation: undefined }) },
  { name: 'capability SYS_ADMIN', spec: secured({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }) },
  { name: 'capability NET_RAW', spec: secured({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }) },
  { name: 'capabilities kept', omits: true, spec: secured({ capabilities: {} }) },
  { name: 'root', spec: secured({ runAsUser: 0 }) },
  { name: 'root in the Pod', spec: podSecured({ runAsUser: 0 }) },
  {
    name: 'may be root',
    omits: true,
    spec: {
      ...secured({ runAsNonRoot: undefined }),
      securityContext: { runAsNonRoot: null, seccompProfile: { type: 'RuntimeDefault' } },
    },
  },
  { name: 'not non-root', spec: secured({ runAsNonRoot: false }) },
  { name: 'seccomp unconfined', spec: secured({ seccompProfile: { type: 'Unconfined' } }) },
  {
    name: 'no seccomp',
    omits: true,
    spec: { ...secured({ seccompProfile: undefined }), securityContext: { runAsNonRoot: true, seccompProfile: null } },
  },
  { name: 'AppArmor unconfined', spec: secured({ appArmorProfile: { type: 'Unconfined' } }) },
  { name: 'SELinux type', spec: podSecured({ seLinuxOptions: { type: 'spc_t' } }) },
  { name: 'procMount', spec: { ...secured({ procMount: 'Unmasked' }), hostUsers: false } },
  { name: 'sysctl', spec: podSecured({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] }) },
  { name: 'hostPath', spec: volume({ hostPath: { path: '/' } }) },
  { name: 'NFS', spec: volume({ nfs: { server: '10.0.0.1', path: '/' } }) },
  { name: 'hostNetwork', spec: { hostNetwork: true } },
  { name: 'hostPID', spec: { hostPID: true } },
  { name: 'hostIPC', spec: { hostIPC: true } },
  { name: 'hostPort', spec: container({ ports: [{ containerPort: 80, hostPort: 80 }] }) },
];

/** What pod security leaves open and the rules close. */
const image = (name: string): Spec => container({ image: name });
const images: readonly Forbidden[] = [
  'nginx',
  'nginx:latest',
  'docker.io/library/nginx:1',
  'evil.example/app:1',
  'REGISTRY.TESTCITY.EXAMPLE/app:1',
  'registry.testcity.example.evil.example/app:1',
  'registry.testcity.example:5000/app:1',
  'evil.example/registry.testcity.example/app:1',
  'registry.testcity.exampleX/app:1',
  `registry.testcity.example@sha256:${'a'.repeat(64)}`,
  `evil.example/app@sha256:${'a'.repeat(64)}`,
  'registry.testcity.example',
  'localhost/app:1',
  'app:registry.testcity.example/x',
  ' registry.testcity.example/app:1',
  '127.0.0.1/app',
].map((name) => ({ name: `image ${name}`, spec: image(name) }));
const emptyImage: Forbidden = { name: 'no image', spec: image('') };

const named: readonly Forbidden[] = [{ name: 'nodeName', spec: { nodeName: 'control-1' } }];

const tolerant: readonly Forbidden[] = [
  { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
  { operator: 'Exists' },
  { operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
].map((toleration, at) => ({ name: `toleration ${at}`, spec: { tolerations: [toleration] } }));

const expression = { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' };
const required = (term: object): Spec => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
});
const selecting: readonly Forbidden[] = [
  { name: 'nodeSelector', spec: { nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } } },
  { name: 'nodeSelector of a pool', spec: { nodeSelector: { pool: 'beta' } } },
  { name: 'node affinity', spec: required({ matchExpressions: [expression] }) },
  {
    name: 'affinity by name',
    spec: required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['control-1'] }] }),
  },
  { name: 'another scheduler', spec: { schedulerName: 'mine' } },
];

const elsewhere = { topologyKey: 'kubernetes.io/hostname', labelSelector: {}, namespaceSelector: {} };
const neighbours: readonly Forbidden[] = ['podAffinity', 'podAntiAffinity'].map((kind) => ({
  name: kind,
  spec: { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [elsewhere] } } },
}));

const important: readonly Forbidden[] = [
  { name: 'cluster critical', spec: { priorityClassName: 'system-cluster-critical' } },
  { name: 'node critical', spec: { priorityClassName: 'system-node-critical' } },
];

const pods = (stage: Stage) => `/api/v1/namespaces/${stage.own}/pods`;
const pod = (spec: Spec, name = 'attack') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: goodPodSpec(spec),
});

/** A Pod as POST and as forced apply. */
function asPod(stage: Stage, spec: Spec): RawRequest[] {
  const path = `${pods(stage)}/attack?fieldManager=attacker&force=true`;
  return [
    { method: 'POST', path: pods(stage), body: pod(spec) },
    { method: 'PATCH', path, contentType: 'application/apply-patch+yaml', body: pod(spec) },
  ];
}

/** The same container as an init container beside a good one. */
function asInit({ name, spec }: Forbidden): Forbidden {
  const [first] = (spec['containers'] ?? []) as object[];
  return {
    name: `${name}, init`,
    spec: { initContainers: [{ ...first, name: 'first' }], containers: [goodContainer()] },
  };
}

const ofContainers = (list: readonly Forbidden[]) =>
  list.filter(({ spec }) => 'containers' in spec && Object.keys(spec).length === 1);

const labels = { app: 'attack' };

/** Every kind that holds a template of a Pod, with this one. */
export function templatesOf(spec: Spec): { apiVersion: string; kind: string; metadata: { name: string } }[] {
  const template = { metadata: { labels }, spec: goodPodSpec(spec) };
  const job = { ...template, spec: { restartPolicy: 'Never', ...template.spec } };
  const metadata = { name: 'attack' };
  const selector = { matchLabels: labels };
  const kinds: { apiVersion: string; kind: string; [field: string]: unknown }[] = [
    { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 0, selector, template } },
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', spec: { replicas: 0, selector, template } },
    { apiVersion: 'apps/v1', kind: 'StatefulSet', spec: { replicas: 0, selector, serviceName: 'web', template } },
    { apiVersion: 'batch/v1', kind: 'Job', spec: { template: job } },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: job } } },
    },
  ];
  return kinds.map((object) => ({ ...object, metadata }));
}

/** Kinds with templates that members have no right to. */
function forbiddenTemplates(spec: Spec): { apiVersion: string; kind: string; metadata: { name: string } }[] {
  const template = { metadata: { labels }, spec: goodPodSpec(spec) };
  const metadata = { name: 'attack' };
  const kinds: { apiVersion: string; kind: string; [field: string]: unknown }[] = [
    { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { selector: { matchLabels: labels }, template } },
    { apiVersion: 'v1', kind: 'ReplicationController', spec: { replicas: 0, selector: labels, template } },
    { apiVersion: 'v1', kind: 'PodTemplate', template },
  ];
  return kinds.map((object) => ({ ...object, metadata }));
}

const member = { who: ['admin', 'edit'] } as const;

const podWay = (name: string, refusers: readonly Refuser[], list: readonly Forbidden[]): Way =>
  way(name, refusers, { ...member, requests: (stage) => list.flatMap(({ spec }) => asPod(stage, spec)) });

const templateWay = (refusers: readonly Refuser[], list: readonly Forbidden[]): Way =>
  way('templates', refusers, {
    who: ['admin'],
    requests: (stage) =>
      list.flatMap(({ spec }) =>
        templatesOf(spec).map((body) => ({ method: 'POST', path: collectionOf(body, stage.own), body })),
      ),
  });

/** Ways of writing that keep what they do not name. */
const merging: readonly string[] = [patchTypes.strategic, patchTypes.apply];

/** An honest Deployment changed into a dishonest one. */
const updateWay = (refusers: readonly Refuser[], list: readonly Forbidden[]): Way =>
  way('update of a Deployment', refusers, {
    who: ['admin'],
    requests: async (stage) => {
      const path = `/apis/apps/v1/namespaces/${stage.own}/deployments/web`;
      const object = await stage.live(path);
      return list.flatMap(({ spec, omits }) =>
        variantsOf({ path, object }, { spec: { template: { spec: goodPodSpec(spec) } } }).filter(
          ({ contentType }) => omits !== true || !merging.includes(contentType ?? ''),
        ),
      );
    },
  });

const forbiddenKinds: Way = way('kinds that members do not have', by.rbac, {
  who: ['admin', 'edit', 'view'],
  requests: (stage) =>
    insecure.flatMap(({ spec }) =>
      forbiddenTemplates(spec).map((body) => ({ method: 'POST', path: collectionOf(body, stage.own), body })),
    ),
});

/** Containers added to a running Pod. */
const ephemeral: Way = way('ephemeral containers and resize', by.rbac, {
  who: ['admin', 'edit', 'view'],
  requests: async (stage) => {
    const path = `${pods(stage)}/web`;
    const object = await stage.live(path);
    const all = [...ofContainers(insecure), ...images].map(({ spec }) => ({
      ...((spec['containers'] as object[])[0] ?? {}),
      name: 'debug',
    }));
    return all.flatMap((one) => [
      ...variantsOf({ path: `${path}/ephemeralcontainers`, object }, { spec: { ephemeralContainers: [one] } }),
      {
        method: 'PATCH',
        path: `${path}/resize`,
        contentType: 'application/merge-patch+json',
        body: { spec: { containers: [one] } },
      },
    ]);
  },
});

/** Once a Pod runs, its image is all that can be changed. */
const imageOfPod: Way = way('image of a Pod that is there', ['ImageRegistry', by.validation], {
  ...member,
  requests: async (stage) => {
    const path = `${pods(stage)}/web`;
    const object = await stage.live(path);
    return ['nginx', 'evil.example/app:1'].flatMap((name) =>
      variantsOf({ path, object }, { spec: { containers: [goodContainer('main', { image: name })] } }),
    );
  },
});

/** A Pod bound to a node by hand. */
const binding: Way = {
  name: 'binding by hand',
  by: [by.rbac],
  run: (stage) => {
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'web' },
      target: { kind: 'Node', name: 'control-1' },
    };
    const paths = [`${pods(stage)}/web/binding`, `/api/v1/namespaces/${stage.own}/bindings`];
    return Promise.all(paths.map((path) => attemptOf(stage.wire('admin'), 'admin', { method: 'POST', path, body })));
  },
};

/** In every place where a Pod is written down. */
const placed = (rule: string, list: readonly Forbidden[]): Way[] => [
  podWay(`${rule}, Pods`, [rule], list),
  templateWay([rule], list),
  updateWay([rule], list),
];

/** A revision that a controller would take its template from. */
const revision: Way = way('revision by hand', by.rbac, {
  who: ['admin', 'edit', 'view'],
  requests: (stage) => {
    const data = { spec: { template: { spec: { hostNetwork: true } } } };
    const body = { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'attack' }, revision: 9, data };
    return [{ method: 'POST', path: collectionOf(body, stage.own), body }];
  },
});

const restricted = [by.podSecurity, 'PodSecurityRestricted'];

/** The cases of this file. */
export const podCases: readonly AttackCase[] = [
  {
    id: 'A10-28',
    title: {
      zh: 'Pod：特权、能力、hostPath、主机网络/端口/PID/IPC、root、procMount、sysctl、seccomp 等',
      en: 'Pods: privileged, capabilities, host paths, networks, ports, PID, IPC, root, procMount, sysctls, seccomp',
    },
    ways: [podWay('pods', restricted, insecure), podWay('not for anybody', [by.validation], impossible)],
  },
  {
    id: 'A10-29',
    title: {
      zh: '同上，经临时容器、初始化容器、更新和各种模板',
      en: 'the same as ephemeral and init containers, updates, templates',
    },
    ways: [
      podWay('init containers', restricted, ofContainers(insecure).map(asInit)),
      templateWay(['PodSecurityRestricted'], insecure),
      templateWay([by.validation], impossible),
      updateWay(['PodSecurityRestricted'], insecure),
      updateWay([by.validation], impossible),
      ephemeral,
      forbiddenKinds,
    ],
  },
  {
    id: 'A10-30',
    title: { zh: '指定节点、容忍控制面污点、选择他人资源池', en: 'node name, tolerations, selectors of other pools' },
    ways: [
      ...placed('NodeName', named),
      ...placed('Tolerations', tolerant),
      ...placed('NodeSelection', selecting),
      ...placed('OwnNeighbours', neighbours),
      binding,
      revision,
    ],
  },
  {
    id: 'A10-31',
    title: { zh: '使用系统级优先级', en: 'priority classes of the system' },
    ways: placed('PriorityClass', important),
  },
  {
    id: 'A10-32',
    title: {
      zh: '来自未许可镜像库的镜像（大小写、摘要、端口、空）',
      en: 'images of other registries: case, digests, ports, none',
    },
    ways: [
      podWay('pods', ['ImageRegistry', by.validation], images),
      podWay('init containers', ['ImageRegistry', by.validation], images.map(asInit)),
      podWay('no image', [by.validation, 'ImageRegistry'], [emptyImage]),
      templateWay(['ImageRegistry', by.validation], [...images, emptyImage]),
      updateWay(['ImageRegistry', by.validation], images),
      imageOfPod,
    ],
  },
];
