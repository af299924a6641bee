import { AppError } from '../core/errors.ts';
import { prune } from './apply.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Connection } from './config.ts';
import { type Asked, errorOfStatus, isNotFound, unreachable } from './errors.ts';
import { pathOf, resourceOf } from './resource.ts';
import { createTransport, type Reply, type RequestSample, retryAfterMs, type Transport } from './transport.ts';
import {
  type ApplyOptions,
  type KubeClient,
  type KubeObject,
  type ListOptions,
  type ListResult,
  type Log,
  type ObjectRef,
  type PatchOptions,
  type Random,
  type RawOptions,
  type RawReply,
  type RemoveOptions,
  type RequestOptions,
  type Resource,
  silentLog,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from './types.ts';
import { eventsOf } from './watch.ts';

/** Settings of a client; every one has a default. */
export interface ClientOptions {
  /** Which program calls; the user agent becomes `jinhong-<component>`. @default 'cli' */
  readonly component?: string | undefined;
  /** Time for one call with its retries. @default 30_000 */
  readonly timeoutMs?: number | undefined;
  /** Time to set a connection up. @default 10_000 */
  readonly connectTimeoutMs?: number | undefined;
  /** A silent server is noticed after at most three of these. @default 3_000 */
  readonly pingIntervalMs?: number | undefined;
  /** Calls under way at once, watches not counted; never more than the server's streams. @default 64 */
  readonly maxConcurrent?: number | undefined;
  /** Attempts of a call that may be repeated. @default 4 */
  readonly maxAttempts?: number | undefined;
  /** Age at which token and certificate files are read again. @default 10_000 */
  readonly credentialRefreshMs?: number | undefined;
  /** Asked before each attempt of a write; false refuses it with `not-leader`. Urgent calls (Leases) are let through. */
  readonly fence?: (() => boolean) | undefined;
  readonly observe?: ((sample: RequestSample) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
}

/** A client and what its tests and metrics want to know. */
export interface InstrumentedClient extends KubeClient {
  /** Connections opened so far: one, unless the server or the network ended it. */
  connections(): number;
}

/** Objects per page: about half a megabyte of Namespaces, a few milliseconds of parsing. */
const defaultPageSize = 500;

const contentTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const;

/**
 * A client of one API server. It opens its connection at the first call.
 *
 * Retries, all within `timeoutMs` and with jitter: reads after any passing failure; every call after 429 and 503 with
 * Retry-After, at the time named, and when it is certain that it was not begun; apply, PUT with a resourceVersion and
 * removal with a uid also when the answer was lost. A retried removal that finds nothing counts as done.
 */
export function createClient(connection: Connection, options: ClientOptions = {}): InstrumentedClient {
  const transport = createTransport(connection, {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    log: options.log ?? silentLog,
    userAgent: `jinhong-${options.component ?? 'cli'}`,
    timeoutMs: options.timeoutMs ?? 30_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    pingIntervalMs: options.pingIntervalMs ?? 3_000,
    maxConcurrent: options.maxConcurrent ?? 64,
    maxAttempts: options.maxAttempts ?? 4,
    credentialRefreshMs: options.credentialRefreshMs,
    fence: options.fence,
    observe: options.observe,
  });
  const base = new URL(connection.server).pathname.replace(/\/$/u, '');
  const parts: Parts = { name: connection.name, base, transport, component: options.component ?? 'cli' };
  return {
    name: connection.name,
    get: (resource, ref, options) => read(parts, pathOf(resource, ref), options),
    list: (resource, options) => listAll(parts, resource, options),
    pages: (resource, options) => pagesOf(parts, resource, options),
    create: (object, options) => write(parts, 'POST', object, options),
    update: (object, options) => write(parts, 'PUT', object, options),
    remove: (resource, ref, options) => remove(parts, resource, ref, options),
    apply: (object, options) => apply(parts, object, options),
    patch: (resource, ref, body, options) => patch(parts, resource, ref, { body, options }),
    request: (method, path, options) => raw(parts, method, path, options),
    watch: (resource, options) => watch(parts, resource, options),
    connections: () => transport.connections(),
    close: () => transport.close(),
  };
}

interface Parts {
  readonly name: string;
  /** Path of the server's URL, without a slash at the end. */
  readonly base: string;
  readonly component: string;
  readonly transport: Transport;
}

interface Sending {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly idempotent: boolean;
  readonly options?: RequestOptions | undefined;
}

/** Sends and throws for statuses of 400 and more. */
async function send(parts: Parts, sending: Sending): Promise<Reply> {
  const { method, path, options } = sending;
  const body = sending.body === undefined ? undefined : bytesOf(sending.body);
  const reply = await parts.transport.send({
    method,
    path: `${parts.base}${path}${queryOf(sending.query)}`,
    headers: {
      accept: sending.accept ?? 'application/json',
      ...(body !== undefined && { 'content-type': sending.contentType ?? 'application/json' }),
    },
    body,
    idempotent: sending.idempotent,
    ...options,
  });
  if (reply.status < 400) return reply;
  const error = errorOfStatus(reply.status, reply.body, {
    server: parts.name,
    method,
    path,
    retryAfterMs: retryAfterMs(reply.headers),
  });
  // An earlier attempt whose answer was lost has removed it.
  if (method === 'DELETE' && reply.unknownBefore && isNotFound(error)) return { ...reply, status: 200, body: '{}' };
  throw error;
}

async function sendJson<T>(parts: Parts, sending: Sending): Promise<T> {
  const reply = await send(parts, sending);
  try {
    return JSON.parse(reply.body) as T;
  } catch (cause) {
    throw unreachable(asked(parts, sending.method, sending.path), 'the answer is not JSON', 'garbled', cause);
  }
}

function read<T>(parts: Parts, path: string, options: RequestOptions | undefined): Promise<T> {
  return sendJson<T>(parts, { method: 'GET', path, idempotent: true, options: limitsOf(options) });
}

async function listAll<T extends KubeObject>(
  parts: Parts,
  resource: Resource,
  options: ListOptions = {},
): Promise<ListResult<T>> {
  const items: T[] = [];
  let resourceVersion = '';
  for await (const page of pagesOf<T>(parts, resource, options)) {
    for (const item of page.items) items.push(item);
    resourceVersion = page.resourceVersion;
  }
  return { items, resourceVersion };
}

interface ListBody<T> {
  metadata?: { resourceVersion?: string; continue?: string };
  apiVersion?: string;
  items?: T[] | null;
}

async function* pagesOf<T extends KubeObject>(
  parts: Parts,
  resource: Resource,
  options: ListOptions = {},
): AsyncGenerator<ListResult<T>> {
  const path = pathOf(resource, { namespace: options.namespace });
  const { kind } = resource;
  let next: string | undefined;
  do {
    const body: ListBody<T> = await sendJson<ListBody<T>>(parts, {
      method: 'GET',
      path,
      query: {
        limit: String(options.pageSize ?? defaultPageSize),
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        // A continued list is read at the version of its first page; the server refuses both parameters together.
        resourceVersion: next === undefined ? options.resourceVersion : undefined,
        continue: next,
      },
      idempotent: true,
      options: limitsOf(options),
    });
    const resourceVersion = body.metadata?.resourceVersion;
    if (resourceVersion === undefined || !Array.isArray(body.items ?? [])) {
      throw unreachable(asked(parts, 'GET', path), 'the answer is not a list', 'garbled');
    }
    const apiVersion = body.apiVersion ?? '';
    // Items of built-in kinds carry neither apiVersion nor kind.
    const items = (body.items ?? []).map((item) => (item.kind === undefined ? { ...item, apiVersion, kind } : item));
    yield { items, resourceVersion };
    next = body.metadata?.continue || undefined;
  } while (next !== undefined);
}

function write<T extends KubeObject>(
  parts: Parts,
  method: 'POST' | 'PUT',
  object: T,
  options: WriteOptions = {},
): Promise<T> {
  const { namespace, name, resourceVersion } = object.metadata;
  const resource = resourceOf(object);
  pathOf(resource, { namespace, name });
  const target = method === 'POST' ? { namespace } : { namespace, name, subresource: options.subresource };
  return sendJson<T>(parts, {
    method,
    path: pathOf(resource, target),
    query: writeQuery(parts, options),
    body: object,
    idempotent: method === 'PUT' && resourceVersion !== undefined,
    options: limitsOf(options),
  });
}

function apply<T extends KubeObject>(parts: Parts, object: T, options: ApplyOptions): Promise<T> {
  const { namespace, name } = object.metadata;
  return sendJson<T>(parts, {
    method: 'PATCH',
    path: pathOf(resourceOf(object), { namespace, name, subresource: options.subresource }),
    query: { ...writeQuery(parts, options), ...(options.force === true && { force: 'true' }) },
    body: prune(object),
    contentType: contentTypes.apply,
    idempotent: true,
    options: limitsOf(options),
  });
}

function patch<T extends KubeObject>(
  parts: Parts,
  resource: Resource,
  ref: ObjectRef,
  { body, options }: { body: unknown; options: PatchOptions },
): Promise<T> {
  return sendJson<T>(parts, {
    method: 'PATCH',
    path: pathOf(resource, { ...ref, subresource: options.subresource }),
    query: writeQuery(parts, options),
    body,
    contentType: contentTypes[options.type],
    idempotent: options.idempotent ?? false,
    options: limitsOf(options),
  });
}

async function remove(parts: Parts, resource: Resource, ref: ObjectRef, options: RemoveOptions = {}): Promise<void> {
  const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds } = options;
  const preconditions = prune({ uid, resourceVersion });
  await send(parts, {
    method: 'DELETE',
    path: pathOf(resource, ref),
    body: prune({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy,
      gracePeriodSeconds,
      preconditions: Object.keys(preconditions).length > 0 ? preconditions : undefined,
      dryRun: options.dryRun ? ['All'] : undefined,
    }),
    idempotent: uid !== undefined,
    options: limitsOf(options),
  });
}

async function raw(parts: Parts, method: string, path: string, options: RawOptions = {}): Promise<RawReply> {
  const { status, headers, body } = await send(parts, {
    method,
    path,
    query: options.query,
    body: options.body,
    contentType: options.contentType,
    accept: options.accept,
    idempotent: options.idempotent ?? method === 'GET',
    options: limitsOf(options),
  });
  return { status, headers, body };
}

async function* watch<T extends KubeObject>(
  parts: Parts,
  resource: Resource,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const path = pathOf(resource, { namespace: options.namespace });
  const query = queryOf({
    watch: 'true',
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
    allowWatchBookmarks: options.allowBookmarks === false ? undefined : 'true',
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
  });
  const answer = await parts.transport.open({
    method: 'GET',
    path: `${parts.base}${path}${query}`,
    headers: { accept: 'application/json' },
    idempotent: true,
    signal: options.signal,
  });
  if (answer.status < 400) options.onBytes?.();
  yield* eventsOf<T>(answer, asked(parts, 'WATCH', path), options);
}

function writeQuery(parts: Parts, options: WriteOptions): Record<string, string | undefined> {
  return {
    fieldManager: options.fieldManager ?? `jinhong-${parts.component}`,
    dryRun: options.dryRun ? 'All' : undefined,
  };
}

function limitsOf(options: RequestOptions = {}): RequestOptions {
  const { signal, timeoutMs, priority } = options;
  return { signal, timeoutMs, priority };
}

function queryOf(query: Readonly<Record<string, string | undefined>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, value);
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}

function bytesOf(body: unknown): string | Uint8Array {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  const text = JSON.stringify(body);
  if (text === undefined) throw new AppError('bug', 'A request body cannot be written as JSON.', { code: 'bad-body' });
  return text;
}

function asked(parts: Parts, method: string, path: string): Asked {
  return { server: parts.name, method, path };
}
