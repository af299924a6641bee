import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { AppError } from '../core/errors.ts';

/** What the server tells about its process. */
export interface HealthOptions {
  readonly host?: string | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  readonly registry: Registry;
  /** Names of what is not right for the process to go on; not empty means: restart it. @default none */
  readonly unhealthy?: (() => readonly string[]) | undefined;
  /** Names of what is not ready: caches that have not synced or heard nothing for too long. @default none */
  readonly unready?: (() => readonly string[]) | undefined;
}

/** A running server. */
export interface HealthServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` (200 `ok`, or 503 with one name per line) and `/metrics`, for GET and HEAD. Nothing it
 * says is about tenants, so it needs no sign-in; it listens on loopback unless a host is given.
 * @throws input `port-taken` when the address cannot be used
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'only GET\n');
    else if (path === '/healthz') verdict(response, options.unhealthy?.() ?? []);
    else if (path === '/readyz') verdict(response, options.unready?.() ?? []);
    else if (path === '/metrics') void metrics(response, options.registry);
    else answer(response, 404, 'not here\n');
  });
  await listen(server, host, options.port);
  return { host, port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function verdict(response: ServerResponse, faults: readonly string[]): void {
  if (faults.length === 0) answer(response, 200, 'ok\n');
  else answer(response, 503, `${faults.join('\n')}\n`);
}

async function metrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    const text = await registry.metrics();
    response.setHeader('content-type', registry.contentType);
    answer(response, 200, text);
  } catch {
    answer(response, 500, 'the metrics cannot be collected\n');
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'it is taken' : (cause.code ?? 'unknown');
      reject(new AppError('input', `Cannot listen on ${host}:${port}: ${why}.`, { code: 'port-taken', cause }));
    });
    server.listen(port, host, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
