import { buildTree, handedOut, type OwnUse } from '../../decide/allowance.ts';
import { type Amounts, formatAmount, parseQuota, sumAmounts } from '../../decide/quota-math.ts';
import { type QuotaField, quotaFields } from '../../model/fields.ts';
import { departmentOfNamespace } from '../../model/names.ts';
import { expandEnvironment } from '../../model/presets.ts';
import type { TenantSpec } from '../../model/tenant.ts';
import type { Manifest } from '../types.ts';
import { attempt, type Checks, refOf } from './context.ts';

interface Part {
  readonly name: string;
  readonly amounts: Amounts;
}

/** What departments hand out, to children and tenants, against their own allowance. */
export function checkAllowances(checks: Checks): void {
  const own = tenantParts(checks);
  const departments = [...checks.departments.values()].filter(({ spec }) => attempt(() => parseQuota(spec.allowance)));
  const tree = buildTree(departments);
  const sums = new Map([...own].map(([code, parts]) => [code, sumAmounts(parts.map(({ amounts }) => amounts))]));
  const use: OwnUse = (code) => sums.get(code) ?? {};
  for (const { code } of departments) {
    for (const field of quotaFields) {
      const allowed = tree.nodes.get(code)?.allowance[field];
      if (allowed === undefined) continue;
      const asked = handedOut(tree, use, code, field);
      if (asked <= allowed) continue;
      const children = (tree.nodes.get(code)?.children ?? []).map((child) => ({
        name: child,
        amount: tree.nodes.get(child)?.allowance[field] ?? handedOut(tree, use, child, field),
      }));
      const tenants = (own.get(code) ?? []).map(({ name, amounts }) => ({ name, amount: amounts[field] ?? 0n }));
      reportOverrun(checks, { code, field, asked, allowed, parts: [...children, ...tenants] });
    }
  }
}

interface Overrun {
  readonly code: string;
  readonly field: QuotaField;
  readonly asked: bigint;
  readonly allowed: bigint;
  readonly parts: readonly { readonly name: string; readonly amount: bigint }[];
}

function reportOverrun(checks: Checks, { code, field, asked, allowed, parts }: Overrun): void {
  const largest = [...parts].sort((a, b) => (a.amount > b.amount ? -1 : 1)).slice(0, 3);
  const list = largest.map(({ name, amount }) => `${name} ${formatAmount(field, amount)}`).join(', ');
  const [sum, limit] = [formatAmount(field, asked), formatAmount(field, allowed)];
  const over = formatAmount(field, asked - allowed);
  const finding = {
    rule: 'AllowanceExceeded',
    zh: `部门 ${code} 的 ${field} 已分出 ${sum}，超过可分配的 ${limit}（其中 ${list}）`,
    en: `the department ${code} hands out ${sum} of ${field}, more than its allowance of ${limit} (${list} among it)`,
    fix: { zh: `减少 ${over}，或请上级调增`, en: `ask for ${over} less, or have the allowance raised` },
  };
  const { draft } = checks.departments.get(code) ?? {};
  if (draft !== undefined) {
    checks.report(draft, ['spec', 'allowance', field], finding);
    return;
  }
  const tenant = checks.drafts.tenants.find((candidate) => refOf(candidate)?.startsWith(`${code}/`));
  if (tenant !== undefined) checks.report(tenant, ['spec', 'environments'], finding);
}

/** What each department's own tenants ask for, recorded ones that are not among the files included. */
function tenantParts(checks: Checks): Map<string, Part[]> {
  const parts = new Map<string, Part[]>();
  const { cloud } = checks;
  if (cloud === undefined) return parts;
  const among = new Set(checks.drafts.tenants.map(refOf));
  const add = (manifest: Manifest<TenantSpec>) => {
    const code = departmentOfNamespace(manifest.metadata.namespace ?? '');
    if (code === undefined) return;
    const amounts = manifest.spec.environments.map((environment) =>
      parseQuota(expandEnvironment(environment, cloud).expanded.quota),
    );
    const list = parts.get(code) ?? [];
    parts.set(code, list);
    list.push({ name: `${code}/${manifest.metadata.name}`, amounts: sumAmounts(amounts) });
  };
  for (const draft of checks.drafts.tenants) attempt(() => add(draft.object));
  for (const manifest of checks.recorded.tenants ?? []) {
    const code = departmentOfNamespace(manifest.metadata.namespace ?? '');
    if (!among.has(`${code}/${manifest.metadata.name}`)) add(manifest);
  }
  return parts;
}
