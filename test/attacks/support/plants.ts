/** What the two tenants have before the attacks: the proof that honest work passes, and something to attack. */
import type { KubeObject } from '../../../kube/types.ts';
import { messageOf } from './refusal.ts';
import type { Stage } from './stage.ts';

const image = 'registry.testcity.example/app:1.0';

/** A container that pod security and the rules allow. Pure. */
export function goodContainer(name = 'main', more: object = {}): Record<string, unknown> {
  return {
    name,
    image,
    imagePullPolicy: 'Always',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '20m', memory: '32Mi' } },
    ...more,
  };
}

/** The spec of a Pod that is allowed; `more` wins. Pure. */
export function goodPodSpec(more: object = {}): Record<string, unknown> {
  return {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [goodContainer()],
    ...more,
  };
}

const rbac = 'rbac.authorization.k8s.io';

/** The collection in which an object lies, for the kinds of the tests. Pure. */
export function collectionOf(object: { apiVersion: string; kind: string }, namespace: string): string {
  const base = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const kind = object.kind.toLowerCase();
  const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : kind === 'endpoints' ? kind : `${kind}s`;
  return `${base}/namespaces/${namespace}/${plural}`;
}

/** What a member with the role `admin` makes in an honest day. Pure. */
export function honestObjects(namespace: string): KubeObject[] {
  const labels = { app: 'web' };
  const metadata = (name: string) => ({ name, namespace });
  const staff = [{ kind: 'Group', apiGroup: rbac, name: 'alpha-staff' }];
  const template = { metadata: { labels }, spec: goodPodSpec() };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('settings'), data: { colour: 'blue' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('password'), stringData: { password: 'blue' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('worker') },
    { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata('web'), labels }, spec: goodPodSpec() },
    { apiVersion: 'v1', kind: 'Service', metadata: metadata('web'), spec: { selector: labels, ports: [{ port: 80 }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata('web'),
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: metadata('inner'),
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: labels } }] }] },
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: metadata('staff'),
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'jinhong:tenant-view' },
      subjects: staff,
    },
  ];
}

/** The honest objects, made by the member with the role `admin`: rules that refused them would prove nothing. */
export async function plantOwn(stage: Stage): Promise<void> {
  await Promise.all(
    honestObjects(stage.own).map(async (object) => {
      const path = collectionOf(object, stage.own);
      const { status, text } = await stage.wire('admin').send({ method: 'POST', path, body: object });
      if (status >= 400 && status !== 409) throw new Error(`honest ${object.kind}: ${status} ${messageOf(text)}`);
    }),
  );
}

/** A ConfigMap, a Secret and a Service of the victim, made by the platform since the victim may be on standby here. */
export async function plantVictim(stage: Stage): Promise<void> {
  const metadata = (name: string) => ({ name, namespace: stage.victim });
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('target'), data: { secret: 'no' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('target'), stringData: { password: 'victim' } },
    { apiVersion: 'v1', kind: 'Service', metadata: metadata('target'), spec: { ports: [{ port: 80 }] } },
  ];
  await Promise.all(
    objects.map(async (body) => {
      const path = collectionOf(body, stage.victim);
      const { status, text } = await stage.root().send({ method: 'POST', path, body });
      if (status >= 400 && status !== 409) throw new Error(`victim's ${body.kind}: ${status} ${messageOf(text)}`);
    }),
  );
}
