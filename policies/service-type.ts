import { innerOf, type JsonObject, type Rule } from './rule.ts';

function service(type: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'parks-web-production' },
    spec: { type, selector: { app: 'web' }, ports: [{ port: 80 }] },
  };
}

/** Services are reached from inside; the way in from outside is the zone's gateway. */
export const serviceType: Rule = {
  id: 'ServiceType',
  text: {
    zh: 'Service 不能是 NodePort 或 LoadBalancer；对外发布请在租户清单的 hosting 中申请',
    en: "a Service may not be a NodePort or LoadBalancer; publish a website in the manifest's hosting",
  },
  why: {
    zh: '节点端口和负载均衡地址绕过网关：没有域名归属、证书、分区和可用性统计。',
    en: 'Ports of nodes and balanced addresses go around the gateway: no owner of the hostname, certificate or zone.',
  },
  covers: [{ groups: [''], resources: ['services'], operations: ['CREATE', 'UPDATE'] }],
  where: 'tenant',
  binds: 'tenants',
  check({ object }) {
    const type = innerOf(object, 'spec')['type'];
    return type === 'NodePort' || type === 'LoadBalancer' ? [['spec', 'type']] : [];
  },
  validations: [{ name: 'inside', cel: "!(object.spec.?type.orValue('ClusterIP') in ['NodePort', 'LoadBalancer'])" }],
  passing: { object: service('ClusterIP') },
  failing: { object: service('NodePort') },
};
