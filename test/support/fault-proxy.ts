import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { type Chunks, collectChunks } from '../../kube/chunks.ts';
import { systemClock } from '../../kube/clock.ts';
import type { Connection } from '../../kube/config.ts';
import { createCredentials } from '../../kube/credentials.ts';
import { fakeKeys } from './fake-api.ts';

/**
 * A TLS HTTP/2 proxy in front of a real API server that misbehaves as a test tells it to. Whoever comes through it is,
 * for the server, the user of the proxy's own certificate; a bearer token is passed through.
 */
export interface FaultProxy {
  /** How to reach the server through the proxy. */
  readonly connection: Connection;
  /** Calls so far, in order of arrival. */
  readonly calls: ProxyCall[];
  /** Decides about each call from now on; undefined passes it on unchanged. */
  rule(rule: Rule): void;
  /** Cuts all connections to clients. */
  cut(): void;
  /** Connections that clients opened so far. */
  sessions(): number;
  close(): Promise<void>;
}

/** One call as it arrived. */
export interface ProxyCall {
  /** From 1. */
  readonly number: number;
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'other';
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly body: string;
  /** How many calls with the same verb, kind, namespace and name came before. */
  readonly before: number;
}

/** An answer to pass on. */
export interface ProxyAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What to do with one line of a watch: pass on these lines instead, or end the watch in some way. */
export type LineVerdict = readonly string[] | 'cut' | 'stall' | 'end';

/** What goes wrong with a call. All parts are optional and work together. */
export interface Fault {
  /** Before the server is asked. */
  readonly before?: () => void | Promise<void>;
  /** Answer this; the server is not asked. */
  readonly answer?: { readonly status: number; readonly reason?: string; readonly headers?: Record<string, string> };
  /** Once the server has answered, before the client hears of it. */
  readonly after?: () => void | Promise<void>;
  /** `before`: cut the connection without asking the server; `after`: the server did it, but the answer is lost. */
  readonly cut?: 'before' | 'after';
  /** As `cut`, but nothing more is said instead. */
  readonly stall?: 'before' | 'after';
  /** Changes the whole answer. */
  readonly edit?: (answer: ProxyAnswer) => ProxyAnswer;
  /** Decides about each line of a watch, the next one only once it has; `index` from 0. */
  readonly line?: (line: string, index: number) => LineVerdict | Promise<LineVerdict>;
}

/** Decides what goes wrong with a call. */
export type Rule = (call: ProxyCall) => Fault | undefined;

interface State {
  readonly upstream: Connection;
  readonly calls: ProxyCall[];
  readonly seen: Map<string, number>;
  rule: Rule;
  session: Promise<ClientHttp2Session> | undefined;
}

