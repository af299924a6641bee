import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type AppError, isAppError } from '../../core/errors.ts';
import { type ClientOptions, createClient, type InstrumentedClient } from '../../kube/client.ts';
import type { Connection } from '../../kube/config.ts';
import { createAuthority, issueCertificate, type KeyPair } from '../../local/pki.ts';

/**
 * A TLS HTTP/2 server that plays an API server line by line, for faults that a real one cannot be made to show. What it
 * answers is up to the test's handler.
 */
export interface FakeApi {
  readonly url: string;
  readonly ca: string;
  /** A connection with a token. */
  readonly connection: Connection;
  /** Requests so far, in order. */
  readonly requests: FakeRequest[];
  /** Connections accepted so far. */
  sessions(): number;
  /** The connections that are open. */
  open(): ServerHttp2Session[];
  /** Answers from now on. */
  handle(handler: Handler): void;
  close(): Promise<void>;
}

/** One request as it arrived. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** The ways to answer a request. */
export interface Responder {
  readonly stream: ServerHttp2Stream;
  /** A whole JSON answer; a string is sent as it is. */
  json(status: number, body: unknown, headers?: Record<string, string>): void;
  /** A Status of a refusal. */
  status(status: number, reason: string, headers?: Record<string, string>): void;
  /** Begins a watch; events are sent with `event`. */
  watch(): void;
  event(type: string, object: object): void;
  /** Bytes as they are. */
  raw(text: string): void;
  /** Ends a watch as a server does. */
  end(): void;
  /** Cuts the connection without a word. */
  cut(): void;
}

/** Answers one request. */
export type Handler = (request: FakeRequest, respond: Responder) => void | Promise<void>;

let keys: Promise<{ ca: KeyPair; server: KeyPair }> | undefined;

/** The CA and server certificate that all fakes of one process share. */
export function fakeKeys(): Promise<{ ca: KeyPair; server: KeyPair }> {
  keys ??= (async () => {
    const ca = await createAuthority('fake-ca');
    return { ca, server: await issueCertificate(ca, { commonName: 'fake', hosts: ['127.0.0.1', 'localhost'] }) };
  })();
  return keys;
}

/** Starts a fake on a free loopback port. */
export async function startFakeApi(first: Handler): Promise<FakeApi> {
  const { ca, server: pair } = await fakeKeys();
  const server = createSecureServer({ cert: pair.cert, key: pair.key, allowHTTP1: false });
  const open = new Set<ServerHttp2Session>();
  const requests: FakeRequest[] = [];
  let handler = first;
  let sessions = 0;
  server.on('session', (session) => {
    sessions += 1;
    open.add(session);
    session.on('error', () => undefined);
    session.on('close', () => open.delete(session));
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const url = new URL(String(headers[':path']), 'https://fake');
      const request: FakeRequest = {
        method: String(headers[':method']),
        path: url.pathname,
        query: url.searchParams,
        headers: headers as Record<string, string | undefined>,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(request);
      void handler(request, responderOf(stream));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    ca: ca.cert,
    connection: { name: 'fake', server: url, ca: ca.cert, token: 'token-one' },
    requests,
    sessions: () => sessions,
    open: () => [...open],
    handle(next) {
      handler = next;
    },
    close: () => closeServer(server, open),
  };
}

function responderOf(stream: ServerHttp2Stream): Responder {
  const head = (status: number, headers: Record<string, string> = {}): void => {
    if (!stream.destroyed) stream.respond({ ':status': status, 'content-type': 'application/json', ...headers });
  };
  const write = (text: string): void => {
    if (!stream.destroyed) stream.write(text);
  };
  const json: Responder['json'] = (status, body, headers) => {
    head(status, headers);
    if (!stream.destroyed) stream.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  return {
    stream,
    json,
    status(status, reason, headers) {
      json(status, { kind: 'Status', status: 'Failure', code: status, reason, message: reason }, headers);
    },
    watch: () => head(200),
    event: (type, object) => write(`${JSON.stringify({ type, object })}\n`),
    raw: write,
    end: () => stream.end(),
    cut: () => stream.session?.socket.destroy(),
  };
}

function closeServer(server: Http2SecureServer, open: Iterable<ServerHttp2Session>): Promise<void> {
  return new Promise((resolve) => {
    for (const session of [...open]) session.destroy();
    server.close(() => resolve());
  });
}

/** A ConfigMap as a server sends it. */
export function configMap(name: string, resourceVersion: string, data: Record<string, string> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion },
    data,
  };
}

/** A list of ConfigMaps as a server sends it: items without apiVersion and kind. */
export function configMapList(items: ReturnType<typeof configMap>[], resourceVersion: string, next?: string) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMapList',
    metadata: { resourceVersion, ...(next !== undefined && { continue: next }) },
    items: items.map(({ apiVersion: _, kind: __, ...rest }) => rest),
  };
}

/** A fake and a client of it; without jitter. Close the client first. */
export async function startFakeWithClient(
  handler: Handler,
  options: ClientOptions = {},
): Promise<{ api: FakeApi; client: InstrumentedClient; close: () => Promise<void> }> {
  const api = await startFakeApi(handler);
  const client = createClient(api.connection, { component: 'test', random: () => 0, ...options });
  const close = async (): Promise<void> => {
    await client.close();
    await api.close();
  };
  return { api, client, close };
}

/** Plays the handlers one after another, one per request; the last one again and again. */
export function inTurn(...handlers: Handler[]): Handler {
  let turn = 0;
  return (request, respond) => {
    const handler = handlers[Math.min(turn, handlers.length - 1)];
    turn += 1;
    return handler?.(request, respond);
  };
}

/** The AppError with which a promise rejects; anything else fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isAppError(error)) throw new Error('an AppError was expected', { cause: error });
  return error;
}
