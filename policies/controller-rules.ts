import { managementReach } from './management-reach.ts';
import type { Rule } from './rule.ts';
import { siteReach } from './site-reach.ts';

/** The rules about the platform's own controllers: what is left to somebody who has stolen their accounts. */
export const controllerRules: readonly Rule[] = [siteReach, managementReach];
