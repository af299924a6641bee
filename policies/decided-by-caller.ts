import { approvalExample, approvals } from './approvals.ts';
import type { JsonObject, Rule } from './rule.ts';

/** Nobody decides in the name of somebody else. */
export const decidedByCaller: Rule = {
  id: 'DecidedByCaller',
  text: { zh: 'decidedBy 必须是提交者本人', en: 'decidedBy must be the caller' },
  why: {
    zh: '审批记录要能证明是谁作的决定；代填他人姓名的记录不可信。',
    en: 'An Approval proves who decided; one written in the name of somebody else proves nothing.',
  },
  covers: [approvals],
  where: 'everywhere',
  binds: 'all',
  check: ({ object, user }) =>
    (object?.['spec'] as JsonObject | undefined)?.['decidedBy'] === user ? [] : [['spec', 'decidedBy']],
  validations: [{ name: 'caller', cel: 'object.spec.decidedBy == request.userInfo.username' }],
  passing: { object: approvalExample('reviewer-1') },
  failing: { object: approvalExample('somebody-else') },
};
