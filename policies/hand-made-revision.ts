import { notInTenants } from './platform-only.ts';

/** Only the controllers that roll back write what is rolled back to. Its data cannot be changed once it is there. */
export const handMadeRevision = notInTenants({
  id: 'HandMadeRevision',
  text: {
    zh: 'ControllerRevision 只能由控制器创建；请修改 StatefulSet 本身，或用 kubectl rollout undo 回退',
    en:
      'a ControllerRevision is made by its controller only; change the StatefulSet itself, or go back with ' +
      'kubectl rollout undo',
  },
  why: {
    zh: '控制器按 ControllerRevision 中的模板创建 Pod，而这个模板不会再被检查。',
    en: 'Controllers make Pods from the template in a ControllerRevision, and no rule judges that template again.',
  },
  covers: [{ groups: ['apps'], resources: ['controllerrevisions'], operations: ['CREATE'] }],
  example: {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'web-6d4b75cb6d' },
    revision: 1,
    data: { spec: { template: {} } },
  },
});
