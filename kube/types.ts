/**
 * The shapes that everything above `kube/` is written against: Kubernetes objects as plain JSON, one client per API
 * server, and the two ports (clock and log) that make the runtime modules testable.
 */

/** A reference from a dependent object to the one that owns it, in the same namespace or cluster-scoped. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** `metadata` as the API server sends it; times are ISO 8601 UTC, `resourceVersion` is a growing decimal number. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

/** Any Kubernetes object. Narrow types (`Tenant`, `Grant`) extend it with their spec and status. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** One kind of object as the API server serves it; the ones in use are in `resource.ts`. */
export interface Resource {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Name in the path, e.g. `networkpolicies`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Which object of a kind: `namespace` is required for namespaced kinds and ignored for the others. */
export interface ObjectRef {
  namespace?: string | undefined;
  name: string;
}

/** How one call may be cut short or preferred. */
export interface RequestOptions {
  /** Ends the call, also while it waits for its turn or for a retry. */
  signal?: AbortSignal | undefined;
  /** Time for all attempts together, counted from the first one. @default the client's (30 s) */
  timeoutMs?: number | undefined;
  /** `high` goes before all others and has places of its own; for Leases only. @default 'normal' */
  priority?: Priority | undefined;
}

/** See RequestOptions.priority. */
export type Priority = 'high' | 'normal';

/** What to list; without `namespace` a namespaced kind is listed in all namespaces. */
export interface ListOptions extends RequestOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects per request. @default 500 */
  pageSize?: number | undefined;
  /** Unset means a consistent read; `0` allows the server's cache, which may be old. */
  resourceVersion?: string | undefined;
}

/** Objects of one list and the version of the collection they were read at. */
export interface ListResult<T> {
  items: T[];
  resourceVersion: string;
}

/** Options of the writes other than apply. */
export interface WriteOptions extends RequestOptions {
  /** Name written to `managedFields`. @default the client's user agent */
  fieldManager?: string | undefined;
  /** Everything happens but the storing. */
  dryRun?: boolean | undefined;
  /** Write to `status` (or `scale`) instead of the object. */
  subresource?: string | undefined;
}

/** Options of server-side apply. */
export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take fields from other managers; only for objects that are ours. @default false */
  force?: boolean | undefined;
}

/** Options of a patch. A JSON patch with a `test` step may be marked idempotent, so that it is retried after a lost answer. */
export interface PatchOptions extends WriteOptions {
  type: 'merge' | 'json';
  idempotent?: boolean | undefined;
}

/** What a removal demands of the object it finds, and what happens to dependents. */
export interface RemoveOptions extends RequestOptions {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  gracePeriodSeconds?: number | undefined;
  dryRun?: boolean | undefined;
}

/** A request that has no method of its own: discovery, TokenRequest, OpenAPI, SelfSubjectReview. */
export interface RawOptions extends RequestOptions {
  query?: Readonly<Record<string, string | undefined>> | undefined;
  /** A string or bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  contentType?: string | undefined;
  accept?: string | undefined;
  /** May be sent again when it is not known whether it arrived. @default true for GET only */
  idempotent?: boolean | undefined;
}

/** Answer of a raw request; `body` is the text as sent. Statuses of 400 and more are thrown as AppError. */
export interface RawReply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Where a watch starts and how long the server keeps it open. */
export interface WatchOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion: string;
  timeoutSeconds: number;
  /** @default true */
  allowBookmarks?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Called when the watch is open, and for every chunk, also for one that holds no whole event. */
  onBytes?: (() => void) | undefined;
}

/** One change; a bookmark carries only `metadata.resourceVersion`. Error events are thrown as AppError. */
export interface WatchEvent<T = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

/**
 * One API server. All calls share one HTTP/2 connection. Errors are AppError, made in `errors.ts`:
 * notFound, conflict, forbidden, input, unreachable (also 429 and 5xx once the retries are used up).
 */
export interface KubeClient {
  /** Name of the connection, for logs and messages. */
  readonly name: string;
  get<T extends KubeObject = KubeObject>(resource: Resource, ref: ObjectRef, options?: RequestOptions): Promise<T>;
  list<T extends KubeObject = KubeObject>(resource: Resource, options?: ListOptions): Promise<ListResult<T>>;
  /** As `list`, one page at a time; all pages are of one version, the server's answer 410 ends it with `expired`. */
  pages<T extends KubeObject = KubeObject>(resource: Resource, options?: ListOptions): AsyncIterable<ListResult<T>>;
  create<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  /** PUT. With `metadata.resourceVersion` it fails with a conflict when someone else was faster. */
  update<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  /** Done when the object is gone or going (finalizers). @throws notFound when there was none */
  remove(resource: Resource, ref: ObjectRef, options?: RemoveOptions): Promise<void>;
  /** Server-side apply of exactly the fields in `object`; null and undefined are dropped. */
  apply<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    body: unknown,
    options: PatchOptions,
  ): Promise<T>;
  request(method: string, path: string, options?: RawOptions): Promise<RawReply>;
  /** Ends when the server ends it; throws on anything else, `expired` when the version is too old. */
  watch<T extends KubeObject = KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Ends watches and calls under way, and the connection. */
  close(): Promise<void>;
}

/** The part of pino that the runtime modules use. */
export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** A log that drops everything. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Numbers between 0 (included) and 1 (excluded), as Math.random. */
export type Random = () => number;
