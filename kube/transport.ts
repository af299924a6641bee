import type { ClientHttp2Session } from 'node:http2';
import { AppError, isAppError } from '../core/errors.ts';
import { type Clock, sleep } from './clock.ts';
import type { Connection } from './config.ts';
import { type CredentialSource, createCredentials } from './credentials.ts';
import { unreachable } from './errors.ts';
import {
  type Answer,
  exchange,
  type Limits,
  LostCall,
  type OpenAnswer,
  type Outgoing,
  openExchange,
} from './exchange.ts';
import { abortedBy, clientClosed, createGate, type Gate } from './gate.ts';
import { createSessionKeeper, type SessionKeeper } from './session.ts';
import type { Log, Priority, Random } from './types.ts';

/** One call: a request, whether it may be sent twice, and its limits. */
export interface Call extends Outgoing {
  /** May be sent again when it is not known whether the server acted on it. */
  readonly idempotent: boolean;
  readonly priority?: Priority | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer of any status; `unknownBefore` says that an earlier attempt may already have done the work. */
export interface Reply extends Answer {
  readonly unknownBefore: boolean;
}

/** What one attempt cost, for metrics. `status` is 0 when there was no answer. */
export interface RequestSample {
  readonly server: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** Settings of a transport; the defaults are in `createClient`. */
export interface TransportOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly maxConcurrent: number;
  readonly maxAttempts: number;
  readonly credentialRefreshMs?: number | undefined;
  readonly fence?: (() => boolean) | undefined;
  readonly observe?: ((sample: RequestSample) => void) | undefined;
}

/** Sends requests over the one connection, with turns, credentials, time limits and retries. */
export interface Transport {
  send(call: Call): Promise<Reply>;
  /** Sends once, without a turn, and leaves the body open; for watches. */
  open(call: Call): Promise<OpenAnswer>;
  /** Connections opened so far. */
  connections(): number;
  close(): Promise<void>;
}

const firstRetryMs = 100;
const longestRetryMs = 5_000;
/** Statuses after which a read is asked again. */
const passing = new Set([429, 500, 502, 503, 504]);

/** Failures to connect that another attempt in the same call would not mend. */
const lasting = new Set(['client-closed', 'certificate-refused', 'no-http2']);

/** See Transport. */
export function createTransport(connection: Connection, options: TransportOptions): Transport {
  const credentials = createCredentials(connection, {
    clock: options.clock,
    refreshMs: options.credentialRefreshMs,
  });
  const keeper = createSessionKeeper(connection, { ...options, credentials });
  let openStreams = 0;
  const gate = createGate(() => Math.min(options.maxConcurrent, keeper.streamLimit() - openStreams - 4));
  const closing = new AbortController();
  const parts: Parts = { connection, options, credentials, keeper, gate, closing: closing.signal };
  return {
    send: (call) => sendWithRetries(parts, call),
    async open(call) {
      const opened = await openOnce(parts, call);
      openStreams += 1;
      opened.stream.once('close', () => {
        openStreams -= 1;
      });
      return opened;
    },
    connections: () => keeper.opened(),
    async close() {
      closing.abort();
      gate.close();
      await keeper.close();
    },
  };
}

interface Parts {
  readonly connection: Connection;
  readonly options: TransportOptions;
  readonly credentials: CredentialSource;
  readonly keeper: SessionKeeper;
  readonly gate: Gate;
  readonly closing: AbortSignal;
}

/** What became of one attempt. */
type Attempt = { readonly answer: Answer } | { readonly lost: LostCall | AppError };

async function sendWithRetries(parts: Parts, call: Call): Promise<Reply> {
  const { clock } = parts.options;
  const timeoutMs = call.timeoutMs ?? parts.options.timeoutMs;
  let deadlineMs: number | undefined;
  let unknownBefore = false;
  let triedToken: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const leave = await parts.gate.enter(call.priority ?? 'normal', call.signal);
    deadlineMs ??= clock.monotonic() + timeoutMs;
    let result: Attempt;
    let token: string | undefined;
    try {
      ({ result, token } = await attemptOnce(parts, call, deadlineMs - clock.monotonic()));
    } finally {
      leave();
    }
    if ('answer' in result && result.answer.status === 401 && token !== triedToken) {
      triedToken = token;
      parts.credentials.invalidate();
      if ((await parts.credentials.current()).token !== token) continue;
    }
    const waitMs = retryIn(parts.options, call, result, attempt);
    const worthIt = waitMs !== undefined && clock.monotonic() + waitMs < deadlineMs;
    if (!worthIt) return settle(parts, call, result, unknownBefore);
    if ('lost' in result && result.lost instanceof LostCall && result.lost.maybeDone) unknownBefore = true;
    await pause(parts, waitMs, call.signal);
  }
}

