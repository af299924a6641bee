import { bindingOutsideTenant } from './binding-outside-tenant.ts';
import { narrowNetworkPolicy } from './narrow-network-policy.ts';
import { platformMarks } from './platform-marks.ts';
import { protectedObject } from './protected-object.ts';
import type { Rule } from './rule.ts';

/** The rules about all other objects: whose they are, who may enter, what they open. */
export const objectRules: readonly Rule[] = [protectedObject, platformMarks, narrowNetworkPolicy, bindingOutsideTenant];
