import { formatMoney, priceOf } from '../../core/decide/price.ts';
import { type Amounts, formatAmount, parseQuota, sumAmounts } from '../../core/decide/quota-math.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { QuotaField } from '../../core/model/fields.ts';
import { expandEnvironment } from '../../core/model/presets.ts';
import type { Environment } from '../../core/model/tenant.ts';
import type { CitySeed, DepartmentSeed, EnvironmentSeed, TenantSeed } from './city.ts';

/** A tenant with everything that its manifest and its approvals say. */
export interface PlannedTenant {
  readonly seed: TenantSeed;
  readonly environments: readonly Environment[];
  readonly amounts: Amounts;
  /** Yuan a month. */
  readonly price: bigint;
}

export interface PlannedCity {
  readonly seed: CitySeed;
  readonly cloud: Cloud;
  readonly departments: readonly DepartmentSeed[];
  readonly domains: ReadonlyMap<string, string>;
  readonly allowances: ReadonlyMap<string, Amounts>;
  readonly tenants: readonly PlannedTenant[];
}

const fields = ['requests.cpu', 'requests.memory', 'requests.storage', 'pods'] as const;
const nano = 1_000_000_000n;
const gi = nano * 1024n ** 3n;
/** Allowances are handed out in whole steps. */
const steps: Readonly<Record<(typeof fields)[number], bigint>> = {
  'requests.cpu': 2n * nano,
  'requests.memory': 4n * gi,
  'requests.storage': 50n * gi,
  pods: 20n * nano,
};

/** Works out domains, allowances (inside out, with room for growth) and prices of an example. Pure. */
export function planCity(seed: CitySeed, cloud: Cloud): PlannedCity {
  const domains = new Map<string, string>();
  for (const { code, label, parent } of seed.departments) {
    const above = (parent === undefined ? undefined : domains.get(parent)) ?? cloud.domain;
    if (label !== undefined) domains.set(code, label === '' ? above : `${label}.${above}`);
  }
  const tenants = seed.tenants.map((tenant) => planTenant(seed, cloud, tenant, domains));
  return { seed, cloud, departments: seed.departments, domains, allowances: allowancesOf(seed, tenants), tenants };
}

function planTenant(
  seed: CitySeed,
  cloud: Cloud,
  tenant: TenantSeed,
  domains: ReadonlyMap<string, string>,
): PlannedTenant {
  const kind = seed.kinds[tenant.kind];
  if (kind === undefined) throw new Error(`${tenant.name}: no kind ${tenant.kind}`);
  const quota = seed.quotas?.[`${tenant.department}/${tenant.name}`];
  const environments = kind.environments.map((environment, index) => {
    const host =
      environment.hosts === true && tenant.host !== undefined
        ? `${tenant.host}.${domains.get(tenant.department)}`
        : undefined;
    return toEnvironment(environment, host, index === 0 ? quota : undefined);
  });
  const priced = environments.map((environment) => expandEnvironment(environment, cloud).expanded);
  return {
    seed: tenant,
    environments,
    amounts: sumAmounts(priced.map((each) => parseQuota(each.quota))),
    price: priceOf(priced, cloud),
  };
}

function toEnvironment(
  seed: EnvironmentSeed,
  hostname: string | undefined,
  quota: Readonly<Record<string, string>> | undefined,
): Environment {
  const { name, size, service, zone, egress } = seed;
  return {
    name,
    size,
    ...(quota === undefined ? {} : { quota }),
    ...(service === undefined ? {} : { service }),
    ...(zone === undefined ? {} : { zone }),
    ...(hostname === undefined ? {} : { hosting: [{ hostname, service: 'web', port: 80 }] }),
    ...(egress === undefined ? {} : { egress: [...egress] }),
  };
}

/** Twice what a department's own tenants ask for and at least a first small project, plus its children's allowances. */
function allowancesOf(seed: CitySeed, tenants: readonly PlannedTenant[]): Map<string, Amounts> {
  const allowances = new Map<string, Amounts>();
  const ownOf = (code: string) => sumAmounts(tenants.filter((t) => t.seed.department === code).map((t) => t.amounts));
  for (const department of [...seed.departments].reverse()) {
    if (department.shares === true) continue;
    const children = seed.departments.filter(({ parent }) => parent === department.code);
    const shared = children.filter(({ shares }) => shares === true).map(({ code }) => ownOf(code));
    const own = sumAmounts([ownOf(department.code), ...shared]);
    const below = sumAmounts(children.map(({ code }) => allowances.get(code) ?? {}));
    const amounts: Partial<Record<QuotaField, bigint>> = {};
    for (const field of fields) {
      const wanted = ((own[field] ?? 0n) * 3n) / 2n + (below[field] ?? 0n);
      amounts[field] = roundUp(wanted, steps[field]) + steps[field];
    }
    allowances.set(department.code, amounts);
  }
  return allowances;
}

function roundUp(value: bigint, step: bigint): bigint {
  return ((value + step - 1n) / step) * step;
}

/** Half again what a tenant asks for, in whole steps: what its project approval allows. Pure. */
export function envelopeOf(tenant: PlannedTenant): Readonly<Record<string, string>> {
  return amountsText(
    Object.fromEntries(
      fields.map((field) => [field, roundUp(((tenant.amounts[field] ?? 0n) * 3n) / 2n, steps[field])]),
    ),
  );
}

/** The price and a quarter of it, in whole hundreds of yuan: what its funds approval allows. Pure. */
export function ceilingOf(tenant: PlannedTenant): string {
  return formatMoney(roundUp((tenant.price * 5n) / 4n, 10_000n));
}

/** Amounts as they are written in a manifest. Pure. */
export function amountsText(amounts: Amounts): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = amounts[field];
      return value === undefined ? [] : [[field, formatAmount(field, value)]];
    }),
  );
}
