import { type Clock, sleep, systemClock } from './clock.ts';
import { microTime } from './lease.ts';
import { resources } from './resource.ts';
import { type KubeClient, type Log, type Random, silentLog } from './types.ts';

/** The Lease by which others see that this process is alive and can reach their server. */
export interface HeartbeatOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** An existing Lease: whoever listens makes it, so that renewing it needs no right to create. */
  readonly name: string;
  readonly identity: string;
  /** @default 10_000 */
  readonly intervalMs?: number | undefined;
  /** What the Lease says about when to worry. @default 40 */
  readonly leaseDurationSeconds?: number | undefined;
  /** Asked before each beat; false skips it. @default always */
  readonly when?: (() => boolean) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
}

/** A heart that beats. */
export interface Heartbeat {
  /** Milliseconds since the last beat that arrived; Infinity before the first. */
  lastBeatMs(): number;
  stop(): Promise<void>;
}

/** Renews the Lease now and then again and again. A beat that fails is left out; the next one comes in its own time. */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLog;
  const stopping = new AbortController();
  const { signal } = stopping;
  let beatMs = Number.NEGATIVE_INFINITY;
  let failures = 0;

  const beatOnce = async (): Promise<void> => {
    try {
      await beat(options, clock, signal);
      if (failures > 1) log.info({ lease: options.name, failures }, 'the heartbeat arrives again');
      failures = 0;
      beatMs = clock.monotonic();
    } catch (error) {
      failures += 1;
      if (failures === 2) log.warn({ err: error, lease: options.name }, 'the heartbeat does not arrive');
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      if (options.when?.() ?? true) await beatOnce();
      const spread = 0.9 + (options.random ?? Math.random)() / 5;
      await sleep(clock, (options.intervalMs ?? 10_000) * spread, signal);
    }
  };

  const running = run();
  return {
    lastBeatMs: () => clock.monotonic() - beatMs,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function beat(options: HeartbeatOptions, clock: Clock, signal: AbortSignal): Promise<void> {
  const { client, namespace, name, identity } = options;
  const spec = {
    holderIdentity: identity,
    leaseDurationSeconds: options.leaseDurationSeconds ?? 40,
    renewTime: microTime(clock.now()),
  };
  const timeoutMs = options.intervalMs ?? 10_000;
  await client.patch(
    resources.lease,
    { namespace, name },
    { spec },
    { type: 'merge', idempotent: true, priority: 'high', timeoutMs, signal },
  );
}
