import { describe, expect, it } from 'vitest';
import { areAlikeButRegistries, contentHash, heldOf, isOurs } from '../../../controller/site/held.ts';
import { annotations } from '../../../core/model/names.ts';
import type { KubeObject } from '../../../kube/types.ts';

const marks = {
  'app.kubernetes.io/managed-by': 'jinhong',
  'jinhong.dev/department': 'alpha',
  'jinhong.dev/tenant': 'permits',
  'jinhong.dev/environment': 'production',
};

const object = (metadata: object = {}, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'alpha-permits-production', labels: marks, ...metadata },
  ...more,
});

describe('whose an object is', () => {
  it('is said by its labels', () => {
    expect(isOurs(object(), 'alpha-permits')).toBe(true);
    expect(heldOf(object())).toMatchObject({ owner: 'alpha-permits', environment: 'production' });
  });

  it('is not said by the labels of another tenant, nor by no labels', () => {
    expect(isOurs(object(), 'alpha-other')).toBe(false);
    expect(isOurs(object({ labels: {} }), 'alpha-permits')).toBe(false);
  });

  it('is still known when the labels were taken away, by who applied it', () => {
    const applied = { managedFields: [{ manager: 'jinhong-site', operation: 'Apply' }] };
    expect(isOurs(object({ labels: {}, ...applied }), 'alpha-permits')).toBe(true);
    const updated = { managedFields: [{ manager: 'jinhong-site', operation: 'Update' }] };
    expect(isOurs(object({ labels: {}, ...updated }), 'alpha-permits')).toBe(false);
  });
});

describe('what is remembered of an object', () => {
  it('does not change with what others and the server write', () => {
    const noise = { uid: 'u', resourceVersion: '7', annotations: { other: 'x' }, labels: { ...marks, team: 'x' } };
    expect(contentHash(object(noise, { status: { phase: 'Active' } }))).toBe(contentHash(object()));
  });

  it('changes with a protection label', () => {
    const lowered = { labels: { ...marks, 'pod-security.kubernetes.io/enforce': 'privileged' } };
    expect(contentHash(object(lowered))).not.toBe(contentHash(object()));
  });

  it('tells a change of a namespace that lets others in from one of its registries', () => {
    const marked = (more: Record<string, string>) => {
      const base = { [annotations.groups]: 'alpha-staff', [annotations.registries]: 'registry.example' };
      return contentHash(object({ annotations: { ...base, ...more } }));
    };
    const registries = marked({ [annotations.registries]: 'other.example' });
    expect(registries).not.toBe(marked({}));
    expect(areAlikeButRegistries(registries, marked({}))).toBe(true);
    for (const name of [annotations.groups, annotations.membersChange, annotations.mode]) {
      expect(areAlikeButRegistries(marked({ [name]: 'x' }), marked({}))).toBe(false);
    }
    expect(areAlikeButRegistries(contentHash(object({ labels: {} })), contentHash(object()))).toBe(false);
  });

  it('names what holds a terminating namespace', () => {
    const conditions = [
      { type: 'NamespaceContentRemaining', status: 'True', message: 'Some resources are remaining: configmaps. has 1' },
      { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', message: 'fine' },
    ];
    const held = heldOf(object({ deletionTimestamp: '2026-01-01T00:00:00Z' }, { status: { conditions } }));
    expect(held).toMatchObject({ terminating: true, blocking: ['Some resources are remaining: configmaps. has 1'] });
  });
});
