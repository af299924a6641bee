import { parseQuota } from '../core/decide/quota-math.ts';
import type { ApprovalSpec, Envelope } from '../core/model/approval.ts';
import { date, money, type Quota, quotaFields } from '../core/model/fields.ts';
import type { Approval, Tenant } from '../core/model/kinds.ts';
import { apiVersion } from '../core/model/names.ts';
import type { KubeObject } from '../kube/types.ts';
import type { Part } from './directory.ts';
import { nearest, usageError } from './usage.ts';

/** What a reviewer typed for one decision. */
export interface Wishes {
  readonly part: Part;
  readonly until?: string | undefined;
  readonly ceiling?: string | undefined;
  readonly hard?: string | undefined;
  readonly remove: readonly string[];
  readonly ref?: string | undefined;
  readonly fiscalYear?: string | undefined;
  readonly reason?: string | undefined;
}

/** Who decides and when. */
export interface Decider {
  readonly username: string;
  /** ISO 8601. */
  readonly at: string;
}

/** An Approval object ready to be created. `number` makes its name; a taken one is answered with the next. Pure. */
export function approvalObject(tenant: Tenant, number: number, spec: ApprovalSpec): KubeObject {
  const name = `${tenant.metadata.name}-${spec.part}-${number}`;
  const { namespace } = tenant.metadata;
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return { apiVersion, kind: 'Approval', metadata, spec };
}

/** The number after the largest that the tenant's Approvals of this part carry. Pure. */
export function nextNumber(tenant: Tenant, part: Part, known: readonly Approval[]): number {
  const prefix = `${tenant.metadata.name}-${part}-`;
  const numbers = known
    .map((one) => one.metadata.name)
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((number) => Number.isSafeInteger(number));
  return Math.max(0, ...numbers) + 1;
}

/** The newest decision of one part, or undefined; `known` is sorted oldest first. Pure. */
export function newest(part: Part, known: readonly Approval[], decision?: string): Approval | undefined {
  return known
    .filter((one) => one.spec.part === part && (decision === undefined || one.spec.decision === decision))
    .at(-1);
}

/** The fields that every decision has. Pure. */
export function baseSpec(tenant: Tenant, part: Part, decider: Decider) {
  const { name, generation } = tenant.metadata;
  const base = { for: { kind: 'Tenant' as const, name }, part, decidedBy: decider.username, decidedAt: decider.at };
  return generation === undefined ? base : { ...base, generation };
}

/**
 * The envelope of a project approval: what is asked now, environments that the approval before allowed kept (so that
 * nothing is removed in passing), less those named to remove, with the ceilings that were typed. Pure.
 */
export function envelopeFor(asked: Envelope, before: Envelope | undefined, wishes: Wishes, leaving: boolean): Envelope {
  const kept = leaving
    ? (before?.environments ?? asked.environments ?? [])
    : [...(asked.environments ?? []), ...(before?.environments ?? [])];
  const unknown = wishes.remove.find((name) => !kept.includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, kept);
    throw usageError(
      { zh: `没有环境 ${unknown}`, en: `there is no environment ${unknown}` },
      near === undefined ? undefined : { zh: `您要的是 ${near} 吗？`, en: `did you mean ${near}?` },
    );
  }
  const environments = [...new Set(kept)].filter((name) => !wishes.remove.includes(name)).sort();
  const hard = wishes.hard === undefined ? asked.hard : { ...asked.hard, ...parseHard(wishes.hard) };
  return { ...asked, environments, ...(hard === undefined ? {} : { hard }) };
}

/** Reads `requests.cpu=12,requests.memory=24Gi`. Errors: wrong usage, naming the part. Pure. */
export function parseHard(text: string): Quota {
  const quota: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [key = '', value = ''] = pair.split('=', 2);
    if (!(quotaFields as readonly string[]).includes(key)) {
      const near = nearest(key, quotaFields) ?? quotaFields.join(', ');
      throw usageError({ zh: `没有资源 ${key}，可用：${near}`, en: `there is no resource ${key}; use ${near}` });
    }
    quota[key] = value;
  }
  try {
    parseQuota(quota as Quota);
  } catch {
    throw usageError({ zh: `--hard 中有不是数量的值：${text}`, en: `--hard has a value that is no quantity: ${text}` });
  }
  return quota as Quota;
}

/** The date as typed. Errors: wrong usage for anything but YYYY-MM-DD. Pure. */
export function parseDate(text: string): string {
  const real =
    date.safeParse(text).success && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
  if (real) return text;
  throw usageError({
    zh: `${text} 不是日期，应为 2026-12-31 这样`,
    en: `${text} is no date; write it like 2026-12-31`,
  });
}

/** The amount as typed. Errors: wrong usage. Pure. */
export function parseCeiling(text: string): string {
  if (money.safeParse(text).success) return text;
  throw usageError({ zh: `${text} 不是金额，应为 15000.00 这样`, en: `${text} is no amount; write it like 15000.00` });
}
