import type { PlannedGrant } from '../../../core/decide/assemble.ts';
import { compareDecisions } from '../../../core/decide/change.ts';
import { sortBy } from '../../../core/decide/expand.ts';
import type { Decided } from '../../../core/decide/types.ts';
import type { GrantSpec } from '../../../core/model/grant.ts';
import type { Grant, HostnameClaim, Tenant } from '../../../core/model/kinds.ts';
import { apiVersion, grantName, labels, managers, siteNamespace } from '../../../core/model/names.ts';
import { canonicalJson } from '../../../kube/apply.ts';
import { isAlreadyExists, isNotFound } from '../../../kube/errors.ts';
import { resources } from '../../../kube/resource.ts';
import type { KubeObject } from '../../../kube/types.ts';
import type { ManagementContext } from '../context.ts';
import { type GatheredView, grantsOf, type HeldGrant, ownerOfClaim, splitKey } from './gather.ts';
import { keepNumber, type Numbers } from './numbers.ts';

/** Keeps a Tenant until its Grants know that it goes. */
export const tenantFinalizer = 'jinhong.dev/tenant';

const writer = { fieldManager: managers.management };

/** A decision that is to be written. */
export interface Plan {
  readonly key: string;
  readonly decided: Decided;
  readonly existing: readonly HeldGrant[];
  /** The Grants to write, in the order in which they are. */
  readonly changed: readonly PlannedGrant[];
  /** Hostnames that the tenant owned when it was decided about. */
  readonly owned: readonly string[];
  readonly tenant: Tenant | undefined;
}

/** What was decided from is no longer so: a hostname has another owner, or the Tenant is gone. Decide once more. */
export class Outdated extends Error {}

/** Whether any Grant would be written. Pure. */
export function changesGrants({ decided, changed }: Plan): boolean {
  return decided.finished.length > 0 || changed.length > 0;
}

const roles: readonly GrantSpec['role'][] = ['active', 'standby', 'copy'];

/** The active Grant is written first: a process that dies between two must not leave a standby of nothing. Pure. */
export function planOf(
  key: string,
  { existing, owned, tenant }: Pick<GatheredView, 'existing' | 'owned' | 'tenant'>,
  decided: Decided,
): Plan {
  const differing = decided.grants.filter(({ site, spec }) => differs(existing, site, spec));
  const changed = sortBy(differing, ({ site, spec }) => `${roles.indexOf(spec.role)} ${site}`);
  return { key, decided, existing, changed, owned, tenant };
}

function differs(existing: readonly HeldGrant[], site: string, spec: Omit<GrantSpec, 'decision'>): boolean {
  const old = existing.find((grant) => grant.site === site)?.spec;
  if (old === undefined) return true;
  const { decision: _, ...rest } = old;
  return canonicalJson(rest) !== canonicalJson(spec);
}

/**
 * Writes a decision: the finalizer, the hostnames, then the Grants, then what is let go. Each write is guarded: a Grant
 * is created as new or replaced at the version that was decided from, so that a decision made from an old view is
 * refused by the server. Resolves with the Grants as they are then.
 * @throws Outdated; conflict when a Grant was changed in between
 */
export async function commit(ctx: ManagementContext, plan: Plan, numbers: Numbers): Promise<HeldGrant[]> {
  const { decided, existing, changed } = plan;
  if (decided.finalizer) await setFinalizer(ctx, plan, true);
  await takeClaims(ctx, plan);
  if (changed.length > 0) {
    const decision = numbers.next();
    for (const { site, spec } of changed) {
      const old = existing.find((grant) => grant.site === site);
      await writeGrant(ctx, plan.key, { site, spec: { ...spec, decision }, old });
    }
  }
  for (const grant of existing.filter(({ site }) => decided.finished.includes(site))) {
    await keepNumber(ctx, grant, numbers.stored);
    await removeGrant(ctx, grant);
  }
  await dropClaims(ctx, plan);
  if (!decided.finalizer) await setFinalizer(ctx, plan, false);
  return grantsOf(ctx, plan.key, new Set([...existing, ...decided.grants].map(({ site }) => site)));
}

interface GrantWrite {
  readonly site: string;
  readonly spec: GrantSpec;
  readonly old: HeldGrant | undefined;
}

