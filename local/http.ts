import { Agent, request as httpsRequest } from 'node:https';
import type { KeyPair } from './pki.ts';

/** How to call one server: its address, the CA that signed its certificate, and who we are. */
export interface HttpTarget {
  readonly url: string;
  readonly ca: string;
  readonly client: KeyPair;
}

/** One request; `body` is sent as JSON when it is not a string. */
export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  /** Whole exchange, milliseconds. @default 5000 */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * A small HTTPS caller for the local cloud's own needs (health, the node): one keep-alive agent per target, no retries.
 * Rejects with the socket's error or, after `timeoutMs`, with `ETIMEDOUT`.
 */
export class HttpCaller {
  private readonly target: HttpTarget;
  private readonly agent: Agent;

  constructor(target: HttpTarget) {
    this.target = target;
    this.agent = new Agent({
      keepAlive: true,
      maxSockets: 12,
      ca: target.ca,
      cert: target.client.cert,
      key: target.client.key,
    });
  }

  send(options: HttpRequest): Promise<HttpAnswer> {
    const payload = options.body === undefined ? undefined : Buffer.from(toText(options.body));
    return new Promise((resolve, reject) => {
      const call = httpsRequest(
        new URL(options.path, this.target.url),
        {
          method: options.method ?? 'GET',
          agent: this.agent,
          headers: {
            accept: 'application/json',
            ...(payload === undefined
              ? {}
              : { 'content-type': options.contentType ?? 'application/json', 'content-length': payload.length }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      const timeoutMs = options.timeoutMs ?? 5_000;
      const timer = setTimeout(() => call.destroy(timeoutError(timeoutMs)), timeoutMs);
      call.on('error', reject);
      call.on('close', () => clearTimeout(timer));
      call.end(payload);
    });
  }

  /**
   * Opens a stream (a Kubernetes watch) and resolves `true` with its first bytes, `false` when it ends or breaks without
   * any. What came is thrown away: the caller lists again. Aborting `signal` ends it with `false`.
   */
  waitForBytes(path: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const call = httpsRequest(new URL(path, this.target.url), { agent: this.agent, signal }, (response) => {
        response.once('data', () => {
          resolve(true);
          call.destroy();
        });
        response.once('close', () => resolve(false));
      });
      call.on('error', () => resolve(false));
      call.end();
    });
  }

  /** Whether GET `path` answers 200 within a second; never rejects. */
  async answers(path: string): Promise<boolean> {
    try {
      return (await this.send({ path, timeoutMs: 1_000 })).status === 200;
    } catch {
      return false;
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

function toText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function timeoutError(ms: number): Error {
  return Object.assign(new Error(`no answer within ${ms} ms`), { code: 'ETIMEDOUT' });
}
