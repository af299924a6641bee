export {
  type Bounds,
  type Budget,
  type BudgetedChange,
  boundMembers,
  changeOf,
  compareDecisions,
  judge,
  usedBy,
  type Verdict,
} from './bounds.ts';
export { correction, type LiveObject, ownedContent, sameValue } from './content.ts';
export { desiredEnvironment, environmentMode } from './environment.ts';
export {
  gatewayLabel,
  gatewayNamespace,
  managedByValue,
  memberRoles,
  objectNames,
  podSecurityVersion,
  policyNames,
} from './names.ts';
export { canonicalQuantity } from './quantities.ts';
export { type Leaving, type RemovalStep, removalStep, retainMsOf } from './removal.ts';
export { orderedSpec } from './spec.ts';
export type { Desired, EnvironmentInput, Mode, ObjectName } from './types.ts';
