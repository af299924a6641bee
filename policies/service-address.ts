import { type FieldPath, innerOf, isSet, type JsonObject, listOf, type Rule } from './rule.ts';

function service(more: JsonObject): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'parks-web-production' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...more },
  };
}

/** No Service takes an address that its centre did not give it; also not by its status. */
export const serviceAddress: Rule = {
  id: 'ServiceAddress',
  text: {
    zh: 'Service 不能自带 externalIPs、loadBalancerIP 或负载均衡状态；对外发布请在租户清单的 hosting 中申请',
    en: "a Service names no external or balancer address of its own; publish a website in the manifest's hosting",
  },
  why: {
    zh: '节点会把发往这些地址的流量交给它：谁写上别人的地址，谁就截获别人的流量（CVE-2020-8554）。',
    en: "Nodes hand it what is sent to these addresses: naming another's address intercepts its traffic (CVE-2020-8554).",
  },
  covers: [{ groups: [''], resources: ['services', 'services/status'], operations: ['CREATE', 'UPDATE'] }],
  where: 'tenant',
  binds: 'tenants',
  check({ object }) {
    const spec = innerOf(object, 'spec');
    const found: FieldPath[] = [];
    if (listOf(spec, 'externalIPs').length > 0) found.push(['spec', 'externalIPs']);
    if (isSet(spec, 'loadBalancerIP') && spec['loadBalancerIP'] !== '') found.push(['spec', 'loadBalancerIP']);
    if (listOf(innerOf(object, 'status', 'loadBalancer'), 'ingress').length > 0) {
      found.push(['status', 'loadBalancer', 'ingress']);
    }
    return found;
  },
  validations: [
    { name: 'external', cel: 'object.spec.?externalIPs.orValue([]).size() == 0' },
    { name: 'balancer', cel: "object.spec.?loadBalancerIP.orValue('') == ''" },
    { name: 'status', cel: 'object.?status.?loadBalancer.?ingress.orValue([]).size() == 0' },
  ],
  passing: { object: service({}) },
  failing: { object: service({ externalIPs: ['203.0.113.7'] }) },
};
