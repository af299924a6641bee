import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createShare, keptGrant } from '../../../controller/site/alike.ts';
import type { KubeObject } from '../../../kube/types.ts';

function grant(name: string, revision: number): KubeObject {
  return {
    apiVersion: 'jinhong.dev/v1alpha1',
    kind: 'Grant',
    metadata: { name, namespace: 'n', uid: name, resourceVersion: '1', managedFields: [{ manager: 'x' }] },
    spec: { tenant: { name }, members: [{ group: 'a', role: 'admin' }], decision: { term: 1, revision } },
  };
}

describe('values that are alike', () => {
  it('are given back equal, whatever they are and however often', () => {
    const share = createShare();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = structuredClone(value);
        expect(share(value)).toEqual(plain);
        expect(share(structuredClone(plain))).toEqual(plain);
      }),
    );
  });

  it('are one and the same, and cannot be changed for others that have them too', () => {
    const share = createShare();
    const [one, other] = [share(grant('a', 1)), share(grant('b', 1))] as unknown as { spec: { members: object[] } }[];
    expect(one?.spec.members).toBe(other?.spec.members);
    expect(() => one?.spec.members.push({})).toThrow(TypeError);
    expect(() => Object.assign(one?.spec.members[0] ?? {}, { role: 'view' })).toThrow(TypeError);
  });

  it('are forgotten after many others, and equal still', () => {
    const share = createShare();
    const first = share({ members: ['first'] });
    for (let index = 0; index < 20_000; index += 1) share({ index });
    expect(share({ members: ['first'] })).not.toBe(first);
    expect(share({ members: ['first'] })).toEqual(first);
  });
});

describe('what is kept of a Grant', () => {
  it('is all but managedFields, with one spec for the decision as offered and as stored', () => {
    const share = createShare();
    const { managedFields: _, ...metadata } = grant('a', 1).metadata;
    const offered = keptGrant(grant('a', 1), share);
    expect(offered).toEqual({ ...grant('a', 1), metadata });
    const stored = keptGrant({ ...grant('a', 1), status: { conditions: [] } }, share);
    expect(stored.spec).toBe(offered.spec);
    expect(keptGrant(grant('a', 2), share).spec).not.toEqual(offered.spec);
  });
});
