import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { binaryPath } from '../../../local/binaries.ts';
import { HttpCaller } from '../../../local/http.ts';
import { adminOf, auditLogOf, clientFor, kubeconfigFor, uniqueName, until } from '../../support/centre.ts';

const run = promisify(execFile);
const centre = inject('centre');
const admin = new HttpCaller({ url: centre.url, ca: centre.ca, client: adminOf(centre) });

test('a person is known by the user name and groups of the certificate, and has no rights of their own', async () => {
  const client = await clientFor(centre, 'kate', ['finance-admins', 'finance-staff']);
  const kate = new HttpCaller({ url: centre.url, ca: centre.ca, client });
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const who = await kate.send({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: review,
  });
  const { userInfo } = JSON.parse(who.text).status;
  expect(userInfo.username).toBe('kate');
  expect(userInfo.groups).toEqual(expect.arrayContaining(['finance-admins', 'finance-staff']));
  expect((await kate.send({ path: '/api/v1/namespaces' })).status).toBe(403);
  kate.close();
});

test('a kubeconfig for a person works with kubectl and is readable by its owner only', async () => {
  const file = await kubeconfigFor([centre], 'li.wei', ['duty']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const kubectl = await binaryPath('kubectl');
  const args = ['--kubeconfig', file, '--context', centre.name, 'auth', 'whoami', '-o', 'json'];
  const { stdout } = await run(kubectl, args);
  expect(JSON.parse(stdout).status.userInfo.username).toBe('li.wei');
});

test('anonymous requests are refused', async () => {
  const bare = new HttpCaller({ url: centre.url, ca: centre.ca, client: { cert: '', key: '' } });
  expect((await bare.send({ path: '/readyz' })).status).toBe(401);
  bare.close();
});

test('the loops that a centre needs run: a new namespace gets its service account and CA, and goes when deleted', async () => {
  const name = uniqueName('loops');
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  expect((await admin.send({ method: 'POST', path: '/api/v1/namespaces', body })).status).toBe(201);
  const has = async (path: string): Promise<boolean> => (await admin.send({ path })).status === 200;
  await until('service account', () => has(`/api/v1/namespaces/${name}/serviceaccounts/default`));
  await until('CA', () => has(`/api/v1/namespaces/${name}/configmaps/kube-root-ca.crt`));
  await admin.send({ method: 'DELETE', path: `/api/v1/namespaces/${name}` });
  await until('removal', async () => (await admin.send({ path: `/api/v1/namespaces/${name}` })).status === 404);
});

test('the audit log has a line at metadata level for a write, with the name of its user', async () => {
  const name = uniqueName('audited');
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { secret: 'never-logged' } };
  await admin.send({ method: 'POST', path: '/api/v1/namespaces/default/configmaps', body });
  const line = await until('line', () =>
    readFileSync(auditLogOf(centre), 'utf8')
      .split('\n')
      .find((entry) => entry.includes(`"name":"${name}"`) && entry.includes('"verb":"create"')),
  );
  const event = JSON.parse(line);
  expect(event.level).toBe('Metadata');
  expect(event.user.username).toBe('local-admin');
  expect(line).not.toContain('never-logged');
});

test('a Service gets an address of the loopback range, so a process can bind it', async () => {
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: uniqueName('svc') },
    spec: { ports: [{ port: 80 }] },
  };
  const answer = await admin.send({ method: 'POST', path: '/api/v1/namespaces/default/services', body });
  expect(JSON.parse(answer.text).spec.clusterIP).toMatch(/^127\.60\./);
});
