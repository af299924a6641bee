import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, coversDesired, equalsOwned, hashOf, prune } from '../../kube/apply.ts';
import type { KubeObject } from '../../kube/types.ts';

const object = (fields: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'one', ...metadata },
  ...fields,
});

/** The same value with the keys of every map in another order and with absent fields written as null. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries([...entries.map(([name, field]) => [name, shuffled(field)]), ['zz-absent', null]]);
}

const plainJson = fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('__proto__'));

describe('prune', () => {
  it('drops null and undefined at any depth and keeps what is empty, zero or false', () => {
    expect(prune({ a: null, b: [{ c: undefined, d: 0 }, null], e: {}, f: [], g: false, h: '' })).toEqual({
      b: [{ d: 0 }],
      e: {},
      f: [],
      g: false,
      h: '',
    });
  });

  it('twice is once', () => {
    fc.assert(
      fc.property(plainJson, (value) => {
        expect(prune(prune(value))).toEqual(prune(value));
      }),
    );
  });
});

describe('hashOf', () => {
  it('does not depend on the order of keys nor on how absence is written', () => {
    fc.assert(
      fc.property(plainJson, (spec) => {
        expect(hashOf(object({ spec: shuffled(spec) }))).toBe(hashOf(object({ spec })));
      }),
    );
  });

  it('differs when the text of what is ours differs', () => {
    fc.assert(
      fc.property(plainJson, plainJson, (a, b) => {
        const same = canonicalJson({ spec: a }) === canonicalJson({ spec: b });
        expect(hashOf(object({ spec: a })) === hashOf(object({ spec: b }))).toBe(same);
      }),
    );
  });

  it('does not see what the server writes, but sees labels, owners and finalizers', () => {
    const plain = hashOf(object({ spec: 1 }));
    const server = { uid: 'u', resourceVersion: '1', generation: 2, creationTimestamp: 't', managedFields: [{}] };
    expect(hashOf(object({ spec: 1, status: { ready: true } }, server))).toBe(plain);
    expect(hashOf(object({ spec: 1 }, { labels: { a: 'b' } }))).not.toBe(plain);
    expect(hashOf(object({ spec: 1 }, { finalizers: ['f'] }))).not.toBe(plain);
  });
});

describe('coversDesired', () => {
  it('an object covers itself, whatever the server added in maps', () => {
    fc.assert(
      fc.property(plainJson, (spec) => {
        const desired = object({ spec });
        const live = object(
          { spec: prune(spec), status: {}, extra: 1 },
          { uid: 'u', labels: { other: 'x' }, managedFields: [] },
        );
        expect(coversDesired(live, desired)).toBe(true);
      }),
    );
  });

  it.each([
    ['a changed value', { a: 1 }, { a: 2 }],
    ['a missing field', { a: 1 }, {}],
    ['an item more', { a: [1] }, { a: [1, 2] }],
    ['an item less', { a: [1, 2] }, { a: [1] }],
    ['another order', { a: [1, 2] }, { a: [2, 1] }],
    ['another type', { a: {} }, { a: 'x' }],
  ])('%s is drift', (_, wanted, live) => {
    expect(coversDesired(object({ spec: live }), object({ spec: wanted }))).toBe(false);
  });
});

describe('equalsOwned', () => {
  const role = object(
    { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    { labels: { ours: 'yes' } },
  );
  const with_ = (change: (copy: KubeObject) => void): KubeObject => {
    const copy = structuredClone(role);
    change(copy);
    return copy;
  };
  const full = { full: true };

  it('labels and annotations of others are not drift', () => {
    const live = with_((copy) => {
      copy.metadata.labels = { ours: 'yes', theirs: 'too' };
      copy.metadata.annotations = { note: 'x' };
      copy.metadata.uid = 'u';
    });
    expect(equalsOwned(live, role, full)).toBe(true);
  });

  it.each<[string, (copy: KubeObject) => void]>([
    ['an added rule', (copy) => (copy['rules'] as unknown[]).push({ verbs: ['*'] })],
    ['an added verb', (copy) => (copy['rules'] as { verbs: string[] }[])[0]?.verbs.push('delete')],
    ['an added field', (copy) => Object.assign(copy, { aggregationRule: { clusterRoleSelectors: [{}] } })],
    ['a removed label of ours', (copy) => Object.assign(copy.metadata, { labels: {} })],
    [
      'a label that weakens pod security',
      (copy) => Object.assign(copy.metadata.labels ?? {}, { 'pod-security.kubernetes.io/enforce': 'privileged' }),
    ],
  ])('%s is drift', (_, change) => {
    expect(equalsOwned(with_(change), role, full)).toBe(false);
  });

  it('empty and absent maps and lists are the same', () => {
    expect(equalsOwned(object({ spec: { a: [], b: {}, c: 1 } }), object({ spec: { c: 1 } }), full)).toBe(true);
    expect(equalsOwned(object({ spec: { c: 1 } }), object({ spec: { a: [], c: 1 } }), full)).toBe(true);
  });

  it('an empty selector is not an absent one: it opens a policy to every namespace', () => {
    const policy = (from: object) => object({ spec: { ingress: [{ from: [from] }] } });
    const wanted = policy({ podSelector: {} });
    expect(equalsOwned(policy({ podSelector: {}, namespaceSelector: {} }), wanted, full)).toBe(false);
    expect(equalsOwned(object({ spec: { ingress: [{}] } }), object({ spec: {} }), full)).toBe(false);
  });

  it('without full, added fields outside lists are not drift', () => {
    expect(equalsOwned(object({ spec: { a: 1, b: 2 } }), object({ spec: { a: 1 } }), { full: false })).toBe(true);
    expect(equalsOwned(object({ spec: { a: 1, b: 2 } }), object({ spec: { a: 1 } }), full)).toBe(false);
  });
});
