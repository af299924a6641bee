import { AppError } from '../../core/errors.ts';
import type { Department, Tenant } from '../../core/model/kinds.ts';
import { departmentNamespace, namespaces } from '../../core/model/names.ts';
import type { Text } from '../../core/text/lang.ts';
import type { KubeObject } from '../../kube/types.ts';
import { type ApplySet, applySetOf, compareSet, partOfLabel, type SetChanges } from '../applyset.ts';
import { firstOf } from '../view/words.ts';
import { type Folder, refOfManifest } from './folder.ts';
import type { LiveState } from './live.ts';

/** The set of all departments of a folder at one centre. Pure. */
export function departmentSet(setName: string, management: boolean): ApplySet {
  const namespace = management ? namespaces.operations : namespaces.system;
  return applySetOf({ namespace, name: setName, groupKind: 'Department.jinhong.dev' });
}

/** The set of one department's tenants. Pure. */
export function tenantSet(setName: string, department: string): ApplySet {
  return applySetOf({ namespace: departmentNamespace(department), name: setName, groupKind: 'Tenant.jinhong.dev' });
}

/** What applying the folder's departments at one centre changes; none is ever pruned. Pure. */
export function departmentChanges(folder: Folder, live: readonly Department[], management: boolean): SetChanges {
  const wanted = folder.departments.map(({ object }) => toObject(object));
  const changes = compareSet(departmentSet(folder.setName, management), wanted, live as unknown as KubeObject[]);
  return { ...changes, prune: [] };
}

/** What becomes of the tenants of one department. */
export interface TenantChanges extends SetChanges {
  readonly department: string;
  readonly set: ApplySet;
}

/**
 * What applying the folder's tenants changes, per department, sorted by code. Only departments that the folder names are
 * looked at: one that is absent keeps its tenants. Pure.
 */
export function tenantChanges(folder: Folder, live: readonly Tenant[]): TenantChanges[] {
  const codes = new Set(folder.departments.map(({ object }) => object.metadata.name));
  const wanted = folder.tenants.map(({ object }) => toObject(object));
  for (const tenant of wanted) codes.add((tenant.metadata.namespace ?? '').replace(/^dept-/, ''));
  const wantedIn = Map.groupBy(wanted, inNamespace);
  const liveIn = Map.groupBy(live as unknown as readonly KubeObject[], inNamespace);
  return [...codes].sort().map((department) => {
    const namespace = departmentNamespace(department);
    const set = tenantSet(folder.setName, department);
    return { department, set, ...compareSet(set, wantedIn.get(namespace) ?? [], liveIn.get(namespace) ?? []) };
  });
}

function inNamespace({ metadata }: KubeObject): string {
  return metadata.namespace ?? '';
}

/** Live tenants that belong to the folder's own sets: what a rename could remove. Pure. */
export function ownTenants(folder: Folder, live: LiveState): Tenant[] {
  return live.tenants.filter((tenant) => {
    const department = (tenant.metadata.namespace ?? '').replace(/^dept-/, '');
    return tenant.metadata.labels?.[partOfLabel] === tenantSet(folder.setName, department).id;
  });
}

/**
 * Refs of the folder's tenants that carry another set's label, sorted: they are left alone and named. Whoever may write a
 * Tenant may label it, so one of them stops nothing else. Pure.
 */
export function foreignTenants(changes: readonly TenantChanges[]): string[] {
  return changes.flatMap(({ foreign }) => foreign.map((object) => refOfManifest(object))).sort();
}

/** What is said of foreign tenants, and who acts next. Pure. */
export function foreignText(refs: readonly string[]): Text {
  const list = firstOf(refs, 10);
  return {
    zh: `带有另一份清单的标签，不会改动：${list}。由其部门去掉标签 ${partOfLabel}，或由本清单的负责人从中去掉它们`,
    en: `labelled as another folder's and left alone: ${list}. Their departments take the label ${partOfLabel} off, or the owner of this folder takes them out of it`,
  };
}

/** Refuses objects that another folder applied. @throws policy `owned-by-other-set` naming all of them */
export function refuseForeign(changes: readonly SetChanges[]): void {
  const foreign = changes.flatMap((change) => change.foreign);
  if (foreign.length === 0) return;
  const names = foreign.map(({ kind, metadata: { namespace, name } }) =>
    [kind, namespace, name].filter(Boolean).join('/'),
  );
  const text = {
    zh: `以下对象由另一份清单管理，不会改动：${names.join('、')}`,
    en: `these objects belong to another folder of manifests and are not touched: ${names.join(', ')}`,
  };
  const hintText = {
    zh: '从本清单中去掉它们，或用 --set 指定同一集合名',
    en: 'take them out of this folder, or name the same set with --set',
  };
  throw new AppError('policy', text.en, { code: 'owned-by-other-set', data: { text, hintText, objects: names } });
}

function toObject(manifest: unknown): KubeObject {
  return manifest as KubeObject;
}
