import { platformLabels } from '../core/access/objects.ts';
import { labels, namespaces } from '../core/model/names.ts';
import type { KubeObject } from '../kube/types.ts';

/** Which program runs where, and as whom. */
export interface ControllerOptions {
  /** Name of the Deployment, ServiceAccount and container. */
  readonly name: string;
  /** What `controller/start.js` is told to be. */
  readonly program: 'management' | 'site';
  readonly site: string;
  readonly image: string;
  /** Copies; one leads, the others wait for its Lease. */
  readonly replicas: number;
}

/** Secret with the site's account at the management centre, written by `jinhong site join`. */
export const credentialSecret = 'jinhong-management-credential';
const credentialMount = '/var/run/secrets/jinhong/management';
const nobody = 65532;

/**
 * How the C library gives memory back. Lists of thousands of objects pass through buffers, of which its allocator keeps most
 * for good: 30 KiB per namespace at 2,000 of them, 10 KiB with these (glibc; musl does not read them).
 */
export const memoryVariables = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '4096',
  MALLOC_TRIM_THRESHOLD_: '131072',
} as const;

/**
 * The Deployment of a controller. It meets the pod security level `restricted`, writes nothing to its root, and starts
 * without the credential Secret: the Secret appears when the site joins. Requests and limits: docs/figures.md. Pure.
 */
export function controllerDeployment(options: ControllerOptions): KubeObject {
  const selector = { [labels.partOf]: 'jinhong-platform', 'app.kubernetes.io/name': options.name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: options.name,
      namespace: namespaces.system,
      labels: { ...platformLabels, 'app.kubernetes.io/name': options.name },
    },
    spec: {
      replicas: options.replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
      template: {
        metadata: { labels: { ...platformLabels, ...selector } },
        spec: podSpec(options, selector),
      },
    },
  };
}

function podSpec(options: ControllerOptions, selector: Record<string, string>): Record<string, unknown> {
  return {
    serviceAccountName: options.name,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 15,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: nobody,
      runAsGroup: nobody,
      fsGroup: nobody,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selector },
      },
    ],
    containers: [container(options)],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      ...(options.program === 'site'
        ? [{ name: 'management', secret: { secretName: credentialSecret, optional: true, defaultMode: 0o440 } }]
        : []),
    ],
  };
}

function container(options: ControllerOptions): Record<string, unknown> {
  return {
    name: options.name,
    image: options.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', 'controller/start.js', options.program],
    env: [
      { name: 'JINHONG_SITE', value: options.site },
      { name: 'JINHONG_HTTP_PORT', value: '8080' },
      ...Object.entries(memoryVariables).map(([name, value]) => ({ name, value })),
    ],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    startupProbe: probe('/healthz', { periodSeconds: 2, failureThreshold: 30 }),
    livenessProbe: probe('/healthz', { periodSeconds: 10, failureThreshold: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 3 }),
    resources: {
      requests: { cpu: '100m', memory: '160Mi' },
      limits: { cpu: '1', memory: '512Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...(options.program === 'site' ? [{ name: 'management', mountPath: credentialMount, readOnly: true }] : []),
    ],
  };
}

function probe(path: string, timing: { periodSeconds: number; failureThreshold: number }): Record<string, unknown> {
  return { httpGet: { path, port: 'http', scheme: 'HTTP' }, timeoutSeconds: 3, successThreshold: 1, ...timing };
}
