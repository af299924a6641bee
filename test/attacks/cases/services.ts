/** Cases 33 to 35: Services that leave the platform's ways in and out. */
import type { RawRequest } from '../support/http.ts';
import { by } from '../support/refusal.ts';
import { everyone, type Stage } from '../support/stage.ts';
import { type AttackCase, way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';

const services = (stage: Stage) => `/api/v1/namespaces/${stage.own}/services`;
const selector = { app: 'web' };
const ports = [{ port: 80 }];

/** The spec as a new Service by POST and apply, and as a change of the honest one. */
async function asService(stage: Stage, specs: readonly object[]): Promise<RawRequest[]> {
  const path = `${services(stage)}/web`;
  const object = await stage.live(path);
  return specs.flatMap((spec) => {
    const body = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'attack' },
      spec: { selector, ports, ...spec },
    };
    return [
      { method: 'POST', path: services(stage), body },
      {
        method: 'PATCH',
        path: `${services(stage)}/attack?fieldManager=attacker&force=true`,
        contentType: 'application/apply-patch+yaml',
        body,
      },
      ...variantsOf({ path, object }, { spec: { ...spec } }),
    ];
  });
}

const fromOutside: readonly object[] = [
  { type: 'NodePort' },
  { type: 'LoadBalancer' },
  { type: 'LoadBalancer', loadBalancerClass: 'attack.example/lb', allocateLoadBalancerNodePorts: false },
  { type: 'LoadBalancer', loadBalancerIP: '203.0.113.1', loadBalancerSourceRanges: ['0.0.0.0/0'] },
  { externalIPs: ['203.0.113.1'] },
  { externalIPs: ['10.96.0.1'], type: 'NodePort' },
];

/** What the API server may refuse by itself: a port that another attempt holds just now, an address that never leaves a node. */
const odd: readonly object[] = [
  { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] },
  { externalIPs: ['127.0.0.1'] },
];

const aliases = [
  'target.beta-victim-production.svc.cluster.local',
  'kubernetes.default.svc.cluster.local',
  'kubernetes.default',
  'metadata.google.internal',
  '169.254.169.254',
  'localhost',
  'jinhong-management.jinhong-system.svc',
  'example.com',
];

const addresses = ['10.0.0.1', '127.0.0.1', '169.254.169.254', '203.0.113.1'];

/** Hand-made endpoints of the own Service, of the victim's, and of none. */
const endpoints = (stage: Stage): RawRequest[] =>
  [stage.own, stage.victim].flatMap((namespace) =>
    addresses.flatMap((address): RawRequest[] => {
      const slice = {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'attack', labels: { 'kubernetes.io/service-name': 'web' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [address] }],
        ports: [{ port: 6443 }],
      };
      const old = {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: 'web' },
        subsets: [{ addresses: [{ ip: address }], ports: [{ port: 6443 }] }],
      };
      const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
      const olds = `/api/v1/namespaces/${namespace}/endpoints`;
      return [
        { method: 'POST', path: slices, body: slice },
        { method: 'POST', path: olds, body: old },
        ...variantsOf({ path: `${slices}/attack`, object: slice }, { endpoints: slice.endpoints }),
        ...variantsOf({ path: `${olds}/web`, object: old }, { subsets: old.subsets }),
        { method: 'DELETE', path: slices },
        { method: 'DELETE', path: `${olds}/web` },
      ];
    }),
  );

const writers = { who: ['admin', 'edit'] } as const;

/** The cases of this file. */
export const serviceCases: readonly AttackCase[] = [
  {
    id: 'A10-33',
    title: {
      zh: 'Service：NodePort、LoadBalancer、externalIPs、loadBalancerIP、改写 status',
      en: 'Services: NodePort, LoadBalancer, externalIPs, loadBalancerIP, forged status',
    },
    ways: [
      way('spec', ['ServiceType', 'ServiceAddress', by.quota], {
        ...writers,
        requests: (stage) => asService(stage, fromOutside),
      }),
      way('fixed ports and loopback', ['ServiceType', 'ServiceAddress', by.validation, by.quota], {
        ...writers,
        requests: (stage) => asService(stage, odd),
      }),
      way('view', by.rbac, { who: ['view'], requests: (stage) => asService(stage, fromOutside) }),
      way('status', by.rbac, {
        who: everyone,
        requests: async (stage) => {
          const object = await stage.live(`${services(stage)}/web`);
          const status = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } };
          return variantsOf({ path: `${services(stage)}/web/status`, object }, { status });
        },
      }),
    ],
  },
  {
    id: 'A10-34',
    title: {
      zh: 'ExternalName 指向他人服务、API 服务器、元数据地址',
      en: "ExternalName towards another tenant's service, the API server, a metadata address",
    },
    ways: [
      way('alias', ['ExternalName', by.validation], {
        ...writers,
        requests: (stage) =>
          asService(
            stage,
            aliases.map((externalName) => ({ type: 'ExternalName', externalName })),
          ),
      }),
    ],
  },
  {
    id: 'A10-35',
    title: { zh: '手写 Endpoints、EndpointSlice', en: 'hand-made Endpoints and EndpointSlices' },
    ways: [way('endpoints', by.rbac, { who: everyone, requests: endpoints })],
  },
];
