import type { Cloud } from '../model/cloud.ts';
import type { Approval, Tenant } from '../model/kinds.ts';
import type { Reason } from '../model/reasons.ts';
import type { TenantStatus, Waiting } from '../model/tenant.ts';
import type { DepartmentTree } from './allowance.ts';
import type { PlannedGrant } from './assemble.ts';
import type { ExistingGrant } from './change.ts';
import type { OwnerOf } from './hostnames.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { EndWarning } from './lifecycle.ts';
import type { SiteView } from './placement.ts';

/** All that is known of one tenant. */
export interface TenantView {
  readonly department: string;
  readonly name: string;
  /** The request; undefined when it is gone and only Grants are left of it. */
  readonly tenant: Tenant | undefined;
  /** Approvals of the department's namespace; those of other tenants are ignored. */
  readonly approvals: readonly Approval[];
  readonly existing: readonly ExistingGrant[];
}

/** All that is known beside the tenant. */
export interface World {
  readonly tree: DepartmentTree;
  /** With this tenant's present Grants in it. As it was when the decision returns. */
  readonly ledger: Ledger;
  readonly sites: readonly SiteView[];
  readonly ownerOf: OwnerOf;
  readonly cloud: Cloud;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** Who has to act before the rest of the request can be granted. */
export type Wait = Pick<Waiting, 'part' | 'group'>;

/** What came of a request, for the status. */
export interface Verdict {
  readonly state: TenantStatus['state'];
  /** The request is granted as it is, or why not. */
  readonly granted: boolean;
  readonly reason: Reason;
  /** Names and numbers. */
  readonly message: string;
  /** Only the department can go on: by correcting, or after a rejection. */
  readonly stalled: boolean;
  readonly waits: readonly Wait[];
  /** What keeps a removal waiting. */
  readonly blocking: readonly string[];
  readonly warning: EndWarning | undefined;
  /** Fen a month of what is asked; undefined when it is not understood. */
  readonly priceFen: bigint | undefined;
}

/** A decision about one tenant. Nothing of it has been written yet. */
export interface Decided {
  /** What the Grants shall say, sorted by site; an equal one is not written. */
  readonly grants: readonly PlannedGrant[];
  /** Sites whose Grant is done with and can be deleted. */
  readonly finished: readonly string[];
  /** Hostnames the tenant shall own, with the environment; all others that it owns are let go. */
  readonly claims: ReadonlyMap<string, string>;
  /** What it then holds. */
  readonly entry: Entry | undefined;
  /** Whether the Tenant is kept from vanishing until its Grants know of the removal. */
  readonly finalizer: boolean;
  /** Undefined when there is no Tenant to tell. */
  readonly verdict: Verdict | undefined;
  /** When time alone changes the decision, epoch milliseconds; undefined: never. */
  readonly nextCheckMs: number | undefined;
}
