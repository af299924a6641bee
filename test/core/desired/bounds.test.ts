import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bounds, boundMembers, changeOf, judge, usedBy } from '../../../core/desired/index.ts';
import type { GrantSpec } from '../../../core/model/grant.ts';

const spec = (more: Partial<GrantSpec> = {}): GrantSpec => ({
  tenant: { department: 'alpha', name: 'permits', displayName: 'x', ancestors: [], uid: 'u', generation: 1 },
  role: 'active',
  epoch: 3,
  decision: { term: 2, revision: 10 },
  state: 'Active',
  class: 'production',
  members: [{ group: 'admins', role: 'admin' }],
  environments: [{ name: 'production', state: 'Active', quota: { 'requests.cpu': '4' } }],
  ...more,
});

const newer = (more: Partial<GrantSpec> = {}): GrantSpec => spec({ decision: { term: 2, revision: 11 }, ...more });

const bounds = (more: Partial<Bounds> = {}, budget: Partial<Bounds['budget']> = {}): Bounds => ({
  name: 'alpha-permits',
  offered: newer(),
  known: spec(),
  departmentGroups: ['admins', 'staff'],
  capacity: { 'requests.cpu': '10' },
  usedByOthers: {},
  budget: {
    removalsPerHour: 2,
    roleChangesPerHour: 2,
    removals: 0,
    roleChanges: 0,
    waiting: false,
    confirmed: false,
    ...budget,
  },
  ...more,
});

const keeps = (reason: string) => expect.objectContaining({ type: 'keep', reason });

