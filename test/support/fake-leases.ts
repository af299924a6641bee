import { AppError } from '../../core/errors.ts';
import type { Lease } from '../../kube/lease.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';

/** A server with one Lease, in memory, for elections on a clock that stands still. */
export interface FakeLeases {
  lease(): Lease | undefined;
  /** Another client of it. */
  connect(): FakeLeaseClient;
}

/** One client and what goes wrong with it. */
export interface FakeLeaseClient {
  readonly client: KubeClient;
  /** Calls so far: `get`, `create`, `update`, `patch`. */
  readonly calls: string[];
  /** While true, every call fails as if the server were away. */
  away: boolean;
  /** While true, writes are stored but their answers are lost. */
  deaf: boolean;
}

const refusal = (kind: 'notFound' | 'conflict' | 'unreachable', code: string): AppError =>
  new AppError(kind, code, { code });

/** An empty server. */
export function createFakeLeases(): FakeLeases {
  let stored: Lease | undefined;
  let version = 0;

  const connect = (): FakeLeaseClient => {
    const state = { calls: [] as string[], away: false, deaf: false };
    const call = (name: string): void => {
      state.calls.push(name);
      if (state.away) throw refusal('unreachable', 'connection-lost');
    };
    const store = (lease: KubeObject): Lease => {
      version += 1;
      stored = { ...(lease as Lease), metadata: { ...lease.metadata, resourceVersion: String(version) } };
      if (state.deaf) throw refusal('unreachable', 'connection-lost');
      return stored;
    };
    const client = {
      name: 'fake',
      async get() {
        call('get');
        if (stored === undefined) throw refusal('notFound', 'not-found');
        return stored;
      },
      async create(lease: KubeObject) {
        call('create');
        if (stored !== undefined) throw refusal('conflict', 'already-exists');
        return store(lease);
      },
      async update(lease: KubeObject) {
        call('update');
        if (lease.metadata.resourceVersion !== stored?.metadata.resourceVersion) throw refusal('conflict', 'conflict');
        return store(lease);
      },
      async patch(_: unknown, __: unknown, body: { spec: object }) {
        call('patch');
        if (stored === undefined) throw refusal('notFound', 'not-found');
        return store({ ...stored, spec: { ...stored.spec, ...body.spec } });
      },
    };
    return Object.assign(state, { client: client as unknown as KubeClient });
  };

  return { lease: () => stored, connect };
}
