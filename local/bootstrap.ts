import { AppError } from '../core/errors.ts';
import { type Centre, callerOf } from './centre.ts';

/** Name of the binding; the local cloud owns it, no stack does. */
const bindingName = 'local-platform-engineers';

/**
 * Gives the platform engineers' group all rights at a new centre, as whoever installs a real centre does, so that
 * `jinhong up` runs as a member of it and not as the administrator. Writes nothing when it is so already. Throws
 * AppError `platform-group` when the API server refuses.
 */
export async function bindPlatformGroup(centre: Centre, group: string): Promise<void> {
  const caller = callerOf(centre, 'admin');
  const rbac = 'rbac.authorization.k8s.io';
  try {
    const answer = await caller.send({
      method: 'PATCH',
      path: `/apis/${rbac}/v1/clusterrolebindings/${bindingName}?fieldManager=local-cloud&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: bindingName },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ apiGroup: rbac, kind: 'Group', name: group }],
      },
    });
    if (answer.status < 300) return;
    throw new AppError('terminal', `${centre.name}: ${answer.status} ${answer.text.slice(0, 300)}`, {
      code: 'platform-group',
    });
  } finally {
    caller.close();
  }
}
