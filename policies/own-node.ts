import { everyWrite, notByDepartments } from './platform-only.ts';

/** Machines join, change and leave by the platform only. */
export const ownNode = notByDepartments({
  id: 'OwnNode',
  text: {
    zh: '节点和设备由平台管理；需要更多容量请在租户清单的 quota 中申请',
    en: "nodes and devices are the platform's; ask for more capacity in the manifest's quota",
  },
  why: {
    zh: '谁能写节点，谁就能把别人的负载引到自己的机器上，或把节点留给自己。',
    en: "Whoever writes a node draws other tenants' workloads to it, or keeps it for itself.",
  },
  covers: [everyWrite('', ['nodes']), everyWrite('resource.k8s.io', ['deviceclasses', 'resourceslices'])],
  example: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'zoo' } },
});
