import { isUnder } from '../../decide/hostnames.ts';
import type { DepartmentSpec } from '../../model/department.ts';
import type { Draft } from '../document.ts';
import type { Manifest } from '../types.ts';
import { type Checks, nameOf } from './context.ts';

type Department = Draft<Manifest<DepartmentSpec>>;

/** Departments: level, parent, loops, order of levels, domain, groups of reviewers, successor. */
export function checkDirectory(checks: Checks): void {
  const groups = allGroups(checks);
  checks.each(checks.drafts.departments, (draft) => {
    checkLevel(checks, draft);
    checkParent(checks, draft);
    checkDomain(checks, draft);
    const { reviewers, successor } = draft.object.spec;
    for (const part of ['project', 'funds'] as const) {
      const group = reviewers?.[part];
      if (group === undefined || groups.has(group) || !checks.directoryIsKnown) continue;
      checks.reportUnknown(draft, ['spec', 'reviewers', part], {
        rule: 'UnknownGroup',
        name: group,
        known: groups,
        zh: `审批组 ${group} 不属于任何部门`,
        en: `the reviewer group ${group} belongs to no department`,
      });
    }
    if (successor !== undefined) checkNamed(checks, draft, 'successor', successor);
  });
}

function allGroups(checks: Checks): Set<string> {
  const groups = new Set<string>(Object.values(checks.cloud?.groups ?? {}));
  for (const { spec } of checks.departments.values()) {
    if (Array.isArray(spec?.groups)) for (const group of spec.groups) groups.add(group);
  }
  return groups;
}

function checkLevel(checks: Checks, draft: Department): void {
  const { level } = draft.object.spec;
  const levels = checks.cloud?.levels;
  if (levels === undefined || typeof level !== 'string' || levels.includes(level)) return;
  checks.reportUnknown(draft, ['spec', 'level'], {
    rule: 'UnknownLevel',
    name: level,
    known: levels,
    zh: `cloud.yaml 没有层级 ${level}`,
    en: `cloud.yaml has no level ${level}`,
  });
}

function checkNamed(checks: Checks, draft: Department, field: 'parent' | 'successor', code: string): boolean {
  if (checks.departments.has(code)) return true;
  if (!checks.directoryIsKnown) return false;
  checks.reportUnknown(draft, ['spec', field], {
    rule: field === 'parent' ? 'UnknownParent' : 'UnknownDepartment',
    name: code,
    known: checks.departments.keys(),
    zh: `没有部门 ${code}`,
    en: `there is no department ${code}`,
  });
  return false;
}

function checkParent(checks: Checks, draft: Department): void {
  const { parent, level } = draft.object.spec;
  const levels = checks.cloud?.levels ?? [];
  if (parent === undefined) {
    if (levels.includes(level) && level !== levels[0]) {
      checks.report(draft, ['spec', 'level'], {
        rule: 'LevelOrder',
        zh: `${level} 级部门没有上级部门`,
        en: `a department of level ${level} needs a parent`,
        fix: { zh: '加上 parent: 上级部门代码', en: 'add `parent: CODE`' },
      });
    }
    return;
  }
  if (!checkNamed(checks, draft, 'parent', parent) || reportLoop(checks, draft)) return;
  const above = checks.departments.get(parent)?.spec.level ?? '';
  if (levels.indexOf(level) >= 0 && levels.indexOf(level) < levels.indexOf(above)) {
    checks.report(draft, ['spec', 'level'], {
      rule: 'LevelOrder',
      zh: `层级 ${level} 高于上级部门 ${parent} 的层级 ${above}`,
      en: `its level ${level} is above the level ${above} of its parent ${parent}`,
      fix: { zh: `层级从高到低：${levels.join('、')}`, en: `levels from the highest: ${levels.join(', ')}` },
    });
  }
}

function reportLoop(checks: Checks, draft: Department): boolean {
  const own = nameOf(draft) ?? '';
  const chain = [own];
  for (let code = draft.object.spec.parent; code !== undefined; code = checks.departments.get(code)?.spec.parent) {
    chain.push(code);
    if (code === own) {
      checks.report(draft, ['spec', 'parent'], {
        rule: 'ParentLoop',
        zh: `上级关系成环：${chain.join(' → ')}`,
        en: `the parents form a loop: ${chain.join(' → ')}`,
        fix: { zh: '改正其中一个 parent', en: 'correct one of the parents' },
      });
      return true;
    }
    if (chain.indexOf(code) < chain.length - 1) return true;
  }
  return false;
}

function checkDomain(checks: Checks, draft: Department): void {
  const { domain, parent } = draft.object.spec;
  const city = checks.cloud?.domain;
  if (domain === undefined || city === undefined || isUnder(domain, city) || parent === undefined) return;
  checks.report(draft, ['spec', 'domain'], {
    rule: 'DomainOutside',
    severity: 'warning',
    zh: `域名 ${domain} 不在 ${city} 之下`,
    en: `the domain ${domain} does not lie under ${city}`,
    fix: { zh: `通常以 .${city} 结尾`, en: `domains usually end in .${city}` },
  });
}
