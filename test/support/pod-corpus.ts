/** The writes on which the rules about Pods are tried in parts: of the generated ones those that add something. */
import { judge } from '../../policies/index.ts';
import { podRules } from '../../policies/pod-rules.ts';
import type { FieldPath, Rule, RuleRequest } from '../../policies/rule.ts';
import { bindingRequests, podRequests, revisionRequests } from './pod-arbitrary.ts';
import { podChanges } from './pod-changes.ts';
import { placeOf } from './policies.ts';
import type { PolicyCorpus } from './policy-corpus.ts';

/** What a write may add: its resource, its operation, or a field that alone is forbidden; or that it leaves a bad Pod as it is. */
function features(rule: Rule, request: RuleRequest): string[] {
  const { resource, subresource, operation } = request;
  const paths = judge(request, placeOf(request), [rule]).flatMap((breach) => breach.paths);
  if (paths.length === 0) {
    const { oldObject: _, ...asNew } = request;
    const kept = judge(asNew, placeOf(request), [rule]).length > 0;
    return [kept ? `kept ${resource === 'podtemplates'}` : 'allowed'];
  }
  const fieldsOf = (path: FieldPath) =>
    path
      .filter((part) => typeof part === 'string')
      .slice(-2)
      .join('.');
  const fields = [...new Set(paths.map(fieldsOf))];
  return [`${resource}/${subresource}`, operation, ...(fields.length === 1 ? fields : [])];
}

function chosen(rule: Rule): RuleRequest[] {
  const seen = new Set<string>();
  return podRequests(rule.id, { count: 1500, single: true }).filter((request) => {
    const added = features(rule, request).filter((feature) => !seen.has(feature));
    for (const feature of added) seen.add(feature);
    return added.length > 0;
  });
}

export const podCorpus: PolicyCorpus = {
  ...Object.fromEntries(
    podRules.filter(({ id }) => id in podChanges).map((rule) => [rule.id, () => chosen(rule)] as const),
  ),
  NodeName: () => [...podRules.filter(({ id }) => id === 'NodeName').flatMap(chosen), ...bindingRequests(12)],
  HandMadeRevision: () => revisionRequests(12),
};
