import type { Wait } from '../decide/types.ts';
import type { Quota } from '../model/fields.ts';
import type { GrantSpec } from '../model/grant.ts';

/** What becomes of one object at a centre. */
export interface ObjectPlan {
  readonly change: 'create' | 'update' | 'delete';
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** What a tenant has at one centre after the plan, and what changes there. */
export interface SitePlan {
  readonly site: string;
  readonly role: GrantSpec['role'];
  readonly state: GrantSpec['state'];
  /** False when the centre did not answer: what is there is not known, `objects` is empty. */
  readonly known: boolean;
  /** Sorted: deletions, then by namespace, kind and name. */
  readonly objects: readonly ObjectPlan[];
}

/** One environment with its presets expanded, and the presets it came from. */
export interface EnvironmentPlan {
  readonly name: string;
  readonly size?: string;
  readonly service?: string;
  readonly quota: Quota;
  readonly zone?: string;
  readonly tier?: string;
}

/** What becomes of one tenant. */
export interface TenantPlan {
  /** `department/tenant` */
  readonly ref: string;
  readonly department: string;
  readonly name: string;
  readonly displayName: string;
  /** What is done to the request: the Tenant object. */
  readonly change: 'create' | 'update' | 'remove' | 'none';
  readonly environments: readonly EnvironmentPlan[];
  /** Yuan a month, two decimals; absent where nothing is asked or granted. */
  readonly priceBefore?: string;
  readonly priceAfter?: string;
  /** State that follows at once, and why it is not all that is asked. */
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly waits: readonly Wait[];
  /** Decisions and objects per centre, sorted by centre; empty while nothing is granted. */
  readonly sites: readonly SitePlan[];
  /** Whether a decision (a Grant) changes. */
  readonly decides: boolean;
}

/** One resource of an allowance or of a centre's capacity; amounts as Kubernetes quantities. */
export interface Left {
  readonly resource: string;
  readonly limit: string;
  readonly usedBefore: string;
  readonly usedAfter: string;
  /** Negative amounts begin with a minus sign: more is used than there is. */
  readonly leftAfter: string;
}

/** What a department may still hand out, or a centre still hold. */
export interface LeftOf {
  /** Code of the department or name of the centre. */
  readonly name: string;
  readonly resources: readonly Left[];
}

/** The tenants' half of a plan. */
export interface TenantsPlan {
  /** Sorted by ref; tenants to which nothing happens are in here with change `none`. */
  readonly tenants: readonly TenantPlan[];
  /** Departments with an allowance that the plan touches, sorted; then centres with a capacity. */
  readonly allowances: readonly LeftOf[];
  readonly capacities: readonly LeftOf[];
}
