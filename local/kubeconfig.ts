import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { AppError } from '../core/errors.ts';
import { centrePaths } from './centre-files.ts';
import { writeFileAtomic } from './files.ts';
import { issueCertificate, type KeyPair, readKeyPair } from './pki.ts';
import { localText } from './text.ts';

/** One context of a kubeconfig: named like the centre, its user `<user>@<centre>`. */
export interface KubeContext {
  readonly centre: string;
  readonly url: string;
  readonly ca: string;
  readonly user: string;
  readonly client: KeyPair;
}

/** A person (or program) for whom a client certificate is issued. */
export interface Person {
  readonly user: string;
  readonly groups: readonly string[];
  /** @default 30 */
  readonly days?: number;
}

/** The text of a kubeconfig with one context per entry; the first one is current. Pure. */
export function formatKubeconfig(contexts: readonly KubeContext[]): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': contexts[0]?.centre ?? '',
      clusters: contexts.map((c) => ({
        name: c.centre,
        cluster: { server: c.url, 'certificate-authority-data': base64(c.ca) },
      })),
      users: contexts.map((c) => ({
        name: `${c.user}@${c.centre}`,
        user: { 'client-certificate-data': base64(c.client.cert), 'client-key-data': base64(c.client.key) },
      })),
      contexts: contexts.map((c) => ({
        name: c.centre,
        context: { cluster: c.centre, user: `${c.user}@${c.centre}` },
      })),
    },
    { lineWidth: 0 },
  );
}

/** Writes a kubeconfig readable by its owner only; its folder is made. */
export function writeKubeconfig(file: string, contexts: readonly KubeContext[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileAtomic(file, formatKubeconfig(contexts), 0o600);
}

/**
 * Issues a client certificate of the centre in `dir` for a person: the API server reads `user` as the user name and
 * `groups` as the groups. Throws AppError `centre-not-made` when the centre has no CA yet.
 */
export async function issueClientCertificate(dir: string, person: Person): Promise<KeyPair> {
  const ca = readKeyPair(centrePaths(dir).pki, 'ca');
  if (ca === undefined) throw centreNotMade(dir);
  return issueCertificate(ca, { commonName: person.user, organizations: person.groups, days: person.days ?? 30 });
}

/** The file name part of a person's kubeconfig: the user name with everything else than letters, digits, `.`, `-` as `_`. */
export function personFile(dir: string, user: string): string {
  return join(dir, '_people', `${user.replace(/[^A-Za-z0-9.-]/g, '_')}.kubeconfig`);
}

function centreNotMade(dir: string): AppError {
  return new AppError('notFound', localText().centreNotMade(dir), {
    code: 'centre-not-made',
    hint: 'jinhong local up',
    data: { dir },
  });
}
