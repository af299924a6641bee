import { at, deploymentExample, each, items, type Located, podRule, record, text, under } from './pods.ts';
import { celList, type FieldPath } from './rule.ts';

/** Labels that say what a node is, not whose it is. */
const neutral = [
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
];
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

/** Terms of the node affinity, with the way to each. */
function terms(spec: Located): Located[] {
  const affinity = under(under(spec, 'affinity'), 'nodeAffinity');
  return [
    ...each(under(affinity, required), 'nodeSelectorTerms'),
    ...each(affinity, preferred).map((term) => under(term, 'preference')),
  ];
}

function foreign(term: Located): FieldPath[] {
  return [
    ...each(term, 'matchExpressions')
      .filter(({ value }) => !neutral.includes(text(value['key'])))
      .map(({ path }) => [...path, 'key']),
    ...(items(term.value['matchFields']).length === 0 ? [] : [[...term.path, 'matchFields']]),
  ];
}

/** Pods do not choose among the nodes but by architecture, system and place. */
export const nodeSelection = podRule({
  id: 'NodeSelection',
  text: {
    zh: `节点只能按 ${neutral.join('、')} 选择，且不能指定 schedulerName 或 runtimeClassName；需要专用节点请联系平台`,
    en:
      `nodes are chosen by ${neutral.join(', ')} only, without schedulerName or runtimeClassName; ` +
      'for nodes of your own ask the platform',
  },
  why: {
    zh: '节点池属于平台或其他租户；运行时类会带来节点选择和容忍，别的调度器会绕过平台的放置规则。',
    en: "Node pools are the platform's or another tenant's; a runtime class brings selectors and tolerations of its own.",
  },
  variables: [
    {
      name: 'terms',
      cel:
        `variables.spec.?affinity.nodeAffinity.${required}.nodeSelectorTerms.orValue([]) + ` +
        `variables.spec.?affinity.nodeAffinity.${preferred}.orValue([]).map(p, p.preference)`,
    },
    { name: 'neutral', cel: celList(neutral) },
  ],
  checks: [
    {
      name: 'selector',
      cel: 'variables.spec.?nodeSelector.orValue({}).all(k, k in variables.neutral)',
      find: ({ spec }) =>
        Object.keys(record(spec.value['nodeSelector']))
          .filter((key) => !neutral.includes(key))
          .map((key) => [...spec.path, 'nodeSelector', key]),
    },
    {
      name: 'affinity',
      cel:
        'variables.terms.all(t, t.?matchExpressions.orValue([]).all(e, e.key in variables.neutral) && ' +
        't.?matchFields.orValue([]).size() == 0)',
      find: ({ spec }) => terms(spec).flatMap(foreign),
    },
    {
      name: 'scheduler',
      cel: "variables.spec.?schedulerName.orValue('') in ['', 'default-scheduler']",
      find: ({ spec }) =>
        ['', 'default-scheduler'].includes(text(spec.value['schedulerName'])) ? [] : [[...spec.path, 'schedulerName']],
    },
    {
      name: 'runtime',
      cel: "variables.spec.?runtimeClassName.orValue('') == ''",
      find: ({ spec }) =>
        (at(spec.value, 'runtimeClassName') ?? '') === '' ? [] : [[...spec.path, 'runtimeClassName']],
    },
  ],
  passing: { object: deploymentExample({ nodeSelector: { 'kubernetes.io/arch': 'arm64' } }) },
  failing: { object: deploymentExample({ nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } }) },
});
