import { z } from 'zod';
import { approvalSpec, approvalStatus } from './approval.ts';
import { cloudSpec } from './cloud.ts';
import { departmentSpec, departmentStatus, reservedCodes } from './department.ts';
import * as f from './fields.ts';
import { grantSpec, grantStatus } from './grant.ts';
import { apiVersion } from './names.ts';
import { integer, pattern, type Rule, record, setList, text, withRules } from './schema.ts';
import { hostnameClaimSpec, siteSpec, siteStatus } from './site.ts';
import { tenantSpec, tenantStatus } from './tenant.ts';

/** A column of `kubectl get`; `wide` ones show with `-o wide`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly path: string;
  readonly wide?: boolean;
}

/** All that a generator or a client needs to know of one kind. */
export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
  readonly columns: readonly Column[];
  /** Shape of metadata.name, and the rules over it. */
  readonly name: z.ZodType;
  readonly nameRules: readonly Rule<{ metadata: { name: string } }>[];
  readonly text: { readonly zh: string; readonly en: string };
}

const ready = '.status.conditions[?(@.type=="Ready")].';
const state = (path: string, name: string, wide = false): Column => ({ name, type: 'string', path, wide });
const age: Column = { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' };
const readyColumns = [state(`${ready}status`, 'Ready'), state(`${ready}reason`, 'Reason')];
const message = state(`${ready}message`, 'Message', true);

function nameRule(id: string, regex: RegExp, max: number, zh: string, en: string) {
  return {
    id,
    cel: `self.metadata.name.matches('${regex.source}') && self.metadata.name.size() <= ${max}`,
    holds: (value: { metadata: { name: string } }) =>
      regex.test(value.metadata.name) && value.metadata.name.length <= max,
    fieldPath: '.metadata.name',
    text: { zh, en },
  };
}

const codeRule = nameRule(
  'DepartmentCode',
  /^[a-z][a-z0-9]{0,15}$/,
  16,
  '部门代码：小写字母和数字，字母开头，最多 16 个',
  'a department code is at most 16 lower-case letters and digits, first a letter',
);
const reservedRule: Rule<{ metadata: { name: string } }> = {
  id: 'ReservedCode',
  cel: `!(self.metadata.name in [${reservedCodes.map((code) => `'${code}'`).join(', ')}])`,
  holds: (value) => !(reservedCodes as readonly string[]).includes(value.metadata.name),
  fieldPath: '.metadata.name',
  text: { zh: '该代码由平台保留', en: 'this code is reserved for the platform' },
};
const tenantNameRule = nameRule(
  'TenantName',
  /^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/,
  32,
  '租户名称：小写字母、数字、连字符，最多 32 个',
  'a tenant name is at most 32 lower-case letters, digits and dashes',
);

export const kinds = {
  Site: {
    kind: 'Site',
    plural: 'sites',
    shortNames: [],
    namespaced: false,
    spec: siteSpec,
    status: siteStatus,
    name: f.siteName,
    nameRules: [],
    columns: [state('.spec.role', 'Role'), state('.spec.region', 'Region'), ...readyColumns, message, age],
    text: { zh: '一个中心', en: 'A centre' },
  },
  Department: {
    kind: 'Department',
    plural: 'departments',
    shortNames: ['dept'],
    namespaced: false,
    spec: departmentSpec,
    status: departmentStatus,
    name: f.departmentCode,
    nameRules: [codeRule, reservedRule],
    columns: [
      state('.spec.displayName', 'Name'),
      state('.spec.level', 'Level'),
      state('.spec.parent', 'Parent'),
      ...readyColumns,
      message,
      age,
    ],
    text: { zh: '一个部门', en: 'A body of the city' },
  },
  Tenant: {
    kind: 'Tenant',
    plural: 'tenants',
    shortNames: ['tn'],
    namespaced: true,
    spec: tenantSpec,
    status: tenantStatus,
    name: f.tenantName,
    nameRules: [tenantNameRule],
    columns: [
      state('.status.state', 'State'),
      state('.spec.class', 'Class'),
      ...readyColumns,
      state('.status.sites[?(@.role=="active")].name', 'Active'),
      state('.status.waitingFor[*].group', 'Waiting'),
      state('.status.pricePerMonth', 'Price', true),
      message,
      age,
    ],
    text: { zh: '一个部门的一个项目', en: 'One project of a department, as it asks for it' },
  },
  Approval: {
    kind: 'Approval',
    plural: 'approvals',
    shortNames: ['appr'],
    namespaced: true,
    spec: approvalSpec,
    status: approvalStatus,
    name: f.shortName,
    nameRules: [],
    columns: [
      state('.spec.for.name', 'For'),
      state('.spec.part', 'Part'),
      state('.spec.decision', 'Decision'),
      state('.spec.decidedBy', 'By'),
      state('.spec.until', 'Until'),
      age,
    ],
    text: { zh: '一次审批决定', en: "A reviewer's decision" },
  },
  Grant: {
    kind: 'Grant',
    plural: 'grants',
    shortNames: ['gr'],
    namespaced: true,
    spec: grantSpec,
    status: grantStatus,
    name: f.shortName,
    nameRules: [],
    columns: [
      state('.spec.tenant.department', 'Department'),
      state('.spec.tenant.name', 'Tenant'),
      state('.spec.role', 'Role'),
      state('.spec.state', 'State'),
      { name: 'Epoch', type: 'integer', path: '.spec.epoch' },
      { name: 'Revision', type: 'integer', path: '.spec.decision.revision' },
      ...readyColumns,
      message,
      age,
    ],
    text: { zh: '对一个租户在一个中心的决定', en: 'What is decided for one tenant at one centre' },
  },
  HostnameClaim: {
    kind: 'HostnameClaim',
    plural: 'hostnameclaims',
    shortNames: ['hc'],
    namespaced: false,
    spec: hostnameClaimSpec,
    name: f.hostname,
    nameRules: [],
    columns: [
      state('.spec.tenant.department', 'Department'),
      state('.spec.tenant.name', 'Tenant'),
      state('.spec.environment', 'Environment'),
      age,
    ],
    text: { zh: '域名归属', en: 'Who owns a hostname' },
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

const metadata = z.strictObject({
  name: text(1, 253),
  namespace: pattern(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63).optional(),
  labels: record(text(0, 63), 64).optional(),
  annotations: record(text(0, 262_144), 64).optional(),
});
const serverMetadata = metadata.extend({
  uid: z.string(),
  resourceVersion: z.string(),
  generation: integer(0, 2 ** 31 - 1).optional(),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  finalizers: setList(z.string(), 64).optional(),
});

/** An object as its author writes it: no status, no fields of the server. */
export function manifestSchema(name: KindName) {
  const kind: Kind = kinds[name];
  const base = z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind.kind),
    metadata,
    spec: kind.spec,
  });
  return kind.nameRules.length === 0 ? base : withRules(base, kind.nameRules as readonly Rule<z.output<typeof base>>[]);
}

/** The file cloud.yaml as its author writes it. */
export const cloudManifest = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('Cloud'),
  metadata: z.strictObject({ name: f.shortName }).optional(),
  spec: cloudSpec,
});

interface Stored<S, T = never> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<z.output<typeof serverMetadata>>;
  readonly spec: S;
  readonly status?: T;
}

export type Site = Stored<z.output<typeof siteSpec>, z.output<typeof siteStatus>>;
export type Department = Stored<z.output<typeof departmentSpec>, z.output<typeof departmentStatus>>;
export type Tenant = Stored<z.output<typeof tenantSpec>, z.output<typeof tenantStatus>>;
export type Approval = Stored<z.output<typeof approvalSpec>, z.output<typeof approvalStatus>>;
export type Grant = Stored<z.output<typeof grantSpec>, z.output<typeof grantStatus>>;
export type HostnameClaim = Stored<z.output<typeof hostnameClaimSpec>>;
