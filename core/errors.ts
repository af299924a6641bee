/**
 * The errors of the whole program: each has a stable code, a hint that says what to do next, and one exit code.
 * They are recognised by `isAppError` and their `kind`, never by text, and survive two copies of this module.
 */

/** Exit codes of every command (docs/design.md 6). Stable: scripts rely on them. */
export const exitCodes = {
  done: 0,
  error: 1,
  changesPending: 2,
  refused: 3,
  locked: 4,
  unreachable: 5,
  timedOut: 6,
  noRight: 7,
  usage: 64,
  interrupted: 130,
} as const;

export type ErrorKind =
  | 'input'
  | 'policy'
  | 'locked'
  | 'unreachable'
  | 'conflict'
  | 'timeout'
  | 'forbidden'
  | 'notFound'
  | 'terminal'
  | 'bug';

const exitCodeOf: Record<ErrorKind, number> = {
  input: exitCodes.error,
  policy: exitCodes.refused,
  locked: exitCodes.locked,
  unreachable: exitCodes.unreachable,
  conflict: exitCodes.error,
  timeout: exitCodes.timedOut,
  forbidden: exitCodes.noRight,
  notFound: exitCodes.error,
  terminal: exitCodes.error,
  bug: exitCodes.error,
};

export interface ErrorOptionsOf {
  /** Stable kebab-case name of this error, e.g. `port-taken`. */
  readonly code: string;
  /** What the reader can do next, ideally a command that can be pasted. */
  readonly hint?: string;
  /** Facts for machines; never secrets. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const brand = Symbol.for('jinhong.dev/AppError');

/** An error meant to be shown: `message` says what and why, `hint` what to do, `kind` decides exit code and retry. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(kind: ErrorKind, message: string, options: ErrorOptionsOf) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.code = options.code;
    this.hint = options.hint;
    this.data = options.data ?? {};
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether `error` is an AppError, also one made by another copy of this module. */
export function isAppError(error: unknown): error is AppError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** The exit code for any thrown value; what is not an AppError is 1. */
export function exitCodeFor(error: unknown): number {
  return isAppError(error) ? exitCodeOf[error.kind] : exitCodes.error;
}
