import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { centrePaths } from './centre-files.ts';
import { writeFileAtomic } from './files.ts';
import { createAuthority, createTokenKey, ensureKeyPair, issueCertificate, type KeyPair } from './pki.ts';

/** User names of the certificates that a centre's own processes and the operator of the local cloud use. */
export const centreUsers = {
  admin: 'local-admin',
  /** The stand-in for the kubelet; an own name, so that the audit log tells it from a person. */
  node: 'local-node',
  controllers: 'system:kube-controller-manager',
} as const;

/**
 * Makes what is missing or about to expire of a centre's keys: two CAs (one for the API and its callers, one for etcd,
 * so that a person's certificate opens nothing there), the leaf certificates, and the key of service account tokens.
 */
export async function ensureCentrePki(dir: string, name: string, serviceAddress: string): Promise<void> {
  const { pki } = centrePaths(dir);
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const ca = await ensureKeyPair(pki, 'ca', () => createAuthority(`${name} local ca`));
  const etcdCa = await ensureKeyPair(pki, 'etcd-ca', () => createAuthority(`${name} local etcd ca`));
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  const hosts = ['127.0.0.1', 'localhost'];
  const leaf = (file: string, by: KeyPair, request: Parameters<typeof issueCertificate>[1]): Promise<KeyPair> =>
    ensureKeyPair(pki, file, () => issueCertificate(by, request));
  const masters = ['system:masters'];
  await Promise.all([
    leaf('etcd', etcdCa, { commonName: 'etcd', hosts, bothWays: true }),
    leaf('etcd-client', etcdCa, { commonName: 'kube-apiserver' }),
    leaf('apiserver', ca, {
      commonName: 'kube-apiserver',
      hosts: [...hosts, `${name}.localhost`, ...names, serviceAddress],
    }),
    leaf('controllers-server', ca, { commonName: 'kube-controller-manager', hosts }),
    leaf('controllers', ca, { commonName: centreUsers.controllers }),
    leaf('admin', ca, { commonName: centreUsers.admin, organizations: masters }),
    leaf('node', ca, { commonName: centreUsers.node, organizations: masters }),
  ]);
  await ensureTokenKey(pki);
}

/** The CA certificate of the centre in `dir`, PEM. */
export function readCentreCa(dir: string): string {
  return readFileSync(join(centrePaths(dir).pki, 'ca.crt'), 'utf8');
}

async function ensureTokenKey(pki: string): Promise<void> {
  const privateFile = join(pki, 'sa.key');
  const publicFile = join(pki, 'sa.pub');
  if (existsSync(privateFile) && existsSync(publicFile)) return;
  const keys = await createTokenKey();
  // The public half last: its presence says that the pair is whole.
  writeFileAtomic(privateFile, keys.privateKey, 0o600);
  writeFileAtomic(publicFile, keys.publicKey, 0o644);
}
