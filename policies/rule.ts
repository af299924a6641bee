import type { Text } from '../core/text/lang.ts';

/**
 * What a rule is. Each rule of this folder is one file with one sentence, one pure check and the same decision in CEL, which
 * every centre's API server enforces. Tests hold the two equal on generated objects (test/apiserver/policies).
 */

/** What may be judged. A delete has only `oldObject`; a create has only `object`. */
export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** Plain JSON, as it is in a manifest or on the way to an API server. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json | undefined };
export type JsonObject = { readonly [field: string]: Json | undefined };

/** A write as admission sees it. */
export interface RuleRequest {
  readonly operation: Operation;
  /** API group; empty for the core group. */
  readonly group: string;
  /** Plural, for example `pods`. */
  readonly resource: string;
  /** Empty for the object itself, else for example `ephemeralcontainers`. */
  readonly subresource: string;
  /** Absent for objects of cluster scope. */
  readonly namespace?: string;
  readonly object?: JsonObject;
  readonly oldObject?: JsonObject;
  readonly user: string;
  readonly groups: readonly string[];
}

/** The Namespace of the object as it is stored; only the site controller writes its marks. */
export interface RuleContext {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Field names and indexes from the root of the object to what is forbidden; empty for the object as a whole. */
export type FieldPath = readonly (string | number)[];

/** A named CEL expression. */
export interface Expression {
  readonly name: string;
  readonly cel: string;
}

/** Which writes a rule sees; resources in the form of admission: `pods`, `pods/ephemeralcontainers`, `*`. */
export interface Cover {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly Operation[];
}

/**
 * Whom a rule binds (exempt.ts): `all` everyone; `tenants` everyone but the platform's own writers in a tenant's namespaces;
 * `people` everyone but those and the people who install a centre; `departments` everyone but those and the parts of the
 * cluster itself: its nodes, its scheduler and what runs in `kube-system`.
 */
export type Audience = 'all' | 'tenants' | 'people' | 'departments';

/** One example, as a manifest. */
export interface Example {
  readonly object: JsonObject;
  /** For rules about changes. */
  readonly oldObject?: JsonObject;
  /** @default CREATE, or UPDATE when there is an `oldObject` */
  readonly operation?: Operation;
  /** Who writes it. @default somebody of a department */
  readonly by?: 'platform' | 'site' | 'management';
}

/** One rule. */
export interface Rule {
  /** Stable CamelCase name; shown in refusals, known to `jinhong explain`. */
  readonly id: string;
  /** The sentence of the refusal: what is wrong, and where to go instead. */
  readonly text: Text;
  /** Why the rule exists: what could happen without it. */
  readonly why: Text;
  readonly covers: readonly Cover[];
  /** `tenant`: only in namespaces of tenants' environments; `everywhere`: in all namespaces and at cluster scope. */
  readonly where: 'tenant' | 'everywhere';
  readonly binds: Audience;
  /** The forbidden places of a write; empty when it is allowed. `context` is absent at cluster scope. Pure. */
  readonly check: (request: RuleRequest, context: RuleContext | undefined) => readonly FieldPath[];
  /** The API server judges only requests for which all of these hold. */
  readonly when?: readonly Expression[];
  /** Used by the validations as `variables.<name>`. */
  readonly variables?: readonly Expression[];
  /** The write is allowed when all of these hold; together they say what `check` says. */
  readonly validations: readonly Expression[];
  /** Two examples that differ in the forbidden field only. */
  readonly passing: Example;
  readonly failing: Example;
}

/** The refusal as the API server words it: id, then both languages. `explain` and `check` lead it back by the id. Pure. */
export function refusalText(rule: Pick<Rule, 'id' | 'text'>): string {
  return `${rule.id}: ${rule.text.en} / ${rule.text.zh}`;
}

/** A rule's name in the cluster: `jinhong-narrow-network-policy`. Pure. */
export function policyName(rule: Pick<Rule, 'id'>): string {
  return `jinhong-${rule.id.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase()}`;
}

/** CEL list of strings. Pure. */
export function celList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

/** CEL for the labels or annotations of an object that may be absent. Pure. */
export function celMap(holder: string, field: 'labels' | 'annotations'): string {
  return `(${holder} == null || !has(${holder}.metadata.${field}) ? {} : ${holder}.metadata.${field})`;
}

/** Labels or annotations of an object; empty when it has none. Pure. */
export function mapOf(object: JsonObject | undefined, field: 'labels' | 'annotations'): Record<string, string> {
  const metadata = object?.['metadata'] as JsonObject | undefined;
  return (metadata?.[field] ?? {}) as Record<string, string>;
}

/** Whether a field says anything: the API server drops a null. Pure. */
export function isSet(object: JsonObject | undefined, field: string): boolean {
  return object?.[field] !== undefined && object[field] !== null;
}

/** An inner object; empty when it is absent. Pure. */
export function innerOf(object: JsonObject | undefined, ...fields: readonly string[]): JsonObject {
  return fields.reduce((inner: JsonObject, field) => (inner[field] ?? {}) as JsonObject, object ?? {});
}

/** An inner list of objects; empty when it is absent. Pure. */
export function listOf(object: JsonObject | undefined, field: string): readonly JsonObject[] {
  return (object?.[field] ?? []) as readonly JsonObject[];
}
