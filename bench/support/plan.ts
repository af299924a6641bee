/** The shapes that the Go loader reads (bench/loader/plan.go, client.go). */

/** Which API server, and as whom: a token, or a client certificate. */
export interface Target {
  readonly server: string;
  readonly ca: string;
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One call as it goes over the wire. */
export interface Request {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Content type of the body. */
  readonly type?: string;
  readonly body?: string;
  /** Keeps the uid of the answer; later bodies of the same tenant name it as `@<keep>@`. */
  readonly keep?: string;
  /** Used instead of the target's: a report is sent by another account. */
  readonly token?: string;
}

/**
 * What to write per tenant, in waves: a wave begins when the one before is answered. `standIn` is replaced by each of
 * `names` (all of its length), and each key of `values` by its value of that tenant.
 */
export interface Plan {
  readonly waves: readonly (readonly Request[])[];
  readonly standIn: string;
  readonly names: readonly string[];
  readonly values?: Readonly<Record<string, readonly string[]>>;
}

/** Content type of a server-side apply. */
export const applyType = 'application/apply-patch+yaml';
