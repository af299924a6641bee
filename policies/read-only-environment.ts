import type { Mode } from '../core/desired/types.ts';
import { annotations } from '../core/model/names.ts';
import type { Operation, Rule } from './rule.ts';

const readOnly: Mode = 'readonly';

/** Also what goes into a running container: `exec`, `attach`, `portforward`. */
const operations: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];

function settings(namespace: string) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace },
    data: { colour: 'green' },
  } as const;
}

/**
 * Members may only look at an environment that is standby, frozen or retiring, whatever they bound to each other while it
 * was open: those bindings are theirs and stay for when it opens again.
 */
export const readOnlyEnvironment: Rule = {
  id: 'ReadOnlyEnvironment',
  text: {
    zh: '此环境为备用、冻结或退役状态，只读；请看 jinhong status 说明的原因',
    en: 'this environment is standby, frozen or retiring and can only be read; jinhong status says why',
  },
  why: {
    zh: '备用站点的内容来自主站点，写入会被覆盖或造成两份不同的数据；冻结和退役的环境须保持原样，以便恢复或留存。',
    en: 'What a standby site holds comes from the active one, so a write there is lost or makes two truths; what is frozen or retiring is kept as it was.',
  },
  covers: [{ groups: ['*'], resources: ['*/*'], operations }],
  where: 'tenant',
  binds: 'departments',
  check: (_request, context) => (context?.annotations[annotations.mode] === readOnly ? [[]] : []),
  validations: [
    {
      name: 'open',
      cel: `namespaceObject.metadata.?annotations['${annotations.mode}'].orValue('') != '${readOnly}'`,
    },
  ],
  passing: { object: settings('parks-web-production') },
  failing: { object: settings('parks-web-standby') },
};
