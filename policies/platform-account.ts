import { at, deploymentExample, podRule, text } from './pods.ts';

const prefix = 'jinhong-';

/** Pods run under accounts of their tenant, never under one of the platform. */
export const platformAccount = podRule({
  id: 'PlatformAccount',
  text: {
    zh: `以 ${prefix} 开头的服务账号属于平台，Pod 不能使用；请使用自己的 ServiceAccount`,
    en: `service accounts whose names begin with ${prefix} are the platform's; use a ServiceAccount of your own`,
  },
  why: {
    zh: '以某个服务账号运行的 Pod 拥有它的全部权限。',
    en: 'A Pod has every right of the account it runs under.',
  },
  checks: [
    {
      name: 'account',
      // The API server copies the name into the older field `serviceAccount`, and back when only that one is written.
      cel: `!variables.spec.?serviceAccountName.orValue('').startsWith('${prefix}')`,
      find: ({ spec }) => {
        const written = (field: string) => text(at(spec.value, field));
        const field = written('serviceAccountName') === '' ? 'serviceAccount' : 'serviceAccountName';
        return written(field).startsWith(prefix) ? [[...spec.path, field]] : [];
      },
    },
  ],
  passing: { object: deploymentExample({ serviceAccountName: 'web' }) },
  failing: { object: deploymentExample({ serviceAccountName: 'jinhong-site' }) },
});
