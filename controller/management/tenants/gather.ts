import type { ExistingGrant } from '../../../core/decide/change.ts';
import type { SiteView } from '../../../core/decide/placement.ts';
import type { SiteContact } from '../../../core/decide/status.ts';
import type { TenantView } from '../../../core/decide/types.ts';
import type { Approval, Grant, HostnameClaim } from '../../../core/model/kinds.ts';
import {
  departmentNamespace,
  departmentOfNamespace,
  grantName,
  siteNamespace,
  tenantRef,
} from '../../../core/model/names.ts';
import { type ManagementContext, siteOfNamespace, workingSites } from '../context.ts';

/** Key of a tenant in queue, ledger and messages: `<department>/<name>`. */
export function tenantKeyOf(object: {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}) {
  const department = departmentOfNamespace(object.metadata.namespace ?? '');
  return department === undefined ? undefined : tenantRef(department, object.metadata.name);
}

/** Key of the tenant that an Approval is for. */
export function tenantKeyOfApproval({ metadata, spec }: Approval): string | undefined {
  return tenantKeyOf({ metadata: { name: spec.for.name, namespace: metadata.namespace } });
}

/** Key of the tenant of a Grant. */
export function tenantKeyOfGrant({ spec }: Grant): string {
  return tenantRef(spec.tenant.department, spec.tenant.name);
}

/** Department and name of a key. */
export function splitKey(key: string): { readonly department: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { department: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** A Grant as deciding reads it, with what is needed to write it again. */
export interface HeldGrant extends ExistingGrant {
  readonly object: Grant;
}

/** The Grants of a tenant at these sites, looked up by name. */
export function grantsOf(ctx: Pick<ManagementContext, 'caches'>, key: string, sites: ReadonlySet<string>): HeldGrant[] {
  const { department, name } = splitKey(key);
  return [...sites].sort().flatMap((site) => {
    const object = ctx.caches.grant.get(`${siteNamespace(site)}/${grantName(department, name)}`);
    return object === undefined ? [] : [{ site, spec: object.spec, status: object.status, object }];
  });
}

/** Names of all sites that exist or hold a Grant. */
function siteNames(ctx: Pick<ManagementContext, 'caches'>): Set<string> {
  const known = ctx.caches.site.list().map(({ metadata }) => metadata.name);
  const holding = ctx.caches.grant.list().flatMap(({ metadata }) => siteOfNamespace(metadata.namespace) ?? []);
  return new Set([...known, ...holding]);
}

/** One tenant as deciding reads it, with what is needed to write the decision. */
export interface GatheredView extends TenantView {
  readonly existing: readonly HeldGrant[];
  /** Hostnames that it owned when the batch began. */
  readonly owned: readonly string[];
}

/** What is known of many tenants at once; what belongs to whom is sorted out once. */
export interface Gathered {
  /** As the caches are when it is called, but for approvals and hostnames. */
  view(key: string): GatheredView;
  /** Key of the tenant whose active Grant names a hostname: it owns it, whatever somebody made of the claim. */
  holderOf(hostname: string): string | undefined;
  readonly sites: readonly SiteView[];
  readonly contacts: readonly SiteContact[];
}

/** Reads all that deciding needs from the caches. */
export function gather(ctx: ManagementContext): Gathered {
  const approvals = new Map<string, Approval[]>();
  for (const approval of ctx.caches.approval.list()) {
    const key = tenantKeyOfApproval(approval);
    if (key !== undefined) approvals.set(key, [...(approvals.get(key) ?? []), approval]);
  }
  const owned = new Map<string, string[]>();
  for (const claim of ctx.caches.hostnameClaim.list()) {
    const key = ownerOfClaim(claim);
    if (key !== undefined) owned.set(key, [...(owned.get(key) ?? []), claim.metadata.name]);
  }
  const holders = new Map<string, string>();
  for (const grant of ctx.caches.grant.list()) {
    if (grant.spec.role !== 'active') continue;
    for (const hostname of grant.spec.environments.flatMap(({ hostnames }) => hostnames ?? [])) {
      holders.set(hostname, tenantKeyOfGrant(grant));
    }
  }
  const names = siteNames(ctx);
  const contacts = [...names].map((name) => ({ name, ...ctx.contacts.of(name) }));
  return {
    view(key) {
      const { department, name } = splitKey(key);
      return {
        department,
        name,
        tenant: ctx.caches.tenant.get(`${departmentNamespace(department)}/${name}`),
        approvals: approvals.get(key) ?? [],
        existing: grantsOf(ctx, key, names),
        owned: owned.get(key) ?? [],
      };
    },
    holderOf: (hostname) => holders.get(hostname),
    sites: workingSites(ctx.caches).map(({ metadata, spec }) => ({
      name: metadata.name,
      spec,
      reachable: ctx.contacts.of(metadata.name).reachable,
    })),
    contacts,
  };
}

/** Who owns a hostname, as `<department>/<tenant>`. */
export function ownerOfClaim(claim: HostnameClaim | undefined): string | undefined {
  return claim === undefined ? undefined : tenantRef(claim.spec.tenant.department, claim.spec.tenant.name);
}

/**
 * Keys of all tenants that are asked for, granted, decided about or own a hostname. The last for a process that was
 * killed between a tenant's last Grant and its hostnames: nothing else remembers them then.
 */
export function allKeys(ctx: Pick<ManagementContext, 'caches'>): Set<string> {
  return new Set([
    ...ctx.caches.tenant.list().flatMap((tenant) => tenantKeyOf(tenant) ?? []),
    ...ctx.caches.grant.list().map(tenantKeyOfGrant),
    ...ctx.caches.approval.list().flatMap((approval) => tenantKeyOfApproval(approval) ?? []),
    ...ctx.caches.hostnameClaim.list().flatMap((claim) => ownerOfClaim(claim) ?? []),
  ]);
}
