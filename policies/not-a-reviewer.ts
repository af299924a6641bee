import { annotations } from '../core/model/names.ts';
import { approvalExample, approvals } from './approvals.ts';
import type { JsonObject, Rule } from './rule.ts';

/** Only the groups named on the department's namespace decide, each its own part. */
export const notAReviewer: Rule = {
  id: 'NotAReviewer',
  text: {
    zh: '只有该部门此项内容的审批组可以作出决定',
    en: 'only a group that reviews this part for the department may decide',
  },
  why: {
    zh: '项目和资金由两个不同的组分别审批；有写权限不等于有审批权。',
    en: 'Project and funds are decided by two different groups; a right to write is not the right to decide.',
  },
  covers: [approvals],
  where: 'everywhere',
  binds: 'all',
  check({ object, groups }, context) {
    const part = (object?.['spec'] as JsonObject | undefined)?.['part'];
    const listed = context?.annotations[part === 'funds' ? annotations.fundsReviewers : annotations.projectReviewers];
    const reviewers = (listed ?? '')
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    return groups.some((group) => reviewers.includes(group)) ? [] : [['spec', 'part']];
  },
  variables: [
    {
      name: 'listed',
      cel:
        `namespaceObject.metadata.?annotations[object.spec.part == 'funds' ? '${annotations.fundsReviewers}' : ` +
        `'${annotations.projectReviewers}'].orValue('')`,
    },
    { name: 'reviewers', cel: "variables.listed.split(',').map(group, group.trim()).filter(group, group != '')" },
  ],
  validations: [
    {
      name: 'reviewer',
      cel: 'has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in variables.reviewers)',
    },
  ],
  passing: { object: approvalExample('reviewer-1') },
  failing: { object: approvalExample('reviewer-1', 'funds') },
};
