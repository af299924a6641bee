import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import type { Clock } from './clock.ts';
import type { Connection, ExecPlugin } from './config.ts';

/** What proves to the server who is calling: a certificate for the connection, a token for each request, or both. */
export interface Credentials {
  cert?: string;
  key?: string;
  token?: string;
}

/** The credentials of one connection, kept fresh. */
export interface CredentialSource {
  /** The present ones; files are read again when the last look is older than `refreshMs`. */
  current(): Promise<Credentials>;
  /** Forgets them after a refusal, so that the next `current` looks again. */
  invalidate(): void;
}

/** How often files are looked at again. Kubelet renews tokens at 80% of an hour, so ten seconds is ample. */
const defaultRefreshMs = 10_000;
/** Credentials of a plugin are renewed this long before they end. */
const execSlackMs = 60_000;
const execTimeoutMs = 60_000;

/**
 * Reads certificate, key and token from wherever the connection says. A file that cannot be read or is empty for the
 * moment (it is being replaced) leaves the last good credentials in use.
 */
export function createCredentials(
  connection: Connection,
  options: { clock: Clock; refreshMs?: number | undefined },
): CredentialSource {
  const { clock } = options;
  const refreshMs = options.refreshMs ?? defaultRefreshMs;
  let known: Credentials | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let reading: Promise<Credentials> | undefined;

  const renew = async (): Promise<Credentials> => {
    const plugin = connection.exec && (await runPlugin(connection.exec, clock));
    const credentials = { ...(await readFiles(connection, known)), ...plugin?.credentials };
    known = credentials;
    freshUntil = clock.monotonic() + (plugin === undefined ? refreshMs : plugin.validMs);
    return credentials;
  };

  return {
    current() {
      if (known !== undefined && clock.monotonic() < freshUntil) return Promise.resolve(known);
      reading ??= renew().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    invalidate() {
      freshUntil = Number.NEGATIVE_INFINITY;
    },
  };
}

async function readFiles(connection: Connection, known: Credentials | undefined): Promise<Credentials> {
  const [cert, key, token] = await Promise.all([
    oneOf(connection.cert, connection.certFile, known?.cert),
    oneOf(connection.key, connection.keyFile, known?.key),
    oneOf(connection.tokenFile === undefined ? connection.token : undefined, connection.tokenFile, known?.token),
  ]);
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(token !== undefined && { token }),
  };
}

async function oneOf(value: string | undefined, file: string | undefined, last: string | undefined) {
  if (value !== undefined || file === undefined) return value;
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text !== '') return text;
    if (last !== undefined) return last;
    throw new AppError('input', `${file} is empty.`, { code: 'credentials-unreadable' });
  } catch (cause) {
    if (last !== undefined) return last;
    throw new AppError('input', `The credentials file ${file} cannot be read.`, {
      code: 'credentials-unreadable',
      cause,
    });
  }
}

const execCredentialSchema = z.looseObject({
  kind: z.literal('ExecCredential'),
  status: z.looseObject({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
});

async function runPlugin(plugin: ExecPlugin, clock: Clock): Promise<{ credentials: Credentials; validMs: number }> {
  const info = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { interactive: false } };
  const output = await execute(plugin, { ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) });
  const parsed = execCredentialSchema.safeParse(parseJson(output));
  if (!parsed.success) throw pluginFailed(plugin, 'it printed no ExecCredential');
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = parsed.data.status;
  const ends = expirationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(expirationTimestamp);
  return {
    credentials: {
      ...(token !== undefined && { token }),
      ...(clientCertificateData !== undefined && { cert: clientCertificateData }),
      ...(clientKeyData !== undefined && { key: clientKeyData }),
    },
    validMs: Math.max(1_000, ends - clock.now() - execSlackMs),
  };
}

function execute(plugin: ExecPlugin, env: Record<string, string>): Promise<string> {
  const inFolder = plugin.command.includes('/') && !isAbsolute(plugin.command);
  const command = inFolder ? join(plugin.folder, plugin.command) : plugin.command;
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: execTimeoutMs, maxBuffer: 1 << 20 };
    // The output may hold a token, so neither it nor the error of execFile (which quotes it) is passed on.
    execFile(command, [...plugin.args], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(pluginFailed(plugin, `it failed (${error.code ?? error.signal ?? 'unknown'})`));
    });
  });
}

function pluginFailed(plugin: ExecPlugin, why: string): AppError {
  return new AppError('input', `The credential plugin '${plugin.command}' gave no credentials: ${why}.`, {
    code: 'credential-plugin-failed',
    hint: 'Run it by hand to see what it says.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
