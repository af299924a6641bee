import { heldResources } from '../../controller/site/caches.ts';
import { contentHash, heldSelector } from '../../controller/site/held.ts';
import { namespaces, siteNamespace } from '../../core/model/names.ts';
import { pathOf, resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import type { Captured } from './capture.ts';
import { type BenchCentre, benchDepartment, benchSite } from './centre.ts';
import { loadApply } from './loader.ts';
import type { Plan, Request } from './plan.ts';
import { acceptedHash, objectsPerTenant, standIn, writeGrants } from './tenants.ts';

/** The collections that the site controller follows in tenants' namespaces, with its own selector. */
export const heldPaths: readonly string[] = heldResources.map(
  (resource) => `${pathOf(resource)}?labelSelector=${encodeURIComponent(heldSelector)}`,
);

/** The collection of mirrored Grants. */
export const mirrorPath = pathOf(resources.grant, { namespace: namespaces.grants });

/** The collection of Grants at the management side. */
export const grantedPath = pathOf(resources.grant, { namespace: siteNamespace(benchSite) });

/** The tenants' objects alone: namespace first, then all the rest at once. Pure. */
export function objectsPlan(captured: Captured, names: readonly string[]): Plan {
  return { waves: [[captured.namespace], captured.objects], standIn, names };
}

/** The tenants' objects in the controller's own order: RoleBindings wait for all that protects the namespace. Pure. */
export function orderedPlan(captured: Captured, names: readonly string[]): Plan {
  const isBinding = ({ path }: Request): boolean => path.includes('/rolebindings/');
  const protect = captured.objects.filter((request) => !isBinding(request));
  const waves = [[captured.namespace], protect, captured.objects.filter(isBinding)];
  return { waves, standIn, names };
}

/**
 * Everything that the controller writes: mirror and namespace, then the rest with status and report, all at once. The
 * Grants must be there. @throws when one is not
 */
export async function everythingPlan(centre: BenchCentre, captured: Captured, names: readonly string[]): Promise<Plan> {
  const uids = await uidsOf(centre, names);
  const { namespace, mirror, objects, status, report } = captured;
  return {
    waves: [
      [mirror, namespace],
      [...objects, status, report],
    ],
    standIn,
    names,
    values: { '@hash@': names.map(acceptedHash), '@granted@': uids },
  };
}

async function uidsOf({ admin }: BenchCentre, names: readonly string[]): Promise<string[]> {
  const { items } = await admin.list(resources.grant, { namespace: siteNamespace(benchSite) });
  const byName = new Map(items.map(({ metadata }) => [metadata.name, metadata.uid ?? '']));
  return names.map((name) => {
    const uid = byName.get(`${benchDepartment.name}-${name}`);
    if (uid === undefined) throw new Error(`no Grant of ${name}`);
    return uid;
  });
}

/**
 * Fills a centre with tenants exactly as the controller would leave them, objects, mirror, statuses and reports, so that a
 * controller that starts finds nothing to write. About 1.5 s per 100 tenants on two cores.
 */
export async function fillCentre(centre: BenchCentre, captured: Captured, names: readonly string[]): Promise<void> {
  const most = 1_000;
  for (let from = 0; from < names.length; from += most) {
    const some = names.slice(from, from + most);
    await writeGrants(centre, some);
    const plan = await everythingPlan(centre, captured, some);
    await loadApply({ target: centre.siteTarget, plan, flight: 64 });
  }
}

/** Reads all objects of these tenants back and compares their content with the captured bodies. @throws at a difference */
export async function verifyObjects(centre: BenchCentre, captured: Captured, names: readonly string[]): Promise<void> {
  const wanted = new Map<string, string>();
  for (const { body = '' } of [captured.namespace, ...captured.objects]) {
    for (const name of names) {
      const object = JSON.parse(body.replaceAll(standIn, name)) as KubeObject;
      wanted.set(`${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, contentHash(object));
    }
  }
  for (const resource of heldResources) {
    for await (const { items } of centre.admin.pages(resource, { labelSelector: heldSelector })) {
      for (const object of items) {
        const key = `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
        const hash = wanted.get(key);
        if (hash !== undefined && hash !== contentHash(object)) throw new Error(`${key} is not as it was captured`);
        wanted.delete(key);
      }
    }
  }
  const [missing] = wanted.keys();
  if (missing !== undefined)
    throw new Error(`${wanted.size} of ${names.length * objectsPerTenant} are missing: ${missing}`);
}
