import { describe, expect, it } from 'vitest';
import { createLookups } from '../../../controller/site/lookups.ts';
import type { KubeObject, ListOptions, Resource } from '../../../kube/types.ts';

const binding = { kind: 'RoleBinding', metadata: { namespace: 'a', name: 'jinhong:tenant-edit' } };
const policy = { kind: 'NetworkPolicy', metadata: { namespace: 'a', name: 'jinhong-zone' } };
const namespace = { kind: 'Namespace', metadata: { name: 'a' } };

/** A server that has the binding and the namespace without their tenant's label. */
function server(fails = false) {
  const asked: string[] = [];
  return {
    asked,
    async *pages(resource: Resource, options: ListOptions = {}) {
      asked.push(`${resource.kind} ${options.fieldSelector} ${options.labelSelector}`);
      if (fails) throw new Error('away');
      const named = options.fieldSelector === 'metadata.name=jinhong:tenant-edit' ? [binding] : [];
      const found = resource.kind === 'Namespace' ? [namespace] : named;
      const fits = options.labelSelector === '!jinhong.dev/tenant';
      yield { items: (fits ? found : []) as never as KubeObject[], resourceVersion: '1' };
    },
  } as never as Parameters<ReturnType<typeof createLookups>['sweep']>[0] & { asked: string[] };
}

describe('objects that are in no cache', () => {
  it('are asked for one by one, once, while there was no sweep', async () => {
    const lookups = createLookups();
    await expect(lookups.sweep(server(true))).rejects.toThrow('away');
    expect(lookups.needed(policy)).toBe(true);
    lookups.none(policy);
    expect(lookups.needed(policy)).toBe(false);
    lookups.lost(policy);
    expect(lookups.needed(policy)).toBe(true);
    lookups.none(policy);
    lookups.written(policy);
    expect(lookups.needed(policy)).toBe(true);
  });

  it('are asked for after a sweep only when it found them without a label, or a cache lost them', async () => {
    const lookups = createLookups();
    const client = server();
    await lookups.sweep(client);
    expect(client.asked).toContain('NetworkPolicy metadata.name=jinhong-zone app.kubernetes.io/managed-by!=jinhong');
    expect([binding, policy].map(lookups.needed)).toEqual([true, false]);
    lookups.none(binding);
    lookups.lost(policy);
    expect([binding, policy].map(lookups.needed)).toEqual([false, true]);
  });

  it('of other kinds are asked for once all the same', async () => {
    const lookups = createLookups();
    await lookups.sweep(server());
    expect(lookups.needed(namespace)).toBe(true);
    lookups.none(namespace);
    expect(lookups.needed(namespace)).toBe(false);
  });

  it('are suspected when a sweep found them without a label or a cache lost them, and before there was one', async () => {
    const lookups = createLookups();
    const other = { kind: 'Namespace', metadata: { name: 'b' } };
    expect([namespace, other].map(lookups.suspected)).toEqual([true, true]);
    await lookups.sweep(server());
    expect([namespace, other].map(lookups.suspected)).toEqual([true, false]);
    lookups.none(namespace);
    lookups.lost(other);
    expect([namespace, other].map(lookups.suspected)).toEqual([false, true]);
  });
});
