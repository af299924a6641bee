import { describe, expect, it } from 'vitest';
import type { ExistingGrant } from '../../../core/decide/change.ts';
import { composeStatus, nextDueMs, type SiteContact, type StatusInput } from '../../../core/decide/status.ts';
import type { GrantSpec, GrantStatus } from '../../../core/model/grant.ts';
import { tenantStatus } from '../../../core/model/tenant.ts';
import { at, cloud, dayMs, reported, startMs, step } from './fixture.ts';

const { decided, grants } = step({});
const heard: SiteContact[] = ['north', 'south', 'vault'].map((name) => ({
  name,
  reachable: true,
  lastContact: '2026-04-15T01:59:50Z',
}));
const { verdict } = decided;
if (verdict === undefined) throw new Error('no verdict');

const compose = (more: Partial<StatusInput> = {}) =>
  composeStatus({ verdict, grants, sites: heard, previous: undefined, generation: 1, cloud, nowMs: startMs, ...more });
const condition = (status: ReturnType<typeof compose>, type: string) =>
  status.conditions.find((entry) => entry.type === type);
const northSays = (change: (spec: GrantSpec) => GrantStatus | undefined): ExistingGrant[] =>
  grants.map((grant) => (grant.site === 'north' ? { ...grant, status: change(grant.spec) } : grant));

describe('the status of a tenant', () => {
  it('is Ready only when every site has reported this decision and epoch', () => {
    expect(condition(compose(), 'Ready')).toMatchObject({ status: 'True', reason: 'Ready' });
    const old = northSays((spec) => ({ ...reported(spec), observedDecision: { term: 1, revision: 0 } }));
    const behind = northSays((spec) => ({ ...reported(spec), observedEpoch: spec.epoch + 1 }));
    for (const list of [old, behind, northSays(() => undefined)]) {
      const status = compose({ grants: list });
      expect(condition(status, 'Ready')).toMatchObject({
        status: 'Unknown',
        reason: 'WaitingForSites',
        message: 'north',
      });
      expect(condition(status, 'Reconciling')?.status).toBe('True');
    }
  });

  it('is Unknown with the last contact while a site is silent, however good its last report was', () => {
    const sites = heard.map((site) => (site.name === 'south' ? { ...site, reachable: false } : site));
    const status = compose({ sites });
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'Unknown',
      reason: 'SiteSilent',
      message: 'south: last contact 2026-04-15T01:59:50Z',
    });
    expect(status.waitingFor).toMatchObject([{ part: 'site', group: 'oncall' }]);
    expect(JSON.stringify(status).match(/01:59:50/g)).toHaveLength(1);
  });

  it('is False when a site says that it cannot, and names site and object', () => {
    const ready = {
      type: 'Ready',
      status: 'False' as const,
      reason: 'ForeignObject',
      message: 'production: Namespace water-meters-production',
      lastTransitionTime: '2026-04-15T00:00:00Z',
    };
    const list = northSays((spec) => ({ ...reported(spec), conditions: [ready] }));
    expect(condition(compose({ grants: list }), 'Ready')).toMatchObject({
      status: 'False',
      message: 'north: ForeignObject production: Namespace water-meters-production',
    });
    const refusing = northSays(() => ({ conditions: [ready, { ...ready, type: 'Stalled', status: 'True' }] }));
    expect(condition(compose({ grants: refusing }), 'Ready')?.status).toBe('False');
  });

  it('does not change with time alone, keeps since and transition times, and fits its schema', () => {
    const waiting = step({ approvals: [] });
    const first = compose({ verdict: waiting.decided.verdict ?? verdict, grants: [] });
    expect(first.waitingFor?.map(({ part, due }) => [part, due])).toEqual([
      ['project', '2026-04-22'],
      ['funds', '2026-04-22'],
    ]);
    const later = { verdict: waiting.decided.verdict ?? verdict, grants: [], previous: first };
    expect(compose({ ...later, nowMs: startMs + dayMs })).toEqual(first);
    expect(nextDueMs(first, cloud, startMs)).toBe(Date.parse('2026-04-22T16:00:00Z'));
    const overdue = compose({ ...later, nowMs: startMs + 8 * dayMs });
    expect(condition(overdue, 'Overdue')?.message).toContain('project city-project 2026-04-22');
    for (const status of [first, overdue, compose()]) expect(tenantStatus.safeParse(status).error).toBeUndefined();
  });

  it('says that there is no table for a year instead of a guessed due date', () => {
    const waiting = step({ approvals: [] }).decided.verdict ?? verdict;
    const status = compose({ verdict: waiting, grants: [], nowMs: Date.parse('2026-12-30T02:00:00Z') });
    expect(status.waitingFor?.[0]?.due).toBeUndefined();
    expect(condition(status, 'Approved')?.message).toContain('no table for 2027');
  });

  it('shows what is granted, its price and where it is', () => {
    expect(compose()).toMatchObject({
      state: 'Active',
      granted: at(grants, 'north').environments[0]?.quota,
      grantedGeneration: 1,
      pricePerMonth: '3096.00',
      priceList: 'y2026',
      sites: [{ name: 'north', role: 'active', ready: 'True' }, { name: 'south' }, { name: 'vault', role: 'copy' }],
    });
  });
});
