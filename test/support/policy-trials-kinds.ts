/** Generated writes for the rules about single kinds, see test/apiserver/policies/objects.test.ts. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { memberRoles } from '../../core/desired/names.ts';
import { approvalExample } from '../../policies/approvals.ts';
import { deploymentExample } from '../../policies/pods.ts';
import { innerOf, type JsonObject, type Operation } from '../../policies/rule.ts';
import { exampleNamespace, prober, requestOf, type Trial } from './policies.ts';
import type { KindName } from './policy-samples.ts';
import {
  type Caller,
  fresh,
  inTenants,
  kept,
  metadata,
  named,
  roleNames,
  somewhere,
  trialOf,
  ways,
} from './policy-trials.ts';

const changes = fc.constantFrom<Operation>('CREATE', 'UPDATE');

/** Short text that tells values apart, for the names of stored objects with parts that cannot be changed. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

/**
 * Creates and updates of one kind in a namespace. The old body may have to share parts with the new one; `fixed` are those
 * that nobody can change.
 */
function bodies(
  kind: KindName,
  body: fc.Arbitrary<JsonObject>,
  oldBody: (now: JsonObject) => fc.Arbitrary<JsonObject>,
  fixed: (now: JsonObject) => unknown = () => '',
): fc.Arbitrary<Trial> {
  return fc.tuple(changes, body).chain(([operation, now]) =>
    fc
      .record({ caller: inTenants, namespace: somewhere, name: named(operation), old: oldBody(now), how: ways })
      .map(({ caller, namespace, name, old, how }) =>
        trialOf({
          kind,
          operation,
          caller,
          // Lists of a spec are merged by the two others, which is another object than the one that is meant.
          how: how === 'strategic' || how === 'apply' ? 'merge' : how,
          // Some kinds without labels take those of their template.
          now: { namespace, name: `${name}-${hashOf(fixed(now))}`, labels: { app: 'web' } },
          body: now,
          oldBody: old,
        }),
      ),
  );
}

const approvals: fc.Arbitrary<Trial> = fc
  .record({
    own: fc.constantFrom(true, true, true, false),
    part: fc.constantFrom<'project' | 'funds'>('project', 'funds'),
    caller: fc.constantFrom<Caller>(
      prober,
      { user: 'reviewer-3', groups: ['probers', 'funds-reviewers'] },
      { user: 'reviewer-4', groups: ['probers', 'project-reviewers', 'funds-reviewers'] },
      { user: 'asker', groups: ['probers', 'parks-staff'] },
      { user: 'master', groups: ['system:masters'] },
    ),
    name: fresh,
    namespace: fc.constantFrom('dept-parks', 'dept-parks', 'dept-parks', 'plain'),
  })
  .map(({ own, part, caller, name, namespace }) => {
    const by = own ? caller.user : 'somebody-else';
    const object = { ...approvalExample(by, part), metadata: { name, namespace } };
    return requestOf({ operation: 'CREATE', object, ...caller });
  });

const subjects = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom<JsonObject>(
        { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'parks-staff' },
        { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'parks-admins' },
        { kind: 'ServiceAccount', name: 'builder', namespace: exampleNamespace },
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom<JsonObject>(
        { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'strangers' },
        { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:authenticated' },
        { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'parks-staff' },
        { kind: 'ServiceAccount', name: 'builder', namespace: 'plain' },
      ),
    },
  ),
  { maxLength: 3 },
);

const role = (kind: string, name: string): JsonObject => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
const memberRole = fc.constantFrom(...Object.values(memberRoles)).map((name) => role('ClusterRole', name));
const anyRole = fc.oneof(
  memberRole,
  fc
    .tuple(fc.constantFrom('ClusterRole', 'Role'), fc.constantFrom(...roleNames))
    .map(([kind, name]) => role(kind, name)),
);
const binding = (roles: fc.Arbitrary<JsonObject>) =>
  bodies(
    'rolebindings.rbac.authorization.k8s.io',
    fc.record({ roleRef: roles, subjects }) as fc.Arbitrary<JsonObject>,
    ({ roleRef }) => subjects.map((list) => ({ roleRef, subjects: list })),
    ({ roleRef }) => roleRef,
  );

const peer = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<JsonObject>(
      { podSelector: {} },
      { podSelector: { matchLabels: { app: 'web' } } },
      { podSelector: {}, namespaceSelector: null },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<JsonObject>(
      { namespaceSelector: {} },
      { podSelector: {}, namespaceSelector: { matchLabels: { 'jinhong.dev/tenant': 'other' } } },
      { ipBlock: { cidr: '0.0.0.0/0' } },
      { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
    ),
  },
);
const peers = fc.array(peer, { minLength: 1, maxLength: 2 });
const direction = (field: string) =>
  fc.option(
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: fc.record({ list: peers }).map(({ list }) => ({ [field]: list })) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<JsonObject>({}, { [field]: [] }, { ports: [{ protocol: 'TCP', port: 443 }] }),
        },
      ),
      { maxLength: 2 },
    ),
    { nil: undefined },
  );
