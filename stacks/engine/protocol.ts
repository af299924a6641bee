import type { ErrorKind } from '../../core/errors.ts';
import type { KubeObject } from '../../kube/types.ts';
import type { Target } from '../registration.ts';
import type { EngineBinaries } from './binaries.ts';

/** What a child process is asked to do with one centre's stack. */
export type EngineOperation = 'preview' | 'up' | 'refresh' | 'destroy' | 'inspect' | 'forget';

/** The one request that a child gets. */
export interface EngineRequest {
  readonly operation: EngineOperation;
  readonly target: Target;
  readonly stateDir: string;
  readonly binaries: EngineBinaries;
  readonly objects: readonly KubeObject[];
  /** Read the live objects first, so that changes by others are put right. */
  readonly refresh: boolean;
}

/** What happens to one object. `same` is never sent. */
export type Change = 'create' | 'update' | 'replace' | 'delete' | 'forget' | 'read';

/** One object's change, with the fields that differ, e.g. `spec.replicas`. */
export interface ObjectChange {
  readonly change: Change;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly fields: readonly string[];
}

/** A message of the engine about one object, or about the run. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly object?: string;
  readonly message: string;
}

/** The unfinished part of an update that was killed. */
export interface PendingOperation {
  readonly type: string;
  readonly kind: string;
  readonly name: string;
}

/** What a run came to. */
export interface EngineResult {
  readonly changes: readonly ObjectChange[];
  readonly unchanged: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly pending: readonly PendingOperation[];
  /** State as exported, with `inspect` only. */
  readonly state?: unknown;
}

/** Lines from the child to its parent. */
export type EngineMessage =
  | { readonly type: 'progress'; readonly change: Change | 'same'; readonly object: string; readonly done: boolean }
  | { readonly type: 'result'; readonly result: EngineResult }
  | {
      readonly type: 'error';
      readonly kind: ErrorKind;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly diagnostics: readonly Diagnostic[];
    };
