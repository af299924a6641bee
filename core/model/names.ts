/** Every name and label that Jinhong gives to an object is built here and nowhere else. */

export const group = 'jinhong.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;

/** Namespaces of the platform itself. */
export const namespaces = {
  /** Controllers and their configuration, at every centre. */
  system: 'jinhong-system',
  /** Mirror of a centre's own Grants, at every centre. */
  grants: 'jinhong-grants',
  /** Objects of platform engineers and on-call staff, at the management centre. */
  operations: 'jinhong-operations',
} as const;

/** Field managers (docs/design.md 4): one per writer. */
export const managers = {
  cli: 'jinhong-cli',
  management: 'jinhong-management',
  site: 'jinhong-site',
  platform: 'jinhong-platform',
} as const;

export const labels = {
  managedBy: 'app.kubernetes.io/managed-by',
  partOf: 'app.kubernetes.io/part-of',
  department: 'jinhong.dev/department',
  tenant: 'jinhong.dev/tenant',
  environment: 'jinhong.dev/environment',
  zone: 'jinhong.dev/zone',
  site: 'jinhong.dev/site',
  role: 'jinhong.dev/role',
} as const;

export const annotations = {
  /** On a `dept-*` namespace: groups that decide a part, comma separated, read by admission. */
  projectReviewers: 'jinhong.dev/project-reviewers',
  fundsReviewers: 'jinhong.dev/funds-reviewers',
  /** On a protected object: set by `jinhong destroy` before it deletes. */
  allowDelete: 'jinhong.dev/allow-delete',
  /** On a tenant's namespace: its zone, allowed registries and member groups, written by the site controller only. */
  groups: 'jinhong.dev/groups',
  registries: 'jinhong.dev/registries',
  /** On a tenant's namespace: `readonly` while it is standby, frozen or retiring; absent while it is open. */
  mode: 'jinhong.dev/mode',
  /** On a tenant's namespace: `true` from when its marks change until bindings of those who are no members are gone. */
  membersChange: 'jinhong.dev/members-change',
  /** On a `site-*` namespace: the highest decision number of a Grant that was there and was let go. */
  letGoRevision: 'jinhong.dev/let-go-revision',
  /** On a mirrored Grant, by the site controller: hash of the spec it accepted; the mirror is acted on only while it fits. */
  acceptedSpec: 'jinhong.dev/accepted-spec',
  /** On a mirrored Grant: when its last removal or change of role or members was accepted; counts for the change budget. */
  removalAcceptedAt: 'jinhong.dev/removal-accepted-at',
  roleChangeAcceptedAt: 'jinhong.dev/role-change-accepted-at',
} as const;

/** Label key that marks every descendant of `department`, so that a policy can select a subtree. */
export function ancestorLabel(department: string): string {
  return `ancestor.jinhong.dev/${department}`;
}

/** Namespace of one environment: `<department>-<tenant>-<environment>`, at most 62 characters. */
export function environmentNamespace(department: string, tenant: string, environment: string): string {
  return `${department}-${tenant}-${environment}`;
}

/** Name of the Grant of one tenant, the same at every site. */
export function grantName(department: string, tenant: string): string {
  return `${department}-${tenant}`;
}

/** Namespace in the management centre in which a department asks. */
export function departmentNamespace(department: string): string {
  return `dept-${department}`;
}

/** The department whose namespace this is, or undefined. */
export function departmentOfNamespace(namespace: string): string | undefined {
  return namespace.startsWith('dept-') ? namespace.slice('dept-'.length) : undefined;
}

/** Namespace in the management centre that holds a site's Grants and heartbeat. */
export function siteNamespace(site: string): string {
  return `site-${site}`;
}

/** How a tenant is written for people and in references between tenants: `<department>/<tenant>`. */
export function tenantRef(department: string, tenant: string): string {
  return `${department}/${tenant}`;
}
