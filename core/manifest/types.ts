import type { ApprovalSpec } from '../model/approval.ts';
import type { Cloud } from '../model/cloud.ts';
import type { DepartmentSpec } from '../model/department.ts';
import type { TenantSpec } from '../model/tenant.ts';
import type { Text } from '../text/lang.ts';
import type { Workload } from './workload.ts';

/** One file as it lies on disk: `path` as the user wrote it (`-` for stdin), `bytes` undecoded. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Where something stands in a file: line and column from 1, columns in UTF-16 units as editors count them. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** Column after the last character, when the thing ends on the same line. */
  readonly endColumn?: number | undefined;
}

/** A replacement in the decoded text of a file (BOM excluded): UTF-16 offset and length. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly replacement: string;
}

/** `error` refuses the manifests, `warning` asks for a look, `note` is only said. */
export type Severity = 'error' | 'warning' | 'note';

/** One mistake: where, which rule, what is wrong and what to do, in both languages. */
export interface Problem extends Place {
  readonly file: string;
  /** Stable CamelCase name; never translated. */
  readonly rule: string;
  readonly severity: Severity;
  readonly text: Text;
  readonly fix: Text;
  /** Names that may have been meant, nearest first. */
  readonly near?: readonly string[];
  /** Changes that cannot alter what the author meant, made together or not at all; `--fix` makes them. */
  readonly edits?: readonly Edit[];
  /** The whole file is to be written again: in UTF-8 without a mark, or with line feeds only; `--fix` does so. */
  readonly rewrite?: 'utf-8' | 'lf';
  /** Field the problem is about, e.g. `spec.environments[0].size`; absent for what concerns a whole file. */
  readonly field?: string;
}

/** Keys and list indexes from the root of an object, e.g. `['spec', 'environments', 0, 'size']`. */
export type FieldPath = readonly (string | number)[];

/** An object as its author wrote it. */
export interface Manifest<S> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: S;
}

/** An object with the way back to its file; `at` finds a field, or the nearest parent that is written there. */
export interface Located<T> {
  readonly object: T;
  readonly file: string;
  /** Line of the document's first key. */
  readonly line: number;
  at(path: FieldPath): Place;
  /** Like `at`, but the place of the last key itself instead of its value. */
  keyAt(path: FieldPath): Place;
}

/** All valid objects of a set of files, in the order of the files. What did not pass its schema is not in here. */
export interface ManifestSet {
  readonly cloud?: Cloud | undefined;
  /** The file that `cloud` came from; absent when it was handed in. */
  readonly cloudFile?: Located<Manifest<Cloud>> | undefined;
  readonly departments: readonly Located<Manifest<DepartmentSpec>>[];
  readonly tenants: readonly Located<Manifest<TenantSpec>>[];
  readonly approvals: readonly Located<Manifest<ApprovalSpec>>[];
  /** Objects of other API groups, those of Lists one by one; nothing but their syntax was judged. */
  readonly workloads: readonly Located<Workload>[];
}

/** What the platform had when last looked at: from the last plan's record, or read from the management centre. */
export interface Recorded {
  readonly departments?: readonly Manifest<DepartmentSpec>[];
  readonly tenants?: readonly Manifest<TenantSpec>[];
}

export interface CheckOptions {
  /** cloud.yaml from elsewhere; one among the files wins. */
  readonly cloud?: Cloud | undefined;
  readonly recorded?: Recorded | undefined;
  /** Date of the check, YYYY-MM-DD, or how to tell it from the cloud's offset; rules about dates are skipped without it. */
  readonly today?: string | ((cloud: Cloud | undefined) => string) | undefined;
  /** Old names of tenants and environments whose removal was confirmed by typing them; no `ProbableRename` for these. */
  readonly removing?: readonly string[] | undefined;
}
