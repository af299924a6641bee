import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySetOf, compareSet, isApplied, memberOf, partOfLabel } from '../../cli/applyset.ts';
import { keyOf } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';

const set = applySetOf({ namespace: 'dept-water', name: 'city', groupKind: 'Tenant.jinhong.dev' });
const other = applySetOf({ namespace: 'dept-water', name: 'elsewhere', groupKind: 'Tenant.jinhong.dev' });

const object = (name: string, size = 'small', more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'jinhong.dev/v1alpha1',
  kind: 'Tenant',
  metadata: { name, namespace: 'dept-water', ...more },
  spec: { size },
});
const live = (from: KubeObject, owner = set): KubeObject => {
  const member = memberOf(owner, from);
  return {
    ...member,
    metadata: { ...member.metadata, uid: `uid-${from.metadata.name}`, resourceVersion: '5', generation: 1 },
  };
};
const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name);

describe('a set of objects', () => {
  it('has the id that KEP-3659 prescribes for its parent, short enough for a label', () => {
    expect(set.id).toMatch(/^applyset-[A-Za-z0-9_-]{43}-v1$/);
    expect(set.id.length).toBeLessThanOrEqual(63);
    expect(set.parent.metadata.labels).toEqual({ 'applyset.kubernetes.io/id': set.id });
    expect(set.parent.metadata.annotations?.['applyset.kubernetes.io/contains-group-kinds']).toBe('Tenant.jinhong.dev');
    expect(other.id).not.toBe(set.id);
  });

  it('creates what is new, updates what differs, leaves what is equal, prunes what is gone', () => {
    const wanted = [object('new'), object('changed', 'large'), object('same')];
    const changes = compareSet(set, wanted, [live(object('changed')), live(object('same')), live(object('gone'))]);
    expect(names(changes.create)).toEqual(['new']);
    expect(changes.update.map(({ wanted: to }) => to.metadata.name)).toEqual(['changed']);
    expect(names(changes.same)).toEqual(['same']);
    expect(names(changes.prune)).toEqual(['gone']);
    expect(changes.create[0]?.metadata.labels?.[partOfLabel]).toBe(set.id);
  });

  it('never touches what another set owns, wanted or not', () => {
    const changes = compareSet(
      set,
      [object('theirs')],
      [live(object('theirs'), other), live(object('theirs-too'), other)],
    );
    expect(names(changes.foreign)).toEqual(['theirs']);
    expect(changes.prune).toEqual([]);
    expect(changes.update).toEqual([]);
  });

  it('takes in what belongs to no set, and prunes nothing that belongs to none', () => {
    const changes = compareSet(set, [object('submitted')], [object('submitted'), object('by-hand')]);
    expect(changes.update.map(({ wanted }) => wanted.metadata.name)).toEqual(['submitted']);
    expect(changes.prune).toEqual([]);
  });

  it('does not prune a second time what is on its way out', () => {
    const going = live(object('gone', 'small', { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    expect(compareSet(set, [], [going]).prune).toEqual([]);
  });

  it('sees a label that the manifest no longer has, by who wrote it', () => {
    const wanted = memberOf(set, object('one'));
    const now = live(object('one', 'small', { labels: { team: 'a' } }));
    const managedFields = (manager: string) => [
      {
        manager,
        operation: 'Apply',
        fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:team': {}, [`f:${partOfLabel}`]: {} } } },
      },
    ];
    const by = (manager: string) => ({ ...now, metadata: { ...now.metadata, managedFields: managedFields(manager) } });
    expect(isApplied(by('jinhong-cli'), wanted)).toBe(false);
    expect(isApplied(by('somebody-else'), wanted)).toBe(true);
  });

  it('puts every object in exactly one place, and after applying there is nothing left to do', () => {
    const some = fc.uniqueArray(
      fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), size: fc.constantFrom('small', 'large') }),
      { selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(some, some, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (want, have, ours) => {
        const wanted = want.map(({ name, size }) => object(name, size));
        const lives = have.map(({ name, size }, index) => live(object(name, size), ours[index] === true ? set : other));
        const changes = compareSet(set, wanted, lives);
        const placed = [
          ...changes.create,
          ...changes.update.map((update) => update.wanted),
          ...changes.same,
          ...changes.foreign,
        ];
        expect(placed.map(keyOf).sort()).toEqual(wanted.map(keyOf).sort());
        for (const pruned of changes.prune) expect(pruned.metadata.labels?.[partOfLabel]).toBe(set.id);
        const gone = new Set(changes.prune.map(keyOf));
        const written = new Map(
          [...changes.create, ...changes.update.map((update) => update.wanted)].map((one) => [keyOf(one), one]),
        );
        const after = [
          ...lives.filter((one) => !gone.has(keyOf(one)) && !written.has(keyOf(one))),
          ...written.values(),
        ];
        const again = compareSet(set, wanted, after);
        expect([...again.create, ...again.update, ...again.prune]).toEqual([]);
      }),
    );
  });
});
