import { everyWrite, notByDepartments } from './platform-only.ts';

/** Who goes first, and how containers are run, is the same for all tenants. */
export const ownPriority = notByDepartments({
  id: 'OwnPriority',
  text: {
    zh: '优先级、运行时和流量控制由平台管理；服务等级请写在租户清单的 service 中',
    en: "priorities, runtimes and flow control are the platform's; name the level of service in the manifest's service",
  },
  why: {
    zh: '自定的优先级会挤掉别的租户，自定的运行时会绕过隔离，自定的流量规则会让别人排队。',
    en: 'An own priority evicts other tenants, an own runtime leaves the sandbox, an own flow makes others wait.',
  },
  covers: [
    everyWrite('scheduling.k8s.io', ['priorityclasses']),
    everyWrite('node.k8s.io', ['runtimeclasses']),
    everyWrite('flowcontrol.apiserver.k8s.io', ['flowschemas', 'prioritylevelconfigurations']),
  ],
  example: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'zoo' }, value: 1000 },
});
