import { innerOf, type JsonObject, type Rule } from './rule.ts';

function service(spec: JsonObject): JsonObject {
  const metadata = { name: 'database', namespace: 'parks-web-production' };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { ...spec, externalName: 'database.example' } };
}

/** The centre's DNS gives tenants' names to tenants' Pods only. */
export const externalName: Rule = {
  id: 'ExternalName',
  text: {
    zh: 'Service 不能是 ExternalName；访问外部地址请在租户清单的 egress 中申请',
    en: "a Service may not be an ExternalName; ask for a way out in the manifest's egress",
  },
  why: {
    zh: '别名可以指向别的租户、API 服务器或元数据地址，让网关和其他程序替它去访问。',
    en: 'An alias can lead to another tenant, the API server or a metadata address, and lets a gateway call there.',
  },
  covers: [{ groups: [''], resources: ['services'], operations: ['CREATE', 'UPDATE'] }],
  where: 'tenant',
  binds: 'tenants',
  check: ({ object }) => (innerOf(object, 'spec')['type'] === 'ExternalName' ? [['spec', 'type']] : []),
  validations: [{ name: 'alias', cel: "object.spec.?type.orValue('ClusterIP') != 'ExternalName'" }],
  passing: { object: service({ type: 'ClusterIP', ports: [{ port: 5432 }] }) },
  failing: { object: service({ type: 'ExternalName', ports: [{ port: 5432 }] }) },
};
