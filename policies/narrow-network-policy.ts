import { type FieldPath, innerOf, isSet, type JsonObject, listOf, type Rule } from './rule.ts';

const directions = [
  { direction: 'ingress', peers: 'from' },
  { direction: 'egress', peers: 'to' },
] as const;

const allowed = (peer: JsonObject) =>
  isSet(peer, 'podSelector') && !isSet(peer, 'namespaceSelector') && !isSet(peer, 'ipBlock');

function narrowCel(direction: string, peers: string): string {
  return (
    `!has(object.spec.${direction}) || object.spec.${direction}.all(r, has(r.${peers}) && r.${peers}.size() > 0 && ` +
    `r.${peers}.all(p, has(p.podSelector) && !has(p.namespaceSelector) && !has(p.ipBlock)))`
  );
}

function policy(peer: JsonObject): JsonObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'web', namespace: 'parks-web-production' },
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [peer] }] },
  };
}

/** A tenant's own network policy opens ways between its own Pods only. */
export const narrowNetworkPolicy: Rule = {
  id: 'NarrowNetworkPolicy',
  text: {
    zh: '租户自己的网络策略只能放行本命名空间内的 Pod；对外访问请在租户清单的 egress 中申请',
    en: "a tenant's own network policy may name Pods of its namespace only; ask for more in the manifest's egress",
  },
  why: {
    zh: '网络策略只会相加：一条过宽的策略会绕过平台的默认拒绝。',
    en: "Network policies only add up: one that is too wide opens what the platform's default deny closes.",
  },
  covers: [{ groups: ['networking.k8s.io'], resources: ['networkpolicies'], operations: ['CREATE', 'UPDATE'] }],
  where: 'tenant',
  binds: 'tenants',
  check({ object }) {
    const spec = innerOf(object, 'spec');
    return directions.flatMap(({ direction, peers }) =>
      listOf(spec, direction).flatMap((rule, index): FieldPath[] => {
        const path = ['spec', direction, index];
        const list = listOf(rule, peers);
        if (list.length === 0) return [path];
        return list.flatMap((peer, at) => (allowed(peer) ? [] : [[...path, peers, at]]));
      }),
    );
  },
  validations: directions.map(({ direction, peers }) => ({ name: direction, cel: narrowCel(direction, peers) })),
  passing: { object: policy({ podSelector: {} }) },
  failing: { object: policy({ podSelector: {}, namespaceSelector: {} }) },
};
