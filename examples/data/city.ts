/** What the generator knows of one example: departments, tenants and people, before they become files. */

export interface DepartmentSeed {
  readonly code: string;
  readonly displayName: string;
  readonly level: string;
  readonly parent?: string;
  /** Label below the parent's or the city's domain; absent: no domain of its own. */
  readonly label?: string;
  /** Endings of its groups beside `admins` and `duty`. */
  readonly groups?: readonly string[];
  /** Groups of reviewers, by name. */
  readonly reviewers?: { readonly project: string; readonly funds: string };
  /** Groups without the department's code in front. */
  readonly extraGroups?: readonly string[];
  /** Without an allowance it draws on its parent's. */
  readonly shares?: boolean;
  /** Folder and file below `departments/`. */
  readonly file: string;
}

/** Kinds of tenants; what each asks for stands in CitySeed.kinds. */
export interface TenantSeed {
  readonly department: string;
  readonly name: string;
  readonly displayName: string;
  readonly kind: string;
  /** Label of its hostname below the department's domain. */
  readonly host?: string;
}

/** The part of an environment that a kind of tenant asks for. */
export interface EnvironmentSeed {
  readonly name: string;
  readonly size: string;
  readonly quota?: Readonly<Record<string, string>>;
  readonly service?: string;
  readonly zone?: string;
  readonly hosts?: boolean;
  readonly egress?: readonly { readonly destination: string; readonly port: number }[];
}

export interface KindSeed {
  readonly class: 'production' | 'trial' | 'training' | 'research';
  readonly until?: string;
  readonly environments: readonly EnvironmentSeed[];
}

/** One example as data. */
export interface CitySeed {
  /** Folder below `examples/`. */
  readonly folder: string;
  /** Start of the numbers of plan items. */
  readonly planPrefix: string;
  readonly departments: readonly DepartmentSeed[];
  readonly tenants: readonly TenantSeed[];
  readonly kinds: Readonly<Record<string, KindSeed>>;
  /** Quota of single tenants beside their size, by `department/tenant`. */
  readonly quotas?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether approvals and people.yaml are written. */
  readonly approved: boolean;
}
