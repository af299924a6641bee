import { buildTree } from '../../core/decide/allowance.ts';
import { desiredNamespace } from '../../core/desired/namespace.ts';
import type { Located, Manifest } from '../../core/manifest/types.ts';
import type { Unknown } from '../../core/manifest/workload-words.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { DepartmentSpec } from '../../core/model/department.ts';
import { annotations, departmentOfNamespace, environmentNamespace, labels } from '../../core/model/names.ts';
import type { TenantSpec } from '../../core/model/tenant.ts';
import type { RuleContext } from '../../policies/rule.ts';

type TenantManifest = Pick<Located<Manifest<TenantSpec>>, 'object'>;

/** What is known around workloads. */
export interface Around {
  readonly cloud: Cloud | undefined;
  readonly departments: readonly Manifest<DepartmentSpec>[];
  /** Tenants among the files themselves. */
  readonly tenants: readonly TenantManifest[];
  /** Tenants of a department from elsewhere; asked only when none of the files fits. */
  readonly tenantsOf: (department: string) => readonly TenantManifest[];
}

/** The namespace of a workload as its centre would hold it, and which of its marks are not known. */
export interface Namespace {
  readonly name: string | undefined;
  /** Member groups; empty when the tenant is not known. */
  readonly groups: readonly string[];
  readonly context: RuleContext;
  /** Why a mark of the namespace is not known; undefined for those that are. */
  readonly unknown: (key: string) => Unknown | undefined;
}

const blankCloud = { registries: [], zones: {}, defaultZone: '' };
const ofTenant: readonly string[] = [
  annotations.groups,
  labels.department,
  labels.tenant,
  labels.environment,
  labels.zone,
];

/** Finds namespaces by name; each is made once. */
export function namespaceFinder(around: Around): (name: string | undefined) => Namespace {
  const known = new Map<string | undefined, Namespace>();
  const ancestorsOf = ancestorFinder(around.departments);
  return (name) => {
    const found = known.get(name) ?? makeNamespace(name, around, ancestorsOf);
    known.set(name, found);
    return found;
  };
}

function makeNamespace(
  name: string | undefined,
  around: Around,
  ancestorsOf: (department: string) => readonly string[],
): Namespace {
  const { cloud } = around;
  const owner = name === undefined ? undefined : ownerOf(name, around);
  const members = owner?.tenant.spec.members ?? [];
  const department = owner?.department ?? '';
  // The same function makes the namespace at a centre, so the rules see what they will see there.
  const { metadata } = desiredNamespace({
    grant: {
      tenant: {
        department,
        name: owner?.tenant.metadata.name ?? '',
        displayName: '',
        ancestors: [...ancestorsOf(department)],
        uid: '',
        generation: 1,
      },
      members: [...members],
    },
    environment: { name: owner?.environment.name ?? '', state: 'Active', quota: {}, ...zoneOf(owner) },
    mode: 'open',
    cloud: cloud ?? blankCloud,
  });
  const unknown = (key: string): Unknown | undefined => {
    if (key === annotations.registries) return cloud === undefined ? 'cloud' : undefined;
    if (owner === undefined && (ofTenant.includes(key) || key.startsWith('ancestor.')))
      return name === undefined ? 'namespace' : 'tenant';
    if (key === labels.zone && owner?.environment.zone === undefined && cloud === undefined) return 'cloud';
    return undefined;
  };
  const context = { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} };
  return { name, groups: members.map(({ group }) => group), context, unknown };
}

type Owner = ReturnType<typeof ownerOf>;

function zoneOf(owner: Owner): { zone?: string } {
  return owner?.environment.zone === undefined ? {} : { zone: owner.environment.zone };
}

/** Whose a namespace is. It is compared with those of all environments of its department and never parsed further. */
function ownerOf(namespace: string, around: Around) {
  const ownerAmong = (tenants: readonly TenantManifest[]) => {
    for (const { object: tenant } of tenants) {
      const department = departmentOfNamespace(tenant.metadata.namespace ?? '') ?? '';
      const environment = tenant.spec.environments.find(
        (each) => environmentNamespace(department, tenant.metadata.name, each.name) === namespace,
      );
      if (environment !== undefined) return { department, tenant, environment };
    }
    return undefined;
  };
  // A department's code holds no dash (docs/design.md 2).
  return ownerAmong(around.tenants) ?? ownerAmong(around.tenantsOf(namespace.split('-')[0] ?? ''));
}

function ancestorFinder(departments: Around['departments']): (department: string) => readonly string[] {
  const tree = buildTree(departments.map(({ metadata, spec }) => ({ code: metadata.name, spec })));
  return (department) => tree.nodes.get(department)?.ancestors ?? [];
}
