import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askedOf } from '../../../cli/asked.ts';
import { createContext, type Output } from '../../../cli/context.ts';
import { differences, type Facts, tenantLines } from '../../../cli/explain/tenant.ts';
import { decisionLines } from '../../../cli/view/decision.ts';
import { makeStyle } from '../../../cli/view/style.ts';
import { nextStep, tenantDetails, tenantTable } from '../../../cli/view/tenant.ts';
import { parseQuota } from '../../../core/decide/quota-math.ts';
import type { ApprovalSpec } from '../../../core/model/approval.ts';
import { cloudSpec } from '../../../core/model/cloud.ts';
import type { Approval, Tenant } from '../../../core/model/kinds.ts';
import { tenantSpec, tenantStatus } from '../../../core/model/tenant.ts';
import type { Lang } from '../../../core/text/lang.ts';
import { cityCloud, tenantManifest } from '../../support/city.ts';
import { collect } from '../support.ts';

const golden = join(import.meta.dirname, '../../golden/cli');
const cloud = cloudSpec.parse(cityCloud);
const today = '2026-11-21';
const style = makeStyle(false);

function ready(status: string, reason: string, message: string) {
  return { type: 'Ready', status, reason, message, lastTransitionTime: '2026-11-20T08:00:00Z' };
}

function tenant(name: string, status: object | undefined, more: object = {}): Tenant {
  const metadata = {
    name,
    namespace: 'dept-alpha',
    uid: 'u',
    resourceVersion: '7',
    generation: 2,
    creationTimestamp: '2026-11-18T08:00:00Z',
  };
  const spec = tenantSpec.parse(tenantManifest('alpha', name, more).spec);
  const base = { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Tenant', metadata, spec };
  if (status === undefined) return base;
  return { ...base, status: tenantStatus.parse({ observedGeneration: 2, conditions: [], ...status }) };
}

const active = tenant('loan', {
  state: 'Active',
  conditions: [ready('True', 'Ready', '')],
  sites: [
    { name: 'east', role: 'active', epoch: 1, ready: 'True' },
    { name: 'west', role: 'standby', epoch: 1, ready: 'True' },
  ],
  granted: { 'requests.cpu': '1', 'requests.memory': '2Gi', 'requests.storage': '10Gi', pods: '10' },
  grantedGeneration: 2,
  pricePerMonth: '226.80',
});
const waiting = tenant('search', {
  state: 'Waiting',
  conditions: [ready('False', 'WaitingForApproval', 'project, funds')],
  waitingFor: [
    { part: 'project', group: 'project-office', since: '2026-11-18T08:00:00Z', due: '2026-11-25' },
    { part: 'funds', group: 'treasury', since: '2026-11-18T08:00:00Z', due: '2026-11-20' },
  ],
});
const silent = tenant('maps', {
  state: 'Active',
  conditions: [ready('Unknown', 'SiteSilent', 'west since 2026-11-21T07:00:00Z')],
  sites: [
    { name: 'east', role: 'standby', epoch: 1, ready: 'True' },
    { name: 'west', role: 'active', epoch: 1, ready: 'Unknown', reason: 'SiteSilent' },
  ],
});
const fresh = tenant('new', undefined);

function context(lang: Lang, output: Output) {
  const { io } = collect();
  return createContext({ output }, { io, lang, exitCode: 0, graceMs: 0, closers: [] });
}

describe.each(['zh', 'en'] as const)('status in %s', (lang) => {
  it.each(['text', 'wide'] as const)('as a table, -o %s', async (output) => {
    const lines = tenantTable([active, waiting, silent, fresh], context(lang, output), today);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(golden, `status-${output}.${lang}.txt`));
  });

  it('of one tenant', async () => {
    const pages = [active, waiting, silent, fresh].map((one) =>
      tenantDetails(one, context(lang, 'text'), today).join('\n'),
    );
    await expect(`${pages.join('\n\n')}\n`).toMatchFileSnapshot(join(golden, `status-tenant.${lang}.txt`));
  });
});

