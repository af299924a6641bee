import { everyWrite, notInTenants } from './platform-only.ts';

/** How much a tenant may use is decided once, from its Approvals. */
export const ownQuota = notInTenants({
  id: 'OwnQuota',
  text: {
    zh: '配额和限制由平台按审批设置；请在租户清单的 quota 中申请',
    en: "quota and limits follow the approved request; ask for another in the manifest's quota",
  },
  why: {
    zh: '改了配额就绕过了审批和计费；自加的配额或限制会让平台的对象和扩容失败。',
    en: 'A changed quota goes around approval and price; an additional one makes what was granted fail.',
  },
  covers: [everyWrite('', ['resourcequotas', 'limitranges'])],
  example: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'zoo' }, spec: { hard: { pods: '1000' } } },
});
