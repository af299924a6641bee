import { handMadeRevision } from './hand-made-revision.ts';
import { imagePullPolicy } from './image-pull-policy.ts';
import { imageRegistry } from './image-registry.ts';
import { nodeName } from './node-name.ts';
import { nodeSelection } from './node-selection.ts';
import { ownNeighbours } from './own-neighbours.ts';
import { platformAccount } from './platform-account.ts';
import { podSecurityRestricted } from './pod-security-restricted.ts';
import { priorityClass } from './priority-class.ts';
import type { Rule } from './rule.ts';
import { tolerations } from './tolerations.ts';

/** The rules about Pods and everything that holds a template of one. */
export const podRules: readonly Rule[] = [
  podSecurityRestricted,
  imageRegistry,
  imagePullPolicy,
  priorityClass,
  nodeName,
  nodeSelection,
  ownNeighbours,
  tolerations,
  platformAccount,
  handMadeRevision,
];
