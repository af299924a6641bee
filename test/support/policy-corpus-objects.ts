/** Writes by which each part of the rules about objects shows, see policy-corpus.ts. */
import { controllerUsers } from '../../core/access/objects.ts';
import { annotations, labels } from '../../core/model/names.ts';
import type { JsonObject } from '../../policies/rule.ts';
import { exampleNamespace, prober, requestOf, standbyNamespace, type Trial } from './policies.ts';
import { bareCrd } from './policy-kinds.ts';
import type { KindName } from './policy-samples.ts';
import { otherOwner, ourOwner, type TrialParts, trialOf } from './policy-trials.ts';
import { closedCorpus } from './policy-trials-closed.ts';
import { templateBody, templateKinds } from './policy-trials-kinds.ts';

type Parts = Partial<TrialParts> & Pick<TrialParts, 'now'>;

/** Builds trials of one kind by the usual caller: a create, unless something is said to have been there before. */
function about(kind: KindName): (parts: Parts) => Trial {
  return (parts) => {
    const operation = parts.before === undefined && parts.oldBody === undefined ? 'CREATE' : 'UPDATE';
    return trialOf({ kind, operation, caller: prober, ...parts });
  };
}

const own = (name: string, more: JsonObject = {}): JsonObject => ({ namespace: exampleNamespace, name, ...more });
const rbac = 'rbac.authorization.k8s.io';
const group = (name: string): JsonObject => ({ kind: 'Group', apiGroup: rbac, name });
const bindingOf = (role: JsonObject, subjects: readonly JsonObject[]): JsonObject => ({
  roleRef: { apiGroup: rbac, ...role },
  subjects,
});
const view = { kind: 'ClusterRole', name: 'jinhong:tenant-view' };

function bindings(): Trial[] {
  const of = about(`rolebindings.${rbac}`);
  const bodies = [
    bindingOf(view, [group('parks-staff')]),
    bindingOf(view, [group('strangers')]),
    bindingOf(view, [{ kind: 'ServiceAccount', name: 'builder', namespace: exampleNamespace }]),
    bindingOf({ kind: 'ClusterRole', name: 'edit' }, [group('parks-staff')]),
    bindingOf({ kind: 'Role', name: 'jinhong:tenant-view' }, [group('parks-staff')]),
  ];
  return bodies.flatMap((body, index) => [
    of({ now: own(`corpus-${index}`), body }),
    of({ now: own(`corpus-old-${index}`), body, oldBody: body }),
  ]);
}

function networkPolicies(): Trial[] {
  const of = about('networkpolicies.networking.k8s.io');
  const specs: readonly JsonObject[] = [
    { ingress: [{}] },
    { egress: [{}] },
    { ingress: [{ from: [{ podSelector: {} }] }], egress: [{ to: [{ podSelector: {} }] }] },
  ];
  return specs.flatMap((spec, index) => {
    const body = { spec: { podSelector: {}, ...spec } };
    return [
      of({ now: own(`corpus-${index}`), body }),
      of({ now: own(`corpus-old-${index}`), body, oldBody: { spec: { podSelector: {} } } }),
    ];
  });
}

const ports = [{ name: 'web', port: 80 }];

function services(): Trial[] {
  const of = about('services.');
  const specs: readonly JsonObject[] = [
    {},
    { type: 'NodePort' },
    { type: 'LoadBalancer' },
    { type: 'ExternalName', externalName: 'database.example' },
    { externalIPs: ['203.0.113.7'] },
    { loadBalancerIP: '203.0.113.7' },
  ];
  const plain = { spec: { ports, selector: { app: 'web' } } };
  const balanced = { spec: { ...plain.spec, type: 'LoadBalancer' } };
  const taken = { ...balanced, status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } } };
  return [
    ...specs.flatMap((spec, index) => {
      const body = { spec: { ...plain.spec, ...spec } };
      return [
        of({ now: own(`corpus-${index}`), body }),
        of({ now: own(`corpus-old-${index}`), body, oldBody: plain, how: 'merge' }),
      ];
    }),
    of({ now: own('corpus-balanced'), subresource: 'status', body: taken, oldBody: balanced }),
    of({ now: own('corpus-balanced'), subresource: 'status', body: balanced, oldBody: balanced }),
  ];
}

