/**
 * Writes on which each rule is tried with one of its expressions taken away (test/apiserver/policies/removal.test.ts). For
 * every validation, condition, variable and cover of a rule there must be one write that the rule judges otherwise without
 * it. The examples of a rule, also by an exempt caller and outside of tenants' namespaces, are added by that test.
 */

import { podCorpus } from './pod-corpus.ts';
import type { Trial } from './policies.ts';
import { objectCorpus } from './policy-corpus-objects.ts';
import { reachCorpus } from './policy-trials-reach.ts';

/** Rule id -> writes, of which some are allowed and some refused; few, each for a purpose. */
export type PolicyCorpus = Readonly<Record<string, () => readonly Trial[]>>;

const corpora: readonly PolicyCorpus[] = [podCorpus, objectCorpus, reachCorpus];

/** The writes for a rule; empty when there are none but its examples. */
export function corpusOf(rule: string): readonly Trial[] {
  return corpora.flatMap((corpus) => corpus[rule]?.() ?? []);
}
