import { scheduler } from './exempt.ts';
import { at, deploymentExample, podRule, templateCovers } from './pods.ts';

/**
 * Only the scheduler puts a Pod on a node, by a Binding. A Pod that is on one is not judged again when it changes: its
 * `nodeName` cannot be changed.
 */
export const nodeName = podRule({
  id: 'NodeName',
  text: {
    zh: '不能设置 nodeName，也不能写 Binding：Pod 的节点由调度器选择，请去掉该字段',
    en: 'nodeName must not be set, nor a Binding written: the scheduler chooses the node; leave the field out',
  },
  why: {
    zh: '直接指定节点会绕过调度器的一切检查：容量、污点和节点池。',
    en: 'A Pod put on a node by hand passes by everything the scheduler checks: capacity, taints, node pools.',
  },
  covers: [
    { groups: [''], resources: ['pods', 'pods/binding', 'bindings'], operations: ['CREATE'] },
    ...templateCovers,
  ],
  checks: [
    {
      name: 'node',
      cel:
        `request.kind.kind == 'Binding' ? request.userInfo.username == '${scheduler}' : ` +
        "variables.spec.?nodeName.orValue('') == ''",
      find({ request: { resource, subresource, user }, spec }) {
        if (resource === 'bindings' || subresource === 'binding') return user === scheduler ? [] : [['target']];
        return (at(spec.value, 'nodeName') ?? '') === '' ? [] : [[...spec.path, 'nodeName']];
      },
    },
  ],
  passing: { object: deploymentExample() },
  failing: { object: deploymentExample({ nodeName: 'node-1' }) },
});
