import { z } from 'zod';
import * as f from './fields.ts';
import { described, integer, mapList, record, setList, text } from './schema.ts';

const resolvedEgress = z.strictObject({ destination: f.shortName, cidrs: setList(f.cidr, 64), port: f.port });

/** One environment as decided: presets expanded, destinations resolved. */
export const grantedEnvironment = z.strictObject({
  name: f.environmentName,
  state: described(
    z.enum(['Active', 'Retiring', 'Removed']),
    '移除是一个值，从不靠缺失',
    'Removal is a value, never an absence',
  ),
  removeAfter: f.instant.optional(),
  quota: f.computedQuota,
  /** Object counts of the size preset; keys as in a core ResourceQuota. */
  objects: record(integer(0, 100_000), 32).optional(),
  zone: f.shortName.optional(),
  tier: f.shortName.optional(),
  hostnames: setList(f.hostname, 16).optional(),
  egress: mapList(resolvedEgress, ['destination', 'port'], 16).optional(),
});
export type GrantedEnvironment = z.output<typeof grantedEnvironment>;

/** What is decided for one tenant at one site. Its spec is written by the management controller only. */
export const grantSpec = z.strictObject({
  tenant: z.strictObject({
    department: f.departmentCode,
    name: f.tenantName,
    displayName: f.displayName,
    ancestors: f.ancestors,
    /** UID of the Tenant: a tenant made anew under an old name is not the old one. */
    uid: text(1, 64),
    generation: integer(1, 2 ** 31 - 1),
  }),
  role: z.enum(['active', 'standby', 'copy']),
  epoch: integer(1, 1_000_000),
  decision: f.decision,
  state: z.enum(['Active', 'Frozen', 'Retiring', 'Removed']),
  removeAfter: f.instant.optional(),
  class: f.tenantClass,
  members: f.members,
  environments: mapList(grantedEnvironment, ['name'], 16),
});
export type GrantSpec = z.output<typeof grantSpec>;

/** What the site saw and did; written by the site's controller only. */
export const grantStatus = z.strictObject({
  observedDecision: f.decision.optional(),
  observedEpoch: integer(1, 1_000_000).optional(),
  /** When the site first saw a removal, by its own clock; retention counts from here. */
  retiringSince: f.instant.optional(),
  conditions: f.conditions,
  environments: mapList(
    z.strictObject({
      name: f.environmentName,
      namespace: text(1, 63),
      ready: z.enum(['True', 'False', 'Unknown']),
      reason: text(0, 128).optional(),
      message: text(0, 1024).optional(),
      retiringSince: f.instant.optional(),
    }),
    ['name'],
    16,
  ).optional(),
});
export type GrantStatus = z.output<typeof grantStatus>;
