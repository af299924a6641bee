import type { BudgetedChange } from '../../core/desired/index.ts';
import type { GrantSpec, GrantStatus } from '../../core/model/grant.ts';
import type { ControllerDeps } from '../deps.ts';
import type { SiteCaches } from './caches.ts';
import type { Link } from './link.ts';
import type { Lookups } from './lookups.ts';

/** What all runs of the site controller share. */
export interface SiteContext {
  readonly deps: ControllerDeps;
  readonly caches: SiteCaches;
  readonly link: Link;
  /** Decisions that are being stored in the mirror right now; they count as in force for the sums of others. */
  readonly storing: Map<string, { readonly spec: GrantSpec; readonly change: BudgetedChange | undefined }>;
  /** Grants whose newest decision waits for `jinhong site confirm`, by what it would be. */
  readonly waiting: Readonly<Record<BudgetedChange, Set<string>>>;
  /** Grants whose newest decision found no room: another Grant may make some. */
  readonly refused: Set<string>;
  /** Which objects that are in no cache the server has to be asked for. */
  readonly lookups: Lookups;
  /** What the management centre is to know of each Grant. */
  readonly reports: Map<string, GrantStatus>;
  /** Has the report of a Grant sent, if it differs from what is there. */
  readonly sendReport: (name: string) => void;
  /** A decision was accepted; others that found no room may fit now. */
  readonly onAccepted: (name: string) => void;
}
