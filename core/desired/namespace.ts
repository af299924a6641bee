import type { PlainObject } from '../access/objects.ts';
import { ancestorLabel, annotations, environmentNamespace, labels } from '../model/names.ts';
import { managedByValue, podSecurityVersion } from './names.ts';
import type { EnvironmentInput } from './types.ts';

/** Labels by which an object names its tenant; on every object of an environment. Pure. */
export function ownerLabels({ grant, environment }: EnvironmentInput): Record<string, string> {
  return {
    [labels.managedBy]: managedByValue,
    [labels.department]: grant.tenant.department,
    [labels.tenant]: grant.tenant.name,
    [labels.environment]: environment.name,
  };
}

/** Name of the environment's namespace. Pure. */
export function namespaceOf({ grant, environment }: EnvironmentInput): string {
  return environmentNamespace(grant.tenant.department, grant.tenant.name, environment.name);
}

/**
 * The namespace: only restricted Pods, and marks of its zone, its department and every department above, so that a policy
 * can select a subtree. Member groups, registries and whether it is read only are annotations that admission reads. Pure.
 */
export function desiredNamespace(input: EnvironmentInput): PlainObject {
  const { grant, environment, cloud, mode } = input;
  const subtree = [grant.tenant.department, ...grant.tenant.ancestors];
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespaceOf(input),
      labels: {
        ...ownerLabels(input),
        [labels.zone]: environment.zone ?? cloud.defaultZone,
        ...Object.fromEntries(subtree.map((department) => [ancestorLabel(department), 'true'])),
        ...podSecurity(),
      },
      annotations: {
        [annotations.groups]: sortedList(grant.members.map((member) => member.group)),
        [annotations.registries]: sortedList(cloud.registries),
        ...(mode === 'readonly' ? { [annotations.mode]: mode } : {}),
      },
    },
  };
}

function podSecurity(): Record<string, string> {
  const modes = ['enforce', 'audit', 'warn'];
  return Object.fromEntries(
    modes.flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, 'restricted'],
      [`pod-security.kubernetes.io/${mode}-version`, podSecurityVersion],
    ]),
  );
}

function sortedList(values: readonly string[]): string {
  return [...new Set(values)].sort().join(',');
}
