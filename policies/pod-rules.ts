import type { Rule } from './rule.ts';

/** The rules about Pods and everything that holds a template of one. */
export const podRules: readonly Rule[] = [];
