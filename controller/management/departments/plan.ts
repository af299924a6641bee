import { binding } from '../../../core/access/objects.ts';
import { peopleRoles } from '../../../core/access/people.ts';
import { type DepartmentTree, handedOut, reviewersOf } from '../../../core/decide/allowance.ts';
import type { Ledger } from '../../../core/decide/ledger.ts';
import { formatAmount } from '../../../core/decide/quota-math.ts';
import type { Cloud } from '../../../core/model/cloud.ts';
import { quotaFields } from '../../../core/model/fields.ts';
import { ancestorLabel, annotations, departmentNamespace, labels } from '../../../core/model/names.ts';
import type { Reason } from '../../../core/model/reasons.ts';
import type { ConditionWish } from '../../../kube/conditions.ts';
import type { KubeObject } from '../../../kube/types.ts';
import { partOf } from '../caches.ts';

/** Labels of the objects that the management controller makes. */
export const ownLabels = { [labels.managedBy]: 'jinhong', [labels.partOf]: partOf };

/**
 * What a department needs in the management centre, in the order of writing: its namespace, with the groups that admission
 * lets decide there, and the bindings of those who ask, those who look and those who decide. All groups above it may look,
 * and all reviewers above it may decide. Pure.
 */
export function departmentObjects(tree: DepartmentTree, code: string): KubeObject[] {
  const node = tree.nodes.get(code);
  if (node === undefined) return [];
  const namespace = departmentNamespace(code);
  const project = [...reviewersOf(tree, code, 'project')].sort();
  const funds = [...reviewersOf(tree, code, 'funds')].sort();
  const above = node.ancestors.flatMap((ancestor) => tree.nodes.get(ancestor)?.spec.groups ?? []);
  const bind = (role: string, groups: readonly string[]): KubeObject => {
    const subjects = [...new Set(groups)].sort().map((name) => ({ kind: 'Group' as const, name }));
    return own(binding({ name: role, role: { kind: 'ClusterRole', name: role }, subjects, namespace }));
  };
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...ownLabels,
          [labels.department]: code,
          ...Object.fromEntries(node.ancestors.map((ancestor) => [ancestorLabel(ancestor), 'true'])),
        },
        annotations: {
          [annotations.projectReviewers]: project.join(','),
          [annotations.fundsReviewers]: funds.join(','),
        },
      },
    },
    bind(peopleRoles.asker, node.spec.groups),
    bind(peopleRoles.viewer, above),
    bind(peopleRoles.reviewer, [...project, ...funds]),
  ];
}

/** The object as one of the management controller's. Pure. */
export function own(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...ownLabels } } };
}

/** What is wrong with a department, for its condition Ready; `foreign` names an object that is not ours. Pure. */
export function departmentReady(
  input: {
    readonly tree: DepartmentTree;
    readonly ledger: Ledger;
    readonly cloud: Cloud;
    readonly foreign?: string | undefined;
  },
  code: string,
): Omit<ConditionWish, 'observedGeneration'> {
  const { tree, ledger, cloud, foreign } = input;
  const node = tree.nodes.get(code);
  const say = (reason: Reason, message: string, status: 'True' | 'False' = 'False') => ({
    type: 'Ready',
    status,
    reason,
    message,
  });
  if (foreign !== undefined) return say('ForeignObject', foreign);
  const broken = tree.problems.find((problem) => problem.code === code);
  if (broken !== undefined) return say(broken.problem, broken.parent);
  if (node !== undefined && !cloud.levels.includes(node.spec.level)) {
    return say('UnknownLevel', `${node.spec.level}; known: ${cloud.levels.join(', ')}`);
  }
  const over = quotaFields.flatMap((field) => {
    const allowed = node?.allowance[field];
    const asked = handedOut(tree, (other) => ledger.own(other), code, field);
    if (allowed === undefined || asked <= allowed) return [];
    return [`${field}: ${formatAmount(field, asked)} of ${formatAmount(field, allowed)}`];
  });
  if (over.length > 0) return say('AllowanceExceeded', over.join('; '));
  const without = (['project', 'funds'] as const).filter((part) => reviewersOf(tree, code, part).length === 0);
  if (without.length > 0) return say('NoReviewer', without.join(', '));
  return say('Ready', '', 'True');
}
