import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import { type Connection, inClusterConnection, loadKubeconfig } from '../kube/config.ts';

const prefix = 'JINHONG_';

/**
 * Settings of a controller process, all from its environment and read once. Whatever begins with JINHONG_ and is not here
 * is refused: a misspelt setting must not be a default in disguise.
 */
const settings = z.strictObject({
  /** Name of the centre that it runs at, as in cloud.yaml. */
  JINHONG_SITE: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 'must be the name of a site'),
  /** Port of /healthz, /readyz and /metrics; 0 takes a free one. */
  JINHONG_HTTP_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  /** Address that it listens on. A pod must be reached by its kubelet, anything else stays on loopback. */
  JINHONG_HTTP_HOST: z.string().optional(),
  /** Stands before the paths of a pod's files; empty in a pod. */
  JINHONG_ROOT: z.string().default(''),
  /** File and context to use instead of the pod's own account, for tests. */
  JINHONG_KUBECONFIG: z.string().optional(),
  JINHONG_CONTEXT: z.string().optional(),
  JINHONG_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** What one controller process is to be. */
export interface ControllerConfig {
  readonly site: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly logLevel: z.output<typeof settings>['JINHONG_LOG_LEVEL'];
  /** How to reach the centre's own API server. @throws AppError as kube/config.ts */
  readonly connect: () => Connection;
}

/**
 * The configuration in `env`; variables that do not begin with JINHONG_ are the pod's.
 * @throws input `bad-setting` that names every wrong variable
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ControllerConfig {
  const ours = Object.entries(env).filter(([name, value]) => name.startsWith(prefix) && value !== undefined);
  const parsed = settings.safeParse(Object.fromEntries(ours));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys.join(', ')}`
        : `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new AppError('input', `The settings are wrong: ${faults.join('; ')}.`, {
      code: 'bad-setting',
      hint: `Known are ${Object.keys(settings.shape).join(', ')}.`,
    });
  }
  const values = parsed.data;
  const kubeconfig = values.JINHONG_KUBECONFIG;
  const inPod = kubeconfig === undefined && values.JINHONG_ROOT === '';
  return {
    site: values.JINHONG_SITE,
    http: { host: values.JINHONG_HTTP_HOST ?? (inPod ? '0.0.0.0' : '127.0.0.1'), port: values.JINHONG_HTTP_PORT },
    logLevel: values.JINHONG_LOG_LEVEL,
    connect: () =>
      kubeconfig === undefined
        ? inClusterConnection(env, values.JINHONG_ROOT)
        : loadKubeconfig(kubeconfig, values.JINHONG_CONTEXT),
  };
}
