/** Verbs of the API server that a program of ours may use; `escalate`, `impersonate` and `*` are left out on purpose. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'bind';

/**
 * One kind of API call that a program makes. Its lists are the only source of the program's roles, and a test compares
 * both with the calls that the audit log saw. Server-side apply is `patch`, and also `create` where the object may be new.
 */
export interface Call {
  readonly verb: Verb;
  /** API group; empty for the core group. */
  readonly group: string;
  /** Plural name as in the path, e.g. `networkpolicies`. */
  readonly resource: string;
  readonly subresource?: string;
  /**
   * `cluster`: cluster-scoped objects, or objects in namespaces that are not known when the role is written. Otherwise the
   * one namespace in which the call is made.
   */
  readonly scope: 'cluster' | { readonly namespace: string };
  /** Only these objects; absent: any. The API server cannot restrict `list`, `watch` and `create` by name. */
  readonly names?: readonly string[];
}
