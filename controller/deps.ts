import type { Cloud } from '../core/model/cloud.ts';
import type { Clock } from '../kube/clock.ts';
import type { KubeClient, Log, Random } from '../kube/types.ts';
import type { RuntimeMetrics } from './metrics.ts';

/** Times of the controllers; from `timings.json` of the ConfigMap jinhong-cloud, or these defaults. */
export interface Timings {
  /** How long a Lease of leader election holds. */
  readonly leaseMs: number;
  /** How often a site reports that it is alive. */
  readonly heartbeatMs: number;
  /** After this long without a heartbeat a site is silent. */
  readonly silentAfterMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** How often every key is looked at without a cause, and every cache reads the whole list. */
  readonly resyncMs: number;
}

/** The cloud's configuration at this centre, kept fresh. */
export interface CloudConfig {
  /** The last valid one; a broken update changes nothing. */
  current(): { readonly cloud: Cloud; readonly timings: Timings };
  /** Calls `listener` after each change; the returned function ends that. */
  onChange(listener: () => void): () => void;
}

/** What main gives to the controller that it runs; the controller of this process leads when it is called. */
export interface ControllerDeps {
  /** Name of the centre that this process runs at. */
  readonly site: string;
  /** This centre's API server. Writes are refused once the lead is lost. */
  readonly client: KubeClient;
  readonly config: CloudConfig;
  readonly log: Log;
  readonly metrics: RuntimeMetrics;
  readonly clock: Clock;
  readonly random: Random;
}

/** A controller at work. */
export interface RunningController {
  /** Names of what it still waits for or has lost touch with; empty when it is ready. */
  unready(): string[];
  /** Starts nothing new and resolves when what was under way has ended. */
  stop(): Promise<void>;
}
