import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Call } from '../../../core/access/call.ts';
import { type Attempt, allows, rulesOf } from '../../../core/access/roles.ts';

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'bind'] as const;
const verbsByName: readonly string[] = ['get', 'update', 'patch', 'delete', 'bind'];
const groups = ['', 'apps', 'jinhong.dev'];
const kinds = ['grants', 'tenants', 'pods'];
const names = ['one', 'two', 'three'];

const call: fc.Arbitrary<Call> = fc
  .record({
    verb: fc.constantFrom(...verbs),
    group: fc.constantFrom(...groups),
    resource: fc.constantFrom(...kinds),
    subresource: fc.constantFrom('', 'status'),
    namespace: fc.constantFrom('', 'first', 'second'),
    names: fc.option(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), { nil: undefined }),
  })
  .map(({ verb, group, resource, subresource, namespace, names: chosen }) => {
    const named = verb === 'bind' ? (chosen ?? ['one']) : verbsByName.includes(verb) ? chosen : undefined;
    return {
      verb,
      group,
      resource,
      ...(subresource === '' ? {} : { subresource }),
      scope: namespace === '' ? ('cluster' as const) : { namespace },
      ...(named === undefined ? {} : { names: named }),
    };
  });

/** Every call that the small world above can make, with a name and without. */
function attempts(): Attempt[] {
  return verbs.flatMap((verb) =>
    groups.flatMap((group) =>
      kinds.flatMap((resource) =>
        ['', 'status'].flatMap((subresource) =>
          [undefined, ...names].map((name) => ({
            verb,
            group,
            resource,
            ...(subresource === '' ? {} : { subresource }),
            ...(name === undefined ? {} : { name }),
          })),
        ),
      ),
    ),
  );
}

function listed(calls: readonly Call[], namespace: string | undefined, attempt: Attempt): boolean {
  return calls.some(
    (entry) =>
      (entry.scope === 'cluster' ? undefined : entry.scope.namespace) === namespace &&
      entry.verb === attempt.verb &&
      entry.group === attempt.group &&
      entry.resource === attempt.resource &&
      entry.subresource === attempt.subresource &&
      (entry.names === undefined || (attempt.name !== undefined && entry.names.includes(attempt.name))),
  );
}

test('the generated rules allow exactly the listed calls', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 20 }), (calls) => {
      const { cluster, namespaced } = rulesOf(calls);
      const granted = new Map<string | undefined, typeof cluster>([[undefined, cluster]]);
      for (const entry of namespaced) granted.set(entry.namespace, entry.rules);
      for (const namespace of [undefined, 'first', 'second']) {
        for (const attempt of attempts()) {
          expect(allows(granted.get(namespace) ?? [], attempt)).toBe(listed(calls, namespace, attempt));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('the order and number of equal calls changes nothing', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 20 }), (calls) => {
      expect(rulesOf([...calls, ...calls].reverse())).toEqual(rulesOf(calls));
    }),
  );
});

test('resources with the same verbs share one rule', () => {
  const { cluster } = rulesOf([
    { verb: 'list', group: '', resource: 'pods', scope: 'cluster' },
    { verb: 'get', group: '', resource: 'pods', scope: 'cluster' },
    { verb: 'get', group: '', resource: 'events', scope: 'cluster' },
    { verb: 'list', group: '', resource: 'events', scope: 'cluster' },
  ]);
  expect(cluster).toEqual([{ apiGroups: [''], resources: ['events', 'pods'], verbs: ['get', 'list'] }]);
});

const base = { group: '', resource: 'pods', scope: 'cluster' } as const;
test.each([
  ['a wildcard resource', { ...base, verb: 'get', resource: '*' }],
  ['a wildcard group', { ...base, verb: 'get', group: '*' }],
  ['escalate', { ...base, verb: 'escalate' }],
  ['impersonate', { ...base, verb: 'impersonate' }],
  ['bind without names', { ...base, verb: 'bind' }],
  ['a name on a verb that cannot be restricted by name', { ...base, verb: 'list', names: ['one'] }],
  ['an empty list of names', { ...base, verb: 'get', names: [] }],
])('%s is refused', (_, wide) => {
  expect(() => rulesOf([wide as unknown as Call])).toThrowError(/least-privilege/);
});
