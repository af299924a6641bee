import { type ClientHttp2Session, connect } from 'node:http2';
import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AppError } from '../core/errors.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './config.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import type { Log } from './types.ts';

/**
 * Keeps the one HTTP/2 connection to an API server: opens it when needed, replaces it after GOAWAY, an error, or a
 * renewed client certificate, and ends it when the peer has gone silent. A connection that is being replaced lives on
 * only until its last call is done.
 */
export interface SessionKeeper {
  /** The live connection, or a new one. Many callers share one attempt. @throws unreachable, input (credentials) */
  open(credentials: Credentials): Promise<ClientHttp2Session>;
  /** The streams that the server allows at once, as far as known. */
  streamLimit(): number;
  /** Connections opened so far. */
  opened(): number;
  close(): Promise<void>;
}

/** Times and ports of a keeper. */
export interface SessionOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly credentials: CredentialSource;
  readonly connectTimeoutMs: number;
  /** A connection on which nothing arrives for one to two of these is pinged; one more without an answer ends it. */
  readonly pingIntervalMs: number;
}

/** Receive windows: one large list or many watches must not wait for window updates (default is 64 KiB for all). */
const streamWindowBytes = 1 << 22;
const sessionWindowBytes = 1 << 25;
/** kube-apiserver's limit of streams per connection; held until its settings arrive. */
const streamsBeforeSettings = 100;

interface Live {
  readonly session: ClientHttp2Session;
  readonly credentials: Credentials;
}

/** See SessionKeeper. */
export function createSessionKeeper(connection: Connection, options: SessionOptions): SessionKeeper {
  let live: Live | undefined;
  let opening: Promise<ClientHttp2Session> | undefined;
  let opened = 0;
  const all = new Set<ClientHttp2Session>();

  const start = async (credentials: Credentials): Promise<ClientHttp2Session> => {
    const session = await openSession(connection, credentials, options);
    opened += 1;
    all.add(session);
    session.once('close', () => {
      all.delete(session);
      if (live?.session === session) live = undefined;
    });
    live?.session.close();
    live = { session, credentials };
    return session;
  };

  return {
    open(credentials) {
      if (live !== undefined && usable(live, credentials)) return Promise.resolve(live.session);
      opening ??= start(credentials).finally(() => {
        opening = undefined;
      });
      return opening;
    },
    streamLimit: () => live?.session.remoteSettings?.maxConcurrentStreams ?? streamsBeforeSettings,
    opened: () => opened,
    async close() {
      await opening?.catch(() => undefined);
      await Promise.all([...all].map(endSession));
    },
  };
}

function usable({ session, credentials }: Live, wanted: Credentials): boolean {
  if (session.closed || session.destroyed) return false;
  return credentials.cert === wanted.cert && credentials.key === wanted.key;
}

function endSession(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    if (session.destroyed) resolve();
    else {
      session.once('close', () => resolve());
      session.destroy();
    }
  });
}

async function openSession(
  connection: Connection,
  credentials: Credentials,
  options: SessionOptions,
): Promise<ClientHttp2Session> {
  const socket = startTls(connection, credentials);
  await secured(socket, connection, options);
  const session = connect(connection.server, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: streamWindowBytes },
    maxSessionMemory: 256,
  });
  // An error of a session also ends its streams, whose callers hear of it; here it must only not be unhandled.
  session.on('error', (error) => {
    options.log.debug({ server: connection.name, code: codeOf(error) }, 'connection ended with an error');
  });
  await new Promise((resolve) => session.once('connect', resolve).once('close', resolve));
  if (session.destroyed) {
    throw new AppError('unreachable', `${connection.name}: the connection ended at once.`, { code: 'connection-lost' });
  }
  session.setLocalWindowSize(sessionWindowBytes);
  watchPeer(session, socket, connection.name, options);
  return session;
}

function startTls(connection: Connection, credentials: Credentials): TLSSocket {
  const url = new URL(connection.server);
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  const serverName = connection.tlsServerName ?? host;
  try {
    const socket = connectTls({
      host,
      port: Number(url.port || 443),
      ALPNProtocols: ['h2'],
      ...(connection.ca !== undefined && { ca: connection.ca }),
      ...(credentials.cert !== undefined && { cert: credentials.cert }),
      ...(credentials.key !== undefined && { key: credentials.key }),
      ...(isIP(serverName) === 0 && { servername: serverName }),
    });
    socket.setNoDelay(true);
    return socket;
  } catch (cause) {
    throw new AppError('input', `${connection.name}: the client certificate, key or CA cannot be used.`, {
      code: 'credentials-invalid',
      cause,
    });
  }
}

/** Waits for the handshake. The socket is ended on failure and on timeout. */
function secured(socket: TLSSocket, connection: Connection, options: SessionOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, code: string, cause?: unknown): void => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      const message = `${connection.name} (${connection.server}): ${why}`;
      reject(new AppError('unreachable', message, { code, data: { server: connection.name }, cause }));
    };
    const cancel = options.clock.after(options.connectTimeoutMs, () =>
      fail(`no connection within ${options.connectTimeoutMs / 1000} s`, 'connect-timeout'),
    );
    const onError = (error: Error): void => fail(...describe(error), error);
    const onEnd = (): void => fail('the connection was closed while it was being set up', 'connection-lost');
    const onSecure = (): void => {
      if (socket.alpnProtocol !== 'h2') fail('the server does not speak HTTP/2', 'no-http2');
      else {
        settle();
        resolve();
      }
    };
    const settle = (): void => {
      cancel();
      socket.off('error', onError).off('close', onEnd).off('secureConnect', onSecure);
    };
    socket.on('error', onError).on('close', onEnd).on('secureConnect', onSecure);
  });
}

function describe(error: Error): [why: string, code: string] {
  const code = codeOf(error);
  if (/^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_)/u.test(code)) {
    return [`the server's certificate is not accepted (${code})`, 'certificate-refused'];
  }
  if (code.includes('NO_APPLICATION_PROTOCOL')) return ['the server does not speak HTTP/2', 'no-http2'];
  return [`no connection (${code})`, 'unreachable'];
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

/**
 * Ends a session whose peer is silent. A tick that came late (the process was stopped, or busy) proves nothing about
 * the peer, so it only starts the count again.
 */
function watchPeer(session: ClientHttp2Session, socket: TLSSocket, name: string, options: SessionOptions): void {
  const { clock, pingIntervalMs } = options;
  let seenBytes = socket.bytesRead;
  let pinged = false;
  let lastTickMs = clock.monotonic();
  let cancel = (): void => undefined;
  const tick = (): void => {
    // Destroyed, but its `close` event is still to come: a ping would throw.
    if (session.destroyed) return;
    const nowMs = clock.monotonic();
    const late = nowMs - lastTickMs > 1.5 * pingIntervalMs;
    lastTickMs = nowMs;
    if (socket.bytesRead !== seenBytes || late) {
      seenBytes = socket.bytesRead;
      pinged = false;
    } else if (pinged) {
      options.log.warn({ server: name }, 'connection is silent, opening another');
      session.destroy(new AppError('unreachable', `${name} stopped answering.`, { code: 'silent' }));
      return;
    } else if (!session.closed) {
      pinged = session.ping(() => undefined);
    }
    cancel = clock.after(pingIntervalMs, tick);
  };
  cancel = clock.after(pingIntervalMs, tick);
  session.once('close', () => cancel());
}
