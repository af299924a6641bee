import { rbacGroup } from '../core/access/objects.ts';
import { memberRoles } from '../core/desired/names.ts';
import { bindingExample } from './bindings.ts';
import { celList, innerOf, type Rule } from './rule.ts';

const roles = Object.values(memberRoles);

const namespace = 'parks-web-production';
const binding = (role: string) =>
  bindingExample({ name: 'builders', namespace, role, to: { kind: 'ServiceAccount', name: 'builder', namespace } });

/** Members hand on one of the three roles of members and nothing else. */
export const foreignRole: Rule = {
  id: 'ForeignRole',
  text: {
    zh: `只能绑定平台的成员角色：${roles.join('、')}`,
    en: `only the platform's roles of members can be bound: ${roles.join(', ')}`,
  },
  why: {
    zh: '集群自带的 admin、edit 等角色会随安装的组件变大；自写的角色平台无法说明、审计和冻结。',
    en: "The cluster's own admin and edit grow with what is installed, and nobody can say what a home-made role opens.",
  },
  covers: [{ groups: [rbacGroup], resources: ['rolebindings'], operations: ['CREATE', 'UPDATE'] }],
  where: 'tenant',
  binds: 'tenants',
  check({ object }) {
    const { kind, name } = innerOf(object, 'roleRef');
    return kind === 'ClusterRole' && roles.some((role) => role === name) ? [] : [['roleRef']];
  },
  validations: [
    { name: 'kind', cel: "object.roleRef.kind == 'ClusterRole'" },
    { name: 'role', cel: `object.roleRef.name in ${celList(roles)}` },
  ],
  passing: { object: binding(memberRoles.edit) },
  failing: { object: binding('edit') },
};
