import { hash } from 'node:crypto';
import type { Approval, Department, Grant, HostnameClaim, Site, Tenant } from '../../core/model/kinds.ts';
import { labels, siteNamespace, tenantRef } from '../../core/model/names.ts';
import type { LookUp } from '../../core/plan/objects.ts';
import type { LiveGrant } from '../../core/plan/tenants.ts';
import { isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../kube/types.ts';

/** What the management centre has. All lists as the API server gave them. */
export interface LiveState {
  readonly departments: readonly Department[];
  readonly tenants: readonly Tenant[];
  readonly approvals: readonly Approval[];
  readonly grants: readonly LiveGrant[];
  readonly claims: readonly HostnameClaim[];
  readonly sites: readonly Site[];
  /** Another one as soon as any of these but a Site was written; Sites are, all the time. Empty: nothing was read. */
  readonly mark: string;
}

/** What there is before the first installation. */
export const nothingLive: LiveState = {
  departments: [],
  tenants: [],
  approvals: [],
  grants: [],
  claims: [],
  sites: [],
  mark: '',
};

/**
 * Objects per page. The client's own size keeps a controller responsive; here nothing else waits, and an API server takes
 * four times as long for the pages of 500 of our own kinds (measured with 2,000 Approvals, 1.35).
 */
export const pageSize = 5_000;

/** Reads the management centre. A centre without the platform has nothing of it. */
export async function readLive(client: KubeClient): Promise<LiveState> {
  const [departments, tenants, approvals, grants, claims, sites] = await Promise.all([
    listed(client, resources.department),
    listed(client, resources.tenant),
    listed(client, resources.approval),
    listed(client, resources.grant),
    listed(client, resources.hostnameClaim),
    listed(client, resources.site),
  ]);
  return {
    departments: departments as unknown as Department[],
    tenants: tenants as unknown as Tenant[],
    approvals: approvals.map(withoutManagedFields) as unknown as Approval[],
    grants: (grants as unknown as Grant[]).flatMap(toLiveGrant),
    claims: claims as unknown as HostnameClaim[],
    sites: sites as unknown as Site[],
    mark: markOf([departments, tenants, approvals, grants, claims].map((list) => list.map(versionOf).join('\n'))),
  };
}

/** A centre's own copy of the directory. */
export async function readDepartments(client: KubeClient): Promise<Department[]> {
  return (await listed(client, resources.department)) as unknown as Department[];
}

/** All Grants, or mirrors of them, at a centre; empty where the kind is not installed. */
export function listGrants(client: KubeClient): Promise<KubeObject[]> {
  return listed(client, resources.grant);
}

/** All Tenants at the management centre; empty where the kind is not installed. */
export function listTenants(client: KubeClient): Promise<KubeObject[]> {
  return listed(client, resources.tenant);
}

const perSite: readonly Resource[] = [
  resources.namespace,
  resources.resourceQuota,
  resources.limitRange,
  resources.networkPolicy,
  resources.serviceAccount,
  resources.roleBinding,
];

/** Our own objects in tenants' namespaces at one centre. */
export interface SiteState {
  readonly objects: readonly KubeObject[];
}

/** What was read of a centre, and a mark that is another one as soon as any of its objects was written. */
export interface SeenState extends SiteState {
  readonly mark: string;
}

/** Reads all objects of tenants at a centre: one list per kind. What is not kept of a page is dropped with it. */
export async function readSite(client: KubeClient): Promise<SeenState> {
  const lists = await Promise.all(
    perSite.map(async (resource) => {
      const kept: KubeObject[] = [];
      let versions = '';
      for await (const { items } of client.pages(resource, { labelSelector: labels.tenant, pageSize })) {
        for (const item of items) {
          kept.push(withoutServerFields(item));
          versions += `${versionOf(item)}\n`;
        }
      }
      return { kept, versions };
    }),
  );
  return { objects: lists.flatMap(({ kept }) => kept), mark: markOf(lists.map(({ versions }) => versions)) };
}

function versionOf({ metadata: { uid, resourceVersion } }: KubeObject): string {
  return `${uid} ${resourceVersion}`;
}

/** Hash of the versions of objects, per kind. */
function markOf(versions: readonly string[]): string {
  return hash('sha256', versions.join('\n\n'), 'base64url');
}

/** A way to find the objects of a centre. Pure. */
export function lookUpIn(state: SiteState): LookUp {
  const byKey = new Map(state.objects.map((object) => [keyOf(object.kind, object.metadata), object]));
  return (kind, namespace, name) => byKey.get(keyOf(kind, { namespace, name }));
}

function keyOf(kind: string, { namespace, name }: { namespace?: string | undefined; name: string }): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What a plan compares and the record keeps; a quota's usage alone is half of its size. */
function withoutServerFields({ status: _, ...object }: KubeObject): KubeObject {
  const { name, namespace, labels: marks, annotations } = object.metadata;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(marks === undefined ? {} : { labels: marks }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...object, metadata } as KubeObject;
}

async function listed(client: KubeClient, resource: Resource): Promise<KubeObject[]> {
  try {
    return (await client.list(resource, { pageSize })).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function toLiveGrant(grant: Grant): LiveGrant[] {
  const site = grant.metadata.namespace;
  if (site === undefined || !site.startsWith(siteNamespace(''))) return [];
  const { department, name } = grant.spec.tenant;
  return [
    {
      ref: tenantRef(department, name),
      site: site.slice(siteNamespace('').length),
      spec: grant.spec,
      status: grant.status,
    },
  ];
}
