/** Who refused a request, read from the answer of an API server. */
import { ruleOfRefusal } from '../../../policies/index.ts';
import type { RawAnswer } from './http.ts';

/** A refuser: one of the words below, or the id of a rule of policies/. `nobody` is what no attempt may come to. */
export type Refuser = string;

/** The refusers that are no rule. */
export const by = {
  /** No role of the caller allows the call. */
  rbac: 'RBAC',
  /** The API server's own check that nobody gives away more than they have. */
  escalation: 'RBAC (escalation)',
  /** No certificate, or a token that is not valid here. */
  authentication: 'authentication',
  podSecurity: 'pod security',
  quota: 'quota',
  limits: 'limit range',
  /** The object is not valid: schema, CRD rule, immutable field, size, or a patch that does not apply. */
  validation: 'API validation',
  /** The API server serves no such kind, verb or path. */
  notServed: 'not served',
  /** Admission of ServiceAccounts: no such account. */
  accounts: 'service account admission',
  /** Admission of owner references: blocking needs a right on the owner. */
  owners: 'owner reference admission',
  /** Another writer owns the field, or the object exists. */
  conflict: 'conflict',
  nobody: 'nobody',
  /** The server took it, and it comes to nothing: the case looks at what became of it. */
  noEffect: 'taken, without effect',
  /** What members are meant to do. */
  allowed: 'allowed, as it must be',
} as const;

/** The attempt with another word in the place of `nobody`, for cases that look at what became of it. Pure. */
export function named<T extends { readonly by: Refuser }>(attempt: T, word: Refuser): T {
  return attempt.by === by.nobody ? { ...attempt, by: word } : attempt;
}

const told: readonly [RegExp, Refuser][] = [
  [/attempting to grant RBAC permissions not currently held/, by.escalation],
  [/violates PodSecurity/, by.podSecurity],
  [/exceeded quota|failed quota/, by.quota],
  [/error looking up service account|service account \S+ was not found/, by.accounts],
  [/cannot set blockOwnerDeletion/, by.owners],
  [/User \\?"[^"]*\\?" cannot /, by.rbac],
  [/(minimum|maximum) (cpu|memory|storage)[^:]*per/i, by.limits],
];

const ofStatus: Readonly<Record<number, Refuser>> = {
  400: by.validation,
  401: by.authentication,
  404: by.notServed,
  405: by.notServed,
  409: by.conflict,
  413: by.validation,
  415: by.validation,
  422: by.validation,
};

/** Who refused; `nobody` for an answer below 400, `unknown: ...` for one that nobody expected. Pure. */
export function refuserOf(answer: RawAnswer): Refuser {
  if (answer.status < 400) return by.nobody;
  const message = messageOf(answer.text);
  const rule = ruleOfRefusal(message);
  if (rule !== undefined) return rule.id;
  const said = answer.status === 403 ? told.find(([pattern]) => pattern.test(message)) : undefined;
  return said?.[1] ?? ofStatus[answer.status] ?? `unknown: ${answer.status} ${message.slice(0, 200)}`;
}

/** The sentence of a Status, or the text itself. Pure. */
export function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