const policy = fc
  .record({
    ingress: direction('from'),
    egress: direction('to'),
    types: fc.constantFrom(undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    selector: fc.constantFrom<JsonObject>({}, { matchLabels: { app: 'web' } }),
  })
  .map(({ ingress, egress, types, selector }): JsonObject => {
    const spec = { podSelector: selector, ingress, egress, policyTypes: types };
    return { spec: JSON.parse(JSON.stringify(spec)) };
  });

const service = (types: readonly string[], more: JsonObject = {}) =>
  fc.constantFrom(...types).map((type): JsonObject => {
    const alias = type === 'ExternalName' ? { externalName: 'database.example' } : {};
    return { spec: { type, selector: { app: 'web' }, ports: [{ name: 'web', port: 80 }], ...alias, ...more } };
  });
const inside = ['ClusterIP', 'ClusterIP', 'ClusterIP'];
const addresses = fc.record({
  externalIPs: fc.constantFrom<string[]>([], [], [], ['203.0.113.7']),
  loadBalancerIP: fc.constantFrom('', '', '', '203.0.113.8'),
});
const serviceAddresses = fc.oneof(
  bodies(
    'services.',
    addresses.chain((more) => service(inside, more)),
    () => addresses.chain((more) => service(inside, more)),
  ),
  fc
    .record({
      caller: inTenants,
      namespace: somewhere,
      name: kept,
      ingress: fc.constantFrom<JsonObject[]>([], [{ ip: '203.0.113.9' }], [{ hostname: 'www.example' }]),
      extra: fc.constantFrom<JsonObject>({}, {}, { externalIPs: ['203.0.113.7'] }),
      how: ways,
    })
    .map(({ caller, namespace, name, ingress, extra, how }) => {
      const ports = [{ name: 'web', port: 80 }];
      const body = { spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports, ...extra } };
      return trialOf({
        kind: 'services.',
        subresource: 'status',
        operation: 'UPDATE',
        caller,
        how: how === 'apply' ? 'put' : how,
        now: { namespace, name: `status-${name}` },
        body: { ...body, status: { loadBalancer: { ingress } } },
        oldBody: body,
      });
    }),
);

/** Every kind with a template. */
export const templateKinds: readonly KindName[] = [
  'podtemplates.',
  'replicationcontrollers.',
  'deployments.apps',
  'replicasets.apps',
  'daemonsets.apps',
  'statefulsets.apps',
  'jobs.batch',
  'cronjobs.batch',
];

const claimNames = fc.constantFrom('data', 'data', 'data', 'jinhong', 'jinhong-quota', 'jinhongs');
const templates = fc
  .constantFrom<KindName>(...templateKinds, 'pods.')
  .chain((kind) =>
    fc
      .record({ made: metadata, outer: metadata, claim: claimNames })
      .chain(({ made, outer, claim }) => holder(kind, made, outer, claim)),
  )
  // The volumes of a Pod cannot be changed.
  .filter(({ resource, operation }) => resource !== 'pods' || operation === 'CREATE');

/** A kind whose template has the metadata `made`; `outer` is that of what is between, if there is something. */
function holder(kind: KindName, made: JsonObject, outer: JsonObject, claim: string): fc.Arbitrary<Trial> {
  const body = (inner: JsonObject, between: JsonObject) => templateBody(kind, inner, between, claim);
  const fixed = kind === 'jobs.batch' || kind === 'statefulsets.apps' || kind === 'pods.';
  return bodies(
    kind,
    fc.constant(body(made, outer)),
    (now) => (fixed ? fc.constant(now) : metadata.map((inner) => body(inner, outer))),
    (now) => (fixed ? now : ''),
  );
}

/**
 * The body of such a kind or of a Pod: `made` is the metadata of its Pods, `outer` of what is between or beside them and of
 * the volumes that live as long as the Pod, `claimed` the name of the claims that outlive it. Pure.
 */
export function templateBody(kind: KindName, made: JsonObject, outer: JsonObject, claimed = 'data'): JsonObject {
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const { ownerReferences: _, finalizers: __, ...between } = outer;
  const scratch = { name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: between, spec: claim } } };
  const volumes = Object.keys(between).length > 0 ? { volumes: [scratch] } : {};
  const pod = { ...innerOf(deploymentExample(), 'spec', 'template', 'spec'), ...volumes };
  const app = { app: 'web' };
  const template = { metadata: { ...made, labels: { ...innerOf(made, 'labels'), ...app } }, spec: pod };
  const job = { ...template, spec: { ...pod, restartPolicy: 'Never' } };
  const selector = { matchLabels: app };
  switch (kind) {
    case 'pods.':
      return { spec: pod };
    case 'podtemplates.':
      return { template };
    case 'replicationcontrollers.':
      return { spec: { replicas: 1, selector: app, template } };
    case 'jobs.batch':
      return { spec: { manualSelector: true, selector, template: job } };
    case 'cronjobs.batch':
      return { spec: { schedule: '0 3 * * *', jobTemplate: { metadata: between, spec: { template: job } } } };
    case 'statefulsets.apps':
      return {
        spec: {
          serviceName: 'web',
          replicas: 1,
          selector,
          template,
          volumeClaimTemplates: [{ metadata: { ...between, name: claimed }, spec: claim }],
        },
      };
    default:
      return { spec: { selector, template } };
  }
}

/** Writes for rules that look into the object, by rule. */
export const kindTrials: Readonly<Record<string, fc.Arbitrary<Trial>>> = {
  DecidedByCaller: approvals,
  NotAReviewer: approvals,
  TemplateMarks: templates,
  BindingOutsideTenant: binding(memberRole),
  ForeignRole: binding(anyRole),
  NarrowNetworkPolicy: bodies('networkpolicies.networking.k8s.io', policy, () => policy),
  ServiceType: bodies('services.', service([...inside, 'NodePort', 'LoadBalancer']), () =>
    service([...inside, 'NodePort']),
  ),
  ServiceAddress: serviceAddresses,
  ExternalName: bodies('services.', service(['ClusterIP', 'ExternalName']), () =>
    service(['ClusterIP', 'ExternalName']),
  ),
};
