import { describe, expect, it } from 'vitest';
import type { EnvironmentResult } from '../../../controller/site/environment.ts';
import { composeStatus, firstSights, type StatusInput, sameStatus } from '../../../controller/site/status.ts';
import { grantSpec, grantStatus } from '../../../core/model/grant.ts';
import { siteReasons } from '../../../core/model/reasons-site.ts';

const spec = grantSpec.parse({
  tenant: { department: 'alpha', name: 'permits', displayName: 'x', ancestors: [], uid: 'u', generation: 1 },
  role: 'active',
  epoch: 3,
  decision: { term: 1, revision: 7 },
  state: 'Active',
  class: 'production',
  members: [],
  environments: [{ name: 'production', state: 'Active', quota: {} }],
});

const running: EnvironmentResult = {
  name: 'production',
  namespace: 'alpha-permits-production',
  ready: 'True',
  reason: 'Running',
  message: '',
  busy: false,
};

const input = (more: Partial<StatusInput> = {}): StatusInput => ({
  before: undefined,
  inForce: spec,
  damaged: false,
  verdict: { type: 'same' },
  orphaned: false,
  leftOut: [],
  unnamed: [],
  environments: [running],
  retiringSince: new Map(),
  nowMs: Date.parse('2026-05-01T00:00:00Z'),
  ...more,
});

const conditionOf = (more: Partial<StatusInput>, type: string) =>
  composeStatus(input(more)).conditions.find((condition) => condition.type === type);

describe('the status of a Grant', () => {
  it('says which decision and epoch was acted on', () => {
    expect(composeStatus(input())).toMatchObject({ observedDecision: { term: 1, revision: 7 }, observedEpoch: 3 });
  });

  it('is one that the CRD takes', () => {
    const long = 'x'.repeat(5_000);
    const bad: EnvironmentResult = { ...running, ready: 'False', reason: 'WriteFailed', message: long };
    const status = composeStatus(input({ environments: [bad], orphaned: true }));
    expect(grantStatus.safeParse(status).error?.issues).toBeUndefined();
  });

  it('does not change with time alone', () => {
    const first = composeStatus(input());
    const later = composeStatus(input({ before: first, nowMs: Date.parse('2027-01-01T00:00:00Z') }));
    expect(sameStatus(first, later)).toBe(true);
  });

  it.for([
    ['ready', {}, 'True', 'Running'],
    ['standby', { inForce: { ...spec, role: 'standby' } }, 'True', 'Standby'],
    ['frozen', { inForce: { ...spec, state: 'Frozen' } }, 'True', 'Frozen'],
    ['removed', { inForce: { ...spec, state: 'Removed' } }, 'True', 'Removed'],
    [
      'refused: what runs is not what was decided',
      { verdict: { type: 'keep', reason: 'OverCapacity', message: '' } },
      'False',
      'OverCapacity',
    ],
    [
      'a management centre that is behind makes nothing worse',
      { verdict: { type: 'keep', reason: 'ManagementBehind', message: '' } },
      'True',
      'Running',
    ],
    ['an orphan is as ready as before', { orphaned: true, verdict: undefined }, 'True', 'Running'],
    ['a changed mirror', { damaged: true, inForce: undefined }, 'False', 'MirrorDamaged'],
    ['a group left out', { leftOut: ['strangers'] }, 'False', 'GroupNotInDepartment'],
    [
      'removed, and a group left out',
      { inForce: { ...spec, state: 'Removed' }, leftOut: ['strangers'] },
      'True',
      'Removed',
    ],
    ['a namespace that no decision names', { unnamed: ['alpha-permits-old'] }, 'False', 'EnvironmentOrphaned'],
  ] as const satisfies readonly (readonly [string, Partial<StatusInput>, string, string])[])(
    'Ready: %s',
    ([, more, status, reason]) => {
      expect(conditionOf(more, 'Ready')).toMatchObject({ status, reason });
    },
  );

  it('an environment that needs a person comes before one that only takes time', () => {
    const environments: EnvironmentResult[] = [
      { ...running, name: 'test', ready: 'False', reason: 'NamespaceTerminating' },
      { ...running, ready: 'False', reason: 'ForeignObject', message: 'Namespace x' },
    ];
    expect(conditionOf({ environments }, 'Ready')).toMatchObject({ status: 'False', reason: 'ForeignObject' });
    expect(conditionOf({ environments }, 'Stalled')).toMatchObject({ status: 'True' });
    expect(conditionOf({ environments }, 'Reconciling')).toMatchObject({ status: 'False' });
  });

  it('what was decided before stays said when the mirror cannot be trusted', () => {
    const before = composeStatus(input());
    const status = composeStatus(input({ before, inForce: undefined, damaged: true, environments: [] }));
    expect(status).toMatchObject({ observedDecision: { revision: 7 }, environments: [{ name: 'production' }] });
  });

  it('a condition that holds no longer is gone', () => {
    const before = composeStatus(input({ orphaned: true }));
    expect(before.conditions.map((condition) => condition.type)).toContain('Orphaned');
    const after = composeStatus(input({ before }));
    expect(after.conditions.map((condition) => condition.type)).toEqual(['Ready', 'Reconciling', 'Stalled']);
  });
});

describe('the first sight of a removal', () => {
  const nowMs = Date.parse('2026-05-01T00:00:00Z');

  it('is now, and stays what it was', () => {
    const retiring = { ...spec, state: 'Retiring' as const };
    const sights = firstSights(retiring, undefined, nowMs);
    expect(sights.get('*')).toBe('2026-05-01T00:00:00Z');
    const before = composeStatus(input({ inForce: retiring, retiringSince: sights }));
    expect(firstSights(retiring, before, nowMs + 1e9)).toEqual(sights);
  });

  it('is forgotten when the tenant is taken back, so retention starts anew', () => {
    const before = composeStatus(input({ retiringSince: new Map([['production', '2020-01-01T00:00:00Z']]) }));
    expect(firstSights(spec, before, nowMs).size).toBe(0);
  });
});

describe('reasons', () => {
  it.for(Object.entries(siteReasons))('%s has a sentence in both languages', ([, text]) => {
    expect(text.zh).toMatch(/\p{Script=Han}/u);
    expect(text.en).toMatch(/^[\x20-\x7e]+$/);
  });
});
