import { describe, expect, it } from 'vitest';
import { envelopeFor, nextNumber, parseCeiling, parseDate, parseHard, type Wishes } from '../../cli/approval.ts';
import { askedOf, dueDate } from '../../cli/asked.ts';
import { ancestorsOf, reviewersOf } from '../../cli/directory.ts';
import { cloudSpec } from '../../core/model/cloud.ts';
import type { Approval, Department, Tenant } from '../../core/model/kinds.ts';
import { tenantSpec } from '../../core/model/tenant.ts';
import { cityCloud, tenantManifest } from '../support/city.ts';

const cloud = cloudSpec.parse(cityCloud);
const hosting = [{ hostname: 'www.alpha.testcity.example', service: 'web', port: 80 }];
const spec = tenantSpec.parse(
  tenantManifest('alpha', 'loan', {
    environments: [
      {
        name: 'production',
        size: 'small',
        service: 'important',
        hosting,
        egress: [{ destination: 'registry', port: 443 }],
      },
      { name: 'test', size: 'small' },
    ],
  }).spec,
);
const { envelope, pricePerMonth } = askedOf(spec, cloud);
const wishes: Wishes = { part: 'project', remove: [] };

describe('what is asked', () => {
  it('is the narrowest envelope: presets expanded, quota summed, lists sorted', () => {
    expect(envelope).toEqual({
      class: 'production',
      environments: ['production', 'test'],
      hard: { 'requests.cpu': '2', 'requests.memory': '4Gi', 'requests.storage': '20Gi', pods: '20' },
      hostnames: ['www.alpha.testcity.example'],
      zones: ['extranet'],
      egress: ['registry'],
      tiers: ['full'],
    });
  });

  it('is priced by the price list: cores, memory and storage, the protected environment at 180 percent', () => {
    // (60 + 2 x 30 + 10 x 0.5) x 1.8 + the same x 1
    expect(pricePerMonth).toBe('350.00');
  });

  it('is due after the working days of cloud.yaml', () => {
    // Friday evening in civil time; three working days later is Wednesday.
    expect(dueDate('funds', Date.parse('2026-11-20T15:00:00Z'), cloud)).toBe('2026-11-25');
    expect(dueDate('funds', Date.parse('2040-01-01T00:00:00Z'), cloud)).toBeUndefined();
  });
});

describe('the envelope of an approval', () => {
  it('is what is asked, and never drops an environment in passing', () => {
    expect(envelopeFor(envelope, undefined, wishes, false)).toEqual(envelope);
    const before = { environments: ['archive', 'production'] };
    expect(envelopeFor(envelope, before, wishes, false).environments).toEqual(['archive', 'production', 'test']);
  });

  it('leaves out only what is named', () => {
    const before = { environments: ['archive', 'production'] };
    expect(envelopeFor(envelope, before, { ...wishes, remove: ['archive'] }, false).environments).toEqual([
      'production',
      'test',
    ]);
    expect(() => envelopeFor(envelope, before, { ...wishes, remove: ['archiv'] }, false)).toThrow(/archiv/);
  });

  it('of a deleted tenant keeps what was allowed until it is named', () => {
    const before = { environments: ['production'] };
    expect(envelopeFor(envelope, before, wishes, true).environments).toEqual(['production']);
    expect(envelopeFor(envelope, before, { ...wishes, remove: ['production'] }, true).environments).toEqual([]);
  });

  it('takes ceilings that were typed beside those that were asked', () => {
    const hard = envelopeFor(envelope, undefined, { ...wishes, hard: 'requests.cpu=12' }, false).hard;
    expect(hard).toEqual({ ...envelope.hard, 'requests.cpu': '12' });
  });
});

describe('what a reviewer types', () => {
  it.each(['requests.cpus=4', 'requests.cpu=', 'requests.cpu=viel', ''])('--hard %s is wrong usage', (text) => {
    expect(() => parseHard(text)).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
  });

  it.each(['2026-02-30', '31.12.2026', '2026-1-1', ''])('%s is no date', (text) => {
    expect(() => parseDate(text)).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
  });

  it('a real date and an amount are kept as typed', () => {
    expect([parseDate('2028-02-29'), parseCeiling('15000.00')]).toEqual(['2028-02-29', '15000.00']);
    expect(() => parseCeiling('15,000')).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
  });
});

describe('the name of an approval', () => {
  const tenant = { metadata: { name: 'loan' } } as Tenant;
  const named = (names: string[]) => names.map((name) => ({ metadata: { name } }) as Approval);

  it('counts on from the largest number of its part, past holes and foreign names', () => {
    expect(nextNumber(tenant, 'project', [])).toBe(1);
    expect(
      nextNumber(
        tenant,
        'project',
        named(['loan-project-2', 'loan-project-10', 'loan-funds-30', 'loan-project-by-hand']),
      ),
    ).toBe(11);
  });
});

describe('the directory', () => {
  const department = (name: string, more: object) =>
    ({ metadata: { name }, spec: { groups: [], ...more } }) as unknown as Department;
  const all = [
    department('city', { reviewers: { project: 'office', funds: 'treasury' } }),
    department('north', { parent: 'city', reviewers: { project: 'north-office' } }),
    department('street', { parent: 'north' }),
    department('loop', { parent: 'loop2' }),
    department('loop2', { parent: 'loop' }),
  ];

  it('gives the reviewers of a department or of the nearest above it', () => {
    expect(reviewersOf('project', 'street', all)).toBe('north-office');
    expect(reviewersOf('funds', 'street', all)).toBe('treasury');
    expect(reviewersOf('funds', 'unknown', all)).toBeUndefined();
  });

  it('ends at a loop', () => {
    expect(ancestorsOf('loop', all).map((one) => one.metadata.name)).toEqual(['loop2']);
    expect(reviewersOf('project', 'loop', all)).toBeUndefined();
  });
});
