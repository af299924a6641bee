import { destination, type LevelWithSilent, type Logger, pino } from 'pino';

/**
 * Fields that never reach a log, wherever they stand. Secrets are read from files and kept out of log calls; this is
 * the second fence, and a test feeds it secrets.
 */
const secretNames = [
  'authorization',
  'token',
  'accessToken',
  'refreshToken',
  'password',
  'passphrase',
  'secret',
  'privateKey',
  'clientKey',
  'stringData',
];

/** Values that are secrets whatever their field is called: bearer tokens, JSON web tokens, private keys (JSON-escaped). */
const secretValues = [
  /Bearer [\w.~+/=-]+/gu,
  /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/gu,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|(?="))/gu,
];

const wildcards = ['', '*.', '*.*.', '*.*.*.'];

/** Levels of a controller's log. */
export type LogLevel = LevelWithSilent;

/**
 * The log of one controller: JSON lines on stderr. error = someone must act; warn = degraded, will retry; info = state
 * changed; debug = decisions. A run that changes nothing logs nothing at info. Errors are written under `err`, with
 * message, code and stack but without their `data`.
 */
export function createLog(options: { component: string; site?: string | undefined; level?: LogLevel }): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { component: options.component, ...(options.site !== undefined && { site: options.site }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: secretNames.flatMap((name) => wildcards.map((prefix) => `${prefix}${name}`)),
        censor: '[redacted]',
      },
      serializers: { err: plainError },
      hooks: {
        streamWrite: (line) => secretValues.reduce((text, pattern) => text.replace(pattern, '[redacted]'), line),
      },
    },
    destination({ dest: 2, sync: true }),
  );
}

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    stack: error.stack,
    ...(error.cause instanceof Error && { cause: error.cause.message }),
  };
}
