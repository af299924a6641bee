import type { Cover, JsonObject, Operation, Rule } from './rule.ts';

/** Every way to write an object. */
export const writes: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE'];

/** Every write of these resources of a group, and of all their subresources: admission's `x/*` means `x` as well. Pure. */
export function everyWrite(group: string, resources: readonly string[]): Cover {
  return { groups: [group], resources: resources.map((name) => `${name}/*`), operations: writes };
}

/** What a rule on objects that only the platform writes is made of. */
export interface PlatformOnly extends Pick<Rule, 'id' | 'text' | 'why' | 'covers'> {
  /** One object of a kind that the rule covers. */
  readonly example: JsonObject;
}

/** A rule on kinds of the whole centre: no department writes them, whatever stands in the object. Pure. */
export function notByDepartments({ example, ...rule }: PlatformOnly): Rule {
  return {
    ...rule,
    where: 'everywhere',
    binds: 'departments',
    ...refusesAll,
    passing: { object: example, by: 'platform' },
    failing: { object: example },
  };
}

/** A rule on kinds that nobody but the platform writes in a tenant's namespace; elsewhere they may be written. Pure. */
export function notInTenants({ example, ...rule }: PlatformOnly): Rule {
  const inNamespace = (namespace: string): JsonObject => ({
    ...example,
    metadata: { ...(example['metadata'] as JsonObject), namespace },
  });
  return {
    ...rule,
    where: 'tenant',
    binds: 'tenants',
    ...refusesAll,
    passing: { object: inNamespace('plain') },
    failing: { object: inNamespace('parks-web-production') },
  };
}

const refusesAll = {
  check: () => [[]],
  validations: [{ name: 'never', cel: 'false' }],
} satisfies Partial<Rule>;
