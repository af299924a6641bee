import { at, deploymentExample, each, items, type Located, podRule, under } from './pods.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const kinds = ['podAffinity', 'podAntiAffinity'];

/** Terms about other Pods, with the way to each. */
function terms(spec: Located): Located[] {
  return kinds.flatMap((kind) => {
    const affinity = under(under(spec, 'affinity'), kind);
    return [...each(affinity, required), ...each(affinity, preferred).map((term) => under(term, 'podAffinityTerm'))];
  });
}

/** Pods keep near to or away from Pods of their own namespace only. */
export const ownNeighbours = podRule({
  id: 'OwnNeighbours',
  text: {
    zh: 'podAffinity 和 podAntiAffinity 只能针对本命名空间的 Pod；请去掉 namespaces 和 namespaceSelector',
    en:
      'podAffinity and podAntiAffinity are about Pods of the own namespace; ' +
      'leave namespaces and namespaceSelector out',
  },
  why: {
    zh: '对其他命名空间的反亲和会把别的租户挡在节点之外，亲和则会说出它们在哪里并靠近它们。',
    en: 'Anti-affinity to other namespaces keeps other tenants off a node; affinity tells where they are and gets close.',
  },
  variables: [
    {
      name: 'terms',
      cel: kinds
        .flatMap((kind) => [
          `variables.spec.?affinity.${kind}.${required}.orValue([])`,
          `variables.spec.?affinity.${kind}.${preferred}.orValue([]).map(p, p.podAffinityTerm)`,
        ])
        .join(' + '),
    },
  ],
  checks: [
    {
      name: 'own',
      cel: 'variables.terms.all(t, t.?namespaces.orValue([]).size() == 0 && !has(t.namespaceSelector))',
      find: ({ spec }) =>
        terms(spec).flatMap(({ value, path }) => [
          ...(items(value['namespaces']).length === 0 ? [] : [[...path, 'namespaces']]),
          ...(at(value, 'namespaceSelector') === undefined ? [] : [[...path, 'namespaceSelector']]),
        ]),
    },
  ],
  passing: { object: spread({}) },
  failing: { object: spread({ namespaceSelector: {} }) },
});

function spread(more: object) {
  const term = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname', ...more };
  return deploymentExample({ affinity: { podAntiAffinity: { [required]: [term] } } });
}
