import { celList, innerOf, type JsonObject, type Rule } from './rule.ts';

const prefixes = ['dept-', 'jinhong-', 'site-'];

const namespace = (name: string): JsonObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

/** Names of the platform's namespaces are not taken before it needs them. */
export const reservedNamespace: Rule = {
  id: 'ReservedNamespace',
  text: {
    zh: `以 ${prefixes.join('、')} 开头的命名空间只能由平台建立；租户的命名空间请写在清单的 environments 中`,
    en: `namespaces ${prefixes.join(', ')} are the platform's; a tenant's follow from the manifest's environments`,
  },
  why: {
    zh: '先占下部门或站点的名字，就能等平台把权限和授权放进自己的命名空间。',
    en: 'Whoever takes the name of a department or site first waits there for the rights that the platform will put in.',
  },
  covers: [{ groups: [''], resources: ['namespaces'], operations: ['CREATE'] }],
  where: 'everywhere',
  binds: 'people',
  check({ object }) {
    const name = String(innerOf(object, 'metadata')['name'] ?? '');
    return prefixes.some((prefix) => name.startsWith(prefix)) ? [['metadata', 'name']] : [];
  },
  validations: [{ name: 'name', cel: `!${celList(prefixes)}.exists(p, object.metadata.name.startsWith(p))` }],
  passing: { object: namespace('zoo') },
  failing: { object: namespace('dept-zoo') },
};
