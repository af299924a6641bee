import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesGrants, type Plan, planOf } from '../../../controller/management/tenants/commit.ts';
import type { ExistingGrant } from '../../../core/decide/change.ts';
import { decideTenant } from '../../../core/decide/decide.ts';
import { newerApproval } from '../../../core/decide/envelope.ts';
import { entryOf, Ledger } from '../../../core/decide/ledger.ts';
import type { Decided } from '../../../core/decide/types.ts';
import type { TenantSpec } from '../../../core/model/tenant.ts';
import {
  approval,
  at,
  bothApprovals,
  dayMs,
  reported,
  startMs,
  step,
  tenant,
  view,
  world,
  written,
} from './fixture.ts';

const ledgerWith = (grants: Parameters<typeof entryOf>[0]) => {
  const ledger = new Ledger();
  ledger.set('water/meters', entryOf(grants));
  return ledger;
};
/** Whether the controller would write any Grant. */
const writes = (decided: Decided, grants: readonly ExistingGrant[]): boolean =>
  changesGrants(
    planOf(
      'water/meters',
      {
        existing: grants.map((grant) => ({ ...grant, object: {} as Plan['existing'][number]['object'] })),
        owned: [],
        tenant: undefined,
      },
      decided,
    ),
  );
const env = (cpu: string, more: object = {}): TenantSpec['environments'] => [
  { name: 'production', quota: { 'requests.cpu': cpu, 'requests.memory': '16Gi', pods: '40' }, ...more },
];
const sizes = (grants: ReturnType<typeof step>['grants'], site = 'north') =>
  Object.fromEntries(
    at(grants, site).environments.map(({ name, quota, state }) => [name, [quota['requests.cpu'], state]]),
  );

