import type { Decision } from '../../../core/model/fields.ts';
import { annotations, managers, siteNamespace } from '../../../core/model/names.ts';
import { resources } from '../../../kube/resource.ts';
import type { KubeObject } from '../../../kube/types.ts';
import type { ManagementContext } from '../context.ts';
import type { HeldGrant } from './gather.ts';

/**
 * Decision numbers. They count on from what is stored here and from nothing else: a management centre that was set back
 * or built anew gives numbers that its sites know already, and so they notice.
 */
export interface Numbers {
  /** The highest one stored when the batch began. */
  readonly stored: Decision;
  /** One more than all given before. */
  readonly next: () => Decision;
}

/** The highest decision number known anywhere, also of Grants that were let go, with the present term. */
export function latestDecision({ caches }: Pick<ManagementContext, 'caches'>): Decision {
  const stored = Number((caches.configMap.list()[0]?.['data'] as { term?: string } | undefined)?.term ?? 1);
  let term = Number.isInteger(stored) ? Math.max(1, stored) : 1;
  let revision = 0;
  for (const namespace of caches.namespace.list()) revision = Math.max(revision, letGoOf(namespace));
  for (const { spec, status } of caches.grant.list()) {
    for (const decision of [spec.decision, status?.observedDecision]) {
      if (decision === undefined) continue;
      revision = Math.max(revision, decision.revision);
      term = Math.max(term, decision.term);
    }
  }
  return { term, revision };
}

/**
 * Remembers the number of a Grant that is about to be let go, where no other holds as high a one. The site remembers it
 * too, and would take the next number for an old one if it were given again.
 * @throws conflict when the namespace was written in between
 */
export async function keepNumber(ctx: ManagementContext, { site, spec }: HeldGrant, stored: Decision): Promise<void> {
  const { revision } = spec.decision;
  const namespace = ctx.caches.namespace.get(siteNamespace(site));
  if (namespace === undefined || revision < stored.revision || revision <= letGoOf(namespace)) return;
  const { name, resourceVersion } = namespace.metadata;
  const body = { metadata: { resourceVersion, annotations: { [annotations.letGoRevision]: `${revision}` } } };
  const options = { type: 'merge', fieldManager: managers.management } as const;
  ctx.caches.namespace.note(await ctx.deps.client.patch(resources.namespace, { name }, body, options));
}

function letGoOf({ metadata }: KubeObject): number {
  const revision = Number(metadata.annotations?.[annotations.letGoRevision] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}
