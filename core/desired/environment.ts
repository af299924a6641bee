import { type PlainObject, rbacVersion } from '../access/objects.ts';
import type { GrantedEnvironment, GrantSpec } from '../model/grant.ts';
import { desiredBindings, desiredServiceAccount } from './members.ts';
import { memberRoles, policyNames } from './names.ts';
import { desiredNamespace, namespaceOf } from './namespace.ts';
import { desiredPolicies } from './network.ts';
import { desiredLimits, desiredQuota } from './quota.ts';
import type { Desired, EnvironmentInput, Mode, ObjectName } from './types.ts';

/**
 * What an environment may be used for here. `exists` says whether its namespace does: an environment that moves away or
 * retires is kept as it is, but none is made for it. Pure.
 */
export function environmentMode(
  grant: Pick<GrantSpec, 'role' | 'state'>,
  environment: Pick<GrantedEnvironment, 'state'>,
  exists: boolean,
): Mode {
  if (grant.state === 'Removed' || environment.state === 'Removed') return 'removed';
  const retiring = grant.state === 'Retiring' || environment.state === 'Retiring';
  if (grant.role === 'copy' || retiring) return exists ? 'readonly' : 'none';
  return grant.role === 'standby' || grant.state === 'Frozen' ? 'readonly' : 'open';
}

/**
 * The objects of one environment at one site, with every field that the server would fill in written out, in the order
 * in which they must appear, and the own objects that must not be there. `plan` shows the same. Pure.
 */
export function desiredEnvironment(input: EnvironmentInput): Desired {
  const policies = desiredPolicies(input);
  const bindings = desiredBindings(input);
  return {
    namespace: namespaceOf(input),
    steps: [
      [desiredNamespace(input)],
      [desiredQuota(input), desiredLimits(input), ...policies, desiredServiceAccount(input)],
      bindings,
    ],
    absent: [
      ...missing(input, 'RoleBinding', Object.values(memberRoles), bindings),
      ...missing(input, 'NetworkPolicy', Object.values(policyNames), policies),
    ],
  };
}

const versions = { RoleBinding: rbacVersion, NetworkPolicy: 'networking.k8s.io/v1' } as const;

function missing(
  input: EnvironmentInput,
  kind: keyof typeof versions,
  names: readonly string[],
  wanted: readonly PlainObject[],
): ObjectName[] {
  const present = new Set(wanted.map((object) => object.metadata.name));
  return names
    .filter((name) => !present.has(name))
    .map((name) => ({ apiVersion: versions[kind], kind, namespace: namespaceOf(input), name }));
}
