import { controllerUsers } from '../core/access/objects.ts';
import { annotations, group, labels } from '../core/model/names.ts';
import { celMap, type JsonObject, mapOf, type Rule } from './rule.ts';

const prefixes = ['dept-', 'site-', 'jinhong-'];

function nameOf(object: JsonObject | undefined): string {
  return String((object?.['metadata'] as JsonObject | undefined)?.['name'] ?? '');
}

function department(allowed: string): JsonObject {
  const metadata = { name: 'dept-zoo', annotations: { [annotations.allowDelete]: allowed } };
  return { apiVersion: 'v1', kind: 'Namespace', metadata };
}

/** Namespaces and kinds whose loss would take everything in them along go only when the platform said so on them. */
export const protectedObject: Rule = {
  id: 'ProtectedObject',
  text: {
    zh: `平台管理的对象，删除前须有注解 ${annotations.allowDelete}（jinhong destroy 会加）`,
    en: `managed by the platform: deleting it needs the annotation ${annotations.allowDelete} (set by jinhong destroy)`,
  },
  why: {
    zh: '删除一个命名空间或一种资源类型会连带删除其中的一切；误删不可恢复。',
    en: 'Deleting a namespace or a kind deletes everything in it; a slip of the hand could not be taken back.',
  },
  covers: [
    { groups: [''], resources: ['namespaces'], operations: ['DELETE'] },
    { groups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], operations: ['DELETE'] },
  ],
  where: 'everywhere',
  binds: 'all',
  check({ resource, oldObject, user }) {
    const name = nameOf(oldObject);
    const tenant = labels.tenant in mapOf(oldObject, 'labels');
    const ours =
      resource === 'namespaces'
        ? tenant || prefixes.some((prefix) => name.startsWith(prefix))
        : name.endsWith(`.${group}`);
    const released = mapOf(oldObject, 'annotations')[annotations.allowDelete] === name;
    return !ours || released || (tenant && user === controllerUsers.site) ? [] : [['metadata', 'annotations']];
  },
  when: [
    {
      name: 'ours',
      cel:
        `request.resource.resource == 'namespaces' ? ([${prefixes.map((p) => `'${p}'`).join(', ')}]` +
        `.exists(p, oldObject.metadata.name.startsWith(p)) || '${labels.tenant}' in ${celMap('oldObject', 'labels')}) : ` +
        `oldObject.metadata.name.endsWith('.${group}')`,
    },
  ],
  variables: [
    { name: 'labels', cel: celMap('oldObject', 'labels') },
    { name: 'annotations', cel: celMap('oldObject', 'annotations') },
  ],
  validations: [
    {
      name: 'released',
      cel:
        `('${labels.tenant}' in variables.labels && request.userInfo.username == '${controllerUsers.site}') || ` +
        `('${annotations.allowDelete}' in variables.annotations && ` +
        `variables.annotations['${annotations.allowDelete}'] == oldObject.metadata.name)`,
    },
  ],
  passing: { object: {}, oldObject: department('dept-zoo'), operation: 'DELETE' },
  failing: { object: {}, oldObject: department('dept-other'), operation: 'DELETE' },
};
