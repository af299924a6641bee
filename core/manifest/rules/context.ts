import type { ApprovalSpec } from '../../model/approval.ts';
import type { Cloud } from '../../model/cloud.ts';
import type { DepartmentSpec } from '../../model/department.ts';
import { departmentOfNamespace } from '../../model/names.ts';
import type { TenantSpec } from '../../model/tenant.ts';
import type { Text } from '../../text/lang.ts';
import type { Draft } from '../document.ts';
import { nearest } from '../near.ts';
import { fieldText } from '../schema-walk.ts';
import type { CheckOptions, FieldPath, Manifest, Problem, Recorded, Severity } from '../types.ts';

/** What a rule says, before it has a place. */
export interface Finding {
  readonly rule: string;
  /** @default 'error' */
  readonly severity?: Severity;
  readonly zh: string;
  readonly en: string;
  readonly fix: Text;
  readonly near?: readonly string[];
}

/** A department that is known from a file or from the record. */
export interface KnownDepartment {
  readonly code: string;
  readonly spec: DepartmentSpec;
  readonly draft?: Draft<Manifest<DepartmentSpec>>;
}

export interface Drafts {
  readonly clouds: readonly Draft<Manifest<Cloud>>[];
  readonly departments: readonly Draft<Manifest<DepartmentSpec>>[];
  readonly tenants: readonly Draft<Manifest<TenantSpec>>[];
  readonly approvals: readonly Draft<Manifest<ApprovalSpec>>[];
}

/** All that rules across files look at, and where they report. Objects that their schema refused are among the drafts. */
export class Checks {
  readonly drafts: Drafts;
  readonly cloud: Cloud | undefined;
  readonly recorded: Recorded;
  readonly today: string | undefined;
  readonly removing: ReadonlySet<string>;
  readonly departments: ReadonlyMap<string, KnownDepartment>;
  /** Whether the whole directory is known: only then is a name that it lacks a mistake. */
  readonly directoryIsKnown: boolean;
  readonly problems: Problem[] = [];

  constructor(drafts: Drafts, options: CheckOptions) {
    this.drafts = drafts;
    this.cloud = drafts.clouds.find(({ sound }) => sound)?.object.spec ?? options.cloud;
    this.recorded = options.recorded ?? {};
    this.today = typeof options.today === 'function' ? options.today(this.cloud) : options.today;
    this.removing = new Set(options.removing ?? []);
    const departments = new Map<string, KnownDepartment>();
    for (const { metadata, spec } of this.recorded.departments ?? []) {
      departments.set(metadata.name, { code: metadata.name, spec });
    }
    for (const draft of drafts.departments) {
      const code = nameOf(draft);
      if (code !== undefined) departments.set(code, { code, spec: draft.object.spec, draft });
    }
    this.departments = departments;
    this.directoryIsKnown = [...departments.values()].some(({ spec }) => spec !== null && spec?.parent === undefined);
  }

  /** Runs a rule over drafts. What a schema refused may lack anything, so there a rule that stumbles just stops. */
  each<T>(drafts: readonly Draft<T>[], rule: (draft: Draft<T>) => void): void {
    for (const draft of drafts) {
      if (draft.sound) rule(draft);
      else attempt(() => rule(draft));
    }
  }

  report(draft: Draft<unknown>, path: FieldPath, finding: Finding): void {
    const { zh, en, severity = 'error', ...rest } = finding;
    const field = fieldText(draft.written(path));
    this.problems.push({ file: draft.file, ...draft.at(path), field, severity, text: { zh, en }, ...rest });
  }

  /** Reports a name that stands nowhere, with what may have been meant and what there is. */
  reportUnknown(draft: Draft<unknown>, path: FieldPath, unknown: Unknown): void {
    const known = [...unknown.known];
    const near = nearest(unknown.name, known);
    const shown = (near.length > 0 ? near : known.sort().slice(0, 8)).join(', ');
    const more = near.length === 0 && known.length > 8 ? ` … (${known.length})` : '';
    const fix = shown === '' ? unknown.fix : { zh: `可以是：${shown}${more}`, en: `use one of: ${shown}${more}` };
    this.report(draft, path, {
      rule: unknown.rule,
      zh: unknown.zh,
      en: unknown.en,
      fix: fix ?? { zh: '请与平台确认名称', en: 'ask the platform for the name' },
      ...(near.length > 0 ? { near } : {}),
    });
  }
}

interface Unknown {
  readonly rule: string;
  readonly name: string;
  readonly known: Iterable<string>;
  readonly zh: string;
  readonly en: string;
  /** What to do when nothing is known at all. */
  readonly fix?: Text;
}

/** Runs `work`; false when what it read was not in the shape it needs. */
export function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}

/** The name of an object; undefined when it has none that can be used. */
export function nameOf(draft: Draft<Manifest<unknown>>): string | undefined {
  const name: unknown = draft.object.metadata?.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The department whose namespace an object names; undefined when it names none. */
export function departmentOf(draft: Draft<Manifest<unknown>>): string | undefined {
  const namespace: unknown = draft.object.metadata?.namespace;
  return typeof namespace === 'string' ? departmentOfNamespace(namespace) : undefined;
}

/** `<department>/<name>` of an object; undefined when either is missing. */
export function refOf(draft: Draft<Manifest<unknown>>): string | undefined {
  const department = departmentOf(draft);
  const name = nameOf(draft);
  return department === undefined || name === undefined ? undefined : `${department}/${name}`;
}
