import { AppError, type ErrorKind, isAppError } from '../core/errors.ts';

/**
 * The one place where answers of an API server become AppErrors. Neither headers nor request bodies ever enter an
 * error; for Secrets the server's message is left out too, because it may quote a value.
 */

/** One field that the server refused, as in `details.causes` of its Status. */
export interface FieldCause {
  field: string;
  message: string;
  reason: string;
}

/** A field that another manager owns, named by the server when an apply without force meets it. */
export interface FieldConflict {
  manager: string;
  field: string;
}

/** What was asked, for the message; never the query or the body. */
export interface Asked {
  /** Name of the connection. */
  server: string;
  method: string;
  path: string;
  /** From the Retry-After header. */
  retryAfterMs?: number | undefined;
}

interface Status {
  message?: string;
  reason?: string;
  details?: { name?: string; kind?: string; causes?: Partial<FieldCause>[] };
}

interface Meaning {
  kind: ErrorKind;
  code: string;
}

const meaningOfStatus: Readonly<Record<number, Meaning>> = {
  400: { kind: 'input', code: 'bad-request' },
  401: { kind: 'forbidden', code: 'not-signed-in' },
  403: { kind: 'forbidden', code: 'forbidden' },
  404: { kind: 'notFound', code: 'not-found' },
  409: { kind: 'conflict', code: 'conflict' },
  410: { kind: 'conflict', code: 'expired' },
  413: { kind: 'input', code: 'too-large' },
  422: { kind: 'input', code: 'invalid' },
  429: { kind: 'unreachable', code: 'throttled' },
};

/**
 * The AppError for a status of 400 or more. `data` holds `status`, `reason`, `server`, `path` and, when the server
 * named them, `causes` (FieldCause[]), `conflicts` (FieldConflict[]) and `retryAfterMs`.
 * Codes: bad-request, invalid, too-large, not-signed-in, forbidden, not-found, already-exists, conflict,
 * field-conflict, expired, throttled, server-error, unexpected-status.
 */
export function errorOfStatus(status: number, body: string, asked: Asked): AppError {
  const parsed = parseStatus(body);
  const secret = /\/secrets(\/|$)/u.test(asked.path);
  const causes = (parsed.details?.causes ?? []).map((cause) => ({
    field: cause.field ?? '',
    message: secret ? '' : (cause.message ?? ''),
    reason: cause.reason ?? '',
  }));
  const conflicts = causes.filter((cause) => cause.reason === 'FieldManagerConflict').map(conflictOf);
  const meaning = meaningOf(status, parsed, conflicts.length > 0);
  const said = secret || parsed.message === undefined ? (parsed.reason ?? `status ${status}`) : parsed.message;
  return new AppError(meaning.kind, `${asked.server}: ${asked.method} ${asked.path}: ${said}`, {
    code: meaning.code,
    data: {
      status,
      reason: parsed.reason ?? '',
      server: asked.server,
      path: asked.path,
      ...(causes.length > 0 && { causes }),
      ...(conflicts.length > 0 && { conflicts }),
      ...(asked.retryAfterMs !== undefined && { retryAfterMs: asked.retryAfterMs }),
    },
  });
}

/** The AppError for a call that got no answer; `cause` is kept for its code (ECONNREFUSED and the like). */
export function unreachable(asked: Asked, why: string, code: string, cause?: unknown): AppError {
  return new AppError('unreachable', `${asked.server}: ${asked.method} ${asked.path}: ${why}`, {
    code,
    data: { server: asked.server, path: asked.path },
    ...(cause !== undefined && { cause }),
  });
}

/** Whether the object, or the namespace or kind it would be in, does not exist. */
export function isNotFound(error: unknown): error is AppError {
  return isAppError(error) && error.kind === 'notFound';
}

/** What was read; undefined when it does not exist. @throws every other error of the reading */
export function ifFound<T>(reading: Promise<T>): Promise<T | undefined> {
  return unless(isNotFound, reading);
}

/** What was read; undefined when the caller has no right to it. @throws every other error of the reading */
export function ifAllowed<T>(reading: Promise<T>): Promise<T | undefined> {
  return unless(isForbidden, reading);
}

async function unless<T>(isExpected: (error: unknown) => boolean, reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isExpected(error)) return undefined;
    throw error;
  }
}

/** Whether an object of this name existed already when it was to be created. */
export function isAlreadyExists(error: unknown): error is AppError {
  return isAppError(error) && error.code === 'already-exists';
}

/** Whether a write lost against another one: the object is no longer at the version, or has another uid. */
export function isConflict(error: unknown): error is AppError {
  return isAppError(error) && error.code === 'conflict';
}

/** Whether an apply met fields of another manager; they are in `data.conflicts`. */
export function isFieldConflict(error: unknown): error is AppError {
  return isAppError(error) && error.code === 'field-conflict';
}

/** Whether the version asked for is too old: list anew. */
export function isExpired(error: unknown): error is AppError {
  return isAppError(error) && error.code === 'expired';
}

/** Whether the server refused for lack of a right, a quota, an admission policy or a closing namespace. */
export function isForbidden(error: unknown): error is AppError {
  return isAppError(error) && error.kind === 'forbidden';
}

/** Whether the namespace of a refused write is being removed. */
export function isNamespaceTerminating(error: unknown): error is AppError {
  return isAppError(error) && causesOf(error).some((cause) => cause.reason === 'NamespaceTerminating');
}

/** Whether the object itself was refused; `causesOf` says which fields. */
export function isInvalid(error: unknown): error is AppError {
  return isAppError(error) && error.kind === 'input';
}

/** Whether the server could not be reached, was overloaded or failed: later may be better. */
export function isUnreachable(error: unknown): error is AppError {
  return isAppError(error) && error.kind === 'unreachable';
}

/** How long the server asked to wait, if it did. */
export function retryAfterOf(error: unknown): number | undefined {
  const value = isAppError(error) ? error.data['retryAfterMs'] : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** The fields that the server named, empty when it named none. */
export function causesOf(error: unknown): FieldCause[] {
  const causes = isAppError(error) ? error.data['causes'] : undefined;
  return Array.isArray(causes) ? (causes as FieldCause[]) : [];
}

function meaningOf(status: number, parsed: Status, fieldConflict: boolean): Meaning {
  if (fieldConflict) return { kind: 'conflict', code: 'field-conflict' };
  if (status === 409 && parsed.reason === 'AlreadyExists') return { kind: 'conflict', code: 'already-exists' };
  if (status >= 500) return { kind: 'unreachable', code: 'server-error' };
  return meaningOfStatus[status] ?? { kind: 'bug', code: 'unexpected-status' };
}

/** The manager's name is only in the text: `conflict with "kubectl" using v1`. */
function conflictOf(cause: FieldCause): FieldConflict {
  return { manager: /"([^"]+)"/u.exec(cause.message)?.[1] ?? 'unknown', field: cause.field };
}

function parseStatus(body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Status) : {};
  } catch {
    return {};
  }
}
