import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Held } from '../../../controller/site/held.ts';
import { createHeldTables } from '../../../controller/site/held-table.ts';
import { objectNames, policyNames } from '../../../core/desired/index.ts';
import type { Entry, Table } from '../../../kube/store.ts';

const kinds = ['Namespace', 'ResourceQuota', 'NetworkPolicy'] as const;
const latin1 = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 16, maxLength: 16 });

/** An object that fits a row most of the time, and in every way may not. */
const heldOfKind = (kind: (typeof kinds)[number]): fc.Arbitrary<Held> =>
  fc
    .record({
      place: fc.constantFrom('a-x-production', 'a-x-test', 'b-y-production'),
      name: fc.constantFrom(objectNames.quota, policyNames.dns, policyNames.zone, 'of-another-name'),
      uid: fc.oneof({ weight: 4, arbitrary: fc.uuid() }, fc.constantFrom('', 'u1', 'A'.repeat(36))),
      version: fc.oneof(
        { weight: 4, arbitrary: fc.nat().map(String) },
        fc.constantFrom('', '007', '9007199254740993', '1e3', 'x'),
      ),
      hash: fc.oneof(
        { weight: 4, arbitrary: latin1.map((codes) => String.fromCharCode(...codes)) },
        fc.constantFrom('h', '政'.repeat(16)),
      ),
      owner: fc.constantFrom('a-x', 'b-y'),
      environment: fc.constantFrom('production', 'test'),
      terminating: fc.boolean(),
      blocking: fc.constantFrom([], [], [], ['a Pod is left']),
    })
    .map(({ place, name, ...rest }) => ({
      ...rest,
      kind,
      name: kind === 'Namespace' ? place : name,
      namespace: kind === 'Namespace' ? undefined : place,
    }));

const step = fc.constantFrom(...kinds).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    held: heldOfKind(kind),
    action: fc.constantFrom('set', 'set', 'set', 'delete'),
  }),
);

function keyOf({ namespace, name }: Held): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function contentOf(table: Table<Held>): [string, Entry<Held> | undefined][] {
  return Array.from(table.keys(), (key): [string, Entry<Held> | undefined] => [key, table.get(key)]).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
}

describe('the tables of held objects', () => {
  it('give back what a Map would, whatever is put in, replaced and taken out', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tables = createHeldTables();
        const packed = new Map(kinds.map((kind) => [kind, tables.of(kind)]));
        const plain = new Map(kinds.map((kind) => [kind, new Map<string, Entry<Held>>()]));
        for (const { kind, held, action } of steps) {
          const [mine, model] = [packed.get(kind) as Table<Held>, plain.get(kind) as Map<string, Entry<Held>>];
          const key = keyOf(held);
          if (action === 'delete') expect(mine.delete(key)).toBe(model.delete(key));
          else for (const table of [mine, model]) table.set(key, { version: held.version, value: held });
          expect(mine.has(key)).toBe(model.has(key));
          expect(mine.size).toBe(model.size);
        }
        for (const kind of kinds) {
          const [mine, model] = [packed.get(kind) as Table<Held>, plain.get(kind) as Map<string, Entry<Held>>];
          expect(contentOf(mine)).toEqual(contentOf(model));
        }
      }),
    );
  });

  it('keep the places of one kind apart from those of the next, also when numbers are used again', () => {
    const tables = createHeldTables();
    const table = tables.of('Namespace');
    const count = 700;
    const make = (index: number): Held => ({
      kind: 'Namespace',
      name: `a-t${index}-test`,
      namespace: undefined,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      version: String(index),
      hash: 'h'.repeat(16),
      owner: `a-t${index}`,
      environment: 'test',
      terminating: false,
      blocking: [],
    });
    const put = (index: number): unknown => table.set(make(index).name, { version: String(index), value: make(index) });
    for (let index = 0; index < count; index += 1) put(index);
    for (let index = 0; index < count; index += 2) table.delete(make(index).name);
    for (let index = count; index < 2 * count; index += 1) put(index);
    const kept = Array.from({ length: 2 * count }, (_, index) => index).filter((index) => index >= count || index % 2);
    expect(Array.from(table.keys()).sort()).toEqual(kept.map((index) => make(index).name).sort());
    for (const index of kept) expect(table.get(make(index).name)?.value).toEqual(make(index));
  });
});