/** Starts a proxy in front of `upstream` on a free loopback port. */
export async function startFaultProxy(upstream: Connection): Promise<FaultProxy> {
  const { ca, server: pair } = await fakeKeys();
  const state: State = { upstream, calls: [], seen: new Map(), rule: () => undefined, session: undefined };
  const server = createSecureServer({ cert: pair.cert, key: pair.key });
  const open = new Set<ServerHttp2Session>();
  let sessions = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('session', (session) => {
    sessions += 1;
    open.add(session);
    session.on('error', () => undefined);
    session.on('close', () => open.delete(session));
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    // What fails between proxy and server is for the client as if the server had cut the connection.
    serve(state, stream, headers).catch(() => stream.session?.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    connection: {
      name: 'proxy',
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ca: ca.cert,
    },
    calls: state.calls,
    rule(rule) {
      state.rule = rule;
    },
    cut,
    sessions: () => sessions,
    async close() {
      (await state.session)?.destroy();
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function serve(state: State, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const call = describeCall(state, headers, Buffer.concat(chunks).toString('utf8'));
  state.calls.push(call);
  const fault = state.rule(call) ?? {};
  await fault.before?.();
  if (fault.stall === 'before') return;
  if (fault.cut === 'before') return cutClient(stream);
  if (fault.answer !== undefined) return answerWith(stream, refusal(fault.answer));
  const asked = await ask(state, headers, call);
  const status = Number(asked.headers[':status']);
  stream.on('close', () => asked.stream.close());
  if (call.verb === 'watch' && status < 400) return passWatch(stream, asked.body, fault);
  const body = await asked.body.whole();
  await fault.after?.();
  if (fault.stall === 'after') return;
  if (fault.cut === 'after') return cutClient(stream);
  const answered = { status, headers: plain(asked.headers) };
  // Not every answer is text: what is not edited goes on byte by byte.
  if (fault.edit === undefined) answerWith(stream, { ...answered, body });
  else answerWith(stream, fault.edit({ ...answered, body: body.toString('utf8') }));
}

function describeCall(state: State, headers: IncomingHttpHeaders, body: string): ProxyCall {
  const url = new URL(String(headers[':path']), 'https://proxy');
  const method = String(headers[':method']);
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const rest = parts[0] === 'api' ? parts.slice(2) : parts[0] === 'apis' ? parts.slice(3) : [];
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = '', name] = inNamespace ? rest.slice(2) : rest;
  const verb = verbOf(method, name, url.searchParams, plural);
  const key = [verb, plural, inNamespace ? rest[1] : '', name].join(' ');
  const before = state.seen.get(key) ?? 0;
  state.seen.set(key, before + 1);
  return {
    number: state.calls.length + 1,
    verb,
    method,
    path: url.pathname,
    query: url.searchParams,
    plural,
    namespace: inNamespace ? rest[1] : undefined,
    name,
    body,
    before,
  };
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams, plural: string): ProxyCall['verb'] {
  if (plural === '') return 'other';
  if (query.get('watch') === 'true') return 'watch';
  if (method === 'GET') return name === undefined ? 'list' : 'get';
  const verbs = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;
  return verbs[method as keyof typeof verbs] ?? 'other';
}

type Asked = { headers: IncomingHttpHeaders; stream: ClientHttp2Stream; body: Chunks };

async function ask(state: State, headers: IncomingHttpHeaders, call: ProxyCall): Promise<Asked> {
  const { ':authority': _, ':scheme': __, ...rest } = headers;
  const session = await upstreamSession(state);
  const stream = session.request(rest, { endStream: call.body === '' });
  if (call.body !== '') stream.end(call.body);
  return new Promise((resolve, reject) => {
    stream.once('response', (headers) => resolve({ headers, stream, body: collectChunks(stream) }));
    stream.once('error', reject).once('close', () => reject(new Error('the server ended the call')));
  });
}

/** The one connection to the server; another when it has ended. */
async function upstreamSession(state: State): Promise<ClientHttp2Session> {
  state.session ??= connectUpstream(state.upstream);
  const known = state.session;
  const session = await known;
  if (!session.closed && !session.destroyed) return session;
  if (state.session === known) state.session = undefined;
  return upstreamSession(state);
}

async function connectUpstream(upstream: Connection): Promise<ClientHttp2Session> {
  const { server, ca } = upstream;
  const { cert, key } = await createCredentials(upstream, { clock: systemClock }).current();
  const session = connect(server, {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
  session.on('error', () => undefined);
  return session;
}

async function passWatch(stream: ServerHttp2Stream, from: Chunks, fault: Fault): Promise<void> {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  let rest = '';
  let index = 0;
  for await (const chunk of from) {
    rest += String(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const verdict = (await fault.line?.(line, index)) ?? [line];
      index += 1;
      if (stream.destroyed || verdict === 'stall') return;
      if (verdict === 'cut') return cutClient(stream);
      if (verdict === 'end') return void stream.end();
      for (const passed of verdict) stream.write(`${passed}\n`);
    }
  }
  if (!stream.destroyed) stream.end();
}

function cutClient(stream: ServerHttp2Stream): void {
  stream.session?.socket.destroy();
}

type Answer = Omit<ProxyAnswer, 'body'> & { readonly body: string | Buffer };

function answerWith(stream: ServerHttp2Stream, { status, headers, body }: Answer): void {
  if (stream.destroyed) return;
  const { 'content-length': _, ...rest } = headers;
  stream.respond({ ...rest, ':status': status });
  stream.end(body);
}

function refusal(answer: NonNullable<Fault['answer']>): ProxyAnswer {
  const { status, reason = 'Injected', headers = {} } = answer;
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    code: status,
    reason,
    message: `injected ${reason}`,
  });
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** A rule that injects `fault` into the first call that `matches`, and nothing else. */
export function once(matches: (call: ProxyCall) => boolean, fault: Fault): Rule {
  return times(1, matches, fault);
}

/** A rule that injects `fault` into the first `count` calls that match. */
export function times(count: number, matches: (call: ProxyCall) => boolean, fault: Fault): Rule {
  let left = count;
  return (call) => {
    if (left === 0 || !matches(call)) return undefined;
    left -= 1;
    return fault;
  };
}

/** An edit that turns a list into an empty one at the same version: the worst lie. */
export function emptied(answer: ProxyAnswer): ProxyAnswer {
  const list = JSON.parse(answer.body) as { items?: unknown[] };
  return { ...answer, body: JSON.stringify({ ...list, items: [] }) };
}
