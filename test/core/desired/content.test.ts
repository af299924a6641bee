import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correction, hasContent, type LiveObject, ownedContent, sameValue } from '../../../core/desired/index.ts';

const binding: LiveObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'b', namespace: 'n', labels: { 'jinhong.dev/tenant': 't' } },
  roleRef: { kind: 'ClusterRole', name: 'view' },
  subjects: [{ kind: 'Group', name: 'staff' }],
};

const served = (object: LiveObject, more: Record<string, unknown> = {}): LiveObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    uid: 'u',
    resourceVersion: '5',
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
  } as LiveObject['metadata'],
  status: { phase: 'Active' },
  ...more,
});

describe('the owned content', () => {
  it('is the same before and after the server has it', () => {
    expect(ownedContent(served(binding))).toEqual(ownedContent(binding));
    expect(correction(served(binding), binding)).toBeUndefined();
  });

  it('of a binding contains every subject, so one more is corrected', () => {
    const live = served(binding, {
      subjects: [
        { kind: 'Group', name: 'staff' },
        { kind: 'Group', name: 'everyone' },
      ],
    });
    expect(correction(live, binding)).toEqual({ subjects: [{ kind: 'Group', name: 'staff' }] });
  });

  it('leaves labels and annotations of others alone', () => {
    const live = served({
      ...binding,
      metadata: { ...binding.metadata, labels: { 'jinhong.dev/tenant': 't', team: 'x' } },
    });
    expect(correction(live, binding)).toBeUndefined();
  });

  it.for(['pod-security.kubernetes.io/enforce', 'ancestor.jinhong.dev/other', 'jinhong.dev/zone'])(
    'has no place for an added label %s',
    (label) => {
      const live = served({
        ...binding,
        metadata: { ...binding.metadata, labels: { ...binding.metadata.labels, [label]: 'x' } },
      });
      expect(correction(live, binding)).toEqual({ metadata: { labels: { [label]: null } } });
    },
  );

  it('of a quota has no place for an added scope or limit', () => {
    const quota: LiveObject = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'n' },
      spec: { hard: { pods: '1' } },
    };
    const live = served(quota, {
      spec: { hard: { pods: '1', services: '9' }, scopeSelector: { matchExpressions: [] } },
    });
    expect(correction(live, quota)).toEqual({ spec: { hard: { services: null }, scopeSelector: null } });
  });

  it('of a ServiceAccount is the token switch alone: a tenant lists its own pull secrets', () => {
    const account: LiveObject = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'n' },
      automountServiceAccountToken: false,
    };
    expect(correction(served(account, { imagePullSecrets: [{ name: 'own' }] }), account)).toBeUndefined();
    expect(correction(served(account, { automountServiceAccountToken: true }), account)).toEqual({
      automountServiceAccountToken: false,
    });
  });

  it('of a Namespace says whether it is read only, so that it is opened again', () => {
    const marked = (mode: Record<string, string>): LiveObject => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'n', annotations: { 'jinhong.dev/groups': 'staff', ...mode } },
    });
    const [open, closed] = [marked({}), marked({ 'jinhong.dev/mode': 'readonly' })];
    expect([hasContent(open, closed), hasContent(closed, open)]).toEqual([false, false]);
    expect(correction(closed, open)).toEqual({ metadata: { annotations: { 'jinhong.dev/mode': null } } });
    expect(hasContent(marked({ 'jinhong.dev/members-change': 'true' }), open)).toBe(false);
  });

  it('of a Namespace leaves the annotation of `jinhong destroy` alone', () => {
    const namespace: LiveObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };
    const live = { ...namespace, metadata: { name: 'n', annotations: { 'jinhong.dev/allow-delete': 'n' } } };
    expect(correction(live, namespace)).toBeUndefined();
  });
});

const value = fc.constantFrom<unknown>(null, 'a', 'b', {}, [], ['a'], { a: 'b' });
const someObject = fc
  .record({
    kind: fc.constantFrom('Namespace', 'ServiceAccount', 'RoleBinding'),
    labels: fc.dictionary(fc.constantFrom('jinhong.dev/tenant', 'pod-security.kubernetes.io/warn', 'x'), value),
    annotations: fc.dictionary(fc.constantFrom('jinhong.dev/groups', 'x'), value),
    fields: fc.dictionary(
      fc.constantFrom('status', 'spec', 'automountServiceAccountToken', 'constructor', 'apiVersion'),
      value,
    ),
  })
  .map(({ kind, labels, annotations, fields }): LiveObject => {
    const metadata = { name: 'n', labels, annotations } as LiveObject['metadata'];
    return { apiVersion: 'v1', ...fields, kind, metadata } as LiveObject;
  });
const pairs = fc.oneof(
  fc.tuple(someObject, someObject).map(([a, b]) => [a, { ...b, kind: a.kind }] as const),
  someObject.map((one) => [served(one), one] as const),
);

describe('having the owned content', () => {
  it('is to have equal owned content', () => {
    const answers = new Set<boolean>();
    fc.assert(
      fc.property(pairs, ([live, desired]) => {
        const expected = sameValue(ownedContent(live), ownedContent(desired));
        answers.add(expected);
        expect(hasContent(live, desired)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(answers.size).toBe(2);
  });
});
