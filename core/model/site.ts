import { z } from 'zod';
import * as f from './fields.ts';
import { described, integer, setList } from './schema.ts';

export const siteRole = described(z.enum(['management', 'local', 'recovery']), '中心角色', 'Role of the centre');

/** A centre, as the management centre knows it; installed by `jinhong up` from cloud.yaml. */
export const siteSpec = z.strictObject({
  displayName: f.displayName.optional(),
  role: siteRole,
  region: described(f.shortName, '区域', 'Region'),
  wave: described(integer(1, 100), '变更批次', 'Order in which a platform change reaches the centres'),
  capacity: described(f.quota, '容量', 'What the centre can hold').optional(),
});
export type SiteSpec = z.output<typeof siteSpec>;

export const siteStatus = z.strictObject({
  observedGeneration: integer(0, 2 ** 31 - 1),
  conditions: f.conditions,
  /** Sum of Grants with the share held for failover; guarded by resourceVersion: whoever reserves, reserves here. */
  reserved: f.computedQuota.optional(),
  features: setList(f.shortName, 64).optional(),
});
export type SiteStatus = z.output<typeof siteStatus>;

/** Who owns a hostname; the object's name is the hostname. */
export const hostnameClaimSpec = z.strictObject({
  tenant: z.strictObject({ department: f.departmentCode, name: f.tenantName }),
  environment: f.environmentName,
});
