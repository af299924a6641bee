import type { PlainObject } from '../access/objects.ts';
import type { Cloud } from '../model/cloud.ts';
import type { GrantedEnvironment, GrantSpec } from '../model/grant.ts';

/** What an environment may be used for at this site. */
export type Mode =
  /** Members work in it. */
  | 'open'
  /** Everything is kept, no Pod can start, members read only: standby, frozen, retiring. */
  | 'readonly'
  /** Nothing of it belongs here: the copies of a recovery centre are no namespaces. */
  | 'none'
  /** It is to be removed; what to do follows from the site's own retention. */
  | 'removed';

/** What the objects of one environment depend on. */
export interface EnvironmentInput {
  readonly grant: Pick<GrantSpec, 'tenant' | 'members'>;
  readonly environment: GrantedEnvironment;
  readonly mode: 'open' | 'readonly';
  readonly cloud: Pick<Cloud, 'registries' | 'zones' | 'defaultZone'>;
}

/** One object by kind and name, inside the environment's namespace. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What one environment shall consist of. */
export interface Desired {
  readonly namespace: string;
  /**
   * Objects to apply, step after step; a step begins when all of the one before are confirmed. The order never leaves a
   * member inside a namespace that is not protected: RoleBindings are last.
   */
  readonly steps: readonly (readonly PlainObject[])[];
  /** Own objects of earlier decisions that must be gone. They only ever widen something, so they go first. */
  readonly absent: readonly ObjectName[];
}
