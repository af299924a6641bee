import type { DepartmentSpec } from '../model/department.ts';
import { type QuotaField, quotaFields } from '../model/fields.ts';
import { type Amounts, parseQuota } from './quota-math.ts';

/**
 * The tree of departments and what each hands out.
 *
 * Scenario: the city may hand out 100 cores. Its finance office has an allowance of 30 of them, a district of 40; a
 * street below the district has none of its own and draws on the district's 40. The city's own project of 20 then fits
 * (30 + 40 + 20 = 90); one of 35 does not. What the street runs counts in the district's 40, and nowhere above, because
 * the 40 are counted there as a whole.
 */
export interface DepartmentNode {
  readonly code: string;
  readonly spec: DepartmentSpec;
  readonly allowance: Amounts;
  /** Codes, nearest first; empty at a root and in a broken chain. */
  readonly ancestors: readonly string[];
  /** Codes, sorted. */
  readonly children: readonly string[];
}

/** A department whose place in the tree is not known. */
export interface TreeProblem {
  readonly code: string;
  readonly problem: 'UnknownParent' | 'ParentLoop';
  /** The parent that is named. */
  readonly parent: string;
}

export interface DepartmentTree {
  readonly nodes: ReadonlyMap<string, DepartmentNode>;
  /** Sorted by code. A department below a broken one has the same problem. */
  readonly problems: readonly TreeProblem[];
}

/** Puts departments in their tree; loops and unknown parents are reported, never thrown. Pure. */
export function buildTree(
  departments: readonly { readonly code: string; readonly spec: DepartmentSpec }[],
): DepartmentTree {
  const specs = new Map(departments.map(({ code, spec }) => [code, spec]));
  const children = new Map<string, string[]>();
  for (const { code, spec } of departments) {
    if (spec.parent !== undefined) children.set(spec.parent, [...(children.get(spec.parent) ?? []), code]);
  }
  const nodes = new Map<string, DepartmentNode>();
  const problems: TreeProblem[] = [];
  for (const [code, spec] of [...specs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const chain = chainOf(code, specs);
    if (chain.problem !== undefined) problems.push({ code, problem: chain.problem, parent: spec.parent ?? '' });
    nodes.set(code, {
      code,
      spec,
      allowance: parseQuota(spec.allowance),
      ancestors: chain.problem === undefined ? chain.ancestors : [],
      children: chain.problem === undefined ? (children.get(code) ?? []).sort() : [],
    });
  }
  return { nodes, problems };
}

function chainOf(code: string, specs: ReadonlyMap<string, DepartmentSpec>) {
  const ancestors: string[] = [];
  let parent = specs.get(code)?.parent;
  while (parent !== undefined) {
    if (!specs.has(parent)) return { ancestors, problem: 'UnknownParent' as const };
    if (parent === code || ancestors.includes(parent)) return { ancestors, problem: 'ParentLoop' as const };
    ancestors.push(parent);
    parent = specs.get(parent)?.parent;
  }
  return { ancestors, problem: undefined };
}

/** What a department's own tenants are granted, by code. */
export type OwnUse = (code: string) => Amounts;

/**
 * What a department has handed out of a resource: its own tenants' grants, each child's allowance as a whole, and what
 * the subtree of a child without an allowance for it uses. Pure.
 */
export function handedOut(tree: DepartmentTree, own: OwnUse, code: string, field: QuotaField): bigint {
  let sum = own(code)[field] ?? 0n;
  for (const child of tree.nodes.get(code)?.children ?? []) {
    sum += tree.nodes.get(child)?.allowance[field] ?? handedOut(tree, own, child, field);
  }
  return sum;
}

/** `handedOut` of every resource that is handed out at all. Pure. */
export function handedOutAll(tree: DepartmentTree, own: OwnUse, code: string): Amounts {
  const amounts: Partial<Record<QuotaField, bigint>> = {};
  for (const field of quotaFields) {
    const sum = handedOut(tree, own, code, field);
    if (sum > 0n) amounts[field] = sum;
  }
  return amounts;
}

/** A department that has handed out more than its allowance. */
export interface AllowanceOverrun {
  readonly department: string;
  readonly field: QuotaField;
  readonly asked: bigint;
  readonly allowed: bigint;
}

/**
 * Where the sum would be above the allowance on the way from `code` to the root, for the named resources only; `own`
 * already holds what is asked. A resource that nobody on the way has an allowance for is limited by the centres'
 * capacity alone. Nearest first. Pure.
 */
export function allowanceOverruns(
  tree: DepartmentTree,
  own: OwnUse,
  code: string,
  fields: readonly QuotaField[],
): AllowanceOverrun[] {
  const chain = [code, ...(tree.nodes.get(code)?.ancestors ?? [])];
  return chain.flatMap((department) =>
    fields.flatMap((field) => {
      const allowed = tree.nodes.get(department)?.allowance[field];
      if (allowed === undefined) return [];
      const asked = handedOut(tree, own, department, field);
      return asked > allowed ? [{ department, field, asked, allowed }] : [];
    }),
  );
}

/**
 * Groups that decide `part` for a department: the ones that decide first (its own, else the nearest ancestor's), and all
 * that may (those and every ancestor's). Empty when no one on the way names any. Pure.
 */
export function reviewersOf(tree: DepartmentTree, code: string, part: 'project' | 'funds'): readonly string[] {
  const chain = [code, ...(tree.nodes.get(code)?.ancestors ?? [])];
  const groups = chain.flatMap((department) => tree.nodes.get(department)?.spec.reviewers?.[part] ?? []);
  return [...new Set(groups)];
}
