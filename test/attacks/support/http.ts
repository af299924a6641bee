/** One attacker's connection to one API server: raw requests, raw answers, nothing retried or translated. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { loadKubeconfig } from '../../../kube/config.ts';

/** A request as it goes over the wire; an object is sent as JSON, a string as it is. */
export interface RawRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Status and text of an answer. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** A connection of one person, or of whoever holds a token. */
export interface Wire {
  send(request: RawRequest): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** How a wire is signed in. */
export interface Identity {
  readonly url: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

/** Requests in flight on one connection: more would only wait at the server, until it gives up. */
const most = 16;

/** Milliseconds without a sign from the server, after which a request counts as lost: longer than its own limit. */
const longestMs = 90_000;

/** Opens a connection; it is made with the first request, and again when the server has ended it. */
export function openWire(identity: Identity): Wire {
  const { token } = identity;
  const signedIn = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let session: ClientHttp2Session | undefined;
  const current = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) session = connectTo(identity);
    return session;
  };
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async send(request) {
      while (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
      running += 1;
      try {
        return await patiently(current, request, signedIn);
      } finally {
        running -= 1;
        waiting.shift()?.();
      }
    },
    // Not `close`: that never answers on a connection that the server has ended already.
    close: async () => session?.destroy(),
  };
}

function connectTo({ url, ca, cert, key }: Identity): ClientHttp2Session {
  const own = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  const session = connect(url, { ca, ...own });
  session.on('error', () => undefined);
  return session;
}

/** The connection of the person whose kubeconfig this is, at one centre. */
export function wireOf(kubeconfig: string, site: string): Wire {
  const { server, ca, cert, key } = loadKubeconfig(kubeconfig, site);
  if (ca === undefined) throw new Error('a kubeconfig of tests names its CA');
  return openWire({ url: server, ca, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) });
}

/** What was lost on the way, or refused before it was looked at, is asked again: every attack may be tried twice. */
async function patiently(
  current: () => ClientHttp2Session,
  request: RawRequest,
  signedIn: Headers,
): Promise<RawAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(current(), request, signedIn);
    } catch (error) {
      if (attempt >= 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The address of a centre as a kubeconfig names it, without the person. */
export function anonymousAt(kubeconfig: string, site: string): Identity {
  const { server, ca } = loadKubeconfig(kubeconfig, site);
  return { url: server, ca: ca ?? '' };
}

type Headers = Readonly<Record<string, string>>;

function once(session: ClientHttp2Session, request: RawRequest, signedIn: Headers): Promise<RawAnswer> {
  const { method, path, body, contentType = 'application/json', headers = {} } = request;
  return new Promise((resolve, reject) => {
    const all = {
      ':method': method,
      ':path': path,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': contentType }),
      ...signedIn,
      ...headers,
    };
    // Node ends a DELETE at once unless it is told that a body follows.
    const stream = session.request(all, { endStream: body === undefined });
    let status = 0;
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (answer) => {
      status = answer[':status'] ?? 0;
    });
    stream.on('data', (chunk: string) => {
      // A watch that was allowed goes on: what it says is not needed.
      if (text.length < 2_000_000) text += chunk;
    });
    // The server may answer a body that it does not read to its end: the rest is not sent.
    stream.on('end', () => {
      resolve({ status, text });
      stream.close();
    });
    stream.setTimeout(longestMs, () => stream.close());
    stream.on('error', (error) => (status === 0 ? reject(error) : resolve({ status, text })));
    stream.on('close', () =>
      status === 0 ? reject(new Error(`${method} ${path}: no answer`)) : resolve({ status, text }),
    );
    if (body !== undefined) stream.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
