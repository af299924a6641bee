import type { Cloud } from './cloud.ts';
import { type Quota, type QuotaField, quotaFields } from './fields.ts';
import type { Environment } from './tenant.ts';

/** What an environment's presets stand for; `plan` prints it. */
export interface Expanded {
  readonly name: string;
  readonly quota: Quota;
  /** Object counts of the size, keys as in a core ResourceQuota. */
  readonly objects: Readonly<Record<string, number>>;
  readonly zone: string;
  readonly tier: string | undefined;
  /** Objectives the service preset stands for, by name. */
  readonly objectives: readonly { readonly name: string; readonly target: string; readonly indicator: string }[];
}

/** A preset name that cloud.yaml does not have. */
export interface UnknownPreset {
  readonly field: 'size' | 'service' | 'zone' | 'tier' | 'destination';
  readonly name: string;
  readonly known: readonly string[];
}

/**
 * What cloud.yaml says under a name that somebody wrote; undefined when it says nothing. Only own entries count: every
 * object of JavaScript also answers to names like `constructor`. Pure.
 */
export function entryNamed<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * What one environment asks for with its presets expanded: explicit quota fields win over the size's, an explicit
 * protection tier over the service's, the cloud's default zone where none is named. Pure. Unknown names are listed, not thrown.
 */
export function expandEnvironment(
  environment: Environment,
  cloud: Cloud,
): { expanded: Expanded; unknown: UnknownPreset[] } {
  const unknown: UnknownPreset[] = [];
  const find = <T>(field: UnknownPreset['field'], table: Readonly<Record<string, T>>, name: string | undefined) => {
    if (name === undefined) return undefined;
    const entry = entryNamed(table, name);
    if (entry !== undefined) return entry;
    unknown.push({ field, name, known: Object.keys(table).sort() });
    return undefined;
  };
  const size = find('size', cloud.sizes, environment.size);
  const service = find('service', cloud.services, environment.service);
  const zone = environment.zone ?? cloud.defaultZone;
  find('zone', cloud.zones, zone);
  const tier = environment.protection?.tier ?? service?.tier;
  find('tier', cloud.tiers, tier);
  for (const { destination } of environment.egress ?? []) find('destination', cloud.destinations, destination);
  const quota: Partial<Record<QuotaField, string | number>> = {};
  for (const field of quotaFields) {
    const value = environment.quota?.[field] ?? size?.quota[field];
    if (value !== undefined) quota[field] = value;
  }
  const expanded = {
    name: environment.name,
    quota: quota as Quota,
    objects: size?.objects ?? {},
    zone,
    tier,
    objectives: service?.objectives ?? [],
  };
  return { expanded, unknown };
}
