/** What a person with an administrator's rights does by hand to objects of the platform. */
import { annotations } from '../../core/model/names.ts';
import { isNotFound } from '../../kube/errors.ts';
import { resourceOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';

const everyone = { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'everyone' };

/** An edit of a field that the platform owns, by kind. */
const edits: Readonly<Record<string, object>> = {
  Namespace: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } },
  ResourceQuota: { spec: { hard: { pods: '900' } } },
  LimitRange: { spec: { limits: [] } },
  NetworkPolicy: { spec: { podSelector: { matchLabels: { nobody: 'matches' } } } },
  ServiceAccount: { automountServiceAccountToken: true },
  RoleBinding: { subjects: [everyone] },
  Role: { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
};

const refOf = (object: KubeObject) => ({ name: object.metadata.name, namespace: object.metadata.namespace });

/** Changes something that the platform owns. */
export function edit(admin: KubeClient, object: KubeObject): Promise<KubeObject> {
  const body = edits[object.kind];
  if (body === undefined) throw new Error(`no edit for ${object.kind}`);
  return admin.patch(resourceOf(object), refOf(object), body, { type: 'merge', fieldManager: 'someone' });
}

/** A mark that belongs to somebody else. */
export const note = { 'example.dev/note': 'kept by hand' };

/** Adds a field that the platform does not manage. */
export function annotate(admin: KubeClient, object: KubeObject): Promise<KubeObject> {
  const body = { metadata: { annotations: note } };
  return admin.patch(resourceOf(object), refOf(object), body, { type: 'merge', fieldManager: 'someone' });
}

/** Deletes an object; a namespace of the platform needs the mark that `jinhong destroy` sets first. */
export async function remove(admin: KubeClient, object: KubeObject): Promise<void> {
  const { name } = object.metadata;
  if (object.kind === 'Namespace') {
    const metadata = { annotations: { [annotations.allowDelete]: name } };
    await admin.patch(resources.namespace, { name }, { metadata }, { type: 'merge', fieldManager: 'someone' });
  }
  try {
    await admin.remove(resourceOf(object), refOf(object));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
