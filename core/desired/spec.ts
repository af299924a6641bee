import type { GrantSpec } from '../model/grant.ts';

/**
 * A Grant's spec with its sets and maps in one order, so that equal decisions are equal values whatever a server did to
 * the order of list entries. `ancestors` keeps its order: it means something. Pure.
 */
export function orderedSpec(spec: GrantSpec): GrantSpec {
  return {
    ...spec,
    members: by(spec.members, (member) => member.group),
    environments: by(spec.environments, (environment) => environment.name).map((environment) => ({
      ...environment,
      ...(environment.hostnames === undefined ? {} : { hostnames: by(environment.hostnames, (name) => name) }),
      ...(environment.egress === undefined
        ? {}
        : {
            egress: by(environment.egress, (rule) => `${rule.destination} ${rule.port}`).map((rule) => ({
              ...rule,
              cidrs: by(rule.cidrs, (cidr) => cidr),
            })),
          }),
    })),
  };
}

function by<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}
