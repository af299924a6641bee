import type { Envelope } from '../model/approval.ts';
import type { Cloud } from '../model/cloud.ts';
import type { TenantClass } from '../model/fields.ts';
import type { GrantedEnvironment } from '../model/grant.ts';
import type { Approval } from '../model/kinds.ts';
import { isUnder, matchesPattern } from './hostnames.ts';
import { sumOf } from './ledger.ts';
import { formatMoney, parseMoney, priceOf } from './price.ts';
import { formatAmount, overruns, parseQuota } from './quota-math.ts';

/**
 * What reviewers allow.
 *
 * Scenario: the project office approved 12 cores in January and 16 in May; the office of funds approved 15,000 yuan a
 * month in February. In June the newest of each part count: 16 cores, and 15,000 yuan. A request of 14 cores is allowed
 * when its price is below the ceiling. A rejection in July ends the wait for the request that was rejected and leaves
 * what was approved as it is; a revocation freezes the tenant until a newer approval.
 */
export type Part = 'project' | 'funds';
export const parts = ['project', 'funds'] as const;

/** The newest decisions of one part. */
export interface PartState {
  /** The newest approval or revocation; what counts. */
  readonly current: Approval | undefined;
  /** The newest decision of all, when it rejects the present request. */
  readonly rejection: Approval | undefined;
}

export interface ApprovalState {
  readonly project: PartState;
  readonly funds: PartState;
  /** Both are approved by one person: the newer one does not count. */
  readonly samePerson: Part | undefined;
}

/**
 * Order of approvals, newest first: by creation, which the server counts in seconds; within one second by what the
 * reviewer says (`decidedAt`), then by name. Pure.
 */
export function newerApproval(a: Approval, b: Approval): number {
  const created = Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp);
  const decided = Date.parse(b.spec.decidedAt) - Date.parse(a.spec.decidedAt);
  return created || decided || (a.metadata.name < b.metadata.name ? 1 : -1);
}

/**
 * The newest decisions for a tenant. A rejection that names no generation is about the present request, whichever it is,
 * until there is a newer decision. Pure.
 */
export function readApprovals(approvals: readonly Approval[], tenant: string, generation: number): ApprovalState {
  const own = approvals.filter(({ spec }) => spec.for.name === tenant).sort(newerApproval);
  const stateOf = (part: Part): PartState => {
    const [newest, ...older] = own.filter(({ spec }) => spec.part === part);
    const rejects = newest?.spec.decision === 'rejected' && (newest.spec.generation ?? generation) === generation;
    const current = [newest, ...older].find(
      (approval) => approval !== undefined && approval.spec.decision !== 'rejected',
    );
    return { current, rejection: rejects ? newest : undefined };
  };
  const project = stateOf('project');
  const funds = stateOf('funds');
  return { project, funds, samePerson: samePerson(project.current, funds.current) };
}

function samePerson(project: Approval | undefined, funds: Approval | undefined): Part | undefined {
  if (project?.spec.decision !== 'approved' || funds?.spec.decision !== 'approved') return undefined;
  if (project.spec.decidedBy !== funds.spec.decidedBy) return undefined;
  return newerApproval(project, funds) < 0 ? 'project' : 'funds';
}

/** Parts whose newest decision is a revocation. Pure. */
export function revokedParts(state: ApprovalState): Part[] {
  return parts.filter((part) => state[part].current?.spec.decision === 'revoked');
}

/** The approvals that make up the envelope: approved, and by two people. Pure. */
export function countingApprovals(state: ApprovalState): Approval[] {
  return parts.flatMap((part) => {
    const { current } = state[part];
    return current?.spec.decision === 'approved' && state.samePerson !== part ? [current] : [];
  });
}

/** The earliest last day of the approvals that count; undefined: without end. Pure. */
export function endOfApprovals(state: ApprovalState): string | undefined {
  return countingApprovals(state)
    .flatMap(({ spec }) => spec.until ?? [])
    .sort()[0];
}

/** One thing that an approval does not cover. */
export interface Misfit {
  readonly field: string;
  /** Absent where it is only the day: a status with the day in it would be written anew each midnight. */
  readonly asked?: string;
  readonly allowed: string;
}

/** What is asked, as far as an envelope speaks of it. */
export interface Request {
  readonly class: TenantClass;
  readonly environments: readonly GrantedEnvironment[];
  /** Domain of the department. */
  readonly domain: string | undefined;
}

/** What is missing in one part; `misfits` is empty when there is no approval at all. */
export interface PartRefusal {
  readonly part: Part;
  readonly why: 'missing' | 'rejected' | 'samePerson' | 'ended' | 'priceList' | 'ceiling' | 'outside';
  readonly misfits: readonly Misfit[];
}

/**
 * What keeps a request from being allowed today (`YYYY-MM-DD`), at most one entry per part; empty: it is inside the
 * intersection of both. A field that an envelope leaves out is not limited by it, but for hostnames outside the
 * department's domain, which one of the envelopes has to name. Pure.
 */
