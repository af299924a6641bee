import { group } from '../core/model/names.ts';
import type { Cover, JsonObject } from './rule.ts';

/** What the two rules about Approvals see. Approvals are never edited (a CRD rule), so only their creation is judged. */
export const approvals: Cover = { groups: [group], resources: ['approvals'], operations: ['CREATE'] };

/** An Approval of the examples of both rules; their caller is `reviewer-1` of the group `project-reviewers`. Pure. */
export function approvalExample(decidedBy: string, part: 'project' | 'funds' = 'project'): JsonObject {
  return {
    apiVersion: `${group}/v1alpha1`,
    kind: 'Approval',
    metadata: { name: 'web-1', namespace: 'dept-parks' },
    spec: {
      for: { kind: 'Tenant', name: 'web' },
      part,
      decision: 'approved',
      ...(part === 'project' ? { project: { ref: 'P-1' }, envelope: {} } : {}),
      ...(part === 'funds' ? { funds: { fiscalYear: 2026, ceilingPerMonth: '10.00', priceList: 'p2026-1' } } : {}),
      decidedBy,
      decidedAt: '2026-04-20T09:00:00+08:00',
    },
  };
}
