import { z } from 'zod';
import { type Cloud, cloudSpec } from '../core/model/cloud.ts';
import { namespaces } from '../core/model/names.ts';
import { canonicalJson } from '../kube/apply.ts';
import type { Clock } from '../kube/clock.ts';
import { startInformer } from '../kube/list-watch.ts';
import { resources } from '../kube/resource.ts';
import type { KubeClient, KubeObject, Log } from '../kube/types.ts';
import type { CloudConfig, Timings } from './deps.ts';

/** The ConfigMap in `jinhong-system` that `jinhong up` installs at every centre. */
export const cloudConfigMap = 'jinhong-cloud';

const seconds = z.number().positive().max(86_400);

/** `timings.json`; what is absent has a default (the client-go values for the Lease). */
const timingsSchema = z.strictObject({
  leaseSeconds: seconds.default(15),
  heartbeatSeconds: seconds.default(10),
  silentAfterSeconds: seconds.default(40),
  backoffBaseMs: z.number().int().positive().max(600_000).default(1_000),
  backoffMaxMs: z.number().int().positive().max(3_600_000).default(60_000),
  resyncSeconds: seconds.default(600),
});

/** The configuration while it is followed. */
export interface FollowedConfig extends CloudConfig {
  /** Resolves when the first valid configuration is there. */
  readonly ready: Promise<void>;
  hasConfig(): boolean;
  stop(): Promise<void>;
}

type Content = ReturnType<CloudConfig['current']>;

/**
 * Follows the ConfigMap jinhong-cloud. A centre may be asked to run before `up` has written it: then this says so in the
 * log and waits. An invalid update is logged and the last valid configuration stays in force; so it does when the
 * ConfigMap is deleted.
 */
export function followCloudConfig(options: {
  readonly client: KubeClient;
  readonly log: Log;
  readonly clock: Clock;
}): FollowedConfig {
  const { client, log, clock } = options;
  const first = Promise.withResolvers<void>();
  const listeners = new Set<() => void>();
  let content: Content | undefined;

  const take = (object: KubeObject): void => {
    if (object.metadata.name !== cloudConfigMap) return;
    const next = readContent(object, log);
    if (next === undefined || canonicalJson(next) === canonicalJson(content)) return;
    content = next;
    first.resolve();
    for (const listener of listeners) listener();
  };
  const informer = startInformer({
    client,
    resource: resources.configMap,
    namespace: namespaces.system,
    clock,
    log,
    onChange(_key, kind, object) {
      if (kind !== 'deleted') take(object);
      else if (object.metadata.name === cloudConfigMap)
        log.warn({}, 'jinhong-cloud was deleted, its last content stays');
    },
  });
  informer.synced.then(
    () => {
      if (content === undefined) log.warn({ configMap: cloudConfigMap }, 'waiting for jinhong-cloud: run `jinhong up`');
    },
    () => undefined,
  );
  return {
    ready: first.promise,
    hasConfig: () => content !== undefined,
    current() {
      if (content === undefined) throw new Error('the configuration was asked for before it was there');
      return content;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: () => informer.stop(),
  };
}

function readContent(object: KubeObject, log: Log): Content | undefined {
  const data = object['data'] as Record<string, string> | undefined;
  try {
    const cloud: Cloud = cloudSpec.parse(JSON.parse(data?.['cloud.json'] ?? 'null'));
    return { cloud, timings: readTimings(data?.['timings.json']) };
  } catch (error) {
    log.error({ err: error, configMap: cloudConfigMap }, 'jinhong-cloud is not valid and is not taken');
    return undefined;
  }
}

/** Timings with their defaults; `text` is the JSON of `timings.json`. Pure. @throws when it is not valid */
export function readTimings(text: string | undefined): Timings {
  const values = timingsSchema.parse(JSON.parse(text ?? '{}'));
  return {
    leaseMs: values.leaseSeconds * 1000,
    heartbeatMs: values.heartbeatSeconds * 1000,
    silentAfterMs: values.silentAfterSeconds * 1000,
    backoffBaseMs: values.backoffBaseMs,
    backoffMaxMs: values.backoffMaxMs,
    resyncMs: values.resyncSeconds * 1000,
  };
}
