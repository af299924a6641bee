import type { PlainObject } from '../access/objects.ts';
import type { GrantedEnvironment } from '../model/grant.ts';
import { entryNamed } from '../model/presets.ts';
import { gatewayLabel, gatewayNamespace, policyNames } from './names.ts';
import { namespaceOf, ownerLabels } from './namespace.ts';
import type { EnvironmentInput } from './types.ts';

type Spec = Readonly<Record<string, unknown>>;

/** Label that the API server itself puts on every namespace, so no one can lend it to another. */
const namespaceNameLabel = 'kubernetes.io/metadata.name';

const everyPod = { podSelector: {} };

/** Nothing may come in or go out but what another policy allows. */
const defaultDeny: Spec = { ...everyPod, policyTypes: ['Ingress', 'Egress'] };

/** The cluster's DNS; labels as kubeadm and CoreDNS's own manifests set them. */
const dns: Spec = {
  ...everyPod,
  policyTypes: ['Egress'],
  egress: [
    {
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
      to: [
        {
          namespaceSelector: { matchLabels: { [namespaceNameLabel]: 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
      ],
    },
  ],
};

const sameEnvironment: Spec = {
  ...everyPod,
  policyTypes: ['Ingress', 'Egress'],
  ingress: [{ from: [{ podSelector: {} }] }],
  egress: [{ to: [{ podSelector: {} }] }],
};

/** Visitors of a website come through the gateway of the environment's own zone and through no other. */
function zoneIngress(zone: string): Spec {
  return {
    ...everyPod,
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [
          {
            namespaceSelector: { matchLabels: { [namespaceNameLabel]: gatewayNamespace } },
            podSelector: { matchLabels: { [gatewayLabel]: zone } },
          },
        ],
      },
    ],
  };
}

/** One rule per declared destination and port; a rule without peers would mean everyone, so an empty one is left out. */
function declaredEgress(egress: NonNullable<GrantedEnvironment['egress']>): Spec | undefined {
  const rules = [...egress]
    .sort((a, b) => (a.destination === b.destination ? a.port - b.port : a.destination < b.destination ? -1 : 1))
    .filter((rule) => rule.cidrs.length > 0)
    .map((rule) => ({
      ports: [{ protocol: 'TCP', port: rule.port }],
      to: [...rule.cidrs].sort().map((cidr) => ({ ipBlock: { cidr } })),
    }));
  return rules.length === 0 ? undefined : { ...everyPod, policyTypes: ['Egress'], egress: rules };
}

/** The NetworkPolicies of one environment, by name. Pure. */
export function desiredPolicies(input: EnvironmentInput): PlainObject[] {
  const { environment, cloud } = input;
  const zone = environment.zone ?? cloud.defaultZone;
  const published = (environment.hostnames ?? []).length > 0 && entryNamed(cloud.zones, zone)?.hosting === true;
  const specs: readonly [string, Spec | undefined][] = [
    [policyNames.defaultDeny, defaultDeny],
    [policyNames.dns, dns],
    [policyNames.sameEnvironment, sameEnvironment],
    [policyNames.zone, published ? zoneIngress(zone) : undefined],
    [policyNames.egress, declaredEgress(environment.egress ?? [])],
  ];
  return specs.flatMap(([name, spec]) =>
    spec === undefined
      ? []
      : [
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name, namespace: namespaceOf(input), labels: ownerLabels(input) },
            spec,
          },
        ],
  );
}
