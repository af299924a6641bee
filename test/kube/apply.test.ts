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

/** The definitions in words of copies and text; what `equalsOwned` and `coversDesired` do without either. */
const defined = {
  server: new Set(['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields']),
  ours({ status: _, ...rest }: KubeObject): Record<string, unknown> {
    const metadata = Object.entries(rest.metadata).filter(([name]) => !defined.server.has(name));
    return { ...rest, metadata: Object.fromEntries(metadata) };
  },
  withoutEmpty(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(defined.withoutEmpty);
    if (!isMap(value)) return value;
    const kept = Object.entries(value)
      .map(([name, field]) => [name, defined.withoutEmpty(field)] as const)
      .filter(([name, field]) => name === 'podSelector' || name === 'namespaceSelector' || !defined.isEmpty(field));
    return Object.fromEntries(kept);
  },
  isEmpty: (value: unknown) =>
    Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0,
  covers(live: unknown, wanted: unknown): boolean {
    if (Array.isArray(wanted)) {
      if (!Array.isArray(live)) return wanted.length === 0 && live === undefined;
      return live.length === wanted.length && wanted.every((item, index) => defined.covers(live[index], item));
    }
    if (!isMap(wanted)) return live === wanted;
    if (live === undefined) return Object.keys(wanted).length === 0;
    return isMap(live) && Object.entries(wanted).every(([name, field]) => defined.covers(live[name], field));
  },
  podSecurity: ({ metadata }: KubeObject) =>
    Object.fromEntries(
      Object.entries(metadata.labels ?? {}).filter(([name]) => name.startsWith('pod-security.kubernetes.io/')),
    ),
  coversDesired: (live: KubeObject, desired: KubeObject) =>
    defined.covers(defined.ours(live), defined.ours(prune(desired))),
  equalsOwned(live: KubeObject, desired: KubeObject): boolean {
    const { metadata: has, ...hasBody } = defined.ours(live);
    const { metadata: wants, ...wantsBody } = defined.ours(prune(desired));
    if (!defined.covers(has, wants)) return false;
    if (canonicalJson(defined.podSecurity(live)) !== canonicalJson(defined.podSecurity(desired))) return false;
    return canonicalJson(defined.withoutEmpty(hasBody)) === canonicalJson(defined.withoutEmpty(wantsBody));
  },
};

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Few names and values, so that two trees are often equal or differ in one place, and what is empty stands everywhere. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(null, undefined, 0, 1, '', 'a', false, Number.NaN),
    fc.array(tie('tree'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'podSelector', 'constructor'), tie('tree'), { maxKeys: 3 }),
  ),
}));
const someMetadata = fc.record(
  {
    uid: fc.constantFrom('u', 'v'),
    annotations: tree,
    labels: fc.dictionary(
      fc.constantFrom('x', 'pod-security.kubernetes.io/enforce', 'pod-security.kubernetes.io/warn'),
      fc.constantFrom('restricted', 'baseline', null),
      { maxKeys: 2 },
    ),
  },
  { requiredKeys: [] },
);
const someObject = fc
  .tuple(fc.dictionary(fc.constantFrom('spec', 'rules', 'status'), tree, { maxKeys: 3 }), someMetadata)
  .map(([fields, metadata]) => object(fields, metadata));
/** Two objects: unrelated, or one with its keys in another order and what is null left out. */
const pair = fc.oneof(
  fc.tuple(someObject, someObject),
  someObject.map((one) => [shuffled(one) as KubeObject, one] as const),
  someObject.map((one) => [prune(one), one] as const),
  fc.tuple(someObject, tree).map(([one, spec]) => [one, { ...one, spec }] as const),
);

describe('comparing without copies', () => {
  it('gives the same answers as the definition', () => {
    const answers = new Set<string>();
    fc.assert(
      fc.property(pair, ([live, desired]) => {
        const expected = [defined.equalsOwned(live, desired), defined.coversDesired(live, desired)];
        answers.add(String(expected));
        expect([equalsOwned(live, desired, { full: true }), coversDesired(live, desired)]).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
    expect([...answers].sort()).toEqual(['false,false', 'false,true', 'true,false', 'true,true']);
  });
});