describe('a new request', () => {
  it('waits for both parts, with their reviewers, and has no Grant', () => {
    const { decided, grants } = step({ approvals: [] });
    expect(grants).toEqual([]);
    expect(decided.verdict).toMatchObject({
      state: 'Waiting',
      reason: 'WaitingForApproval',
      waits: [
        { part: 'project', group: 'city-project' },
        { part: 'funds', group: 'city-funds' },
      ],
    });
  });

  it('waits for the part that is missing', () => {
    const { decided } = step({ approvals: [approval('funds')] });
    expect(decided.verdict?.waits).toEqual([{ part: 'project', group: 'city-project' }]);
  });

  it('becomes Grants at the primary, the standby and the recovery centre', () => {
    const { decided, grants } = step({});
    expect(grants.map(({ site, spec }) => [site, spec.role, spec.epoch])).toEqual([
      ['north', 'active', 1],
      ['south', 'standby', 1],
      ['vault', 'copy', 1],
    ]);
    expect(decided.verdict).toMatchObject({ state: 'Active', granted: true, priceFen: 309_600n });
    expect(decided.finalizer).toBe(true);
  });

  it('holds an environment without protection at its primary only', () => {
    const environments = [...tenant().spec.environments, { name: 'test', size: 'small' }];
    const { grants } = step({ tenant: tenant({ environments }) });
    expect(at(grants, 'north').environments.map(({ name }) => name)).toEqual(['production', 'test']);
    expect(at(grants, 'south').environments.map(({ name }) => name)).toEqual(['production']);
  });

  it('is not granted by one person for both parts', () => {
    const approvals = [approval('project', { decidedBy: 'one' }), approval('funds', { decidedBy: 'one' })];
    const { decided, grants } = step({ approvals });
    expect(grants).toEqual([]);
    expect(decided.verdict).toMatchObject({ reason: 'SamePerson', waits: [{ part: 'funds', group: 'city-funds' }] });
  });

  it('is refused, not waiting, once reviewers rejected this generation, and waits anew after an edit', () => {
    const approvals = [approval('project', { decision: 'rejected', generation: 1, reason: 'too large' })];
    const refused = step({ approvals }).decided.verdict;
    expect(refused).toMatchObject({
      state: 'Refused',
      reason: 'Rejected',
      stalled: true,
      waits: [{ part: 'correction', group: 'water-admins' }],
    });
    expect(refused?.message).toContain('too large');
    expect(step({ approvals, tenant: tenant({}, { generation: 2 }) }).decided.verdict?.state).toBe('Waiting');
  });

  it('names every field that lies outside the envelope', () => {
    const envelope = { hard: { 'requests.cpu': '4' }, zones: ['intranet'], tiers: ['mutual'], environments: ['test'] };
    const { decided } = step({ approvals: bothApprovals({ envelope }) });
    expect(decided.verdict?.reason).toBe('OutsideEnvelope');
    for (const part of ['hard.requests.cpu: asked 8, allowed 4', 'zones', 'tiers', 'environments']) {
      expect(decided.verdict?.message).toContain(part);
    }
  });

  it('waits when its price is above the funds, or the funds are of another price list', () => {
    const funds = { fiscalYear: 2026, ceilingPerMonth: '3095.99', priceList: 'y2026' };
    const project = approval('project');
    expect(step({ approvals: [project, approval('funds', { funds })] }).decided.verdict).toMatchObject({
      reason: 'OverCeiling',
      message: expect.stringContaining('asked 3096.00, allowed 3095.99'),
    });
    const old = { ...funds, ceilingPerMonth: '9999.00', priceList: 'y2025' };
    expect(step({ approvals: [project, approval('funds', { funds: old })] }).decided.verdict?.reason).toBe(
      'PriceListChanged',
    );
  });

  it('is stalled with the near names when it names what does not exist', () => {
    const spec = { environments: [{ name: 'production', size: 'huge', zone: 'moon' }] };
    const { decided, grants } = step({ tenant: tenant(spec) });
    expect(grants).toEqual([]);
    expect(decided.verdict).toMatchObject({ state: 'Refused', stalled: true, reason: 'UnknownPreset' });
    expect(decided.verdict?.message).toContain('known: medium, small');
    expect(decided.verdict?.message).toContain('UnknownZone');
  });

  it('is refused a hostname of another tenant, with the owner, and one under a reserved suffix', () => {
    const hosted = (hostname: string) =>
      tenant({
        environments: [{ name: 'production', size: 'small', hosting: [{ hostname, service: 'web', port: 80 }] }],
      });
    const ownerOf = () => 'fire/alarms';
    expect(step({ tenant: hosted('a.water.city.example') }, { ownerOf }).decided.verdict).toMatchObject({
      reason: 'HostnameTaken',
      message: expect.stringContaining('a.water.city.example: fire/alarms'),
    });
    expect(step({ tenant: hosted('a.reserved.example') }).decided.verdict?.reason).toBe('HostnameReserved');
    expect(step({ tenant: hosted('a.other.example') }).decided.verdict?.reason).toBe('OutsideEnvelope');
    const envelope = { hostnames: ['*.other.example'] };
    const approved = step({ tenant: hosted('a.other.example'), approvals: bothApprovals({ envelope }) });
    expect([...approved.decided.claims]).toEqual([['a.other.example', 'production']]);
  });
});

describe('the newest approval', () => {
  it('is the one created last, within one second the one decided last', () => {
    const at = (name: string, creationTimestamp: string, decidedAt: string) => {
      const made = approval('project', { decidedAt });
      return { ...made, metadata: { ...made.metadata, name, creationTimestamp } };
    };
    const second = '2026-04-03T00:00:01Z';
    const list = [
      at('approval-9', second, '2026-04-03T08:00:01.200+08:00'),
      at('approval-10', second, '2026-04-03T00:00:01.900Z'),
      at('approval-8', '2026-04-03T00:00:00Z', '2026-04-09T00:00:00Z'),
    ];
    expect(list.toSorted(newerApproval).map(({ metadata }) => metadata.name)).toEqual([
      'approval-10',
      'approval-9',
      'approval-8',
    ]);
  });
});

