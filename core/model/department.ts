import { z } from 'zod';
import * as f from './fields.ts';
import { described, integer, setList } from './schema.ts';

/** A body of the city with its place in the tree, its groups and what it may hand out. */
export const departmentSpec = z.strictObject({
  displayName: f.displayName,
  level: described(f.shortName, '层级，见 cloud.yaml', 'Level of cloud.yaml', 'city'),
  parent: described(f.departmentCode, '上级部门代码', 'Code of the department above').optional(),
  domain: described(f.hostname, '域名后缀', 'Domain under which its hostnames lie').optional(),
  groups: described(setList(f.groupName, 32), '本部门的用户组', 'Groups of the directory that belong to it'),
  reviewers: described(
    z.strictObject({ project: f.groupName.optional(), funds: f.groupName.optional() }),
    '审批组；缺省取上级的',
    "Groups that decide its requests; its parent's where absent",
  ).optional(),
  allowance: described(
    f.quota,
    '可分配资源，在上级范围内',
    "What it may hand out, inside its parent's; absent: it shares the parent's",
  ).optional(),
  successor: described(f.departmentCode, '合并后的部门', 'Department it was merged into').optional(),
});
export type DepartmentSpec = z.output<typeof departmentSpec>;

export const departmentStatus = z.strictObject({
  observedGeneration: integer(0, 2 ** 31 - 1),
  conditions: f.conditions,
  reserved: described(f.computedQuota, '已分配', 'Handed out to its tenants and children').optional(),
});
export type DepartmentStatus = z.output<typeof departmentStatus>;

/** Codes no department may take: they would make a platform namespace or read as one. */
export const reservedCodes = ['kube', 'default', 'dept', 'site', 'jinhong', 'velero'] as const;
