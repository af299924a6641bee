import { siteAccountCalls, siteAccountName } from '../../../core/access/management.ts';
import { binding, role } from '../../../core/access/objects.ts';
import { rulesOf } from '../../../core/access/roles.ts';
import { capacityOverruns } from '../../../core/decide/capacity.ts';
import type { Ledger } from '../../../core/decide/ledger.ts';
import { formatAmount } from '../../../core/decide/quota-math.ts';
import { quotaFields } from '../../../core/model/fields.ts';
import type { Site } from '../../../core/model/kinds.ts';
import { labels, siteNamespace } from '../../../core/model/names.ts';
import type { Reason } from '../../../core/model/reasons.ts';
import type { ConditionWish } from '../../../kube/conditions.ts';
import type { KubeObject } from '../../../kube/types.ts';
import type { Contact } from '../contacts.ts';
import { own, ownLabels } from '../departments/plan.ts';

/**
 * What a site needs in the management centre, in the order of writing: the namespace of its Grants and the account by
 * which it reads them, reports and renews its heartbeat and its own token; nothing else. Pure.
 */
export function siteObjects(site: string): KubeObject[] {
  const namespace = siteNamespace(site);
  const name = siteAccountName;
  const rules = rulesOf(siteAccountCalls(namespace)).namespaced[0]?.rules ?? [];
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { ...ownLabels, [labels.site]: site } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels: { ...ownLabels } } },
    own(role(name, rules, namespace)),
    own(
      binding({
        name,
        role: { kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
        namespace,
      }),
    ),
  ];
}

/** The heartbeat's Lease before its first beat; made here, so that a site needs no right to create any. Pure. */
export function emptyHeartbeat(site: string): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: siteAccountName, namespace: siteNamespace(site), labels: { ...ownLabels } },
    spec: {},
  };
}

/** Conditions of a Site: is it heard, and does it hold more than it can. Pure. */
export function siteConditions(
  site: Site,
  facts: { readonly contact: Contact; readonly ledger: Ledger; readonly foreign: string | undefined },
): Omit<ConditionWish, 'observedGeneration'>[] {
  const { name } = site.metadata;
  const reachable = reachableOf(site, facts.contact);
  const use = facts.ledger.use(name);
  const over = capacityOverruns({ name, capacity: site.spec.capacity }, use, quotaFields).map(
    ({ field, asked, allowed }) => `${field}: ${formatAmount(field, asked)} of ${formatAmount(field, allowed)}`,
  );
  const say = (reason: Reason, message: string) => ({ type: 'Ready', status: 'False' as const, reason, message });
  const ready =
    facts.foreign !== undefined
      ? say('ForeignObject', facts.foreign)
      : over.length > 0
        ? say('CapacityExceeded', over.join('; '))
        : { ...reachable, type: 'Ready' };
  return [reachable, ready];
}

function reachableOf(site: Site, contact: Contact): Omit<ConditionWish, 'observedGeneration'> {
  const say = (status: 'True' | 'Unknown', reason: Reason, message: string) => ({
    type: 'Reachable',
    status,
    reason,
    message,
  });
  if (site.spec.role === 'management' || contact.reachable) return say('True', 'Reachable', '');
  if (contact.lastContact === undefined) return say('Unknown', 'NeverContacted', '');
  return say('Unknown', 'SiteSilent', `last contact ${contact.lastContact}`);
}
