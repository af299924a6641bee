import { everyWrite, notInTenants } from './platform-only.ts';

/** Where a Service leads to is worked out from its Pods. A Service without a selector therefore leads nowhere. */
export const handMadeEndpoints = notInTenants({
  id: 'HandMadeEndpoints',
  text: {
    zh: 'Endpoints 和 EndpointSlice 由集群按 Service 的 selector 生成；访问外部地址请在租户清单的 egress 中申请',
    en: "endpoints follow from a Service's selector; ask for addresses outside in the manifest's egress",
  },
  why: {
    zh: '手写的地址可以借网关之手访问别的租户的 Pod 或节点，网络策略拦不住网关。',
    en: "Hand-made addresses make the gateway call other tenants' Pods or nodes; network policies let the gateway pass.",
  },
  covers: [everyWrite('', ['endpoints']), everyWrite('discovery.k8s.io', ['endpointslices'])],
  example: {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'zoo', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.2.3'] }],
  },
});
