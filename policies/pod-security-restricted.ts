import {
  at,
  deploymentExample,
  each,
  items,
  type Located,
  type PodCheck,
  type PodView,
  podRule,
  text,
  under,
} from './pods.ts';
import { celList, type FieldPath, type Json } from './rule.ts';

/**
 * The level `restricted` of the Pod Security Standards as of Kubernetes 1.35, check by check in the order of its source
 * (k8s.io/pod-security-admission/policy, v0.35.0), with its two ways out: a Pod for Windows has no Linux settings, and a
 * Pod in a user namespace of its own may be root inside.
 */
const volumeTypes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const profileTypes = ['Localhost', 'RuntimeDefault'];
const seLinuxTypes = ['', 'container_engine_t', 'container_init_t', 'container_kvm_t', 'container_t'];
const sysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];
const appArmorKey = 'container.apparmor.security.beta.kubernetes.io/';

const isWindows = (pod: PodView) => at(pod.spec.value, 'os', 'name') === 'windows';
const ownUsers = (pod: PodView) => at(pod.spec.value, 'hostUsers') === false;
const onLinux = (cel: string) => `variables.spec.?os.name.orValue('linux') == 'windows' || (${cel})`;
const asHostUser = (cel: string) => `!variables.spec.?hostUsers.orValue(true) || (${cel})`;

/** The places among `parts` whose value at `way` is present and bad. */
function bad(parts: readonly Located[], way: readonly string[], isBad: (value: Json) => boolean): FieldPath[] {
  return parts.flatMap(({ value, path }) => {
    const found = at(value, ...way);
    return found !== undefined && isBad(found) ? [[...path, ...way]] : [];
  });
}

const not = (allowed: readonly Json[]) => (value: Json) => !allowed.includes(value);
const securityOf = (pod: PodView) => pod.contexts.slice(1);

/** Containers that say nothing at `way` of their security context, when the Pod does not say it for them. */
function unsaid(pod: PodView, way: readonly string[], saidByPod: (value: Json | undefined) => boolean): FieldPath[] {
  if (saidByPod(at(pod.contexts[0]?.value, ...way))) return [];
  return securityOf(pod)
    .filter(({ value }) => at(value, ...way) === undefined)
    .map(({ path }) => [...path, ...way]);
}

const host: PodCheck = {
  name: 'host',
  cel:
    '!variables.spec.?hostNetwork.orValue(false) && !variables.spec.?hostPID.orValue(false) && ' +
    '!variables.spec.?hostIPC.orValue(false) && ' +
    'variables.contexts.all(s, !s.?windowsOptions.hostProcess.orValue(false))',
  find: (pod) => [
    ...['hostNetwork', 'hostPID', 'hostIPC'].flatMap((field) => bad([pod.spec], [field], (value) => value === true)),
    ...bad(pod.contexts, ['windowsOptions', 'hostProcess'], (value) => value === true),
  ],
};

const ports: PodCheck = {
  name: 'host-ports',
  cel: 'variables.containers.all(c, c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))',
  find: (pod) =>
    bad(
      pod.containers.flatMap((container) => each(container, 'ports')),
      ['hostPort'],
      not([0]),
    ),
};

const handlers = [
  ['livenessProbe'],
  ['readinessProbe'],
  ['startupProbe'],
  ['lifecycle', 'postStart'],
  ['lifecycle', 'preStop'],
];

const probes: PodCheck = {
  name: 'probe-hosts',
  cel:
    'variables.containers.all(c, [' +
    handlers.map((way) => `c.?${way.join('.?')}`).join(', ') +
    "].all(h, h.?httpGet.?host.orValue('') == '' && h.?tcpSocket.?host.orValue('') == ''))",
  find: (pod) =>
    pod.containers.flatMap((container) =>
      handlers.flatMap((way) => {
        const handler = way.reduce(under, container);
        return ['httpGet', 'tcpSocket'].flatMap((action) => bad([handler], [action, 'host'], not([''])));
      }),
    ),
};

const volumes: PodCheck = {
  name: 'volumes',
  cel: `variables.volumes.all(v, ${celList(volumeTypes)}.exists(t, t in v))`,
  find: (pod) =>
    pod.volumes
      .filter(({ value }) => volumeTypes.every((type) => at(value, type) === undefined))
      .map(({ path }) => path),
};

const capabilities: PodCheck = {
  name: 'capabilities',
  cel: onLinux(
    "variables.containers.all(c, 'ALL' in c.?securityContext.capabilities.drop.orValue([]) && " +
      "c.?securityContext.capabilities.add.orValue([]).all(a, a == 'NET_BIND_SERVICE'))",
  ),
  find: (pod) =>
    isWindows(pod)
      ? []
      : securityOf(pod).flatMap(({ value, path }) => {
          const [drop, add] = ['drop', 'add'].map((list) => items(at(value, 'capabilities', list)));
          return [
            ...(drop?.includes('ALL') ? [] : [[...path, 'capabilities', 'drop']]),
            ...(add ?? []).flatMap((name, index) =>
              name === 'NET_BIND_SERVICE' ? [] : [[...path, 'capabilities', 'add', index]],
            ),
          ];
        }),
};

