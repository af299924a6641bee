import { bindingOutsideTenant } from './binding-outside-tenant.ts';
import { clusterWideRight } from './cluster-wide-right.ts';
import { externalName } from './external-name.ts';
import { foreignRole } from './foreign-role.ts';
import { handMadeEndpoints } from './hand-made-endpoints.ts';
import { namespaceBonds } from './namespace-bonds.ts';
import { narrowNetworkPolicy } from './narrow-network-policy.ts';
import { ownAdmission } from './own-admission.ts';
import { ownCertificate } from './own-certificate.ts';
import { ownEntrance } from './own-entrance.ts';
import { ownKind } from './own-kind.ts';
import { ownNode } from './own-node.ts';
import { ownPriority } from './own-priority.ts';
import { ownQuota } from './own-quota.ts';
import { ownRoute } from './own-route.ts';
import { ownStorage } from './own-storage.ts';
import { platformMarks } from './platform-marks.ts';
import { platformObject } from './platform-object.ts';
import { protectedObject } from './protected-object.ts';
import { readOnlyEnvironment } from './read-only-environment.ts';
import { reservedNamespace } from './reserved-namespace.ts';
import type { Rule } from './rule.ts';
import { serviceAddress } from './service-address.ts';
import { serviceType } from './service-type.ts';
import { templateMarks } from './template-marks.ts';

/** The rules about all other objects: whose they are, who may enter, what they open. */
export const objectRules: readonly Rule[] = [
  protectedObject,
  platformMarks,
  namespaceBonds,
  reservedNamespace,
  readOnlyEnvironment,
  platformObject,
  templateMarks,
  bindingOutsideTenant,
  foreignRole,
  narrowNetworkPolicy,
  serviceType,
  serviceAddress,
  externalName,
  handMadeEndpoints,
  ownRoute,
  ownQuota,
  ownKind,
  ownAdmission,
  clusterWideRight,
  ownEntrance,
  ownStorage,
  ownNode,
  ownPriority,
  ownCertificate,
];