async function writeGrant(ctx: ManagementContext, key: string, { site, spec, old }: GrantWrite): Promise<void> {
  const { department, name } = splitKey(key);
  const { client, log } = ctx.deps;
  const object = {
    apiVersion,
    kind: 'Grant',
    metadata: {
      ...(old === undefined
        ? {}
        : { resourceVersion: old.object.metadata.resourceVersion, uid: old.object.metadata.uid }),
      name: grantName(department, name),
      namespace: siteNamespace(site),
      labels: { [labels.department]: department, [labels.tenant]: name, [labels.managedBy]: 'jinhong' },
    },
    spec,
  } as KubeObject;
  if (old !== undefined && compareDecisions(spec.decision, old.spec.decision) <= 0) {
    throw new Error(`decision ${JSON.stringify(spec.decision)} is not newer than the Grant's`);
  }
  const { role, state, decision, epoch } = spec;
  const stored = old === undefined ? await client.create(object, writer) : await client.update(object, writer);
  log.info({ tenant: key, site, role, state, decision, epoch }, 'granted');
  ctx.caches.grant.note(stored as unknown as Grant);
}

async function removeGrant(ctx: ManagementContext, grant: HeldGrant): Promise<void> {
  const { name, namespace, uid, resourceVersion } = grant.object.metadata;
  try {
    await ctx.deps.client.remove(resources.grant, { name, namespace }, { uid, resourceVersion });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  ctx.deps.log.info({ site: grant.site, grant: name }, 'the site has removed the tenant, its Grant is done with');
  ctx.caches.grant.noteRemoved(grant.object);
}

function claimObject(hostname: string, key: string, environment: string): KubeObject {
  const { department, name } = splitKey(key);
  return {
    apiVersion,
    kind: 'HostnameClaim',
    metadata: { name: hostname, labels: { [labels.department]: department, [labels.tenant]: name } },
    spec: { tenant: { department, name }, environment },
  };
}

/** Creating is what decides who was first: the server lets only one of two in. */
async function takeClaims(ctx: ManagementContext, { key, decided }: Plan): Promise<void> {
  const claims = ctx.caches.hostnameClaim;
  for (const [hostname, environment] of decided.claims) {
    const known = claims.get(hostname);
    if (known !== undefined && ownerOfClaim(known) !== key) throw new Outdated(`${hostname} has another owner`);
    if (known?.spec.environment === environment) continue;
    const object = claimObject(hostname, key, environment);
    try {
      const stored =
        known === undefined
          ? await ctx.deps.client.create(object, writer)
          : await ctx.deps.client.update(
              { ...object, metadata: { ...object.metadata, resourceVersion: known.metadata.resourceVersion } },
              writer,
            );
      claims.note(stored as unknown as HostnameClaim);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      throw new Outdated(`${hostname} has another owner`);
    }
  }
}

async function dropClaims(ctx: ManagementContext, { key, decided, owned }: Plan): Promise<void> {
  const claims = ctx.caches.hostnameClaim;
  for (const name of owned.filter((hostname) => !decided.claims.has(hostname))) {
    const claim = claims.get(name);
    if (claim === undefined || ownerOfClaim(claim) !== key) continue;
    const { uid } = claim.metadata;
    try {
      await ctx.deps.client.remove(resources.hostnameClaim, { name }, { uid });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    claims.noteRemoved(claim);
  }
}

async function setFinalizer(ctx: ManagementContext, { tenant }: Plan, wanted: boolean): Promise<void> {
  if (tenant === undefined) return;
  const { name, namespace, resourceVersion, finalizers = [] } = tenant.metadata;
  // Onto an object that is being deleted the server lets nobody put a finalizer.
  if (finalizers.includes(tenantFinalizer) === wanted || (wanted && tenant.metadata.deletionTimestamp !== undefined))
    return;
  const next = wanted ? [...finalizers, tenantFinalizer] : finalizers.filter((known) => known !== tenantFinalizer);
  const body = { metadata: { resourceVersion, finalizers: next } };
  try {
    const stored = await ctx.deps.client.patch(resources.tenant, { name, namespace }, body, {
      type: 'merge',
      ...writer,
    });
    if (stored.metadata.deletionTimestamp !== undefined && next.length === 0) ctx.caches.tenant.noteRemoved(tenant);
    else ctx.caches.tenant.note(stored as unknown as Tenant);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // Grants for a Tenant that is gone would stay for ever: an absence takes nothing back.
    if (wanted) throw new Outdated(`the Tenant ${namespace}/${name} is gone`);
  }
}
