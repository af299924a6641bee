import { siteAccountName } from '../../core/access/management.ts';
import type { Grant } from '../../core/model/kinds.ts';
import { managers, siteNamespace } from '../../core/model/names.ts';
import { sleep } from '../../kube/clock.ts';
import type { Connection } from '../../kube/config.ts';
import { retryAfterOf } from '../../kube/errors.ts';
import { type Heartbeat, startHeartbeat } from '../../kube/heartbeat.ts';
import { type Informer, startInformer } from '../../kube/list-watch.ts';
import { ourApiVersion, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { isOlder } from '../../kube/version.ts';
import type { ControllerDeps } from '../deps.ts';
import { keptGrant, type Share } from './alike.ts';
import { type Credential, isRenewalDue, readCredential, renewToken } from './credential.ts';
import { createWritten, type Written } from './written.ts';

/** What the management centre has of one Grant, as far as the site knows. */
export type Offer =
  /** It was never reached, so nothing can be said. */
  { readonly type: 'unknown' } | { readonly type: 'absent' } | { readonly type: 'present'; readonly grant: Grant };

/** The way to the management centre; everything works without it, only nothing new is decided. */
export interface Link {
  offer(name: string): Offer;
  names(): string[];
  /** Writes the status of a Grant there, over the connection that its offer came by. @throws as the client */
  report(grant: Grant, status: NonNullable<Grant['status']>): Promise<void>;
  isConnected(): boolean;
  /** Resolves when the management centre's Grants are known, or it is clear that this will take longer. */
  readonly tried: Promise<void>;
  stop(): Promise<void>;
}

/** How the link is made and whom it tells. */
export interface LinkOptions {
  readonly deps: ControllerDeps;
  /** A client of the management centre, closed by the link. */
  readonly connect: (connection: Connection) => KubeClient;
  readonly onChange: (name: string) => void;
  readonly share: Share;
  /** A first or a new list is complete: what is in the mirror may be missing there. */
  readonly onConnected: () => void;
  /** How often the Secret is looked at. @default 10_000 */
  readonly credentialMs?: number;
}

interface Session {
  readonly fingerprint: string;
  readonly client: KubeClient;
  readonly informer: Informer<Grant>;
  /** Own reports that the informer has not seen yet: without them the same would be told again. */
  readonly written: Written<Grant>;
  readonly heart: Heartbeat;
  /** The metrics hold the informer, and with it all its Grants, until this is called. */
  readonly unwatch: () => void;
  /** Versions at the last look, for `wentBack`. */
  looked?: { readonly lease: string; readonly known: string };
}

interface State {
  readonly options: LinkOptions;
  readonly stopping: AbortController;
  /** The one whose list is complete; it answers until a newer one has its own. */
  session: Session | undefined;
  /** One that is being set up with a newer credential. */
  next: Session | undefined;
  said: string;
  readonly onTried: () => void;
}

/** How long a start waits for the management centre's Grants; the site works without them. */
const mostWaitMs = 3_000;

/** Connects as soon as there is a credential, and again whenever it changes. */
export function startLink(options: LinkOptions): Link {
  const tried = Promise.withResolvers<void>();
  const state: State = {
    options,
    stopping: new AbortController(),
    session: undefined,
    next: undefined,
    said: '',
    onTried: tried.resolve,
  };
  const cancel = options.deps.clock.after(mostWaitMs, tried.resolve);
  const prefix = `${siteNamespace(options.deps.site)}/`;
  const running = keepConnected(state);
  return {
    offer(name) {
      const { session } = state;
      if (session === undefined || !session.informer.hasSynced()) return { type: 'unknown' };
      const grant = session.written.get(prefix + name);
      return grant === undefined ? { type: 'absent' } : { type: 'present', grant };
    },
    names: () => (state.session?.informer.keys() ?? []).map((key) => key.slice(prefix.length)),
    async report(grant, status) {
      const { session } = state;
      if (session === undefined) return;
      const { name, namespace, uid, generation } = grant.metadata;
      const object = { apiVersion: ourApiVersion, kind: 'Grant', metadata: { name, namespace, uid }, status };
      const asStatus = { fieldManager: managers.site, force: true, subresource: 'status' };
      const stored = keptGrant(await session.client.apply(object as KubeObject, asStatus), options.share);
      // With a newer decision in it (or its removal), it is news, and has to come as such.
      if (stored.metadata.generation !== generation || stored.metadata.deletionTimestamp !== undefined) return;
      session.written.note(prefix + name, stored.metadata.resourceVersion, stored);
    },
    isConnected: () => state.session?.informer.hasSynced() === true,
    tried: tried.promise,
    async stop() {
      cancel();
      tried.resolve();
      state.stopping.abort();
      await running;
      await Promise.all([end(state.session), end(state.next)]);
    },
  };
}

/** Looks at the Secret again and again: it appears with `site join` and changes with each renewal. */
async function keepConnected(state: State): Promise<void> {
  const { options, stopping } = state;
  const { clock, client, log } = options.deps;
  while (!stopping.signal.aborted) {
    let waitMs = options.credentialMs ?? 10_000;
    try {
      const credential = await readCredential(client);
      if (credential === undefined) {
        say(state, 'this site has not joined yet: run `jinhong site join`');
        state.onTried();
      } else await use(state, credential);
    } catch (error) {
      state.onTried();
      waitMs = Math.max(waitMs, retryAfterOf(error) ?? 0);
      if (!stopping.signal.aborted) log.warn({ err: error }, 'the credential for the management centre cannot be used');
    }
    await sleep(clock, waitMs, stopping.signal);
  }
}

function say(state: State, message: string): void {
  if (state.said !== message) state.options.deps.log.info({}, message);
  state.said = message;
}

async function use(state: State, credential: Credential): Promise<void> {
  const { deps } = state.options;
  const current = state.next ?? state.session;
  if (current?.fingerprint !== credential.fingerprint) {
    say(state, `connecting to the management centre at ${credential.connection.server}`);
    await connect(state, credential);
    return;
  }
  if (current.heart.lastBeatMs() > deps.config.current().timings.silentAfterMs) return;
  if (await wentBack(current, deps.site)) {
    deps.log.warn({}, 'the management centre was restored from an older copy, reading it anew');
    await connect(state, credential);
    return;
  }
  if (credential.life === undefined || !isRenewalDue(credential.life, deps.clock.now())) return;
  await renewToken(current.client, deps.client, { namespace: siteNamespace(deps.site), name: siteAccountName });
  deps.log.info({}, 'the token for the management centre was renewed');
}

/**
 * Whether the management centre is at an older version than it was: its own copy was put back. What is followed from a
 * version that is yet to come stays silent until then. A heartbeat written after the last look must be newer than all
 * that was known at that look; on a centre that only goes forward it always is. Decisions stay safe, they have numbers.
 */
async function wentBack(session: Session, site: string): Promise<boolean> {
  const ref = { namespace: siteNamespace(site), name: siteAccountName };
  const lease = (await session.client.get(resources.lease, ref)).metadata.resourceVersion ?? '';
  const { looked } = session;
  session.looked = { lease, known: session.informer.resourceVersion };
  return looked !== undefined && looked.lease !== lease && isOlder(lease, looked.known);
}

/** The old session goes on answering until the new one has listed; only then is it ended. */
async function connect(state: State, credential: Credential): Promise<void> {
  const { deps, connect: open, onChange, share } = state.options;
  const client = open(credential.connection);
  const { timings } = deps.config.current();
  const namespace = siteNamespace(deps.site);
  const shared = { client, clock: deps.clock, random: deps.random, log: deps.log };
  const informer = startInformer<Grant>({
    ...shared,
    resource: resources.grant,
    namespace,
    transform: (object) => keptGrant(object, share),
    onChange(key, kind, { metadata }) {
      const own = kind !== 'deleted' && written.isOwn(key, metadata.resourceVersion);
      written.caughtUp(key);
      if (!own) onChange(metadata.name);
    },
    maxBackoffMs: timings.backoffMaxMs,
    relistMs: timings.resyncMs,
    metrics: deps.metrics.informer(client.name),
  });
  const written = createWritten<Grant>(informer, ({ metadata }) => metadata.uid);
  const unwatch = deps.metrics.watchInformer(client.name, 'Grant', informer);
  const heart = startHeartbeat({
    ...shared,
    namespace,
    name: siteAccountName,
    identity: deps.site,
    intervalMs: timings.heartbeatMs,
    leaseDurationSeconds: Math.ceil(timings.silentAfterMs / 1000),
  });
  await end(state.next);
  const session: Session = { fingerprint: credential.fingerprint, client, informer, written, heart, unwatch };
  state.next = session;
  informer.synced.then(
    () => adopt(state, session),
    () => undefined,
  );
}

function adopt(state: State, session: Session): void {
  if (state.next !== session) return;
  const before = state.session;
  state.session = session;
  state.next = undefined;
  say(state, 'connected to the management centre');
  state.options.onConnected();
  state.onTried();
  end(before).catch((error: unknown) =>
    state.options.deps.log.warn({ err: error }, 'the old connection did not close'),
  );
}

async function end(session: Session | undefined): Promise<void> {
  if (session === undefined) return;
  session.unwatch();
  await session.heart.stop();
  await session.informer.stop();
  await session.client.close();
}
