import type { GrantedEnvironment } from '../model/grant.ts';
import type { Tenant } from '../model/kinds.ts';
import type { Assembled } from './assemble.ts';
import { leadingGrant } from './change.ts';
import { type ApprovalState, revokedParts } from './envelope.ts';
import type { Life } from './lifecycle.ts';
import type { Places } from './placement.ts';
import { type Refusal, reviewerFor } from './request.ts';
import type { TenantView, Verdict, Wait, World } from './types.ts';

/** A verdict about which there is nothing to say. */
export const quiet = {
  granted: true,
  reason: 'Granted',
  message: '',
  stalled: false,
  waits: [],
  blocking: [],
  warning: undefined,
  priceFen: undefined,
} as const satisfies Partial<Verdict>;

/** What a tenant is to have and where, and why it is not all that is asked. */
export interface Target {
  readonly environments: readonly GrantedEnvironment[];
  readonly places: Places;
  readonly asAsked: boolean;
  readonly refusal: Refusal | undefined;
  /** Environments whose removal waits. */
  readonly blocking: readonly string[];
}

interface OutcomeInput {
  readonly view: TenantView & { readonly tenant: Tenant };
  readonly phase: Life;
  readonly target: Target;
  readonly assembled: Assembled;
  readonly approvals: ApprovalState;
}

/** What to tell about a decision, in the order of what matters most: removal, freeze, refusal, nothing. Pure. */
export function outcomeOf(input: OutcomeInput, world: World): Omit<Verdict, 'warning' | 'priceFen'> {
  const { phase, target, assembled } = input;
  const { refusal, blocking } = target;
  const leading = assembled.grants.find(({ spec }) => spec.role === 'active') ?? assembled.grants[0];
  const state = leading?.spec.state;
  if (state === undefined) return withoutGrants(input, world);
  if (state === 'Retiring' || state === 'Removed') {
    return { ...quiet, state, granted: false, reason: state, message: leading?.spec.removeAfter ?? '', blocking };
  }
  if (phase.phase === 'frozen') {
    const waits = [...thawing(input, world), ...(refusal?.waits ?? [])];
    return { ...quiet, state, granted: false, reason: phase.reason, message: refusal?.message ?? '', waits, blocking };
  }
  return refusal === undefined ? { ...quiet, state, blocking } : { ...refusal, state, granted: false, blocking };
}

function withoutGrants(input: OutcomeInput, world: World): Omit<Verdict, 'warning' | 'priceFen'> {
  const { view, phase, target, assembled } = input;
  const { refusal, blocking } = target;
  const before = view.tenant.status?.state;
  const ended = refusal?.reason === 'Ended' && (before === 'Removed' || before === 'Retiring');
  if (ended || assembled.finished.length > 0) {
    return { ...quiet, state: 'Removed', granted: false, reason: 'Removed', blocking, waits: refusal?.waits ?? [] };
  }
  if (refusal !== undefined) {
    return { ...refusal, state: refusal.stalled ? 'Refused' : 'Waiting', granted: false, blocking };
  }
  const frozen = phase.phase === 'frozen';
  const waits = frozen ? thawing(input, world) : [];
  return { ...quiet, state: 'Waiting', granted: false, reason: frozen ? phase.reason : 'NotReady', waits, blocking };
}

/** Who can end a freeze: whoever revoked, else the department with a later end date. */
function thawing({ view, approvals }: OutcomeInput, world: World): Wait[] {
  const parts = revokedParts(approvals);
  if (parts.length === 0) return [{ part: 'correction', group: view.tenant.spec.contacts.owner }];
  return parts.map((part) => ({ part, group: reviewerFor(view, part, world) }));
}

/** The state that the Grants say, when nothing is decided. Pure. */
export function stateOfGrants(view: TenantView): Verdict['state'] {
  return leadingGrant(view.existing)?.spec.state ?? 'Waiting';
}
