import { expect, it } from 'vitest';
import type { Centre } from '../../../cli/provision/centres.ts';
import { joinSite } from '../../../cli/provision/join.ts';
import { AppError } from '../../../core/errors.ts';
import type { KubeObject } from '../../../kube/types.ts';

const server = 'https://hub:6443';
const nowMs = 1_000_000_000;

/** A token of the account with this uid, half of whose life is over. */
function tokenOf(uid: string): string {
  const [iat, exp] = [nowMs / 1000 - 100, nowMs / 1000 + 100];
  const claims = { iat, exp, 'kubernetes.io': { serviceaccount: { name: 'jinhong-site', uid } } };
  return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
}

/** Joins a site that holds `token` while the account has `uid`; undefined: the account is being made. */
async function join(token: string, uid: string | undefined): Promise<{ joined: string; written: readonly string[] }> {
  const written: string[] = [];
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const data = { server: base64(server), 'ca.crt': base64('ca'), token: base64(token) };
  const management = {
    connection: { server, ca: 'ca' },
    client: {
      get: async () => {
        if (uid === undefined) throw new AppError('notFound', 'no account', { code: 'not-found' });
        return { metadata: { name: 'jinhong-site', uid } };
      },
      request: async () => ({ body: JSON.stringify({ status: { token: tokenOf('new') } }) }),
    },
  } as unknown as Centre;
  const site = {
    site: { name: 'east' },
    client: {
      get: async () => ({ data }),
      apply: async (object: KubeObject) => {
        const { token: sent = '' } = object['data'] as { token?: string };
        written.push(Buffer.from(sent, 'base64').toString('utf8'));
      },
    },
  } as unknown as Centre;
  return { joined: await joinSite(management, site, { nowMs, waitMs: 0 }), written };
}

it('a credential of the account that is there is left alone', async () => {
  expect(await join(tokenOf('one'), 'one')).toEqual({ joined: 'valid', written: [] });
});

it('a credential of an account that was made anew, or is not there yet, is replaced', async () => {
  expect(await join(tokenOf('one'), 'new')).toEqual({ joined: 'joined', written: [tokenOf('new')] });
  expect(await join(tokenOf('one'), undefined)).toEqual({ joined: 'joined', written: [tokenOf('new')] });
});
