import { rbacGroup } from '../core/access/objects.ts';
import { memberRoles } from '../core/desired/names.ts';
import { annotations } from '../core/model/names.ts';
import { bindingExample } from './bindings.ts';
import type { JsonObject, Rule } from './rule.ts';

const binding = (to: string) =>
  bindingExample({ name: 'staff', namespace: 'parks-web-production', role: memberRoles.view, to });

/** Members hand rights on inside their tenant only. */
export const bindingOutsideTenant: Rule = {
  id: 'BindingOutsideTenant',
  text: {
    zh: '只能授权给本命名空间的服务账号或租户的成员组',
    en: "only service accounts of this namespace and the tenant's member groups can be bound",
  },
  why: {
    zh: '谁能进入由部门名录决定；成员自行授权给外人会绕过它。',
    en: "The department's directory says who may enter; a binding to others would go around it.",
  },
  covers: [{ groups: [rbacGroup], resources: ['rolebindings'], operations: ['CREATE', 'UPDATE'] }],
  where: 'tenant',
  binds: 'tenants',
  check({ object, namespace }, context) {
    const groups = (context?.annotations[annotations.groups] ?? '').split(',');
    return ((object?.['subjects'] ?? []) as JsonObject[]).flatMap((subject, index) => {
      const account = subject['kind'] === 'ServiceAccount' && subject['namespace'] === namespace;
      const member = subject['kind'] === 'Group' && groups.includes(String(subject['name']));
      return account || member ? [] : [['subjects', index]];
    });
  },
  variables: [
    { name: 'groups', cel: `namespaceObject.metadata.?annotations['${annotations.groups}'].orValue('').split(',')` },
  ],
  validations: [
    {
      name: 'subjects',
      cel:
        "!has(object.subjects) || object.subjects.all(s, (s.kind == 'ServiceAccount' && has(s.namespace) && " +
        "s.namespace == object.metadata.namespace) || (s.kind == 'Group' && s.name in variables.groups))",
    },
  ],
  passing: { object: binding('parks-staff') },
  failing: { object: binding('strangers') },
};