describe('a change', () => {
  const first = step({ tenant: tenant({ environments: env('8') }) });
  const existing = first.grants;
  const ledger = ledgerWith(existing);
  const limited = bothApprovals({ envelope: { hard: { 'requests.cpu': '8' } } });

  it('that raises waits, and what was granted stays', () => {
    const raised = tenant({ environments: env('12') }, { generation: 2 });
    const { decided, grants } = step({ tenant: raised, existing, approvals: limited }, { ledger });
    expect(sizes(grants)).toEqual({ production: ['8', 'Active'] });
    expect(at(grants, 'north').tenant.generation).toBe(1);
    expect(decided.verdict).toMatchObject({ state: 'Active', granted: false, reason: 'OutsideEnvelope' });
  });

  it('that lowers holds at once, without any approval', () => {
    const lowered = tenant({ environments: env('4') }, { generation: 2 });
    const { decided, grants } = step({ tenant: lowered, existing, approvals: [] }, { ledger });
    expect(sizes(grants)).toEqual({ production: ['4', 'Active'] });
    expect(at(grants, 'north').tenant.generation).toBe(2);
    expect(decided.verdict?.granted).toBe(true);
  });

  it('that raises one thing and lowers another lowers at once and waits with the rest', () => {
    const quota = { 'requests.cpu': '12', 'requests.memory': '8Gi', pods: '40' };
    const mixed = tenant({
      environments: [{ name: 'production', quota }],
      members: [{ group: 'water-admins', role: 'admin' }],
    });
    const { grants } = step({ tenant: mixed, existing, approvals: limited }, { ledger });
    expect(at(grants, 'north').environments[0]?.quota).toMatchObject({ 'requests.cpu': '8', 'requests.memory': '8Gi' });
    expect(at(grants, 'north').members).toEqual([{ group: 'water-admins', role: 'admin' }]);
  });

  it('of members holds at once; a group of another department is left out and named', () => {
    const members = [
      { group: 'fire-all', role: 'admin' as const },
      { group: 'water-staff', role: 'edit' as const },
    ];
    const { decided, grants } = step({ tenant: tenant({ environments: env('8'), members }), existing }, { ledger });
    expect(at(grants, 'north').members).toEqual([{ group: 'water-staff', role: 'edit' }]);
    expect(decided.verdict).toMatchObject({ reason: 'UnknownGroup', stalled: true });
  });

  it('after the approvals ended blocks raises only, and warns', () => {
    const approvals = bothApprovals({ until: '2026-04-10' });
    const same = step({ tenant: tenant({ environments: env('8') }), existing, approvals }, { ledger });
    expect(same.decided.verdict).toMatchObject({
      state: 'Active',
      granted: true,
      warning: { type: 'ApprovalExpired', message: '2026-04-10' },
    });
    const raised = step({ tenant: tenant({ environments: env('9') }), existing, approvals }, { ledger });
    expect(raised.decided.verdict?.reason).toBe('ApprovalEnded');
    const yearOn = { ledger, nowMs: startMs + 365 * dayMs };
    for (const cpu of ['8', '9']) {
      const asked = { tenant: tenant({ environments: env(cpu) }), existing, approvals };
      expect(step(asked, yearOn).decided.verdict).toEqual(step(asked, { ledger }).decided.verdict);
      expect(step(asked, yearOn).decided.nextCheckMs).toBeUndefined();
    }
  });

  it('to a protection tier adds the centres that the tier asks for', () => {
    const plain = env('8', { protection: { tier: 'mutual' } });
    const { grants } = step({ tenant: tenant({ environments: plain }), existing }, { ledger });
    expect(grants.map(({ site, spec }) => [site, spec.role])).toEqual([
      ['north', 'active'],
      ['south', 'standby'],
    ]);
    const back = step({ tenant: tenant({ environments: env('8') }), existing: grants }, { ledger: ledgerWith(grants) });
    expect(at(back.grants, 'south').state).toBe('Retiring');
    expect(at(back.grants, 'north').state).toBe('Active');
  });

  it('is not decided while a site knows a newer decision', () => {
    const ahead = existing.map((grant) => ({
      ...grant,
      status: { ...reported(grant.spec), observedDecision: { term: 2, revision: 1 } },
    }));
    const { decided } = step({ tenant: tenant({ environments: env('1') }), existing: ahead }, { ledger });
    expect(writes(decided, ahead)).toBe(false);
    expect(decided.grants.map(({ site }) => site)).toEqual(ahead.map(({ site }) => site));
    expect(decided.verdict).toMatchObject({ reason: 'ManagementBehind', waits: [{ part: 'site', group: 'platform' }] });
  });

  it('freezes when a part is revoked, keeps everything, and thaws with a newer approval', () => {
    const revoked = [...bothApprovals(), approval('project', { decision: 'revoked' })];
    const frozen = step({ tenant: tenant({ environments: env('8') }), existing, approvals: revoked }, { ledger });
    expect(frozen.grants.map(({ spec }) => spec.state)).toEqual(['Frozen']);
    expect(frozen.decided.verdict).toMatchObject({ state: 'Frozen', reason: 'Revoked', waits: [{ part: 'project' }] });
    const approvals = [...revoked, approval('project')];
    const thawed = step({ tenant: tenant({ environments: env('8') }), existing: frozen.grants, approvals }, { ledger });
    expect(at(thawed.grants, 'north').state).toBe('Active');
  });
});

