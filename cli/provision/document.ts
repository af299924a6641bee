import type { LeftOf, TenantPlan } from '../../core/plan/types.ts';
import type { ObjectChange } from '../../stacks/engine/protocol.ts';
import type { PathDiff } from '../view/diff.ts';

/** What becomes of the platform at one centre. */
export interface CentrePlan {
  readonly name: string;
  readonly role: string;
  /** `recorded`: compared with the record of the last installation, because the centre was not asked. */
  readonly state: 'planned' | 'recorded' | 'unreachable' | 'failed';
  /** Why it is unreachable or failed. */
  readonly message?: string;
  /** When what is known of it was seen, ISO 8601; absent: now. */
  readonly knownAt?: string;
  readonly changes: readonly ObjectChange[];
  /** Changes that others made there and that are put right. */
  readonly drifted: readonly string[];
  readonly warnings: readonly string[];
}

/** What becomes of one department, at the management centre or in the copies of the directory. */
export interface DepartmentPlan {
  readonly name: string;
  readonly displayName: string;
  readonly change: 'create' | 'update';
  readonly fields: readonly PathDiff[];
  /** Centres where it is written. */
  readonly centres: readonly string[];
}

/** A plan, as `-o json` prints it and as the text is made from. */
export interface PlanDocument {
  readonly apiVersion: 'jinhong.dev/v1alpha1';
  readonly kind: 'Plan';
  readonly exitCode: number;
  readonly reason: 'NoChanges' | 'ChangesPending' | 'OwnedByOtherSet' | 'SiteUnreachable' | 'SiteFailed';
  /** When the state it is made against was seen, ISO 8601; absent: now. */
  readonly recordedAt?: string;
  /** Sorted by wave. */
  readonly centres: readonly CentrePlan[];
  readonly departments: readonly DepartmentPlan[];
  /** Live departments that the folder does not name; they are kept. */
  readonly departmentsKept: readonly string[];
  /** Tenants to which something happens, sorted by ref. */
  readonly tenants: readonly (TenantPlan & { readonly fields: readonly PathDiff[] })[];
  readonly tenantsUnchanged: number;
  /** Refs of tenants of the folder with another set's label; they are left alone. Sorted. */
  readonly tenantsForeign: readonly string[];
  readonly allowances: readonly LeftOf[];
  readonly capacities: readonly LeftOf[];
  /** Yuan a month of all tenants of the folder but foreign ones. */
  readonly price: { readonly before: string; readonly after: string; readonly currency: string };
  readonly totals: {
    readonly create: number;
    readonly update: number;
    readonly remove: number;
    readonly platform: number;
  };
  readonly warnings: readonly string[];
  readonly timings: { readonly totalMs: number };
}

/** Whether anything is pending. Pure. */
export function hasChanges(plan: Pick<PlanDocument, 'centres' | 'departments' | 'tenants'>): boolean {
  return (
    plan.centres.some((centre) => centre.changes.length > 0) ||
    plan.departments.length > 0 ||
    plan.tenants.some((tenant) => tenant.change !== 'none' || tenant.decides)
  );
}