function approval(name: string, spec: Partial<ApprovalSpec>): Approval {
  const metadata = {
    name,
    namespace: 'dept-alpha',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: spec.decidedAt ?? '',
  };
  const full = {
    for: { kind: 'Tenant', name: 'loan' },
    decision: 'approved',
    decidedBy: 'paula',
    decidedAt: '2026-11-19T01:00:00Z',
    ...spec,
  };
  return { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Approval', metadata, spec: full as ApprovalSpec };
}

const grown = tenant(
  'loan',
  { ...active.status, observedGeneration: 2, grantedGeneration: 1 },
  { environments: [{ name: 'production', size: 'large', service: 'important' }] },
);
const project = approval('loan-project-1', {
  part: 'project',
  project: { ref: 'T-2026-1' },
  until: '2026-12-31',
  envelope: {
    class: 'production',
    environments: ['production'],
    hard: { 'requests.cpu': '2', 'requests.memory': '4Gi' },
  },
});
const funds = approval('loan-funds-1', {
  part: 'funds',
  decidedBy: 'frank',
  funds: { fiscalYear: 2026, ceilingPerMonth: '500.00', priceList: 'p1' },
});

function facts(more: Partial<Facts>): Facts {
  return { tenant: grown, approvals: [project, funds], department: undefined, cloud, used: [], today, ...more };
}

describe.each(['zh', 'en'] as const)('explain TENANT in %s', (lang) => {
  it('puts asked, allowed, granted and used side by side and says why they differ', async () => {
    const used = [
      { site: 'east', role: 'active', used: parseQuota({ 'requests.cpu': '500m', pods: '3' }), missing: undefined },
      { site: 'west', role: 'standby', used: undefined, missing: 'unreachable' as const },
    ];
    const lines = tenantLines(facts({ used }), lang, style);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(golden, `explain-tenant.${lang}.txt`));
  });

  it('says so when everything agrees', () => {
    const both = [{ ...project, spec: { ...project.spec, envelope: askedOf(active.spec, cloud).envelope } }, funds];
    expect(differences(facts({ tenant: active, approvals: both }), lang)).toEqual([
      lang === 'zh' ? '申请、批准、分配和运行一致' : 'asked, allowed, granted and running agree',
    ]);
  });
});

describe.each(['zh', 'en'] as const)('what a reviewer is shown in %s', (lang) => {
  it('is everything that the decision allows, beside what is asked and what was allowed', async () => {
    const asked = askedOf(grown.spec, cloud).envelope;
    const target = { kind: 'Tenant', name: 'loan' } as const;
    const base = { for: target, decision: 'approved', decidedBy: 'paula', decidedAt: '2026-11-21T01:00:00Z' } as const;
    const specs: ApprovalSpec[] = [
      { ...base, part: 'project', project: { ref: 'T-2026-1' }, until: '2027-12-31', envelope: asked },
      { ...base, part: 'project', project: { ref: 'T-2026-1' }, envelope: { ...asked, environments: [] } },
      { ...base, part: 'funds', funds: { fiscalYear: 2026, ceilingPerMonth: '600.00', priceList: 'p1' } },
      { ...base, part: 'funds', decision: 'revoked', reason: '项目终止' },
    ];
    const known = [project, funds];
    const pages = specs.map((spec) => decisionLines({ tenant: grown, spec, known, cloud, lang, style }).join('\n'));
    await expect(`${pages.join('\n\n')}\n`).toMatchFileSnapshot(join(golden, `decision.${lang}.txt`));
  });
});

describe('the next command', () => {
  it('is the decision that a tenant waits for, or its explanation', () => {
    expect(nextStep(waiting)).toEqual({ line: 'jinhong approve alpha/search --part project', group: 'project-office' });
    expect(nextStep(active)).toEqual({ line: 'jinhong explain alpha/loan', group: undefined });
  });

  it('of a deleted tenant allows the removal of all its environments by name', () => {
    const waitingFor = [{ part: 'removal', group: 'project-office', since: '2026-11-18T08:00:00Z' }];
    const leaving = tenant('loan', { state: 'Retiring', waitingFor });
    const gone = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-11-18T08:00:00Z' } };
    expect(nextStep(gone).line).toBe('jinhong approve alpha/loan --part project --remove production');
    expect(nextStep(leaving).line).toContain('--remove ENVIRONMENT');
  });
});
