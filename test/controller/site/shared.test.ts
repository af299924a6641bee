import { describe, expect, it } from 'vitest';
import type { Held } from '../../../controller/site/held.ts';
import { createShared } from '../../../controller/site/shared.ts';

const held: Held = {
  kind: 'LimitRange',
  name: 'limits',
  namespace: 'alpha-permits-production',
  uid: 'u1',
  version: '7',
  hash: 'h',
  owner: 'alpha-permits',
  environment: 'production',
  terminating: false,
  blocking: [],
};

describe('what held objects share', () => {
  it('changes nothing of an object, for namespaces and for what is in them', () => {
    const shared = createShared();
    const namespace: Held = { ...held, kind: 'Namespace', name: 'alpha-permits-production', namespace: undefined };
    for (const each of [held, namespace, { ...held, blocking: ['a Pod is left'] }])
      expect(shared.of(each)).toEqual(each);
  });

  it('is not taken from an owner or environment that an object had before', () => {
    const shared = createShared();
    shared.of(held);
    const moved = { ...held, owner: 'beta-permits', environment: 'test' };
    expect(shared.of(moved)).toEqual(moved);
    shared.forget(held.namespace ?? '');
    expect(shared.of(held)).toEqual(held);
  });
});
