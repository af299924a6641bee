import { everyWrite, notByDepartments } from './platform-only.ts';

/**
 * Nobody puts an own program in the way of all writes. (Admission policies cannot be judged by admission policies; only
 * the platform has the right to write them.)
 */
export const ownAdmission = notByDepartments({
  id: 'OwnAdmission',
  text: {
    zh: '部门不能安装准入 webhook；全中心的规则请向平台提出',
    en: 'a department installs no admission webhook; ask the platform for a rule',
  },
  why: {
    zh: '准入 webhook 能看到、修改或拦住所有租户的写入，包括密钥；它停了，整个中心就停了。',
    en: 'An admission webhook sees, changes or stops the writes of all tenants, Secrets included, and stops them when it dies.',
  },
  covers: [
    everyWrite('admissionregistration.k8s.io', ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']),
  ],
  example: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'zoo' },
    webhooks: [],
  },
});
