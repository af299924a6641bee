import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatKubeconfig, personFile, writeKubeconfig } from '../../local/kubeconfig.ts';
import { createAuthority, ensureKeyPair, issueCertificate } from '../../local/pki.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-pki-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a client certificate carries user and groups, is signed by the CA, and serves no host', async () => {
  const ca = await createAuthority('test ca');
  const client = new X509Certificate(
    (await issueCertificate(ca, { commonName: 'li.wei', organizations: ['a', 'b'] })).cert,
  );
  const authority = new X509Certificate(ca.cert);
  expect(client.verify(authority.publicKey)).toBe(true);
  expect(client.subject.split('\n').sort()).toEqual(['CN=li.wei', 'O=a', 'O=b']);
  expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(client.ca).toBe(false);
  expect(authority.ca).toBe(true);
});

test('a server certificate names its hosts and addresses', async () => {
  const ca = await createAuthority('test ca');
  const server = new X509Certificate(
    (await issueCertificate(ca, { commonName: 'api', hosts: ['localhost', '127.0.0.1'] })).cert,
  );
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(server.checkHost('localhost')).toBe('localhost');
  expect(server.checkHost('example.org')).toBeUndefined();
});

test('a stored pair is kept; one about to expire, or cut off half-way, is made anew', async () => {
  const ca = await createAuthority('test ca');
  let made = 0;
  const make = (days: number) => () => {
    made += 1;
    return issueCertificate(ca, { commonName: 'x', days });
  };
  const first = await ensureKeyPair(dir, 'x', make(10));
  const second = await ensureKeyPair(dir, 'x', make(365));
  expect(second).not.toEqual(first);
  expect(await ensureKeyPair(dir, 'x', make(365))).toEqual(second);
  writeFileSync(join(dir, 'x.key'), first.key);
  await ensureKeyPair(dir, 'x', make(365));
  expect(made).toBe(3);
  expect(statSync(join(dir, 'x.key')).mode & 0o777).toBe(0o600);
});

test('a kubeconfig has a context per centre, named like it, and is for its owner only', () => {
  const client = { cert: 'C', key: 'K' };
  const contexts = ['one', 'two'].map((centre, at) => ({
    centre,
    url: `https://127.0.0.1:${at}`,
    ca: 'CA',
    user: 'li.wei',
    client,
  }));
  const file = personFile(dir, 'li wei/../x');
  expect(file).toBe(join(dir, '_people', 'li_wei_.._x.kubeconfig'));
  writeKubeconfig(file, contexts);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const config = parse(readFileSync(file, 'utf8'));
  expect(config).toEqual(parse(formatKubeconfig(contexts)));
  expect(config['current-context']).toBe('one');
  expect(config.contexts.map((entry: { name: string }) => entry.name)).toEqual(['one', 'two']);
  expect(config.contexts[1].context).toEqual({ cluster: 'two', user: 'li.wei@two' });
});
