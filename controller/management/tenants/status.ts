import { type ApprovalState, newerApproval, readApprovals } from '../../../core/decide/envelope.ts';
import { composeStatus, nextDueMs, type SiteContact } from '../../../core/decide/status.ts';
import type { Decided, TenantView } from '../../../core/decide/types.ts';
import type { Approval, Tenant } from '../../../core/model/kinds.ts';
import { apiVersion, managers } from '../../../core/model/names.ts';
import type { Reason } from '../../../core/model/reasons.ts';
import type { TenantStatus } from '../../../core/model/tenant.ts';
import { canonicalJson } from '../../../kube/apply.ts';
import { type Condition, setCondition } from '../../../kube/conditions.ts';
import { isConflict, isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/types.ts';
import type { ManagementContext } from '../context.ts';
import type { Followable, Followed } from '../followed.ts';
import type { HeldGrant } from './gather.ts';

/** Status by server-side apply, bound to the very object that was looked at; gone or made anew is fine. */
async function applyStatus<T extends Followable>(
  ctx: ManagementContext,
  followed: Followed<T>,
  target: { readonly kind: string; readonly metadata: T['metadata'] },
  status: object,
): Promise<void> {
  const { name, namespace, uid } = target.metadata;
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) };
  const object: KubeObject = { apiVersion, kind: target.kind, metadata, status };
  try {
    const stored = await ctx.deps.client.apply(object, {
      fieldManager: managers.management,
      force: true,
      subresource: 'status',
    });
    followed.note(stored as unknown as T);
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

/**
 * Writes the status of a Tenant, as it was decided about, where it differs; returns when a due date passes next. Of a
 * request that came later it says nothing: that one is due itself.
 */
export async function writeTenantStatus(
  ctx: ManagementContext,
  tenant: Tenant,
  decided: Decided,
  facts: { readonly grants: readonly HeldGrant[]; readonly contacts: readonly SiteContact[] },
): Promise<number | undefined> {
  const { verdict } = decided;
  if (verdict === undefined) return undefined;
  const { cloud } = ctx.deps.config.current();
  const nowMs = ctx.deps.clock.now();
  const status = composeStatus({
    verdict,
    grants: facts.grants,
    sites: facts.contacts,
    previous: tenant.status,
    generation: tenant.metadata.generation ?? 0,
    cloud,
    nowMs,
  });
  if (canonicalJson(tenant.status) !== canonicalJson(status)) {
    await applyStatus(ctx, ctx.caches.tenant, tenant, status);
    tellChange(ctx, tenant, status);
  }
  return nextDueMs(status, cloud, nowMs);
}

/** An event when a tenant became ready, stopped being so, or is not ready for another reason than before. */
function tellChange(ctx: ManagementContext, tenant: Tenant, after: TenantStatus): void {
  const readyOf = (status: TenantStatus | undefined) => status?.conditions.find((entry) => entry.type === 'Ready');
  const before = readyOf(tenant.status);
  const ready = readyOf(after);
  if (ready === undefined || (before?.status === ready.status && before.reason === ready.reason)) return;
  const type = ready.status === 'True' ? 'Normal' : 'Warning';
  const regarding = { apiVersion, kind: 'Tenant', metadata: tenant.metadata } as KubeObject;
  ctx.events.event(regarding, { type, reason: ready.reason, action: 'Decide', note: ready.message });
}

/** Says on each Approval of a tenant whether it counts. */
export async function writeApprovalStatuses(ctx: ManagementContext, view: TenantView): Promise<void> {
  const { tenant, approvals, name } = view;
  if (approvals.length === 0) return;
  const state = readApprovals(approvals, name, tenant?.metadata.generation ?? 1);
  for (const approval of [...approvals].sort(newerApproval)) {
    const { generation: observedGeneration = 0 } = approval.metadata;
    const reason = tenant === undefined && view.existing.length === 0 ? 'NoTenant' : reasonOf(approval, state);
    const counts = reason === 'Counted' ? 'True' : 'False';
    const before = (approval.status?.conditions ?? []) as readonly Condition[];
    const wish = { type: 'Counts', status: counts, reason, message: '', observedGeneration } as const;
    const conditions = setCondition(before, wish, ctx.deps.clock.now());
    const status = { observedGeneration, conditions };
    if (canonicalJson(approval.status) !== canonicalJson(status)) {
      await applyStatus(ctx, ctx.caches.approval, approval, status);
    }
  }
}

function reasonOf(approval: Approval, state: ApprovalState): Reason {
  const { part, decision } = approval.spec;
  const { current, rejection } = state[part];
  const uid = approval.metadata.uid;
  if (rejection?.metadata.uid === uid) return 'Counted';
  if (current?.metadata.uid !== uid || decision === 'rejected') return 'Superseded';
  return state.samePerson === part ? 'SamePerson' : 'Counted';
}