function templates(): Trial[] {
  const forged = { labels: { [labels.tenant]: 'meters' } };
  const labelled = (name: string) => own(name, { labels: { app: 'web' } });
  const inClaims = templateBody('statefulsets.apps', {}, forged);
  return [
    ...templateKinds.flatMap((kind) => {
      const of = about(kind);
      const [bad, good] = [templateBody(kind, forged, {}), templateBody(kind, {}, {})];
      const unchangeable = kind === 'jobs.batch';
      return [
        of({ now: labelled('corpus-new'), body: bad }),
        of({ now: labelled('corpus-good'), body: good }),
        of({ now: labelled('corpus-old'), body: bad, oldBody: unchangeable ? bad : good, how: 'merge' }),
      ];
    }),
    about('statefulsets.apps')({ now: labelled('corpus-claims'), body: inClaims }),
    ...['jinhong', 'jinhong-data', 'data'].map((name) =>
      about('statefulsets.apps')({
        now: labelled(`corpus-claim-${name}`),
        body: templateBody('statefulsets.apps', {}, {}, name),
      }),
    ),
    ...[forged, { labels: { app: 'web' } }].map((outer, index) =>
      about('pods.')({ now: labelled(`corpus-pod-${index}`), body: templateBody('pods.', {}, outer) }),
    ),
  ];
}

const mark = { labels: { [labels.managedBy]: 'jinhong' } };

function platformObjects(): Trial[] {
  const of = about('configmaps.');
  const account = about('serviceaccounts.');
  const shared = own('default', mark);
  const hold = { finalizers: ['example.org/hold'] };
  const heldShared = own('default', { ...mark, ...hold });
  const pulls = { imagePullSecrets: [{ name: 'registry' }] };
  const mount = (token: boolean): JsonObject => ({ automountServiceAccountToken: token });
  return [
    of({ now: own('corpus-plain') }),
    of({ now: own('corpus-marked', mark) }),
    of({ now: own('jinhong-corpus') }),
    of({ now: own('jinhong') }),
    of({ now: own('corpus-annotated', { annotations: { [annotations.groups]: 'strangers' } }) }),
    of({ now: own('corpus-kept', mark), before: own('corpus-kept', mark) }),
    of({ now: own('corpus-lost'), before: own('corpus-lost', mark) }),
    of({ now: own('corpus-free'), before: own('corpus-free') }),
    of({ now: own('corpus-gone', mark), operation: 'DELETE' }),
    of({ now: own('corpus-own'), operation: 'DELETE' }),
    account({ now: shared, before: shared, body: mount(false), oldBody: mount(false), how: 'merge' }),
    account({ now: shared, before: shared, body: mount(true), oldBody: mount(false), how: 'merge' }),
    account({ now: own('default'), before: shared, body: mount(false), how: 'merge' }),
    ...[hold, { ownerReferences: [otherOwner] }].map((held) =>
      account({ now: own('default', { ...mark, ...held }), before: shared, body: mount(false), how: 'merge' }),
    ),
    ...[shared, heldShared].map((now) =>
      account({ now, before: heldShared, body: { ...mount(false), ...pulls }, oldBody: mount(false), how: 'merge' }),
    ),
  ];
}

function readOnly(): Trial[] {
  const of = about('configmaps.');
  const there = (name: string) => ({ namespace: standbyNamespace, name });
  return [
    of({ now: there('corpus-changed'), before: there('corpus-changed') }),
    of({ now: there('corpus-gone'), operation: 'DELETE' }),
  ];
}