async function attemptOnce(
  parts: Parts,
  call: Call,
  timeoutMs: number,
): Promise<{ result: Attempt; token: string | undefined }> {
  const { options, connection } = parts;
  const startedMs = options.clock.monotonic();
  let token: string | undefined;
  let result: Attempt;
  try {
    const ready = await prepare(parts, call, timeoutMs);
    token = ready.token;
    checkFence(options, call);
    const leftMs = Math.max(1, timeoutMs - (options.clock.monotonic() - startedMs));
    const limits: Limits = { clock: options.clock, timeoutMs: leftMs, signal: call.signal };
    result = { answer: await exchange(ready.session, withHeaders(parts, call, token), limits) };
  } catch (error) {
    if (!(error instanceof LostCall) && !isAppError(error)) throw error;
    result = { lost: error };
  }
  options.observe?.({
    server: connection.name,
    method: call.method,
    status: 'answer' in result ? result.answer.status : 0,
    seconds: (options.clock.monotonic() - startedMs) / 1000,
  });
  return { result, token };
}

async function openOnce(parts: Parts, call: Call): Promise<OpenAnswer> {
  const timeoutMs = call.timeoutMs ?? parts.options.timeoutMs;
  try {
    const { session, token } = await prepare(parts, call, timeoutMs);
    const limits: Limits = { clock: parts.options.clock, timeoutMs, signal: call.signal };
    return await openExchange(session, withHeaders(parts, call, token), limits);
  } catch (error) {
    throw error instanceof LostCall ? errorOfLost(parts, call, error) : error;
  }
}

/** Connection and token for a call, within its time: a connection being set up is shared, so it is not ended here. */
async function prepare(
  parts: Parts,
  call: Call,
  timeoutMs: number,
): Promise<{ session: ClientHttp2Session; token: string | undefined }> {
  const { signal } = call;
  const tooLong = Promise.withResolvers<never>();
  const cancel = parts.options.clock.after(Math.max(1, timeoutMs), () =>
    tooLong.reject(new LostCall('timeout', false)),
  );
  const onAbort = (): void => tooLong.reject(new LostCall('aborted', false));
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const opening = parts.credentials
      .current()
      .then(async (current) => ({ session: await parts.keeper.open(current), token: current.token }));
    const ready = await Promise.race([opening, tooLong.promise]);
    if (parts.closing.aborted) throw clientClosed();
    return ready;
  } finally {
    cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** A process that was stopped and resumed may hold writes of a time when it led: none of them is sent. */
function checkFence(options: TransportOptions, call: Call): void {
  const reads = call.method === 'GET' || call.method === 'HEAD';
  if (reads || call.priority === 'high' || options.fence === undefined || options.fence()) return;
  throw new AppError('locked', 'This process no longer leads, so it writes nothing.', { code: 'not-leader' });
}

function withHeaders(parts: Parts, call: Call, token: string | undefined): Outgoing {
  const headers: Record<string, string> = { 'user-agent': parts.options.userAgent, ...call.headers };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  return { method: call.method, path: call.path, headers, body: call.body };
}

/** Milliseconds until the next attempt, or undefined when there should be none. */
function retryIn(options: TransportOptions, call: Call, result: Attempt, attempt: number): number | undefined {
  const jitter = 0.5 + options.random() / 2;
  const backoffMs = Math.min(firstRetryMs * 2 ** (attempt - 1), longestRetryMs) * jitter;
  if ('answer' in result) {
    const { status, headers } = result.answer;
    const askedMs = retryAfterMs(headers);
    // The server did not begin: any call may be repeated, and at the time it names (a little later, not all at once).
    if ((status === 429 || status === 503) && askedMs !== undefined) return askedMs + backoffMs;
    if (attempt >= options.maxAttempts) return undefined;
    return status === 429 || (call.method === 'GET' && passing.has(status)) ? backoffMs : undefined;
  }
  if (attempt >= options.maxAttempts) return undefined;
  const { lost } = result;
  if (lost instanceof LostCall) {
    if (lost.why !== 'connection') return undefined;
    return !lost.maybeDone || call.idempotent ? backoffMs : undefined;
  }
  return lost.kind === 'unreachable' && !lasting.has(lost.code) ? backoffMs : undefined;
}

function settle(parts: Parts, call: Call, result: Attempt, unknownBefore: boolean): Reply {
  if ('answer' in result) return { ...result.answer, unknownBefore };
  throw result.lost instanceof LostCall ? errorOfLost(parts, call, result.lost) : result.lost;
}

async function pause(parts: Parts, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  const either = signal === undefined ? parts.closing : AbortSignal.any([signal, parts.closing]);
  await sleep(parts.options.clock, waitMs, either);
  if (signal?.aborted) throw abortedBy(signal);
  if (parts.closing.aborted) throw clientClosed();
}

function errorOfLost(parts: Parts, call: Call, lost: LostCall): AppError {
  if (parts.closing.aborted) return clientClosed();
  if (lost.why === 'aborted') return abortedBy(call.signal);
  const asked = { server: parts.connection.name, method: call.method, path: call.path.split('?')[0] ?? '' };
  if (lost.why === 'timeout') return unreachable(asked, 'no answer in time', 'request-timeout');
  return unreachable(asked, 'the connection ended before the answer', 'connection-lost', lost.cause);
}

/** Retry-After in milliseconds; only the form in seconds is used by API servers. */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds >= 0 && headers['retry-after'] !== '' ? seconds * 1000 : undefined;
}
