import { rbacGroup, rbacVersion } from '../core/access/objects.ts';
import { everyWrite, notByDepartments } from './platform-only.ts';

/** Rights beyond a namespace are given by the platform only. */
export const clusterWideRight = notByDepartments({
  id: 'ClusterWideRight',
  text: {
    zh: '全中心的角色和绑定只由平台管理；本租户的人员权限请写在租户清单的 members 中',
    en: "roles and bindings of the whole centre are the platform's; name who may enter in the manifest's members",
  },
  why: {
    zh: '一个 ClusterRole 或 ClusterRoleBinding 就能让人进入所有租户，也能改写平台自己的角色。',
    en: "One ClusterRole or its binding opens every tenant, or changes what the platform's own roles mean.",
  },
  covers: [everyWrite(rbacGroup, ['clusterroles', 'clusterrolebindings'])],
  example: {
    apiVersion: rbacVersion,
    kind: 'ClusterRole',
    metadata: { name: 'zoo-keeper' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
});
