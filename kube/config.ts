import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import { parseYaml } from '../core/manifest/yaml.ts';

/**
 * How to reach one API server and as whom. Read from a kubeconfig or from the files a pod is given. Certificates are
 * always verified: there is no way to switch that off.
 */
export interface Connection {
  /** The context's name, or `in-cluster`; for logs and messages. */
  readonly name: string;
  /** `https://host:port`, with an optional path. */
  readonly server: string;
  /** PEM of the authorities that are trusted, and no others. @default those of Node */
  readonly ca?: string;
  /** Name to expect in the server's certificate. @default the host of `server` */
  readonly tlsServerName?: string;
  /** Client certificate and key, as PEM or as files that are read again when they change. */
  readonly cert?: string;
  readonly key?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Bearer token, as a file that is read again when it changes, or as it is. */
  readonly tokenFile?: string;
  readonly token?: string;
  /** A command that prints credentials (client.authentication.k8s.io/v1). */
  readonly exec?: ExecPlugin;
  /** Namespace of the context, if it names one. */
  readonly namespace?: string;
}

/** The `exec` part of a kubeconfig user. */
export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the kubeconfig: a command with a slash is taken from there. */
  readonly folder: string;
}

const named = z.array(z.looseObject({ name: z.string() })).nullish();

const clusterSchema = z.looseObject({
  server: z.string(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'tls-server-name': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'proxy-url': z.string().optional(),
});

const execSchema = z.looseObject({
  apiVersion: z.string().optional(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});

const userSchema = z.looseObject({
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  exec: execSchema.nullish(),
});

const contextSchema = z.looseObject({
  cluster: z.string(),
  user: z.string(),
  namespace: z.string().optional(),
});

const kubeconfigSchema = z.looseObject({
  clusters: named,
  users: named,
  contexts: named,
  'current-context': z.string().nullish(),
});

/**
 * The connection of one context of a kubeconfig, the current one if none is named. Reads the certificate authority;
 * other files are left to the client, which reads them again when they change.
 * @throws input with the file named: `kubeconfig-unreadable`, `kubeconfig-invalid`, `context-unknown`
 */
export function loadKubeconfig(path: string, context?: string): Connection {
  const config = readKubeconfig(path);
  const wanted = context ?? config['current-context'] ?? undefined;
  if (wanted === undefined || wanted === '') {
    throw new AppError('input', `${path} names no current context.`, {
      code: 'context-unknown',
      hint: `Choose one of: ${contextNames(config).join(', ')}.`,
    });
  }
  const found = pick(path, config.contexts, [wanted, 'context'], contextSchema);
  if (found === undefined) {
    throw new AppError('input', `${path} has no context '${wanted}'.`, {
      code: 'context-unknown',
      hint: `It has: ${contextNames(config).join(', ') || 'none'}.`,
    });
  }
  const cluster = pick(path, config.clusters, [found.cluster, 'cluster'], clusterSchema);
  if (cluster === undefined) throw invalid(path, `context '${wanted}' names an unknown cluster '${found.cluster}'`);
  const user = pick(path, config.users, [found.user, 'user'], userSchema);
  if (user === undefined) throw invalid(path, `context '${wanted}' names an unknown user '${found.user}'`);
  return {
    name: wanted,
    ...clusterPart(path, cluster),
    ...userPart(path, user),
    ...(found.namespace !== undefined && { namespace: found.namespace }),
  };
}

/** The names of the contexts in a kubeconfig, in its order. @throws as loadKubeconfig */
export function listContexts(path: string): string[] {
  return contextNames(readKubeconfig(path));
}

/**
 * The connection that a pod's service account is given. `root` stands before the well-known path, for tests and for
 * processes that play a pod.
 * @throws input `not-in-cluster` when variables or files are missing
 */
export function inClusterConnection(env: Readonly<Record<string, string | undefined>>, root = ''): Connection {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  const folder = `${root}/var/run/secrets/kubernetes.io/serviceaccount`;
  if (!host || !port) {
    throw new AppError('input', 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set.', {
      code: 'not-in-cluster',
      hint: 'Run inside a pod, or name a kubeconfig.',
    });
  }
  return {
    name: 'in-cluster',
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: readText(join(folder, 'ca.crt'), 'not-in-cluster'),
    tokenFile: join(folder, 'token'),
  };
}

type Kubeconfig = z.infer<typeof kubeconfigSchema>;

function readKubeconfig(path: string): Kubeconfig {
  const text = readText(path, 'kubeconfig-unreadable');
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (cause) {
    throw invalid(path, 'it is not YAML', cause);
  }
  const result = kubeconfigSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'wrong shape'}`);
}

function contextNames(config: Kubeconfig): string[] {
  return (config.contexts ?? []).map((entry) => entry.name);
}

function pick<T>(
  path: string,
  entries: readonly Record<string, unknown>[] | null | undefined,
  [name, field]: readonly [string, string],
  schema: z.ZodType<T>,
): T | undefined {
  const entry = entries?.find((candidate) => candidate['name'] === name);
  if (entry === undefined) return undefined;
  const result = schema.safeParse(entry[field]);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(path, `${field} '${name}': ${[...(issue?.path ?? [])].join('.')} ${issue?.message ?? 'wrong shape'}`);
}

function clusterPart(path: string, cluster: z.infer<typeof clusterSchema>): Pick<Connection, 'server' | 'ca'> {
  if (cluster['insecure-skip-tls-verify']) {
    throw invalid(path, 'insecure-skip-tls-verify is set; a server that is not verified is not used');
  }
  if (cluster['proxy-url']) throw invalid(path, 'proxy-url is not supported');
  if (!cluster.server.startsWith('https://')) throw invalid(path, `server '${cluster.server}' is not https`);
  const data = cluster['certificate-authority-data'];
  const file = cluster['certificate-authority'];
  const ca = data !== undefined ? fromBase64(data) : file !== undefined ? readText(beside(path, file)) : undefined;
  const tlsServerName = cluster['tls-server-name'];
  return {
    server: cluster.server,
    ...(ca !== undefined && { ca }),
    ...(tlsServerName !== undefined && { tlsServerName }),
  };
}

function userPart(path: string, user: z.infer<typeof userSchema>): Partial<Connection> {
  const certData = user['client-certificate-data'];
  const keyData = user['client-key-data'];
  const certFile = user['client-certificate'];
  const keyFile = user['client-key'];
  const { exec } = user;
  return {
    ...(certData !== undefined ? { cert: fromBase64(certData) } : certFile && { certFile: beside(path, certFile) }),
    ...(keyData !== undefined ? { key: fromBase64(keyData) } : keyFile && { keyFile: beside(path, keyFile) }),
    ...(user.tokenFile ? { tokenFile: beside(path, user.tokenFile) } : user.token && { token: user.token }),
    ...(exec && {
      exec: {
        command: exec.command,
        args: exec.args ?? [],
        env: Object.fromEntries((exec.env ?? []).map((entry) => [entry.name, entry.value])),
        folder: dirname(resolve(path)),
      },
    }),
  };
}

function beside(path: string, file: string): string {
  return isAbsolute(file) ? file : join(dirname(resolve(path)), file);
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function readText(path: string, code = 'kubeconfig-unreadable'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new AppError('input', `${path} cannot be read (${reason}).`, { code, cause });
  }
}

function invalid(path: string, why: string, cause?: unknown): AppError {
  return new AppError('input', `${path} is not a usable kubeconfig: ${why}.`, {
    code: 'kubeconfig-invalid',
    ...(cause !== undefined && { cause }),
  });
}
