import { platformLabels } from '../core/access/objects.ts';
import { namespaces, siteNamespace } from '../core/model/names.ts';
import type { KubeObject } from '../kube/types.ts';

const flowcontrol = 'flowcontrol.apiserver.k8s.io';
const priorityLevel = 'jinhong-controllers';

/** Who the controllers are at one centre: its own accounts and, at the management centre, those of the sites. */
export interface TrafficOptions {
  /** ServiceAccounts in `jinhong-system`. */
  readonly accounts: readonly string[];
  /** Sites whose accounts call this centre; empty everywhere but at the management centre. */
  readonly sites: readonly string[];
}

/**
 * A share of the API server for the controllers, so that neither a flood of theirs starves people nor one of a tenant's
 * starves them; their Leases go with the server's own leader elections. Pure.
 */
export function trafficObjects(options: TrafficOptions): KubeObject[] {
  const subjects = [
    ...options.accounts.map((name) => serviceAccount(namespaces.system, name)),
    ...options.sites.map((site) => serviceAccount(siteNamespace(site), 'jinhong-site')),
  ];
  return [
    {
      apiVersion: `${flowcontrol}/v1`,
      kind: 'PriorityLevelConfiguration',
      metadata: { name: priorityLevel, labels: { ...platformLabels } },
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 30,
          lendablePercent: 50,
          limitResponse: { type: 'Queue', queuing: { queues: 32, handSize: 6, queueLengthLimit: 50 } },
        },
      },
    },
    flowSchema({
      name: 'jinhong-leases',
      level: 'leader-election',
      precedence: 150,
      subjects,
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
    }),
    flowSchema({
      name: priorityLevel,
      level: priorityLevel,
      precedence: 900,
      subjects,
      apiGroups: ['*'],
      resources: ['*'],
    }),
  ];
}

function serviceAccount(namespace: string, name: string): Record<string, unknown> {
  return { kind: 'ServiceAccount', serviceAccount: { namespace, name } };
}

interface Flow {
  readonly name: string;
  readonly level: string;
  /** Lower is matched first. */
  readonly precedence: number;
  readonly subjects: readonly Record<string, unknown>[];
  readonly apiGroups: string[];
  readonly resources: string[];
}

function flowSchema({ name, level, precedence, subjects, apiGroups, resources }: Flow): KubeObject {
  return {
    apiVersion: `${flowcontrol}/v1`,
    kind: 'FlowSchema',
    metadata: { name, labels: { ...platformLabels } },
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        {
          subjects: [...subjects],
          resourceRules: [{ apiGroups, resources, verbs: ['*'], namespaces: ['*'], clusterScope: true }],
        },
      ],
    },
  };
}
