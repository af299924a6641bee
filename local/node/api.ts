import type { HttpCaller } from '../http.ts';
import type { ConfigMap, Deployment, DeploymentStatus, Meta, Secret, Snapshot } from './kube-types.ts';

/** The namespace whose Deployments the node runs. */
export const systemNamespace = 'jinhong-system';

const listPaths = {
  deployments: `/apis/apps/v1/namespaces/${systemNamespace}/deployments`,
  secrets: `/api/v1/namespaces/${systemNamespace}/secrets`,
  configmaps: `/api/v1/namespaces/${systemNamespace}/configmaps`,
} as const;

interface List<T> {
  readonly metadata: Meta;
  readonly items: readonly T[];
}

/** Reads everything the node needs of a centre. Rejects when the centre does not answer. */
export async function readSnapshot(caller: HttpCaller): Promise<Snapshot> {
  const [deployments, secrets, configMaps] = await Promise.all([
    list<Deployment>(caller, listPaths.deployments),
    list<Secret>(caller, listPaths.secrets),
    list<ConfigMap>(caller, listPaths.configmaps),
  ]);
  return {
    deployments: deployments.items,
    secrets: new Map(secrets.items.map((item) => [item.metadata.name, item])),
    configMaps: new Map(configMaps.items.map((item) => [item.metadata.name, item])),
    versions: {
      [listPaths.deployments]: deployments.metadata.resourceVersion ?? '',
      [listPaths.secrets]: secrets.metadata.resourceVersion ?? '',
      [listPaths.configmaps]: configMaps.metadata.resourceVersion ?? '',
    },
  };
}

/** Resolves when something of a snapshot changed, a watch broke, or after about `seconds`. */
export async function waitForChange(
  caller: HttpCaller,
  snapshot: Snapshot,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const waits = Object.entries(snapshot.versions).map(([path, version]) =>
    caller.waitForBytes(`${path}?watch=true&resourceVersion=${version}&timeoutSeconds=${seconds}`, both),
  );
  await Promise.race(waits);
  stop.abort();
}

/** Asks for a token of a service account; its life may be shorter than asked. */
export async function requestToken(
  caller: HttpCaller,
  account: string,
  wish: { readonly audience: string; readonly seconds: number },
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const spec = { expirationSeconds: wish.seconds, ...(wish.audience === '' ? {} : { audiences: [wish.audience] }) };
  const answer = await caller.send({
    method: 'POST',
    path: `/api/v1/namespaces/${systemNamespace}/serviceaccounts/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  });
  if (answer.status !== 201) throw new Error(`token of ${account}: ${answer.status}`);
  const { status } = JSON.parse(answer.text) as { status: { token: string; expirationTimestamp: string } };
  return { token: status.token, expiresAt: Date.parse(status.expirationTimestamp) };
}

/** Writes the status of a Deployment (a merge patch of its status subresource). */
export async function writeStatus(caller: HttpCaller, name: string, status: DeploymentStatus): Promise<void> {
  const answer = await caller.send({
    method: 'PATCH',
    path: `${listPaths.deployments}/${name}/status?fieldManager=local-node`,
    contentType: 'application/merge-patch+json',
    body: { status },
  });
  if (answer.status !== 200 && answer.status !== 404) throw new Error(`status of ${name}: ${answer.status}`);
}

async function list<T>(caller: HttpCaller, path: string): Promise<List<T>> {
  const answer = await caller.send({ path });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  return JSON.parse(answer.text) as List<T>;
}