const escalation: PodCheck = {
  name: 'escalation',
  cel:
    'variables.containers.all(c, !c.?securityContext.privileged.orValue(false)) && (' +
    onLinux('variables.containers.all(c, !c.?securityContext.allowPrivilegeEscalation.orValue(true))') +
    ')',
  find: (pod) => [
    ...bad(securityOf(pod), ['privileged'], (value) => value === true),
    ...(isWindows(pod)
      ? []
      : securityOf(pod)
          .filter(({ value }) => at(value, 'allowPrivilegeEscalation') !== false)
          .map(({ path }) => [...path, 'allowPrivilegeEscalation'])),
  ],
};

const nonRoot: PodCheck = {
  name: 'non-root',
  cel: asHostUser(
    'variables.contexts.all(s, s.?runAsNonRoot.orValue(true)) && ' +
      '(variables.spec.?securityContext.runAsNonRoot.orValue(false) || ' +
      'variables.containers.all(c, c.?securityContext.runAsNonRoot.hasValue()))',
  ),
  find: (pod) =>
    ownUsers(pod)
      ? []
      : [
          ...bad(pod.contexts, ['runAsNonRoot'], (value) => value === false),
          ...unsaid(pod, ['runAsNonRoot'], (value) => value === true),
        ],
};

const user: PodCheck = {
  name: 'user',
  cel: asHostUser('variables.contexts.all(s, s.?runAsUser.orValue(1) != 0)'),
  find: (pod) => (ownUsers(pod) ? [] : bad(pod.contexts, ['runAsUser'], (value) => value === 0)),
};

const seccomp: PodCheck = {
  name: 'seccomp',
  cel: onLinux(
    `variables.contexts.all(s, s.?seccompProfile.type.orValue('RuntimeDefault') in ${celList(profileTypes)}) && ` +
      '(variables.spec.?securityContext.seccompProfile.hasValue() || ' +
      'variables.containers.all(c, c.?securityContext.seccompProfile.hasValue()))',
  ),
  find: (pod) =>
    isWindows(pod)
      ? []
      : [
          ...bad(pod.contexts, ['seccompProfile', 'type'], not(profileTypes)),
          ...unsaid(pod, ['seccompProfile'], (value) => value !== undefined),
        ],
};

const appArmor: PodCheck = {
  name: 'app-armor',
  cel:
    `variables.contexts.all(s, s.?appArmorProfile.type.orValue('RuntimeDefault') in ${celList(profileTypes)}) && ` +
    `variables.annotations.all(k, !k.startsWith('${appArmorKey}') || ` +
    "variables.annotations[k] in ['', 'runtime/default'] || variables.annotations[k].startsWith('localhost/'))",
  find: (pod) => [
    ...bad(pod.contexts, ['appArmorProfile', 'type'], not(profileTypes)),
    ...Object.entries(pod.annotations.value)
      .filter(([key]) => key.startsWith(appArmorKey))
      .filter(([, value]) => !['', 'runtime/default'].includes(text(value)) && !text(value).startsWith('localhost/'))
      .map(([key]) => [...pod.annotations.path, key]),
  ],
};

const seLinux: PodCheck = {
  name: 'se-linux',
  cel:
    `variables.contexts.all(s, s.?seLinuxOptions.type.orValue('') in ${celList(seLinuxTypes)} && ` +
    "s.?seLinuxOptions.user.orValue('') == '' && s.?seLinuxOptions.role.orValue('') == '')",
  find: (pod) => [
    ...bad(pod.contexts, ['seLinuxOptions', 'type'], not(seLinuxTypes)),
    ...['user', 'role'].flatMap((field) => bad(pod.contexts, ['seLinuxOptions', field], not(['']))),
  ],
};

const procMount: PodCheck = {
  name: 'proc-mount',
  cel: "variables.containers.all(c, c.?securityContext.procMount.orValue('Default') == 'Default')",
  find: (pod) => bad(securityOf(pod), ['procMount'], not(['Default'])),
};

const sysctl: PodCheck = {
  name: 'sysctls',
  cel: `variables.spec.?securityContext.sysctls.orValue([]).all(s, s.name in ${celList(sysctls)})`,
  find: (pod) => bad(each(under(pod.spec, 'securityContext'), 'sysctls'), ['name'], not(sysctls)),
};

/** Pods and templates keep to the level `restricted`; templates too, about which pod security only warns. */
export const podSecurityRestricted = podRule({
  id: 'PodSecurityRestricted',
  text: {
    zh:
      'Pod 及其模板须符合 restricted 安全级别：以非 root 身份运行，allowPrivilegeEscalation: false，capabilities.drop: [ALL]，' +
      'seccompProfile.type: RuntimeDefault，不使用主机的命名空间、端口和目录；请在 securityContext 中补齐',
    en:
      'Pods and their templates keep to the level restricted: not root, allowPrivilegeEscalation: false, ' +
      'capabilities.drop: [ALL], seccompProfile.type: RuntimeDefault, no namespace, port or path of the host; ' +
      'complete the securityContext',
  },
  why: {
    zh: '能以 root 或主机权限运行的容器可以离开自己的租户；模板若不检查，问题要到创建 Pod 时才会出现。',
    en: "A container with root or the host's rights can leave its tenant; unjudged templates would fail only later.",
  },
  checks: [
    host,
    ports,
    probes,
    volumes,
    capabilities,
    escalation,
    nonRoot,
    user,
    seccomp,
    appArmor,
    seLinux,
    procMount,
    sysctl,
  ],
  passing: { object: deploymentExample() },
  failing: { object: deploymentExample({ hostNetwork: true }) },
});
