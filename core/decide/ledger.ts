import type { Quota } from '../model/fields.ts';
import type { GrantSpec } from '../model/grant.ts';
import { type Amounts, parseQuota, subtractAmounts, sumAmounts } from './quota-math.ts';

/** What one tenant holds at one centre. */
export interface Hold {
  readonly site: string;
  readonly role: GrantSpec['role'];
  /** Where the tenant is active; a standby share counts against the failure of that centre. */
  readonly primary: string;
  readonly amounts: Amounts;
}

/** What one tenant holds altogether. */
export interface Entry {
  readonly department: string;
  /** Its quota, counted once whatever the number of centres; counts in the allowance. */
  readonly total: Amounts;
  readonly holds: readonly Hold[];
}

/** A Grant as the ledger reads it. */
export interface SiteGrant {
  readonly site: string;
  readonly spec: Pick<GrantSpec, 'tenant' | 'role' | 'environments'>;
}

/**
 * What a tenant's Grants hold. Environments that retire count in full until their centre has removed them. Undefined for
 * no Grant at all. Where no Grant is active (half a restore), the standby counts as the primary. Pure.
 */
export function entryOf(grants: readonly SiteGrant[]): Entry | undefined {
  const [first] = grants;
  if (first === undefined) return undefined;
  const active = grants.find(({ spec }) => spec.role === 'active') ?? first;
  return {
    department: first.spec.tenant.department,
    total: sumOf(active.spec.environments),
    holds: grants.map(({ site, spec }) => ({
      site,
      role: spec.role,
      primary: active.site,
      amounts: sumOf(spec.environments),
    })),
  };
}

/** The sum of the environments' quotas. Pure. */
export function sumOf(environments: readonly { readonly quota: Quota }[]): Amounts {
  return sumAmounts(environments.map(({ quota }) => parseQuota(quota)));
}

/** What a centre's capacity is used for. */
export interface SiteUse {
  readonly active: Amounts;
  /** Held for the failure of one other centre: per resource, the most that any one of them would bring. */
  readonly share: Amounts;
  /** What tenants hold: the two above. */
  readonly granted: Amounts;
  /** With what is reserved for a decision that may still come, see `reserve`. */
  readonly total: Amounts;
}

/**
 * Running sums over what all tenants hold, so that deciding for one tenant does not add up all others again. A copy at a
 * recovery centre holds no capacity: it is data, nothing runs. Changed by whoever decides, and by nobody else.
 */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #own = new Map<string, Amounts>();
  readonly #active = new Map<string, Amounts>();
  /** By centre, then by the centre whose failure would bring it. */
  readonly #standby = new Map<string, Map<string, Amounts>>();
  readonly #reserved = new Map<string, Amounts>();

  /** What `tenant` holds from now on; undefined: nothing. */
  set(tenant: string, entry: Entry | undefined): void {
    const old = this.#entries.get(tenant);
    if (old !== undefined) this.#count(old, subtractAmounts);
    if (entry === undefined) this.#entries.delete(tenant);
    else {
      this.#entries.set(tenant, entry);
      this.#count(entry, (a, b) => sumAmounts([a, b]));
    }
  }

  /** What is reserved at a centre beside what tenants hold, from now on. */
  reserve(site: string, amounts: Amounts): void {
    this.#reserved.set(site, amounts);
  }

  /** What `tenant` holds. */
  get(tenant: string): Entry | undefined {
    return this.#entries.get(tenant);
  }

  /** What the tenants of a department itself hold. */
  own(department: string): Amounts {
    return this.#own.get(department) ?? {};
  }

  /** What a centre's capacity is used for. */
  use(site: string): SiteUse {
    const active = this.#active.get(site) ?? {};
    const share = largest([...(this.#standby.get(site)?.values() ?? [])]);
    const granted = sumAmounts([active, share]);
    const reserved = this.#reserved.get(site);
    return { active, share, granted, total: reserved === undefined ? granted : sumAmounts([granted, reserved]) };
  }

  /** The same ledger with another entry for one tenant, without changing this one. */
  try<T>(tenant: string, entry: Entry | undefined, look: (ledger: Ledger) => T): T {
    const old = this.#entries.get(tenant);
    this.set(tenant, entry);
    try {
      return look(this);
    } finally {
      this.set(tenant, old);
    }
  }

  #count(entry: Entry, change: (a: Amounts, b: Amounts) => Amounts): void {
    const { department } = entry;
    this.#own.set(department, change(this.#own.get(department) ?? {}, entry.total));
    for (const { site, role, primary, amounts } of entry.holds) {
      if (role === 'active') this.#active.set(site, change(this.#active.get(site) ?? {}, amounts));
      if (role !== 'standby') continue;
      const byPrimary = this.#standby.get(site) ?? new Map<string, Amounts>();
      this.#standby.set(site, byPrimary.set(primary, change(byPrimary.get(primary) ?? {}, amounts)));
    }
  }
}

function largest(list: readonly Amounts[]): Amounts {
  let most: Amounts = {};
  for (const amounts of list) {
    const next = { ...most };
    for (const [field, value] of Object.entries(amounts) as [keyof Amounts, bigint][]) {
      if (value > (next[field] ?? 0n)) next[field] = value;
    }
    most = next;
  }
  return most;
}