describe('a removal', () => {
  const two = tenant({ environments: [...env('8'), { name: 'test', size: 'small' }] });
  const existing = step({ tenant: two }).grants;
  const ledger = ledgerWith(existing);

  it('of a plain environment is a value with a date, and is taken back by asking again', () => {
    const gone = step({ tenant: tenant({ environments: env('8') }), existing, approvals: [] }, { ledger });
    expect(sizes(gone.grants)).toEqual({ production: ['8', 'Active'], test: ['2', 'Retiring'] });
    expect(at(gone.grants, 'north').environments[1]?.removeAfter).toBe('2026-07-14T02:00:00Z');
    expect(gone.decided.nextCheckMs).toBe(startMs + 90 * dayMs);
    const back = step({ tenant: two, existing: gone.grants, approvals: [] }, { ledger, nowMs: startMs + 89 * dayMs });
    expect(sizes(back.grants)).toEqual({ production: ['8', 'Active'], test: ['2', 'Active'] });
    const later = { ledger, nowMs: startMs + 90 * dayMs };
    const removed = step({ tenant: tenant({ environments: env('8') }), existing: gone.grants }, later, () => undefined);
    expect(sizes(removed.grants)['test']).toEqual(['2', 'Removed']);
    const kept = step({ tenant: tenant({ environments: env('8') }), existing: removed.grants }, later);
    expect(Object.keys(sizes(kept.grants))).toEqual(['production', 'test']);
    const dropped = step({ tenant: tenant({ environments: env('8') }), existing: kept.grants }, later);
    expect(Object.keys(sizes(dropped.grants))).toEqual(['production']);
  });

  it('of a production environment waits for an approval that leaves it out', () => {
    const without = tenant({ environments: [{ name: 'test', size: 'small' }] }, { generation: 2 });
    const waits = step({ tenant: without, existing }, { ledger });
    expect(sizes(waits.grants)['production']).toEqual(['8', 'Active']);
    expect(waits.decided.verdict).toMatchObject({
      reason: 'WaitingForRemovalApproval',
      blocking: ['production'],
      waits: [{ part: 'removal', group: 'city-project' }],
    });
    const approvals = [...bothApprovals(), approval('project', { envelope: { environments: ['test'] } })];
    const goes = step({ tenant: without, existing, approvals }, { ledger });
    expect(sizes(goes.grants)['production']).toEqual(['8', 'Retiring']);
  });

  it('of a whole production tenant needs an approval for no environment at all; then its Grants say so and it may go', () => {
    const deleted = tenant(two.spec, { deletionTimestamp: '2026-04-15T00:00:00Z' });
    const waits = step({ tenant: deleted, existing }, { ledger });
    expect(waits.decided).toMatchObject({ finalizer: true, verdict: { reason: 'WaitingForRemovalApproval' } });
    expect(waits.grants.map(({ spec }) => spec.state)).toEqual(['Active']);
    const approvals = [...bothApprovals(), approval('project', { envelope: { environments: [] } })];
    const goes = step({ tenant: deleted, existing, approvals }, { ledger });
    expect(goes.decided.finalizer).toBe(false);
    expect(goes.grants.map(({ spec }) => [spec.state, spec.removeAfter])).toEqual([
      ['Retiring', '2026-07-14T02:00:00Z'],
    ]);
    const again = step({ tenant: tenant(two.spec, { uid: 'uid-2' }), existing: goes.grants, approvals }, { ledger });
    expect(again.grants.map(({ spec }) => [spec.state, spec.tenant.uid])).toEqual([['Active', 'uid-2']]);
    const left = { tenant: undefined, approvals };
    const later = { ledger, nowMs: startMs + 90 * dayMs };
    const removed = step({ ...left, existing: goes.grants }, later);
    expect(removed.grants.map(({ spec }) => spec.state)).toEqual(['Removed']);
    expect(step({ ...left, existing: removed.grants }, later).decided).toMatchObject({
      grants: [],
      finished: ['north'],
    });
  });

  it('is never read from an absence: Grants of a request that just is not there stay', () => {
    const { decided } = step({ tenant: undefined, existing }, { ledger });
    expect(writes(decided, existing)).toBe(false);
    expect(decided.grants.map(({ site }) => site)).toEqual(existing.map(({ site }) => site));
    expect(decided.finished).toEqual([]);
  });
});

