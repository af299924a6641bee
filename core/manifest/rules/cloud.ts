import { formatAmount, overruns, parseQuota, sumAmounts } from '../../decide/quota-math.ts';
import type { Cloud } from '../../model/cloud.ts';
import type { Draft } from '../document.ts';
import type { FieldPath, Manifest } from '../types.ts';
import { attempt, type Checks } from './context.ts';

type CloudDraft = Draft<Manifest<Cloud>>;

/** cloud.yaml: names it uses itself, contexts, working days, and whether the centres can hold what is handed out. */
export function checkCloud(checks: Checks): void {
  for (const draft of checks.drafts.clouds) {
    const rules = [checkNames, checkContexts, checkWorkingDays, checkCapacity];
    for (const rule of rules) checks.each([draft], () => rule(checks, draft));
  }
}

function checkNames(checks: Checks, draft: CloudDraft): void {
  const { zones, tiers, services, destinations, defaultZone } = draft.object.spec;
  const check = (path: FieldPath, name: string, table: Readonly<Record<string, unknown>>, rule: string) => {
    if (Object.hasOwn(table, name)) return;
    checks.reportUnknown(draft, path, {
      rule,
      name,
      known: Object.keys(table),
      zh: `cloud.yaml 中没有 ${name}`,
      en: `cloud.yaml itself has no ${name}`,
    });
  };
  check(['spec', 'defaultZone'], defaultZone, zones, 'UnknownZone');
  for (const [name, { tier }] of Object.entries(services))
    check(['spec', 'services', name, 'tier'], tier, tiers, 'UnknownTier');
  for (const [name, destination] of Object.entries(destinations)) {
    destination.zones.forEach((zone, index) => {
      check(['spec', 'destinations', name, 'zones', index], zone, zones, 'UnknownZone');
    });
  }
}

function checkContexts(checks: Checks, draft: CloudDraft): void {
  const seen = new Map<string, string>();
  draft.object.spec.sites.forEach(({ name, context }, index) => {
    const other = seen.get(context);
    if (other === undefined) seen.set(context, name);
    else {
      checks.report(draft, ['spec', 'sites', index, 'context'], {
        rule: 'ContextTwice',
        zh: `中心 ${name} 与 ${other} 使用同一个 context：${context}`,
        en: `the sites ${name} and ${other} use one context: ${context}`,
        fix: { zh: '每个中心各用一个 context', en: 'give each site its own context' },
      });
    }
  });
}

function checkWorkingDays(checks: Checks, draft: CloudDraft): void {
  const { workingDays } = draft.object.spec;
  for (const [year, table] of Object.entries(workingDays)) {
    for (const list of ['holidays', 'workdays'] as const) {
      table[list].forEach((day, index) => {
        const path = ['spec', 'workingDays', year, list, index];
        const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
        const weekend = weekday === 0 || weekday === 6;
        const wrong = !day.startsWith(`${year}-`) || Number.isNaN(weekday) || (list === 'workdays' && !weekend);
        if (wrong) checks.report(draft, path, wrongDay(day, year, list));
      });
    }
  }
  const year = checks.today?.slice(0, 4);
  if (checks.today === undefined || year === undefined) return;
  const missing = [year, ...(checks.today.slice(5, 7) >= '10' ? [String(Number(year) + 1)] : [])];
  for (const each of missing.filter((candidate) => !Object.hasOwn(workingDays, candidate))) {
    checks.report(draft, ['spec', 'workingDays'], {
      rule: 'YearWithoutWorkingDays',
      severity: each === year ? 'error' : 'warning',
      zh: `没有 ${each} 年的工作日表，无法计算审批时限`,
      en: `there is no table of working days for ${each}; no due date can be told`,
      fix: { zh: `按国务院办公厅通知补上 ${each} 年`, en: `add ${each} from the official notice` },
    });
  }
}

function wrongDay(day: string, year: string, list: 'holidays' | 'workdays') {
  const inYear = day.startsWith(`${year}-`);
  return {
    rule: 'WrongWorkingDay',
    zh: inYear && list === 'workdays' ? `${day} 不是周末，不必列入调休上班日` : `${day} 不是 ${year} 年的日期`,
    en: inYear && list === 'workdays' ? `${day} is no weekend; it is worked anyway` : `${day} is no day of ${year}`,
    fix: { zh: '改正日期或删除', en: 'correct the date or remove it' },
  };
}

/** Departments without a parent hand out what the local centres hold; more than that is a promise nobody can keep. */
function checkCapacity(checks: Checks, draft: CloudDraft): void {
  const local = draft.object.spec.sites.filter(({ role }) => role === 'local');
  for (const site of local.filter(({ capacity }) => capacity === undefined)) {
    const index = draft.object.spec.sites.indexOf(site);
    checks.report(draft, ['spec', 'sites', index], {
      rule: 'CapacityMissing',
      severity: 'warning',
      zh: `中心 ${site.name} 没有 capacity，什么也放不下`,
      en: `the site ${site.name} has no \`capacity\`: it can hold nothing`,
      fix: { zh: '加上 capacity', en: 'add `capacity`' },
    });
  }
  const capacity = sumAmounts(local.map((site) => parseQuota(site.capacity)));
  const roots = [...checks.departments.values()].filter(({ spec }) => spec?.parent === undefined);
  attempt(() => {
    const handed = sumAmounts(roots.map(({ spec }) => parseQuota(spec.allowance)));
    for (const { field, asked, allowed } of overruns(handed, capacity)) {
      checks.report(draft, ['spec', 'sites'], {
        rule: 'AllowanceOverCapacity',
        severity: 'warning',
        zh: `最高级部门可分配 ${field} 共 ${formatAmount(field, asked)}，本地中心合计只有 ${formatAmount(field, allowed)}`,
        en: `the highest departments may hand out ${formatAmount(field, asked)} of ${field}; the local sites hold ${formatAmount(field, allowed)}`,
        fix: { zh: '减少 allowance 或增加 capacity', en: 'lower the allowances or raise the capacity' },
      });
    }
  });
}
