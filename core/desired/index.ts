export {
  type Bounds,
  type BudgetedChange,
  boundMembers,
  changeOf,
  judge,
  usedBy,
  type Verdict,
} from './bounds.ts';
export { correction, hasContent, type LiveObject, ownedContent, sameValue } from './content.ts';
export { desiredEnvironment, environmentMode } from './environment.ts';
export { managedByValue, memberRoles, objectNames, policyNames } from './names.ts';
export { type Leaving, type RemovalStep, removalStep, retainMsOf } from './removal.ts';
export { orderedSpec } from './spec.ts';
export type { Desired } from './types.ts';
