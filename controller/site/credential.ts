import { createHash } from 'node:crypto';
import { z } from 'zod';
import { managementCredential } from '../../core/access/site.ts';
import { AppError } from '../../core/errors.ts';
import { managers, namespaces } from '../../core/model/names.ts';
import type { Connection } from '../../kube/config.ts';
import { ifFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';

/** With what a site reaches the management centre; made by `jinhong site join`. */
export interface Credential {
  readonly connection: Connection;
  /** Changes with any part of it; no secret can be read from it. */
  readonly fingerprint: string;
  /** Life of the token in epoch milliseconds; undefined when it does not say. */
  readonly life: { readonly fromMs: number; readonly untilMs: number } | undefined;
}

const ref = { namespace: namespaces.system, name: managementCredential };

/**
 * The credential in the Secret, or undefined when the site has not joined yet.
 * @throws input `credential-invalid` when a part is missing; as the client
 */
export async function readCredential(client: KubeClient): Promise<Credential | undefined> {
  const secret = await ifFound(client.get(resources.secret, ref));
  if (secret === undefined) return undefined;
  const part = (name: string): string => {
    const encoded = (secret['data'] as Record<string, string> | undefined)?.[name] ?? '';
    const text = Buffer.from(encoded, 'base64').toString('utf8').trim();
    if (text !== '') return text;
    throw new AppError('input', `The Secret ${ref.namespace}/${ref.name} has no ${name}.`, {
      code: 'credential-invalid',
      hint: 'Run `jinhong site join` for this site.',
    });
  };
  const [server, ca, token] = [part('server'), part('ca.crt'), part('token')];
  return {
    connection: { name: 'management', server, ca, token },
    fingerprint: createHash('sha256').update([server, ca, token].join('\n')).digest('base64url'),
    life: lifeOf(token),
  };
}

const claims = z.looseObject({ iat: z.number(), exp: z.number() });

/** When a service account token was made and when it ends, by its own claims. Pure. */
export function lifeOf(token: string): Credential['life'] {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const { iat, exp } = claims.parse(payload);
    return { fromMs: iat * 1000, untilMs: exp * 1000 };
  } catch {
    return undefined;
  }
}

/**
 * Length of the tokens that a site asks for. It must outlive the longest outage of the management centre that is planned
 * for: a token is renewed after a twentieth of its life, so at least 85 days remain when the centre goes away.
 */
const tokenSeconds = 90 * 86_400;
const renewAfter = 1 / 20;

/** Whether it is time for a new token: early enough to bridge an outage, late enough to be rare. Pure. */
export function isRenewalDue(life: NonNullable<Credential['life']>, nowMs: number): boolean {
  return nowMs >= life.fromMs + (life.untilMs - life.fromMs) * renewAfter;
}

const reply = z.looseObject({ status: z.looseObject({ token: z.string().min(1) }) });

/**
 * Asks the management centre for a new token of the site's own account and stores it in the Secret, from where it is taken
 * into use like any other. The old one goes on working until its end. @throws as the clients
 */
export async function renewToken(management: KubeClient, local: KubeClient, account: AccountRef): Promise<void> {
  const path = `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: tokenSeconds },
  };
  const answer = await management.request('POST', path, { body });
  const { token } = reply.parse(JSON.parse(answer.body)).status;
  const data = { token: Buffer.from(token, 'utf8').toString('base64') };
  await local.patch(resources.secret, ref, { data }, { type: 'merge', fieldManager: managers.site, idempotent: true });
}

/** A ServiceAccount in the management centre. */
export interface AccountRef {
  readonly namespace: string;
  readonly name: string;
}
