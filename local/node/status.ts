import type { Condition, Deployment, DeploymentStatus } from './kube-types.ts';

/** What the node knows of a Deployment's processes. */
export interface Running {
  readonly wanted: number;
  /** Replicas whose processes run with the newest template. */
  readonly updated: number;
  /** Replicas all of whose processes are ready. */
  readonly ready: number;
}

/**
 * The status that the Deployment should have, or undefined when it has it already (so that an idle cloud writes
 * nothing). Pure; `now` is ISO 8601 and is used only for a condition that changes.
 */
export function planStatus(deployment: Deployment, running: Running, now: string): DeploymentStatus | undefined {
  const old = deployment.status ?? {};
  const available = running.ready >= running.wanted;
  const done = available && running.updated >= running.wanted;
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: running.wanted,
    updatedReplicas: running.updated,
    readyReplicas: running.ready,
    availableReplicas: running.ready,
    unavailableReplicas: Math.max(0, running.wanted - running.ready),
    conditions: [
      condition(
        old,
        'Available',
        available,
        available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        now,
      ),
      condition(old, 'Progressing', true, done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated', now),
    ],
  };
  return same(old, status) ? undefined : status;
}

function condition(old: DeploymentStatus, type: string, holds: boolean, reason: string, now: string): Condition {
  const known = old.conditions?.find((candidate) => candidate.type === type);
  const status = holds ? 'True' : 'False';
  if (known?.status === status && known.reason === reason) return known;
  const since = known?.status === status ? (known.lastTransitionTime ?? now) : now;
  return {
    type,
    status,
    reason,
    message: 'written by the local node',
    lastTransitionTime: since,
    lastUpdateTime: now,
  };
}

function same(old: DeploymentStatus, wanted: DeploymentStatus): boolean {
  const numbers = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
  ] as const;
  const equal = numbers.every((field) => (old[field] ?? 0) === (wanted[field] ?? 0));
  return equal && (wanted.conditions ?? []).every((entry) => old.conditions?.includes(entry) === true);
}
