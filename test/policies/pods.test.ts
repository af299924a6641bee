import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPullPolicy } from '../../policies/image-pull-policy.ts';
import { type Breach, judge, ruleOfRefusal } from '../../policies/index.ts';
import { podRules } from '../../policies/pod-rules.ts';
import { deploymentExample } from '../../policies/pods.ts';
import type { JsonObject } from '../../policies/rule.ts';
import { goodPod, podRequest } from '../support/pod-arbitrary.ts';
import { type Draft, put } from '../support/pod-changes.ts';
import { placeOf, requestOf, type Trial } from '../support/policies.ts';

const judged = (request: Trial): Breach[] => judge(request, placeOf(request), podRules);
const ids = (request: Trial): string[] => judged(request).map(({ rule }) => rule.id);
const paths = (request: Trial): string[] =>
  judged(request).flatMap((breach) => breach.paths.map((path) => path.join('.')));
const changed = (way: readonly (string | number)[], value: unknown): Draft => ({
  ...goodPod(),
  spec: put(goodPod().spec, way, value as JsonObject) as JsonObject,
});

describe('the rules about Pods', () => {
  it('do not stumble over manifests of any shape', () => {
    const kinds = [
      ['v1', 'Pod'],
      ['v1', 'PodTemplate'],
      ['apps/v1', 'Deployment'],
      ['batch/v1', 'CronJob'],
    ] as const;
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({
        template: fc.jsonValue(),
        containers: fc.oneof(
          fc.jsonValue(),
          fc.array(fc.record({ image: fc.jsonValue(), securityContext: fc.jsonValue() })),
        ),
        volumes: fc.oneof(fc.jsonValue(), fc.array(fc.record({ image: fc.jsonValue() }))),
        securityContext: fc.jsonValue(),
        tolerations: fc.array(fc.jsonValue()),
        affinity: fc.record({ nodeAffinity: fc.jsonValue(), podAffinity: fc.jsonValue() }),
        serviceAccountName: fc.jsonValue(),
        nodeSelector: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...kinds), body, ([apiVersion, kind], spec) => {
        const metadata = { name: 'web', namespace: 'parks-web-production' };
        const object = { apiVersion, kind, metadata, spec, template: { spec } } as JsonObject;
        judged(requestOf({ operation: 'CREATE', object }));
      }),
      { seed: 20260420, numRuns: 500 },
    );
  });

  it('say where in each list of containers what is forbidden stands', () => {
    const container = { name: 'debug', image: 'nginx', imagePullPolicy: 'Always', securityContext: {} };
    for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
      const request = podRequest('CronJob', 'create', 'web', changed([list, 0], container));
      const way = `spec.jobTemplate.spec.template.spec.${list}.0`;
      expect(paths(request)).toEqual([
        `${way}.securityContext.capabilities.drop`,
        `${way}.securityContext.allowPrivilegeEscalation`,
        `${way}.image`,
      ]);
    }
  });

  it('point at privileged containers, which an API server may refuse by itself', () => {
    const request = podRequest(
      'Deployment',
      'create',
      'web',
      changed(['containers', 0, 'securityContext', 'privileged'], true),
    );
    expect(paths(request)).toEqual(['spec.template.spec.containers.0.securityContext.privileged']);
  });

  it('let a bad Pod keep what it has when only its metadata change, and judge it when anything else does', () => {
    const bad = changed(['hostNetwork'], true);
    expect(ids(podRequest('Deployment', 'create', 'web', bad))).toEqual(['PodSecurityRestricted']);
    expect(ids(podRequest('Deployment', 'relabel', 'web', bad))).toEqual([]);
    expect(ids(podRequest('Deployment', 'touch', 'web', bad))).toEqual(['PodSecurityRestricted']);
  });

  it('have no word about a hardened workload as it is usual upstream', () => {
    const image = 'registry.city.example/parks/web:2.1.0';
    const container = {
      name: 'web',
      image,
      imagePullPolicy: 'Always',
      ports: [{ name: 'http', containerPort: 8080 }],
      env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
      livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        runAsUser: 10001,
        capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
    };
    const zone = { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' };
    const more = {
      serviceAccountName: 'web',
      automountServiceAccountToken: false,
      topologySpreadConstraints: [zone],
      volumes: [{ name: 'tmp', emptyDir: {} }],
      containers: [container],
      initContainers: [{ ...container, name: 'migrate', livenessProbe: null }],
    };
    expect(ids(requestOf({ operation: 'CREATE', object: deploymentExample(more) }))).toEqual([]);
  });
});

describe('the registries of a namespace', () => {
  const request = (image: string) =>
    podRequest('Deployment', 'create', 'web', changed(['containers', 0, 'image'], image));
  const refused = (image: string, registries: string | undefined) => {
    const context = {
      labels: {},
      annotations: registries === undefined ? {} : { 'jinhong.dev/registries': registries },
    };
    const place = { ...placeOf(request(image)), context };
    return judge(request(image), place, podRules).map(({ rule }) => rule.id);
  };

  it.each([
    ['a.example/web:1', 'a.example', true],
    ['a.example:5000/web:1', 'a.example', false],
    ['a.example:5000/web:1', 'a.example:5000', true],
    ['a.example/parks/web:1', 'a.example/parks', true],
    ['a.example/parks2/web:1', 'a.example/parks', false],
    ['parks/web:1', 'parks', false],
    ['docker.io/library/web:1', 'docker.io/library', true],
    ['a.example/web:1', '', false],
    ['a.example/web:1', undefined, false],
    ['/web:1', '', false],
    ['A.example/web:1', 'a.example', false],
  ])('image %s with %s is allowed: %s', (image, registries, allowed) => {
    expect(refused(image, registries)).toEqual(allowed ? [] : ['ImageRegistry']);
  });
});

describe('the pull policy that is filled in', () => {
  const sum = `sha256:${'0a'.repeat(32)}`;
  it.each([
    ['web', 'Always'],
    ['web:latest', 'Always'],
    ['web:1', 'IfNotPresent'],
    ['a.example:5000/web', 'Always'],
    ['a.example:5000/web:latest', 'Always'],
    [`a.example/web@${sum}`, 'IfNotPresent'],
    [`a.example/web:latest@${sum}`, 'Always'],
    [`a.example/web:latest@sha256:0a`, 'IfNotPresent'],
    ['a.example/Web', 'IfNotPresent'],
    ['Web', 'IfNotPresent'],
    ['Web/web', 'Always'],
    ['', 'IfNotPresent'],
    ['0a'.repeat(32), 'IfNotPresent'],
  ])('for %s is %s', (image, policy) => {
    expect(defaultPullPolicy(image)).toBe(policy);
  });
});

describe('a refusal by pod security', () => {
  it('leads to the rule that says the same', () => {
    const words =
      'pods "web" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)';
    expect(ruleOfRefusal(words)?.id).toBe('PodSecurityRestricted');
    expect(ruleOfRefusal('violates PodSecurity "baseline:latest"')).toBeUndefined();
  });
});
