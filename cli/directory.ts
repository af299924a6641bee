import type { Department } from '../core/model/kinds.ts';

/** The parts of a request that are decided. */
export type Part = 'project' | 'funds';

/**
 * Departments above `code`, nearest first; ends at an unknown parent or when a parent comes a second time. Pure.
 */
export function ancestorsOf(code: string, departments: readonly Department[]): Department[] {
  const byCode = new Map(departments.map((department) => [department.metadata.name, department]));
  const found: Department[] = [];
  const seen = new Set([code]);
  for (let parent = byCode.get(code)?.spec.parent; parent !== undefined && !seen.has(parent); ) {
    seen.add(parent);
    const above = byCode.get(parent);
    if (above === undefined) break;
    found.push(above);
    parent = above.spec.parent;
  }
  return found;
}

/** The group that decides `part` for a department: its own, else the nearest ancestor's. Pure. */
export function reviewersOf(part: Part, code: string, departments: readonly Department[]): string | undefined {
  const own = departments.find((department) => department.metadata.name === code);
  for (const department of own === undefined ? [] : [own, ...ancestorsOf(code, departments)]) {
    const group = department.spec.reviewers?.[part];
    if (group !== undefined) return group;
  }
  return undefined;
}
