import type { ApprovalSpec } from '../../model/approval.ts';
import { namespaces } from '../../model/names.ts';
import type { Draft } from '../document.ts';
import type { Manifest } from '../types.ts';
import { type Checks, departmentOf, refOf } from './context.ts';
import { checkNamespace } from './tenants.ts';

type Approval = Draft<Manifest<ApprovalSpec>>;

/** Approvals: namespace, tenant, names in the envelope, price list, validity, two people for the two parts. */
export function checkApprovals(checks: Checks): void {
  const tenants = new Set(
    [...checks.drafts.tenants.map(refOf), ...recordedRefs(checks)].filter((ref) => ref !== undefined),
  );
  for (const draft of checks.drafts.approvals) {
    if (draft.object.metadata?.namespace !== namespaces.operations) checkNamespace(checks, draft);
    checks.each([draft], () => {
      checkTenant(checks, draft, tenants);
      checkNames(checks, draft);
      checkDates(checks, draft);
    });
  }
  checkTwoPeople(checks);
}

function recordedRefs(checks: Checks): string[] {
  return (checks.recorded.tenants ?? []).map(
    ({ metadata }) => `${(metadata.namespace ?? '').replace(/^dept-/, '')}/${metadata.name}`,
  );
}

function checkTenant(checks: Checks, draft: Approval, tenants: ReadonlySet<string>): void {
  const department = departmentOf(draft);
  const { name } = draft.object.spec.for;
  if (department === undefined || tenants.size === 0 || tenants.has(`${department}/${name}`)) return;
  const known = [...tenants].filter((ref) => ref.startsWith(`${department}/`)).map((ref) => ref.split('/')[1] ?? '');
  if (known.length === 0 && checks.recorded.tenants === undefined) return;
  checks.reportUnknown(draft, ['spec', 'for', 'name'], {
    rule: 'UnknownTenant',
    name,
    known,
    zh: `部门 ${department} 没有租户 ${name}`,
    en: `the department ${department} has no tenant ${name}`,
  });
}

function checkNames(checks: Checks, draft: Approval): void {
  const { cloud } = checks;
  const { envelope, funds } = draft.object.spec;
  if (cloud === undefined) return;
  const tables = { zones: cloud.zones, tiers: cloud.tiers, egress: cloud.destinations };
  const rules = { zones: 'UnknownZone', tiers: 'UnknownTier', egress: 'UnknownDestination' } as const;
  for (const field of ['zones', 'tiers', 'egress'] as const) {
    (envelope?.[field] ?? []).forEach((name, index) => {
      if (Object.hasOwn(tables[field], name)) return;
      checks.reportUnknown(draft, ['spec', 'envelope', field, index], {
        rule: rules[field],
        name,
        known: Object.keys(tables[field]),
        zh: `cloud.yaml 的 ${field} 中没有 ${name}`,
        en: `cloud.yaml has no ${name} among its ${field === 'egress' ? 'destinations' : field}`,
      });
    });
  }
  if (funds !== undefined && funds.priceList !== cloud.prices.version) {
    checks.report(draft, ['spec', 'funds', 'priceList'], {
      rule: 'PriceListChanged',
      severity: 'warning',
      zh: `经费按价目表 ${funds.priceList} 批准，现行为 ${cloud.prices.version}`,
      en: `the funds were approved with the price list ${funds.priceList}; the present one is ${cloud.prices.version}`,
      fix: { zh: '按现行价目表重新审批', en: 'have them approved anew with the present one' },
    });
  }
}

function checkDates(checks: Checks, draft: Approval): void {
  const { until } = draft.object.spec;
  if (until === undefined || checks.today === undefined || until >= checks.today) return;
  checks.report(draft, ['spec', 'until'], {
    rule: 'ApprovalEnded',
    severity: 'warning',
    zh: `审批有效期 ${until} 已过`,
    en: `the approval ended on ${until}`,
    fix: { zh: '另建一份新的审批', en: 'make a new approval' },
  });
}

/** The newest approval of each part of a tenant, by `decidedAt`, must come from two people. */
function checkTwoPeople(checks: Checks): void {
  const newest = new Map<string, Approval>();
  checks.each(checks.drafts.approvals, (draft) => {
    const { for: subject, part, decision, decidedAt } = draft.object.spec;
    if (decision === 'rejected') return;
    const key = `${part} ${draft.object.metadata.namespace}/${subject.name}`;
    const known = newest.get(key)?.object.spec.decidedAt;
    if (known === undefined || Date.parse(decidedAt) > Date.parse(known)) newest.set(key, draft);
  });
  for (const [key, funds] of newest) {
    const project = key.startsWith('funds ') ? newest.get(key.replace('funds ', 'project ')) : undefined;
    const by = funds.object.spec.decidedBy;
    if (project?.object.spec.decidedBy !== by) continue;
    if (project.object.spec.decision !== 'approved' || funds.object.spec.decision !== 'approved') continue;
    checks.report(funds, ['spec', 'decidedBy'], {
      rule: 'SamePerson',
      zh: `立项和经费都由 ${by} 批准（立项在 ${project.file}:${project.line}）`,
      en: `project and funds are both approved by ${by} (the project at ${project.file}:${project.line})`,
      fix: { zh: '由另一人审批其中一项', en: 'have another person decide one of them' },
    });
  }
}