describe('the order of decisions', () => {
  it('a first decision is taken, whatever its number', () => {
    expect(judge(bounds({ known: undefined }))).toEqual({ type: 'accept', change: undefined });
  });

  it('the decision in force is the same, whatever the order of its lists', () => {
    const members = [
      { group: 'staff', role: 'view' as const },
      { group: 'admins', role: 'admin' as const },
    ];
    const offered = spec({ members: members.toReversed() });
    expect(judge(bounds({ offered, known: spec({ members }) }))).toEqual({ type: 'same' });
  });

  it('the same number with another content is behind', () => {
    expect(judge(bounds({ offered: spec({ state: 'Frozen' }) }))).toEqual(keeps('ManagementBehind'));
  });

  it('only a higher number with an epoch that is not lower is taken', () => {
    const number = fc.record({
      term: fc.integer({ min: 1, max: 4 }),
      revision: fc.integer({ min: 1, max: 20 }),
      epoch: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(number, ({ epoch, ...decision }) => {
        const higher = decision.term > 2 || (decision.term === 2 && decision.revision > 10);
        const same = decision.term === 2 && decision.revision === 10 && epoch === 3;
        const verdict = judge(bounds({ offered: spec({ decision, epoch }) }));
        expect(verdict.type).toBe(same ? 'same' : higher && epoch >= 3 ? 'accept' : 'keep');
      }),
    );
  });
});

describe('whose it is and who may enter', () => {
  it('a Grant that is not named after its tenant is refused: it would claim namespaces of another', () => {
    expect(judge(bounds({ name: 'beta-permits' }))).toEqual(keeps('NameMismatch'));
  });

  it('a reserved department code is refused', () => {
    const offered = newer({ tenant: { ...spec().tenant, department: 'kube', name: 'system' } });
    expect(judge(bounds({ name: 'kube-system', offered, known: undefined }))).toEqual(keeps('NameMismatch'));
  });

  it('a group that is not of the department is refused and named', () => {
    const offered = newer({ members: [{ group: 'strangers', role: 'view' }] });
    const verdict = judge(bounds({ offered }));
    expect(verdict).toEqual(keeps('GroupNotInDepartment'));
    expect(verdict).toEqual(expect.objectContaining({ message: expect.stringContaining('strangers') }));
  });

  it('a group of the API server itself is refused even when the directory lists it', () => {
    const offered = newer({ members: [{ group: 'system:authenticated', role: 'view' }] });
    expect(judge(bounds({ offered, departmentGroups: ['system:authenticated'] }))).toEqual(
      keeps('GroupNotInDepartment'),
    );
  });

  it('a member that has left the directory since holds no decision up; who comes with it is judged all the same', () => {
    const gone = { known: spec(), departmentGroups: ['staff'] };
    expect(judge(bounds({ ...gone, offered: newer({ state: 'Removed' }) })).type).toBe('accept');
    const members = [...spec().members, { group: 'strangers', role: 'view' as const }];
    expect(judge(bounds({ ...gone, offered: newer({ members }) }))).toEqual({
      type: 'keep',
      reason: 'GroupNotInDepartment',
      message: 'not of department alpha: strangers',
    });
    const system = [{ group: 'system:masters', role: 'view' as const }];
    const held = bounds({ offered: newer({ members: system }), known: spec({ members: system }) });
    expect([held, { ...held, departmentGroups: undefined }].map(judge)).toEqual([
      keeps('GroupNotInDepartment'),
      keeps('DepartmentUnknown'),
    ]);
  });

  it('without the department in the directory no new group enters, but what was granted may change otherwise', () => {
    expect(judge(bounds({ departmentGroups: undefined, known: undefined }))).toEqual(keeps('DepartmentUnknown'));
    expect(judge(bounds({ departmentGroups: undefined })).type).toBe('accept');
  });

  it('members that the directory dropped are left out; an absent department drops none', () => {
    const members = [
      { group: 'admins', role: 'admin' as const },
      { group: 'gone', role: 'view' as const },
    ];
    expect(boundMembers(members, ['admins'])).toEqual([members[0]]);
    expect(boundMembers(members, undefined)).toEqual(members);
  });
});

describe('capacity', () => {
  const cores = (value: string) =>
    newer({ environments: [{ name: 'production', state: 'Active', quota: { 'requests.cpu': value } }] });

  it('a raise beyond what is left is refused with the figures', () => {
    const verdict = judge(bounds({ offered: cores('8'), usedByOthers: { 'requests.cpu': 3_000_000_000n } }));
    expect(verdict).toEqual({ type: 'keep', reason: 'OverCapacity', message: 'requests.cpu 11 of 10' });
  });

  it('a site that is too full takes what raises nothing', () => {
    const full = { usedByOthers: { 'requests.cpu': 50_000_000_000n } };
    expect(judge(bounds({ offered: cores('2'), ...full })).type).toBe('accept');
    expect(judge(bounds({ offered: cores('4'), ...full })).type).toBe('accept');
  });

  it('a standby takes no capacity, an active one counts until it is removed', () => {
    expect(usedBy(spec({ role: 'standby' }))).toEqual({});
    expect(usedBy(spec({ state: 'Retiring' }))).toEqual({ 'requests.cpu': 4_000_000_000n });
    expect(usedBy(spec({ state: 'Removed' }))).toEqual({});
  });

  it('a resource without capacity in cloud.yaml is not limited', () => {
    expect(judge(bounds({ offered: cores('800'), capacity: undefined })).type).toBe('accept');
  });
});

describe('the change budget', () => {
  const retiring = newer({ state: 'Retiring' });
  const frozen = newer({ state: 'Frozen' });

  it.for([
    ['a retiring tenant is a removal', spec(), retiring, 'removal'],
    [
      'a retiring environment is a removal',
      spec(),
      newer({ environments: [{ name: 'production', state: 'Retiring', quota: {} }] }),
      'removal',
    ],
    ['going from retiring to removed is no second removal', retiring, newer({ state: 'Removed' }), undefined],
    ['freezing is a role change', spec(), frozen, 'roleChange'],
    ['another role is a role change', spec(), newer({ role: 'standby' }), 'roleChange'],
    ['another member is a role change', spec(), newer({ members: [{ group: 'staff', role: 'admin' }] }), 'roleChange'],
    ['another quota is neither', spec(), newer({ environments: [] }), undefined],
    ['a first decision is neither', undefined, retiring, undefined],
  ] as const)('%s', ([, from, to, change]) => {
    expect(changeOf(from, to)).toBe(change);
  });

  it('is spent by changes within the hour', () => {
    expect(judge(bounds({ offered: retiring }, { removals: 1 }))).toEqual({ type: 'accept', change: 'removal' });
    expect(judge(bounds({ offered: retiring }, { removals: 2 }))).toEqual(keeps('AwaitingConfirmation'));
    expect(judge(bounds({ offered: retiring }, { roleChanges: 2 })).type).toBe('accept');
    expect(judge(bounds({ offered: frozen }, { roleChanges: 2 }))).toEqual(keeps('AwaitingConfirmation'));
  });

  it('a change that waits goes on waiting when the hour is over, until it is confirmed', () => {
    expect(judge(bounds({ offered: retiring }, { waiting: true }))).toEqual(keeps('AwaitingConfirmation'));
    expect(judge(bounds({ offered: retiring }, { waiting: true, confirmed: true })).type).toBe('accept');
  });

  it('does not hold up what is neither', () => {
    expect(judge(bounds({}, { removals: 99, roleChanges: 99, waiting: true })).type).toBe('accept');
  });
});
