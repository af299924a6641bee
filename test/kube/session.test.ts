import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../../kube/client.ts';
import type { Connection } from '../../kube/config.ts';
import { resources } from '../../kube/resource.ts';
import { createAuthority, issueCertificate } from '../../local/pki.ts';
import { until } from '../support/centre.ts';
import { errorOf, fakeKeys, type Handler, startFakeApi } from '../support/fake-api.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ref = { namespace: 'default', name: 'one' };
const ok: Handler = (_, respond) => respond.json(200, {});

async function startApi(handler: Handler) {
  const api = await startFakeApi(handler);
  closers.push(() => api.close());
  return api;
}

function clientOf(connection: Connection, options = {}) {
  const client = createClient(connection, { random: () => 0, ...options });
  closers.push(() => client.close());
  return client;
}

describe('the one connection', () => {
  it('after GOAWAY, calls under way end on the old connection and new ones use another', async () => {
    let finish = (): void => undefined;
    const api = await startApi((request, respond) => {
      if (request.path.endsWith('/slow')) finish = () => respond.json(200, { slow: true });
      else respond.json(200, {});
    });
    const client = clientOf(api.connection);
    const slow = client.get(resources.configMap, { ...ref, name: 'slow' });
    await client.get(resources.configMap, ref);
    api.open()[0]?.goaway(0);
    await until('another connection', async () => {
      await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: ref });
      return client.connections() === 2;
    });
    finish();
    expect(await slow).toEqual({ slow: true });
    await until('the old connection to end', () => api.open().length === 1);
  });

  it('a server that comes back on the same address is used again', async () => {
    const api = await startApi(ok);
    const client = clientOf(api.connection);
    await client.get(resources.configMap, ref);
    for (const session of api.open()) session.destroy();
    await client.get(resources.configMap, ref);
    expect(client.connections()).toBe(2);
  });

  it('a peer that goes silent without closing is noticed, and a read goes on over another connection', async () => {
    const api = await startApi(ok);
    const relay = await startRelay(api.url);
    const client = clientOf({ ...api.connection, server: relay.url }, { pingIntervalMs: 100 });
    await client.get(resources.configMap, ref);
    relay.freeze();
    const startedMs = performance.now();
    const reading = client.get(resources.configMap, ref);
    setTimeout(() => relay.thawForNew(), 50);
    await reading;
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(client.connections()).toBe(2);
  });

  it('a quiet but living peer is kept', async () => {
    const api = await startApi(ok);
    const client = clientOf(api.connection, { pingIntervalMs: 30 });
    await client.get(resources.configMap, ref);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await client.get(resources.configMap, ref);
    expect(client.connections()).toBe(1);
  });

  it('many calls at a dead address share the attempts to connect', async () => {
    const api = await startApi(ok);
    await api.close();
    const client = clientOf(api.connection, { maxAttempts: 2 });
    const errors = await Promise.all(Array.from({ length: 20 }, () => errorOf(client.get(resources.configMap, ref))));
    expect(new Set(errors.map((error) => `${error.kind} ${error.code}`))).toEqual(new Set(['unreachable unreachable']));
  });

  it('a server that accepts and says nothing ends the attempt in time', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = clientOf({ name: 'mute', server: url }, { connectTimeoutMs: 200, maxAttempts: 1 });
    expect((await errorOf(client.get(resources.configMap, ref))).code).toBe('connect-timeout');
    const brief = clientOf({ name: 'mute', server: url }, { connectTimeoutMs: 2_000, timeoutMs: 100 });
    const startedMs = performance.now();
    expect((await errorOf(brief.get(resources.configMap, ref))).code).toBe('request-timeout');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe('whom the client trusts', () => {
  it('a server with a certificate of another authority is refused', async () => {
    const api = await startApi(ok);
    const other = await createAuthority('other');
    const error = await errorOf(clientOf({ ...api.connection, ca: other.cert }).get(resources.configMap, ref));
    expect([error.kind, error.code]).toEqual(['unreachable', 'certificate-refused']);
    expect(api.requests).toHaveLength(0);
  });

  it('a server whose certificate names another host is refused', async () => {
    const api = await startApi(ok);
    const client = clientOf({ ...api.connection, tlsServerName: 'elsewhere.example' });
    expect((await errorOf(client.get(resources.configMap, ref))).code).toBe('certificate-refused');
  });

  it('a server that only speaks HTTP/1.1 is refused', async () => {
    const { ca, server: pair } = await fakeKeys();
    const server = createTlsServer({ cert: pair.cert, key: pair.key, ALPNProtocols: ['http/1.1'] });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = clientOf({ name: 'old', server: url, ca: ca.cert }, { maxAttempts: 1 });
    expect((await errorOf(client.get(resources.configMap, ref))).code).toBe('no-http2');
  });
});

describe('credentials in files', () => {
  it('a token that is replaced in its file is used after the refresh time', async () => {
    const api = await startApi(ok);
    const file = join(tempDir(), 'token');
    writeFileSync(file, 'first\n');
    const { token: _, ...connection } = api.connection;
    const client = clientOf({ ...connection, tokenFile: file }, { credentialRefreshMs: 50 });
    await client.get(resources.configMap, ref);
    writeFileSync(file, '');
    await new Promise((resolve) => setTimeout(resolve, 80));
    await client.get(resources.configMap, ref);
    writeFileSync(file, 'second\n');
    await new Promise((resolve) => setTimeout(resolve, 80));
    await client.get(resources.configMap, ref);
    const tokens = api.requests.map((request) => request.headers['authorization']);
    expect(tokens).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
    expect(client.connections()).toBe(1);
  });

  it('a refused token is read again at once, and the call is sent once more if it changed', async () => {
    const file = join(tempDir(), 'token');
    writeFileSync(file, 'old');
    const api = await startApi((request, respond) => {
      if (request.headers['authorization'] === 'Bearer new') respond.json(200, {});
      else {
        writeFileSync(file, 'new');
        respond.status(401, 'Unauthorized');
      }
    });
    const { token: _, ...connection } = api.connection;
    const client = clientOf({ ...connection, tokenFile: file }, { credentialRefreshMs: 3_600_000 });
    await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: ref });
    expect(api.requests).toHaveLength(2);
  });

  it('a refused token that did not change is an error after one attempt', async () => {
    const api = await startApi((_, respond) => respond.status(401, 'Unauthorized'));
    const error = await errorOf(clientOf(api.connection).get(resources.configMap, ref));
    expect(error.code).toBe('not-signed-in');
    expect(api.requests).toHaveLength(1);
  });

  it('a renewed client certificate opens another connection, and the old one ends', async () => {
    const api = await startApi(ok);
    const dir = tempDir();
    const files = { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key') };
    const { ca } = await fakeKeys();
    const renew = async (): Promise<void> => {
      const pair = await issueCertificate(ca, { commonName: 'someone' });
      writeFileSync(files.certFile, pair.cert);
      writeFileSync(files.keyFile, pair.key);
    };
    await renew();
    const client = clientOf({ ...api.connection, ...files }, { credentialRefreshMs: 0 });
    await client.get(resources.configMap, ref);
    await client.get(resources.configMap, ref);
    expect(client.connections()).toBe(1);
    await renew();
    await client.get(resources.configMap, ref);
    expect(client.connections()).toBe(2);
    await until('the old connection to end', () => api.open().length === 1);
  });
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'jinhong-test-'));
  closers.push(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A TCP relay that can stop passing bytes without closing anything. */
async function startRelay(target: string) {
  const port = Number(new URL(target).port);
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let frozen = false;
  const server = createServer((near) => {
    const far = createConnection(port, '127.0.0.1');
    pairs.add({ near, far });
    for (const socket of [near, far]) socket.on('error', () => undefined);
    if (frozen) near.pause();
    else {
      near.pipe(far);
      far.pipe(near);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
    server.close();
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze() {
      frozen = true;
      for (const { near, far } of pairs) {
        near.unpipe(far);
        far.unpipe(near);
      }
    },
    thawForNew() {
      frozen = false;
    },
  };
}
