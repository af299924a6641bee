import type { ApprovalSpec } from '../model/approval.ts';
import type { Cloud } from '../model/cloud.ts';
import type { DepartmentSpec } from '../model/department.ts';
import type { TenantSpec } from '../model/tenant.ts';
import type { Draft } from './document.ts';
import { maxProblems, parseManifests } from './parse.ts';
import { checkAllowances } from './rules/allowances.ts';
import { checkApprovals } from './rules/approvals.ts';
import { checkCloud } from './rules/cloud.ts';
import { Checks } from './rules/context.ts';
import { checkDirectory } from './rules/directory.ts';
import { checkHostnames } from './rules/hostnames.ts';
import { checkRenames } from './rules/rename.ts';
import { checkTenants, checkTwice } from './rules/tenants.ts';
import type { CheckOptions, Manifest, ManifestSet, Problem, SourceFile } from './types.ts';
import { validateDocument } from './validate.ts';
import type { Workload } from './workload.ts';

export interface Loaded {
  readonly set: ManifestSet;
  /** In the order of the files, then of the lines. Refuse the manifests when one is an `error`. */
  readonly problems: readonly Problem[];
  /** Documents read that are not workloads, and files that asked to be left alone. */
  readonly counts: { readonly documents: number; readonly ignoredFiles: number };
}

/**
 * Reads and checks manifests: syntax, schema, and what only shows across files. Every mistake in one run; pure; never
 * throws, whatever the bytes. 10,000 manifests take a few seconds (bench/check.ts).
 */
export function loadManifests(files: readonly SourceFile[], options: CheckOptions = {}): Loaded {
  const loading = startLoading(options);
  for (const file of files) loading.add(file);
  return loading.finish();
}

/** Reads files one by one, for a caller that shows how far it is; `finish` judges them together. */
export function startLoading(options: CheckOptions = {}) {
  const order = new Map<string, number>();
  const problems: Problem[] = [];
  const drafts = {
    clouds: [] as Draft<Manifest<Cloud>>[],
    departments: [] as Draft<Manifest<DepartmentSpec>>[],
    tenants: [] as Draft<Manifest<TenantSpec>>[],
    approvals: [] as Draft<Manifest<ApprovalSpec>>[],
  };
  const workloads: Draft<Workload>[] = [];
  let documents = 0;
  let ignoredFiles = 0;
  return {
    /** Reads one file; returns at once what is wrong with it alone. */
    add(file: SourceFile): readonly Problem[] {
      if (!order.has(file.path)) order.set(file.path, order.size);
      const parsed = parseManifests(file);
      if (parsed.ignored) ignoredFiles += 1;
      const found = parsed.problems.slice(0, maxProblems);
      for (const document of parsed.documents) {
        if (found.length >= maxProblems) break;
        const { kind, draft, workloads: foreign, problems: own } = validateDocument(document);
        found.push(...own.slice(0, maxProblems));
        if (foreign !== undefined) {
          workloads.push(...foreign);
          continue;
        }
        documents += 1;
        if (kind === 'Cloud') drafts.clouds.push(draft as Draft<Manifest<Cloud>>);
        else if (kind === 'Department') drafts.departments.push(draft as Draft<Manifest<DepartmentSpec>>);
        else if (kind === 'Tenant') drafts.tenants.push(draft as Draft<Manifest<TenantSpec>>);
        else if (kind === 'Approval') drafts.approvals.push(draft as Draft<Manifest<ApprovalSpec>>);
      }
      if (found.length >= maxProblems) found.push(tooMany(file.path, found.at(-1)?.line ?? 1));
      problems.push(...found);
      return found;
    },
    /** Judges all files together; again with other options without reading them anew. */
    finish(more: CheckOptions = {}): Loaded {
      const checks = new Checks(drafts, { ...options, ...more });
      for (const rule of rules) rule(checks);
      const all = [...problems, ...checks.problems];
      const place = (problem: Problem) => order.get(problem.file) ?? 0;
      all.sort((a, b) => place(a) - place(b) || a.line - b.line || a.column - b.column);
      const cloudFile = drafts.clouds.find(({ sound }) => sound);
      return {
        set: {
          cloud: checks.cloud,
          cloudFile,
          departments: drafts.departments.filter(({ sound }) => sound),
          tenants: drafts.tenants.filter(({ sound }) => sound),
          approvals: drafts.approvals.filter(({ sound }) => sound),
          workloads,
        },
        problems: all,
        counts: { documents, ignoredFiles },
      };
    },
  };
}

function tooMany(file: string, line: number): Problem {
  return {
    file,
    line,
    column: 1,
    rule: 'TooManyProblems',
    severity: 'error',
    text: {
      zh: '问题过多，此文件从此处起未再检查',
      en: 'there are too many problems; the file was not checked further from here',
    },
    fix: { zh: '先改正以上问题，再检查一次', en: 'mend those named above and check again' },
  };
}

const rules = [
  checkTwice,
  checkDirectory,
  checkTenants,
  checkHostnames,
  checkAllowances,
  checkApprovals,
  checkCloud,
  checkRenames,
] as const;

/** Every mistake of a set of files; the problems of `loadManifests` alone. */
export function checkManifests(files: readonly SourceFile[], options: CheckOptions = {}): readonly Problem[] {
  return loadManifests(files, options).problems;
}
