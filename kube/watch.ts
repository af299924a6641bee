import { constants } from 'node:http2';
import { StringDecoder } from 'node:string_decoder';
import { AppError } from '../core/errors.ts';
import { type Asked, errorOfStatus, unreachable } from './errors.ts';
import type { OpenAnswer } from './exchange.ts';
import { retryAfterMs } from './transport.ts';
import type { KubeObject, WatchEvent } from './types.ts';

/** A line longer than this is not an event: etcd holds objects of at most 1.5 MiB. */
const longestLine = 1 << 25;

const eventTypes = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/**
 * The events of an open watch. Ends when the server ends it, or when the signal is aborted.
 * @throws the server's error, also one that arrives as an event; unreachable `connection-lost`; unreachable
 *   `watch-garbled` for a line that is no event, because an event may have been lost
 */
export async function* eventsOf<T extends KubeObject>(
  answer: OpenAnswer,
  asked: Asked,
  options: { signal?: AbortSignal | undefined; onBytes?: (() => void) | undefined },
): AsyncGenerator<WatchEvent<T>> {
  const { stream, status, headers } = answer;
  try {
    if (status >= 400) {
      throw errorOfStatus(status, (await answer.body.whole()).toString('utf8'), {
        ...asked,
        retryAfterMs: retryAfterMs(headers),
      });
    }
    for await (const line of linesOf(answer, asked, options.onBytes)) yield eventOf<T>(line, asked);
  } catch (error) {
    if (options.signal?.aborted) return;
    if (error instanceof AppError) throw error;
    throw unreachable(asked, 'the connection ended during the watch', 'connection-lost', error);
  } finally {
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }
}

async function* linesOf(answer: OpenAnswer, asked: Asked, onBytes: (() => void) | undefined): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of answer.body) {
    onBytes?.();
    rest += decoder.write(chunk);
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      if (end > start) yield rest.slice(start, end);
      start = end + 1;
    }
    if (start > 0) rest = rest.slice(start);
    if (rest.length > longestLine) throw garbled(asked, 'a line has no end');
  }
  if (rest.trim() !== '') throw garbled(asked, 'the last line is cut off');
}

function eventOf<T extends KubeObject>(line: string, asked: Asked): WatchEvent<T> {
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null) throw garbled(asked, 'a line is not JSON');
  const { type, object } = value as { type?: unknown; object?: unknown };
  if (type === 'ERROR') {
    const code = Number((object as { code?: unknown } | undefined)?.code ?? 500);
    throw errorOfStatus(code, JSON.stringify(object ?? {}), asked);
  }
  const version = (object as Partial<KubeObject> | undefined)?.metadata?.resourceVersion;
  if (typeof type !== 'string' || !eventTypes.has(type) || typeof version !== 'string') {
    throw garbled(asked, 'a line is not an event');
  }
  return value as WatchEvent<T>;
}

function garbled(asked: Asked, why: string): AppError {
  return unreachable(asked, `the watch cannot be read: ${why}`, 'watch-garbled');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
