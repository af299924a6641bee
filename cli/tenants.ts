import { newerApproval } from '../core/decide/envelope.ts';
import { AppError } from '../core/errors.ts';
import type { Approval, Department, Tenant } from '../core/model/kinds.ts';
import { departmentNamespace, departmentOfNamespace, tenantRef } from '../core/model/names.ts';
import { ifAllowed, isNotFound } from '../kube/errors.ts';
import { resources } from '../kube/resource.ts';
import type { KubeClient, KubeObject } from '../kube/types.ts';
import { ancestorsOf, reviewersOf } from './directory.ts';
import { nearest, usageError } from './usage.ts';

/** Who the API server takes the caller for. */
export interface Caller {
  readonly username: string;
  readonly groups: readonly string[];
}

/** Asks the API server who the caller is; every signed-in user may. */
export async function whoAmI(client: KubeClient): Promise<Caller> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const reply = await client.request('POST', path, { body, idempotent: true });
  const parsed = JSON.parse(reply.body) as { status?: { userInfo?: { username?: string; groups?: string[] } } };
  const user = parsed.status?.userInfo;
  return { username: user?.username ?? '', groups: user?.groups ?? [] };
}

/** The directory, as far as the caller may read it: empty when not at all. */
export async function listDepartments(client: KubeClient): Promise<Department[]> {
  return ifAllowed(client.list(resources.department)).then((list) => (list?.items ?? []) as unknown as Department[]);
}

/** What was read: the Tenants with the API server's own objects, and departments that could not be read. */
export interface TenantList {
  readonly tenants: readonly Tenant[];
  /** Whether every department was asked; false when the caller sees only some. */
  readonly everywhere: boolean;
}

/** A Tenant as the API server stores it; the same object, typed for printing. */
export function asObject(tenant: Tenant | Approval): KubeObject {
  return tenant as unknown as KubeObject;
}

/**
 * The Tenants the caller may see, sorted by department and name: those of `department`, else of all departments when
 * the caller may list them all at once, else of the departments whose groups or reviewers the caller is in.
 */
export async function listTenants(client: KubeClient, department?: string): Promise<TenantList> {
  if (department !== undefined) {
    const list = await client.list(resources.tenant, { namespace: departmentNamespace(department) });
    return { tenants: sorted(list.items), everywhere: false };
  }
  const all = await ifAllowed(client.list(resources.tenant));
  if (all !== undefined) return { tenants: sorted(all.items), everywhere: true };
  const codes = await visibleDepartments(client);
  const lists = await Promise.all(
    codes.map((code) => ifAllowed(client.list(resources.tenant, { namespace: departmentNamespace(code) }))),
  );
  return { tenants: sorted(lists.flatMap((list) => list?.items ?? [])), everywhere: false };
}

async function visibleDepartments(client: KubeClient): Promise<string[]> {
  const [caller, departments] = await Promise.all([whoAmI(client), listDepartments(client)]);
  const mine = new Set(caller.groups);
  const sees = (department: Department) => {
    if (department.spec.groups.some((group) => mine.has(group))) return true;
    const above = [department, ...ancestorsOf(department.metadata.name, departments)];
    return above.some(({ spec }) => [spec.reviewers?.project, spec.reviewers?.funds].some((g) => g && mine.has(g)));
  };
  return departments.filter(sees).map((department) => department.metadata.name);
}

function sorted(items: readonly KubeObject[]): Tenant[] {
  return ([...items] as unknown as Tenant[]).sort((a, b) => (refOf(a) < refOf(b) ? -1 : 1));
}

/** `<department>/<tenant>` of a Tenant or of what is for one. */
export function refOf(tenant: Tenant): string {
  return tenantRef(departmentOf(tenant), tenant.metadata.name);
}

/** The code of the department whose namespace an object is in. */
export function departmentOf(object: { metadata: { namespace?: string | undefined } }): string {
  return departmentOfNamespace(object.metadata.namespace ?? '') ?? '';
}

/**
 * The one Tenant that `ref` means: `DEPARTMENT/TENANT`, or `TENANT` where only one of the departments that the caller
 * sees has it. Errors: notFound with a near name, wrong usage when several departments have it.
 */
export async function resolveTenant(client: KubeClient, ref: string, department?: string): Promise<Tenant> {
  const [left, right] = ref.includes('/') ? ref.split('/', 2) : [department, ref];
  if (left !== undefined && right !== undefined) {
    try {
      const found = await client.get(resources.tenant, { namespace: departmentNamespace(left), name: right });
      return found as unknown as Tenant;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const { tenants } = await listTenants(client, left);
  const found = tenants.filter((tenant) => tenant.metadata.name === right);
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  if (second !== undefined) throw severalTenants(ref, found.map(refOf));
  throw noTenant(ref, tenants.map(refOf));
}

function severalTenants(ref: string, found: readonly string[]): AppError {
  return usageError(
    { zh: `${ref} 不止一个：${found.join('、')}`, en: `there are several ${ref}: ${found.join(', ')}` },
    { zh: '请写成 部门/租户', en: 'write DEPARTMENT/TENANT' },
  );
}

function noTenant(ref: string, known: readonly string[]): AppError {
  const near = nearest(ref, ref.includes('/') ? known : known.map((one) => one.split('/')[1] ?? ''));
  const text = { zh: `没有租户 ${ref}，或您无权查看`, en: `there is no tenant ${ref}, or you may not see it` };
  const hintText =
    near === undefined
      ? { zh: '列出可见的租户：jinhong status', en: 'to list what you see: jinhong status' }
      : { zh: `您要的是 ${near} 吗？`, en: `did you mean ${near}?` };
  return new AppError('notFound', text.en, { code: 'no-tenant', data: { text, hintText } });
}

/** The Approvals for one Tenant, oldest first. */
export async function approvalsOf(client: KubeClient, tenant: Tenant): Promise<Approval[]> {
  const namespace = tenant.metadata.namespace;
  const list = await client.list(resources.approval, { namespace });
  const found = (list.items as unknown as Approval[]).filter((one) => one.spec.for.name === tenant.metadata.name);
  return found.sort((a, b) => newerApproval(b, a));
}

/** Groups that decide about a department's requests, by part; undefined where the directory does not say. */
export function decidersOf(code: string, departments: readonly Department[]) {
  return { project: reviewersOf('project', code, departments), funds: reviewersOf('funds', code, departments) };
}
