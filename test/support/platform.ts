/** The platform's objects on a real API server, and the objects with which its admission policies are tried. */
import { apiVersion } from '../../core/model/names.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { loadCrds } from '../../stacks/crds.ts';
import { phaseOf, platformObjects } from '../../stacks/platform.ts';
import { annotated, resourceName } from '../../stacks/registration.ts';
import { cloud } from '../core/decide/fixture.ts';
import { until } from './centre.ts';

const objectsOf = (site: string) =>
  platformObjects({ cloud, site, image: 'jinhong:0.1.0', directory: ['water-admins'], crds: loadCrds() });

/** Installs the objects of both roles in order of their phases, so that every object is tried on the real server. */
export async function installPlatform(admin: KubeClient): Promise<KubeObject[]> {
  const all = new Map([...objectsOf('control'), ...objectsOf('north')].map((object) => [resourceName(object), object]));
  const objects = [...all.values()];
  for (const phase of [0, 1, 2, 3]) {
    const now = objects.filter((object) => phaseOf(object) === phase);
    await Promise.all(
      now.map((object) =>
        until(resourceName(object), async () => {
          await admin.apply(annotated(object), { fieldManager: 'jinhong-platform' });
          return true;
        }),
      ),
    );
  }
  return objects;
}

/** A namespace with these marks. */
export function namespace(name: string, metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...metadata } };
}

/** Gives a user all rights that RBAC can give, so that only admission is left to refuse. */
export function clusterAdmin(name: string, user: string): KubeObject {
  const subjects = [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }];
  const roleRef = { kind: 'ClusterRole', name: 'cluster-admin', apiGroup: 'rbac.authorization.k8s.io' };
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef,
    subjects,
  };
}

/** An Approval of department `water` for one part. */
export function approval(decidedBy: string, part = 'project'): KubeObject {
  const funds = { fiscalYear: 2026, ceilingPerMonth: '10.00', priceList: 'p1' };
  const content = part === 'project' ? { project: { ref: 'P-1' }, envelope: {} } : { funds };
  const spec = {
    for: { kind: 'Tenant', name: 'meters' },
    part,
    decision: 'approved',
    decidedBy,
    decidedAt: '2026-04-20T09:00:00+08:00',
    ...content,
  };
  return { apiVersion, kind: 'Approval', metadata: { name: `a-${part}`, namespace: 'dept-water' }, spec };
}

/** A network policy inside a tenant's namespace. */
export function networkPolicy(ingress: object[], egress: object[] = []): KubeObject {
  const metadata = { name: 'own', namespace: 'water-meters-production' };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: { podSelector: {}, ingress, egress },
  };
}

/** A binding of the view role inside a tenant's namespace. */
export function roleBinding(subject: object): KubeObject {
  const metadata = { name: 'own', namespace: 'water-meters-production' };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'jinhong:tenant-view' };
  const kind = (subject as { kind: string }).kind;
  const group = kind === 'ServiceAccount' ? {} : { apiGroup: 'rbac.authorization.k8s.io' };
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef,
    subjects: [{ ...subject, ...group }],
  };
}

/** The message of a refusal, or undefined when the call went through. */
export async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
