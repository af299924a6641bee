import { at, deploymentExample, podRule } from './pods.ts';

/**
 * Pods of tenants have no priority. The platform therefore marks no PriorityClass as `globalDefault`: the API server would
 * write its name into every Pod that names none.
 */
export const priorityClass = podRule({
  id: 'PriorityClass',
  text: {
    zh: '不能设置 priorityClassName 和 priority；需要更多资源请在租户清单的 quota 中申请',
    en: "priorityClassName and priority must not be set; for more resources ask in the manifest's quota",
  },
  why: {
    zh: '优先级高的 Pod 会把其他租户的 Pod 从节点上赶走。',
    en: "A Pod with a higher priority pushes other tenants' Pods off their nodes.",
  },
  checks: [
    {
      name: 'class',
      cel: "variables.spec.?priorityClassName.orValue('') == ''",
      find: ({ spec }) =>
        [undefined, ''].includes(at(spec.value, 'priorityClassName') as string | undefined)
          ? []
          : [[...spec.path, 'priorityClassName']],
    },
    {
      name: 'priority',
      // The API server writes 0 into Pods without a class.
      cel: 'variables.spec.?priority.orValue(0) == 0',
      find: ({ spec }) => ((at(spec.value, 'priority') ?? 0) === 0 ? [] : [[...spec.path, 'priority']]),
    },
  ],
  passing: { object: deploymentExample() },
  failing: { object: deploymentExample({ priorityClassName: 'system-cluster-critical' }) },
});