describe('in general', () => {
  const amount = fc.integer({ min: 0, max: 30 });
  const asked = fc.record({
    class: fc.constant('production' as const),
    environments: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('production', 'test', 'stage'),
        quota: fc.record({ 'requests.cpu': amount, 'requests.memory': amount.map((gi) => `${gi}Gi`), pods: amount }),
        service: fc.constantFrom('important', 'plain', undefined).map((name) => name as string),
      }),
      { minLength: 1, maxLength: 3, selector: ({ name }) => name },
    ),
  });
  const clean = (spec: { environments: readonly { service?: string | undefined }[] }) =>
    JSON.parse(JSON.stringify(spec)) as Partial<TenantSpec>;

  it('deciding about its own result changes nothing', () => {
    fc.assert(
      fc.property(asked, asked, fc.boolean(), (before, after, approved) => {
        const first = step({ tenant: tenant(clean(before)) });
        const approvals = approved ? bothApprovals() : [];
        const input = view({ tenant: tenant(clean(after), { generation: 2 }), approvals, existing: first.grants });
        const ledger = ledgerWith(first.grants);
        const once = decideTenant(input, world({ ledger }));
        const grants = written(once, input.existing);
        ledger.set('water/meters', entryOf(grants));
        const twice = decideTenant({ ...input, existing: grants }, world({ ledger }));
        expect(twice.grants).toEqual(once.grants);
        expect({ ...twice.verdict, priceFen: 0n }).toEqual({ ...once.verdict, priceFen: 0n });
      }),
      { numRuns: 300 },
    );
  });

  it('without approvals no resource of any environment grows, and none shrinks that was not lowered', () => {
    fc.assert(
      fc.property(asked, asked, (before, after) => {
        const first = step({ tenant: tenant(clean(before)) });
        if (first.grants.length === 0) return;
        const request = tenant(clean(after), { generation: 2 });
        const next = step(
          { tenant: request, approvals: [], existing: first.grants },
          { ledger: ledgerWith(first.grants) },
        );
        const was = new Map(at(first.grants, 'north').environments.map((e) => [e.name, e]));
        for (const { name, quota, state } of at(next.grants, 'north').environments) {
          const old = Number(was.get(name)?.quota['requests.cpu'] ?? -1);
          const now = Number(quota['requests.cpu']);
          expect(now).toBeLessThanOrEqual(old);
          const wish = request.spec.environments.find((e) => e.name === name)?.quota?.['requests.cpu'];
          if (state === 'Active' && wish !== undefined) expect(now).toBe(Math.min(old, Number(wish)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
