import type { Cloud } from '../model/cloud.ts';
import type { DepartmentSpec } from '../model/department.ts';
import type { Member } from '../model/fields.ts';
import type { GrantedEnvironment } from '../model/grant.ts';
import { entryNamed, expandEnvironment, type UnknownPreset } from '../model/presets.ts';
import type { Reason } from '../model/reasons.ts';
import type { Environment, TenantSpec } from '../model/tenant.ts';
import { formatQuota, parseQuota, withZeros } from './quota-math.ts';

/** A mistake that only the department can correct. */
export interface Problem {
  readonly reason: Reason;
  /** Names and numbers: where, and what is known instead. */
  readonly message: string;
}

/** What a Tenant asks for, presets and destinations resolved; all lists sorted, so that equal requests are equal text. */
export interface Asked {
  /** As in a Grant, all `Active`. */
  readonly environments: readonly GrantedEnvironment[];
  /** Members whose group belongs to the department; the others are problems. */
  readonly members: readonly Member[];
  readonly problems: readonly Problem[];
}

const reasonOf: Record<UnknownPreset['field'], Reason> = {
  size: 'UnknownPreset',
  service: 'UnknownPreset',
  zone: 'UnknownZone',
  tier: 'UnknownTier',
  destination: 'UnknownDestination',
};

/**
 * What a tenant asks for. Resources of substance (cores, memory, storage, pods) that are not asked are zero. Unknown
 * names, groups of others, a destination or website that the zone does not allow, and a hostname asked twice are
 * problems; an environment with one is still listed as far as it is understood. Pure.
 */
export function expandTenant(spec: TenantSpec, department: DepartmentSpec | undefined, cloud: Cloud): Asked {
  const problems: Problem[] = [];
  const environments = spec.environments.map((environment) => expandOne(environment, cloud, problems));
  problems.push(...hostnameTwice(spec));
  const groups = new Set(department?.groups ?? []);
  const members = spec.members.filter(({ group }) => groups.has(group));
  const strange = spec.members.filter(({ group }) => !groups.has(group)).map(({ group }) => group);
  if (department !== undefined && strange.length > 0) {
    problems.push({
      reason: 'UnknownGroup',
      message: `${strange.sort().join(', ')}; known: ${list(department.groups)}`,
    });
  }
  return { environments: sortBy(environments, ({ name }) => name), members: sortBy(members, (m) => m.group), problems };
}

function expandOne(environment: Environment, cloud: Cloud, problems: Problem[]): GrantedEnvironment {
  const { expanded, unknown } = expandEnvironment(environment, cloud);
  const at = environment.name;
  for (const { field, name, known } of unknown) {
    problems.push({ reason: reasonOf[field], message: `${at}: ${field} ${name}; known: ${list(known)}` });
  }
  const hostnames = (environment.hosting ?? []).map(({ hostname }) => hostname).sort();
  const zone = entryNamed(cloud.zones, expanded.zone);
  if (hostnames.length > 0 && zone?.hosting === false) {
    problems.push({ reason: 'HostingNotInZone', message: `${at}: ${expanded.zone}, ${list(hostnames)}` });
  }
  const egress = (environment.egress ?? []).map(({ destination, port }) => {
    const known = entryNamed(cloud.destinations, destination);
    if (known !== undefined && zone !== undefined && !known.zones.includes(expanded.zone)) {
      const message = `${at}: ${destination} from ${expanded.zone}; may: ${list(known.zones)}`;
      problems.push({ reason: 'DestinationNotInZone', message });
    }
    return { destination, cidrs: [...(known?.cidrs ?? [])].sort(), port };
  });
  const objects = sortBy(Object.entries(expanded.objects), ([name]) => name);
  return {
    name: environment.name,
    state: 'Active',
    quota: formatQuota(withZeros(parseQuota(expanded.quota))),
    ...(objects.length > 0 ? { objects: Object.fromEntries(objects) } : {}),
    zone: expanded.zone,
    ...(expanded.tier === undefined ? {} : { tier: expanded.tier }),
    ...(hostnames.length > 0 ? { hostnames } : {}),
    ...(egress.length > 0 ? { egress: sortBy(egress, (e) => `${e.destination} ${e.port}`) } : {}),
  };
}

function hostnameTwice(spec: TenantSpec): Problem[] {
  const at = new Map<string, string>();
  return spec.environments.flatMap(({ name, hosting }) =>
    (hosting ?? []).flatMap(({ hostname }): Problem[] => {
      const first = at.get(hostname);
      at.set(hostname, name);
      return first === undefined ? [] : [{ reason: 'HostnameTwice', message: `${hostname}: ${first}, ${name}` }];
    }),
  );
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '-' : names.join(', ');
}

/** A copy in the order of its keys. Pure. */
export function sortBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}
