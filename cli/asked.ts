import { addWorkingDays, civilDate } from '../core/decide/calendar.ts';
import { expandTenant } from '../core/decide/expand.ts';
import { formatMoney, priceOf } from '../core/decide/price.ts';
import { formatQuota, parseQuota, sumAmounts } from '../core/decide/quota-math.ts';
import type { Envelope } from '../core/model/approval.ts';
import type { Cloud } from '../core/model/cloud.ts';
import type { GrantedEnvironment } from '../core/model/grant.ts';
import type { TenantSpec } from '../core/model/tenant.ts';

/** All that a request costs or exposes, with its presets expanded. */
export interface Asked {
  readonly environments: readonly GrantedEnvironment[];
  /** The narrowest envelope that allows the request. */
  readonly envelope: Envelope;
  /** Price a month in yuan, two decimals. */
  readonly pricePerMonth: string;
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}

/** What `spec` asks for under the presets and price list of `cloud`. Lists are sorted; empty ones say "none". Pure. */
export function askedOf(spec: TenantSpec, cloud: Cloud): Asked {
  const { environments } = expandTenant(spec, undefined, cloud);
  const envelope: Envelope = {
    class: spec.class,
    environments: environments.map((one) => one.name),
    hard: formatQuota(sumAmounts(environments.map((one) => parseQuota(one.quota)))),
    hostnames: distinct(environments.flatMap((one) => one.hostnames ?? [])),
    zones: distinct(environments.map((one) => one.zone)),
    egress: distinct(environments.flatMap((one) => (one.egress ?? []).map(({ destination }) => destination))),
    tiers: distinct(environments.map((one) => one.tier)),
  };
  return { environments, envelope, pricePerMonth: formatMoney(priceOf(environments, cloud)) };
}

/** The last day a part may be decided, counted from `nowMs`; undefined when the cloud has no working days for the year. Pure. */
export function dueDate(part: 'project' | 'funds', nowMs: number, cloud: Cloud): string | undefined {
  const due = addWorkingDays(civilDate(nowMs, cloud.utcOffset), cloud.decisionDays[part], cloud);
  return 'date' in due ? due.date : undefined;
}