export function refusals(state: ApprovalState, request: Request, cloud: Cloud, today: string): PartRefusal[] {
  const allowedHostnames = countingApprovals(state).flatMap(({ spec }) => spec.envelope?.hostnames ?? []);
  return parts.flatMap((part): PartRefusal[] => {
    const { current, rejection } = state[part];
    if (rejection !== undefined) return [{ part, why: 'rejected', misfits: [] }];
    if (current?.spec.decision !== 'approved') return [{ part, why: 'missing', misfits: [] }];
    if (state.samePerson === part) return [{ part, why: 'samePerson', misfits: [] }];
    const { spec } = current;
    if (spec.until !== undefined && spec.until < today) {
      return [{ part, why: 'ended', misfits: [{ field: 'until', allowed: spec.until }] }];
    }
    const misfits = envelopeMisfits(spec.envelope ?? {}, request);
    if (part === 'project') misfits.push(...domainMisfits(request, allowedHostnames));
    if (misfits.length > 0) return [{ part, why: 'outside', misfits }];
    return fundsRefusal(current, request, cloud);
  });
}

function fundsRefusal({ spec }: Approval, request: Request, cloud: Cloud): PartRefusal[] {
  const { funds, part } = spec;
  if (funds === undefined) return [];
  if (funds.priceList !== cloud.prices.version) {
    const misfit = { field: 'funds.priceList', asked: cloud.prices.version, allowed: funds.priceList };
    return [{ part, why: 'priceList', misfits: [misfit] }];
  }
  const price = priceOf(request.environments, cloud);
  if (price <= parseMoney(funds.ceilingPerMonth)) return [];
  const misfit = { field: 'funds.ceilingPerMonth', asked: formatMoney(price), allowed: funds.ceilingPerMonth };
  return [{ part, why: 'ceiling', misfits: [misfit] }];
}

function envelopeMisfits(envelope: Envelope, request: Request): Misfit[] {
  const misfits: Misfit[] = [];
  if (envelope.class !== undefined && envelope.class !== request.class) {
    misfits.push({ field: 'class', asked: request.class, allowed: envelope.class });
  }
  const within = (field: string, asked: readonly (string | undefined)[], allowed: readonly string[] | undefined) => {
    const outside = [...new Set(asked)].filter((name) => name !== undefined && !(allowed?.includes(name) ?? true));
    if (outside.length > 0) misfits.push({ field, asked: outside.join(', '), allowed: listed(allowed) });
  };
  const { environments } = request;
  within(
    'environments',
    environments.map(({ name }) => name),
    envelope.environments,
  );
  within(
    'zones',
    environments.map(({ zone }) => zone),
    envelope.zones,
  );
  within(
    'tiers',
    environments.map(({ tier }) => tier),
    envelope.tiers,
  );
  within(
    'egress',
    environments.flatMap(({ egress }) => (egress ?? []).map((e) => e.destination)),
    envelope.egress,
  );
  for (const { field, asked, allowed } of overruns(sumOf(environments), parseQuota(envelope.hard))) {
    misfits.push({ field: `hard.${field}`, asked: formatAmount(field, asked), allowed: formatAmount(field, allowed) });
  }
  const { hostnames: patterns } = envelope;
  const outside = hostnamesOf(request).filter((name) => !(patterns?.some((p) => matchesPattern(name, p)) ?? true));
  if (outside.length > 0) misfits.push({ field: 'hostnames', asked: outside.join(', '), allowed: listed(patterns) });
  return misfits;
}

function domainMisfits(request: Request, allowed: readonly string[]): Misfit[] {
  const outside = hostnamesOf(request).filter(
    (name) =>
      !(request.domain !== undefined && isUnder(name, request.domain)) && !allowed.some((p) => matchesPattern(name, p)),
  );
  if (outside.length === 0) return [];
  const own = request.domain === undefined ? [] : [`*.${request.domain}`];
  return [{ field: 'hostnames', asked: outside.join(', '), allowed: listed([...own, ...allowed]) }];
}

function hostnamesOf(request: Request): string[] {
  return request.environments.flatMap(({ hostnames }) => hostnames ?? []);
}

function listed(names: readonly string[] | undefined): string {
  return names === undefined || names.length === 0 ? '-' : names.join(', ');
}

/** `field: asked A, allowed B` for each, for a condition's message. Pure. */
export function formatMisfits(misfits: readonly Misfit[]): string {
  const texts = misfits.map(({ field, asked, allowed }) =>
    asked === undefined ? `${field}: allowed ${allowed}` : `${field}: asked ${asked}, allowed ${allowed}`,
  );
  return texts.join('; ');
}

/**
 * Whether the newest project approval lets these environments be removed: it lists the environments that may exist and
 * they are not among them. With `all`, it must list none at all. Pure.
 */
export function allowsRemoval(state: ApprovalState, names: readonly string[], all: boolean): boolean {
  const { current } = state.project;
  const kept = current?.spec.decision === 'approved' ? current.spec.envelope?.environments : undefined;
  if (kept === undefined) return false;
  return all ? kept.length === 0 : names.every((name) => !kept.includes(name));
}
