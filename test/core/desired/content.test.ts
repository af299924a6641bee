import { describe, expect, it } from 'vitest';
import { correction, type LiveObject, ownedContent } from '../../../core/desired/index.ts';

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

  it('of a Namespace leaves the annotation of `jinhong destroy` alone', () => {
    const namespace: LiveObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } };
    const live = { ...namespace, metadata: { name: 'n', annotations: { 'jinhong.dev/allow-delete': 'n' } } };
    expect(correction(live, namespace)).toBeUndefined();
  });
});
