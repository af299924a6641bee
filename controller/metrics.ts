import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Informer, InformerMetrics } from '../kube/list-watch.ts';
import type { RequestSample } from '../kube/transport.ts';
import type { Queue, QueueMetrics } from './queue.ts';

/** Seconds; from a cached read to a run that waits for a slow site. */
const buckets = [0.005, 0.02, 0.1, 0.5, 2, 10, 30];

/** The metrics of one controller process, all named `jinhong_*`. None has a tenant as a label. */
export interface RuntimeMetrics {
  /** For `createQueue`; `kind` is what the keys are. */
  queue(kind: string): QueueMetrics;
  /** Reports depth, age and runs under way of a queue at each scrape. */
  watchQueue(kind: string, queue: Queue): void;
  /** For `startInformer`. */
  informer(server: string): InformerMetrics;
  /** Reports the age of the last contact and the number of objects at each scrape; the returned function ends that. */
  watchInformer(server: string, kind: string, informer: Pick<Informer<unknown>, 'lastContactMs' | 'size'>): () => void;
  /** For `createClient`. */
  observe(sample: RequestSample): void;
  /** Reports at each scrape whether this process leads. */
  watchLeader(isLeader: () => boolean): void;
}

/** Registers the families; call it once per registry. */
export function createRuntimeMetrics(registry: Registry): RuntimeMetrics {
  const readings = new Set<() => void>();
  let leads = (): boolean => false;
  // Metrics are collected in the order they were made: this one is first and refreshes those read from elsewhere.
  new Gauge({
    name: 'jinhong_leader',
    help: '1 when this process leads.',
    registers: [registry],
    collect() {
      for (const read of readings) read();
      this.set(leads() ? 1 : 0);
    },
  });
  const runs = createRunFamilies(registry);
  const server = createServerFamilies(registry);
  return {
    queue: (kind) => ({
      ran(outcome, seconds, waited) {
        runs.total.inc({ kind, outcome });
        runs.seconds.observe({ kind }, seconds);
        runs.waited.observe({ kind }, waited);
      },
    }),
    watchQueue(kind, queue) {
      readings.add(() => {
        runs.depth.set({ kind }, queue.depth());
        runs.age.set({ kind }, queue.ageMs() / 1000);
        runs.running.set({ kind }, queue.running());
      });
    },
    informer: (name) => ({
      relisted: ({ kind }, reason) => server.relists.inc({ server: name, kind, reason }),
      interrupted: ({ kind }, code) => server.interruptions.inc({ server: name, kind, code }),
      dropped: ({ kind }) => server.dropped.inc({ server: name, kind }),
    }),
    watchInformer(name, kind, informer) {
      const read = (): void => {
        server.contact.set({ server: name, kind }, informer.lastContactMs() / 1000);
        server.objects.set({ server: name, kind }, informer.size());
      };
      readings.add(read);
      return () => void readings.delete(read);
    },
    observe({ server: name, method, status, seconds }) {
      server.requests.observe({ server: name, method, code: String(status) }, seconds);
    },
    watchLeader(isLeader) {
      leads = isLeader;
    },
  };
}

function createRunFamilies(registry: Registry) {
  const registers = [registry];
  const labelNames = ['kind'];
  return {
    total: new Counter({
      name: 'jinhong_reconcile_total',
      help: 'Runs by kind of key and outcome.',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'jinhong_reconcile_seconds',
      help: 'Length of runs.',
      labelNames,
      buckets,
      registers,
    }),
    waited: new Histogram({
      name: 'jinhong_queue_wait_seconds',
      help: 'Time from being due to running.',
      labelNames,
      buckets,
      registers,
    }),
    depth: new Gauge({ name: 'jinhong_queue_depth', help: 'Keys that are due.', labelNames, registers }),
    running: new Gauge({ name: 'jinhong_queue_running', help: 'Runs under way.', labelNames, registers }),
    age: new Gauge({
      name: 'jinhong_queue_age_seconds',
      help: 'How long the oldest key has been due.',
      labelNames,
      registers,
    }),
  };
}

function createServerFamilies(registry: Registry) {
  const registers = [registry];
  const labelNames = ['server', 'kind'];
  return {
    requests: new Histogram({
      name: 'jinhong_request_seconds',
      help: 'Requests to API servers, each attempt by itself; code 0 means no answer.',
      labelNames: ['server', 'method', 'code'],
      buckets,
      registers,
    }),
    relists: new Counter({
      name: 'jinhong_informer_relist_total',
      help: 'Full lists by reason.',
      labelNames: [...labelNames, 'reason'],
      registers,
    }),
    interruptions: new Counter({
      name: 'jinhong_informer_interrupted_total',
      help: 'Failed lists and watches by error code.',
      labelNames: [...labelNames, 'code'],
      registers,
    }),
    dropped: new Counter({
      name: 'jinhong_informer_dropped_total',
      help: 'Events that were not newer than the cache.',
      labelNames,
      registers,
    }),
    contact: new Gauge({
      name: 'jinhong_informer_last_contact_seconds',
      help: 'Seconds since the server last said something that was accepted.',
      labelNames,
      registers,
    }),
    objects: new Gauge({
      name: 'jinhong_informer_objects',
      help: 'Objects in the cache.',
      labelNames,
      registers,
    }),
  };
}
