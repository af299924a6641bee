import { deploymentExample, each, podRule, text } from './pods.ts';
import { celList } from './rule.ts';

/** What the API server adds to every Pod; how long is the Pod's own affair. */
const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods stand no taint but those of a node that is just lost. */
export const tolerations = podRule({
  id: 'Tolerations',
  text: {
    zh: `容忍只能是 ${added.join('、')} 且 effect 为 NoExecute；需要专用节点请联系平台`,
    en: `only ${added.join(' and ')} with effect NoExecute may be tolerated; for nodes of your own ask the platform`,
  },
  why: {
    zh: '污点把控制面和专用节点留给应在那里的 Pod；容忍会绕过它。',
    en: 'Taints keep control planes and special nodes for those who belong there; a toleration passes them by.',
  },
  checks: [
    {
      name: 'added',
      cel:
        'variables.spec.?tolerations.orValue([]).all(t, ' +
        `t.?key.orValue('') in ${celList(added)} && t.?effect.orValue('') == 'NoExecute')`,
      find: ({ spec }) =>
        each(spec, 'tolerations')
          .filter(({ value }) => !added.includes(text(value['key'])) || value['effect'] !== 'NoExecute')
          .map(({ path }) => path),
    },
  ],
  passing: { object: deploymentExample({ tolerations: [toleration('node.kubernetes.io/not-ready')] }) },
  failing: { object: deploymentExample({ tolerations: [toleration('node-role.kubernetes.io/control-plane')] }) },
});

function toleration(key: string) {
  return { key, operator: 'Exists', effect: 'NoExecute' };
}