function approvals(): Trial[] {
  const approval = (decidedBy: string, groups: readonly string[]) => {
    const spec = {
      for: { kind: 'Tenant', name: 'web' },
      part: 'project',
      decision: 'approved',
      project: { ref: 'P-1' },
      envelope: {},
      decidedBy,
      decidedAt: '2026-04-20T09:00:00+08:00',
    };
    const metadata = { name: 'corpus', namespace: 'dept-parks' };
    const object = { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Approval', metadata, spec };
    return requestOf({ operation: 'CREATE', object, user: 'reviewer-5', groups });
  };
  return [
    approval('reviewer-5', ['probers', 'project-reviewers']),
    approval('somebody-else', ['probers', 'project-reviewers']),
    approval('reviewer-5', ['probers', 'parks-staff']),
  ];
}

const tenantMark = { labels: { [labels.tenant]: 'web' } };

function namespaceMarks(): Trial[] {
  const of = about('namespaces.');
  const change = (name: string, before: JsonObject, now: JsonObject) =>
    ['', 'status', 'finalize'].map((subresource) =>
      of({
        subresource,
        now: { name, ...now },
        before: { name, ...before },
        body: { spec: { finalizers: ['kubernetes'] } },
      }),
    );
  const groups = (name: string) => ({ ...tenantMark, annotations: { [annotations.groups]: name } });
  const secured = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return [
    of({ now: { name: 'corpus-new', ...tenantMark } }),
    of({ now: { name: 'corpus-new' } }),
    ...change('corpus-same', groups('parks-staff'), groups('parks-staff')),
    ...change('corpus-moved', tenantMark, { labels: { [labels.tenant]: 'other' } }),
    ...change('corpus-lost', tenantMark, {}),
    ...change('corpus-groups', groups('parks-staff'), groups('strangers')),
    ...change('corpus-open', groups('parks-staff'), tenantMark),
    ...change('corpus-plain', { labels: secured }, {}),
    ...change('corpus-loose', { labels: { ...tenantMark.labels, ...secured } }, tenantMark),
  ];
}

function namespaceBonds(): Trial[] {
  const of = about('namespaces.');
  const spec = { spec: { finalizers: ['kubernetes'] } };
  const change = (name: string, marks: JsonObject, [before, now]: readonly [JsonObject, JsonObject]) =>
    ['', 'status', 'finalize'].map((subresource) =>
      of({ subresource, now: { name, ...marks, ...now }, before: { name, ...marks, ...before }, body: spec }),
    );
  const [wait, ours] = [{ finalizers: ['example.org/wait'] }, { finalizers: ['jinhong.dev/wait'] }];
  const owned = { ownerReferences: [ourOwner] };
  return [
    of({ now: { name: 'corpus-new', ...ours }, body: {} }),
    of({ now: { name: 'corpus-new', ...wait }, body: {} }),
    ...change('bonds-added', tenantMark, [{}, wait]),
    ...change('bonds-removed', tenantMark, [wait, {}]),
    ...change('bonds-kept', tenantMark, [wait, wait]),
    ...change('bonds-owned', {}, [{}, owned]),
    ...change('bonds-plain', {}, [{}, wait]),
    ...change('bonds-ours', {}, [ours, {}]),
    of({
      subresource: 'finalize',
      now: { name: 'bonds-emptied', ...tenantMark },
      before: { name: 'bonds-emptied', ...tenantMark },
      body: { spec: { finalizers: [] } },
      oldBody: spec,
    }),
  ];
}

const ourKind = { group: 'jinhong.dev', version: 'v1', kind: 'Probe', plural: 'probes', namespaced: true };

function deletions(): Trial[] {
  const site = { user: controllerUsers.site, groups: ['probers'] };
  const word = (name: string) => ({ annotations: { [annotations.allowDelete]: name } });
  const remove = (kind: KindName, now: JsonObject, more: Partial<TrialParts> = {}) =>
    trialOf({ kind, operation: 'DELETE', caller: prober, now, ...more });
  return [
    remove('namespaces.', { name: 'corpus-own' }),
    remove('namespaces.', { name: 'dept-corpus' }),
    remove('namespaces.', { name: 'dept-corpus', ...word('dept-corpus') }),
    remove('namespaces.', { name: 'dept-corpus', ...word('dept-other') }),
    remove('namespaces.', { name: 'corpus-tenant', ...tenantMark }),
    remove('namespaces.', { name: 'corpus-tenant', ...tenantMark }, { caller: site }),
    remove('namespaces.', { name: 'site-corpus' }, { caller: site }),
    requestOf({ operation: 'DELETE', oldObject: bareCrd(ourKind) as unknown as JsonObject }),
  ];
}

const namespaceNames = (): Trial[] =>
  ['corpus', 'dept-corpus', 'site-corpus', 'jinhong-corpus'].map((name) =>
    about('namespaces.')({ now: { name: `${name}-x` } }),
  );

/** Rule id -> writes. */
export const objectCorpus: Readonly<Record<string, () => readonly Trial[]>> = {
  DecidedByCaller: approvals,
  NotAReviewer: approvals,
  ProtectedObject: deletions,
  PlatformMarks: namespaceMarks,
  NamespaceBonds: namespaceBonds,
  ReservedNamespace: namespaceNames,
  PlatformObject: platformObjects,
  ReadOnlyEnvironment: readOnly,
  TemplateMarks: templates,
  BindingOutsideTenant: bindings,
  ForeignRole: bindings,
  NarrowNetworkPolicy: networkPolicies,
  ServiceType: services,
  ServiceAddress: services,
  ExternalName: services,
  ...closedCorpus,
};
