/**
 * Writes on which each rule is tried with one of its expressions taken away (test/apiserver/policies/removal.test.ts). For
 * every validation, condition, variable and cover of a rule there must be one write that the rule judges otherwise without
 * it. The examples of a rule, also by an exempt caller and outside of tenants' namespaces, are added by that test.
 */
import type { RuleRequest } from '../../policies/rule.ts';

/** Rule id -> writes, of which some are allowed and some refused; few, each for a purpose. */
export type PolicyCorpus = Readonly<Record<string, () => readonly RuleRequest[]>>;
