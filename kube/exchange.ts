import { type ClientHttp2Session, type ClientHttp2Stream, constants, sensitiveHeaders } from 'node:http2';
import { type Chunks, collectChunks } from './chunks.ts';
import type { Clock } from './clock.ts';

/** One request as it goes over the wire. */
export interface Outgoing {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request that got no whole answer. */
export class LostCall extends Error {
  /** Whether the server may have acted on it. */
  readonly maybeDone: boolean;
  readonly why: 'connection' | 'timeout' | 'aborted';

  constructor(why: LostCall['why'], maybeDone: boolean, cause?: unknown) {
    super(why, { cause });
    this.why = why;
    this.maybeDone = maybeDone;
  }
}

/** The parts of an open answer whose body is still arriving. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: ClientHttp2Stream;
  readonly body: Chunks;
}

/** How long a request may take, and who can end it. */
export interface Limits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const neverSentCodes = new Set(['ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION', 'ERR_HTTP2_OUT_OF_STREAMS']);

/** Sends one request and reads the whole answer. An answer that ends early, or is shorter than announced, is lost. */
export function exchange(session: ClientHttp2Session, request: Outgoing, limits: Limits): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = send(session, request, reject);
    if (stream === undefined) return;
    const chunks: Buffer[] = [];
    let bytes = 0;
    let head: Pick<OpenAnswer, 'status' | 'headers'> | undefined;
    let ended = false;
    const stop = guard(stream, limits, reject);
    stream.on('response', (headers) => {
      head = headOf(headers);
    });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
    });
    stream.on('end', () => {
      ended = true;
    });
    stream.on('close', () => {
      stop();
      const announced = head?.headers['content-length'];
      const whole = ended && stream.rstCode === constants.NGHTTP2_NO_ERROR && !stream.aborted;
      if (head === undefined || !whole || (announced !== undefined && Number(announced) !== bytes)) {
        reject(lost(stream));
      } else {
        resolve({ ...head, body: Buffer.concat(chunks, bytes).toString('utf8') });
      }
    });
  });
}

/** Sends one request and resolves with the head of the answer; the limits hold until then, the signal until the end. */
export function openExchange(session: ClientHttp2Session, request: Outgoing, limits: Limits): Promise<OpenAnswer> {
  return new Promise((resolve, reject) => {
    const stream = send(session, request, reject);
    if (stream === undefined) return;
    const stop = guard(stream, limits, reject);
    const onAbort = (): void => stream.close(constants.NGHTTP2_CANCEL);
    stream.on('response', (headers) => {
      stop();
      limits.signal?.addEventListener('abort', onAbort, { once: true });
      resolve({ ...headOf(headers), stream, body: collectChunks(stream) });
    });
    stream.on('close', () => {
      stop();
      limits.signal?.removeEventListener('abort', onAbort);
      reject(lost(stream));
    });
  });
}

function send(
  session: ClientHttp2Session,
  request: Outgoing,
  reject: (error: LostCall) => void,
): ClientHttp2Stream | undefined {
  const { authorization, ...headers } = request.headers;
  try {
    const stream = session.request(
      {
        ':method': request.method,
        ':path': request.path,
        ...headers,
        ...(authorization !== undefined && { authorization, [sensitiveHeaders]: ['authorization'] }),
      },
      { endStream: request.body === undefined },
    );
    stream.on('error', (error) => reject(lost(stream, error)));
    if (request.body !== undefined) stream.end(request.body);
    return stream;
  } catch (error) {
    reject(new LostCall('connection', false, error));
    return undefined;
  }
}

/** Ends the stream when time is up or the caller gives up; the returned function takes both guards away. */
function guard(stream: ClientHttp2Stream, limits: Limits, reject: (error: LostCall) => void): () => void {
  const end = (why: 'timeout' | 'aborted'): void => {
    stop();
    reject(new LostCall(why, true, limits.signal?.reason));
    stream.close(constants.NGHTTP2_CANCEL);
  };
  const onAbort = (): void => end('aborted');
  const cancel = limits.clock.after(limits.timeoutMs, () => end('timeout'));
  const stop = (): void => {
    cancel();
    limits.signal?.removeEventListener('abort', onAbort);
  };
  if (limits.signal?.aborted) end('aborted');
  else limits.signal?.addEventListener('abort', onAbort, { once: true });
  return stop;
}

/** A stream that was refused, or that never got a number, was not seen by the server's handlers. */
function lost(stream: ClientHttp2Stream, error?: unknown): LostCall {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || neverSentCodes.has(code);
  return new LostCall('connection', !refused && stream.id !== undefined, error);
}

function headOf(headers: Readonly<Record<string, unknown>>): Pick<OpenAnswer, 'status' | 'headers'> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':')) plain[name] = String(value);
  }
  return { status: Number(headers[':status']), headers: plain };
}
