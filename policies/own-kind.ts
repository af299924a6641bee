import { everyWrite, notByDepartments } from './platform-only.ts';

const group = 'zoo.example';

/** Nobody teaches a centre new kinds but the platform; an operator needs them, so none can be installed either. */
export const ownKind = notByDepartments({
  id: 'OwnKind',
  text: {
    zh: '部门不能安装自己的资源类型、聚合 API 或 operator；需要的服务请向平台提出',
    en: 'a department installs no kinds, served APIs or operators of its own; ask the platform for the service',
  },
  why: {
    zh: '资源类型和聚合 API 对整个中心生效，一个部门装的东西会影响所有租户，升级时也没有人负责。',
    en: 'Kinds and served APIs hold for the whole centre: what one department installs, all tenants live with.',
  },
  covers: [
    everyWrite('apiextensions.k8s.io', ['customresourcedefinitions']),
    everyWrite('apiregistration.k8s.io', ['apiservices']),
  ],
  example: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `animals.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'animals', singular: 'animal', kind: 'Animal', listKind: 'AnimalList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
});
