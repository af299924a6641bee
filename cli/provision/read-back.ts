import { termConfigMap } from '../../core/access/management.ts';
import { compareDecisions } from '../../core/decide/change.ts';
import type { GrantSpec } from '../../core/model/grant.ts';
import type { Grant } from '../../core/model/kinds.ts';
import { apiVersion, labels, managers, namespaces, siteNamespace } from '../../core/model/names.ts';
import { isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import type { Centre } from './centres.ts';

/** One decision that a centre has and the management centre lost. */
export interface LostGrant {
  readonly site: string;
  readonly name: string;
  /** As mirrored at the site. */
  readonly spec: GrantSpec;
  /** What the management centre has instead; undefined: nothing. */
  readonly stored: Grant | undefined;
}

/** What the centres know that the management centre does not. */
export interface Lost {
  readonly grants: readonly LostGrant[];
  /** The highest term seen anywhere. */
  readonly term: number;
}

/**
 * Compares the mirrors of all centres that answer with the Grants at the management centre: a mirror without a Grant, or
 * with a higher decision number, means that the management centre was set back. A Grant that a site reported `Removed` is
 * no loss. Sorted by site and name.
 */
export async function findLost(management: KubeClient, sites: readonly Centre[]): Promise<Lost> {
  const perSite = await Promise.all(
    sites.map(async ({ site, client }) => {
      const [mirrors, stored] = await Promise.all([
        grantsIn(client, namespaces.grants),
        grantsIn(management, siteNamespace(site.name)),
      ]);
      return { site: site.name, mirrors, stored: new Map(stored.map((grant) => [grant.metadata.name, grant])) };
    }),
  );
  const grants: LostGrant[] = [];
  let term = 1;
  for (const { site, mirrors, stored } of perSite) {
    for (const mirror of mirrors) {
      const { name } = mirror.metadata;
      const has = stored.get(name);
      term = Math.max(term, mirror.spec.decision.term, has?.spec.decision.term ?? 1);
      const lost = has === undefined ? mirror.spec.state !== 'Removed' : isOlder(has, mirror);
      if (lost) grants.push({ site, name, spec: mirror.spec, stored: has });
    }
  }
  return { grants: grants.sort((a, b) => (`${a.site} ${a.name}` < `${b.site} ${b.name}` ? -1 : 1)), term };
}

function isOlder(has: Grant, mirror: Grant): boolean {
  return compareDecisions(has.spec.decision, mirror.spec.decision) < 0 || has.spec.epoch < mirror.spec.epoch;
}

/**
 * Writes the lost decisions back with the next term, so that they are newer than all that is known anywhere. The term goes
 * first: what the management controller decides from then on is newer too. Resolves with the new term.
 */
export async function readBack(management: KubeClient, lost: Lost): Promise<number> {
  const term = Math.max(lost.term, await storedTerm(management)) + 1;
  const metadata = { name: termConfigMap, namespace: namespaces.operations };
  const map: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { term: String(term) } };
  await management.apply(map, { fieldManager: managers.cli, force: true });
  await Promise.all(lost.grants.map((grant) => writeBack(management, grant, term)));
  return term;
}

async function writeBack(management: KubeClient, { site, name, spec, stored }: LostGrant, term: number): Promise<void> {
  const { department, name: tenant } = spec.tenant;
  const { uid, resourceVersion } = stored?.metadata ?? {};
  const object: KubeObject = {
    apiVersion,
    kind: 'Grant',
    metadata: {
      name,
      namespace: siteNamespace(site),
      labels: { [labels.department]: department, [labels.tenant]: tenant, [labels.managedBy]: 'jinhong' },
      ...(uid === undefined || resourceVersion === undefined ? {} : { uid, resourceVersion }),
    },
    spec: { ...spec, decision: { term, revision: spec.decision.revision } },
  };
  // The same manager and the same kinds of write as the management controller, whose object it is.
  if (stored === undefined) await management.create(object, { fieldManager: managers.management });
  else await management.update(object, { fieldManager: managers.management });
}

async function storedTerm(management: KubeClient): Promise<number> {
  try {
    const map = await management.get(resources.configMap, { namespace: namespaces.operations, name: termConfigMap });
    const term = Number((map['data'] as { term?: string } | undefined)?.term ?? 1);
    return Number.isInteger(term) ? term : 1;
  } catch (error) {
    if (isNotFound(error)) return 1;
    throw error;
  }
}

async function grantsIn(client: KubeClient, namespace: string): Promise<Grant[]> {
  try {
    return (await client.list(resources.grant, { namespace })).items as unknown as Grant[];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
