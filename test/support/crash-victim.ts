/** A real controller process that a test kills with SIGKILL at an exact request, and starts again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { namespaces } from '../../core/model/names.ts';
import { isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { until } from './centre.ts';
import { type FaultProxy, type ProxyCall, startFaultProxy } from './fault-proxy.ts';

/** What the process is and where it works. */
export interface VictimOptions {
  readonly program: 'management' | 'site';
  /** `JINHONG_SITE`. */
  readonly site: string;
  /** Its own service account's token, and nothing else of this process's rights. */
  readonly token: string;
  readonly server: string;
  readonly ca: string;
  readonly admin: KubeClient;
  /** Folder for its kubeconfig. */
  readonly dir: string;
}

/** The process behind a proxy that sees each of its requests. */
export interface Victim {
  readonly proxy: FaultProxy;
  /** Its writes so far, Leases and dry runs left out. */
  writes(): ProxyCall[];
  /** When the last write arrived, by performance.now(). */
  lastWriteMs(): number;
  /** Kills it at a write from now on; see Kill. */
  arm(kill: Kill): void;
  disarm(): void;
  /** Whether the armed write came. */
  hasDied(): boolean;
  start(): Promise<void>;
  /** Resolves when the process leads and knows everything. */
  ready(): Promise<void>;
  /** What it logged since it was started last. */
  log(): string;
  stop(): Promise<void>;
}

/** At which write to kill, and whether the server does it nonetheless. */
export interface Kill {
  readonly at: (call: ProxyCall) => boolean;
  readonly when: 'before' | 'after';
}

const main = join(import.meta.dirname, '../../controller/start.js');

/** Whether a call changes something that counts: Leases, dry runs and token requests do not. Pure. */
export function isWrite(call: ProxyCall): boolean {
  if (!['create', 'update', 'patch', 'delete'].includes(call.verb)) return false;
  return call.plural !== 'leases' && !call.query.has('dryRun') && !call.path.endsWith('/token');
}

/**
 * What a write is about, the same in every run: `verb kind/subresource namespace/name`, with NAME for `name`. The name of
 * an event is random, so its reason stands for it. Pure.
 */
export function writeKey(call: ProxyCall, name: string): string {
  const body =
    call.verb === 'create' ? (JSON.parse(call.body) as { metadata: { name: string }; reason?: string }) : undefined;
  const target = call.plural === 'events' ? body?.reason : (call.name ?? body?.metadata.name);
  const parts = call.path.split('/');
  const subresource = parts.at(-1) === 'status' ? '/status' : '';
  return `${call.verb} ${call.plural}${subresource} ${call.namespace ?? ''}/${target}`.replaceAll(name, 'NAME');
}

interface State {
  /** The process that runs; none while it is being killed on purpose. */
  child?: ChildProcess;
  log: string;
  lastWriteMs: number;
  kill?: Kill | undefined;
  died: boolean;
  stopped: boolean;
}

/** A proxy in front of the server and, once started, the process behind it. */
export async function createVictim(options: VictimOptions): Promise<Victim> {
  const { program, admin, dir } = options;
  const proxy = await startFaultProxy({ name: 'upstream', server: options.server, ca: options.ca });
  const kubeconfig = writeConfig(join(dir, `crash-${program}.kubeconfig`), options, proxy);
  const state: State = { log: '', lastWriteMs: performance.now(), died: false, stopped: false };
  const start = async (): Promise<void> => {
    await freeLease(admin, program);
    const env = {
      PATH: process.env['PATH'],
      JINHONG_SITE: options.site,
      JINHONG_HTTP_PORT: '0',
      JINHONG_KUBECONFIG: kubeconfig,
      JINHONG_CONTEXT: 'own',
    };
    const child = spawn(process.execPath, [main, program], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    state.log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      state.log += text;
    });
    // On a busy machine it may lose its Lease and end; whoever runs it starts it again.
    child.once('exit', () => {
      if (state.child === child && !state.stopped) void start();
    });
    state.child = child;
  };
  const crash = async (): Promise<void> => {
    state.died = true;
    const { child } = state;
    delete state.child;
    await end(child);
    await start();
  };
  proxy.rule((call) => {
    if (!isWrite(call)) return undefined;
    state.lastWriteMs = performance.now();
    if (state.kill === undefined || !state.kill.at(call)) return undefined;
    const { when } = state.kill;
    state.kill = undefined;
    return { [when]: crash, cut: when };
  });
  return {
    proxy,
    writes: () => proxy.calls.filter(isWrite),
    lastWriteMs: () => state.lastWriteMs,
    arm(kill) {
      state.kill = kill;
      state.died = false;
    },
    disarm() {
      state.kill = undefined;
      state.died = false;
    },
    hasDied: () => state.died,
    start,
    ready: () =>
      until('the controller leads and knows everything', () => isReady(state.log), 180_000).then(() => undefined),
    log: () => state.log,
    async stop() {
      state.stopped = true;
      await end(state.child);
      await proxy.close();
    },
  };
}

/** Whether the process that logs so holds its Lease and has read all it follows. */
async function isReady(log: string): Promise<boolean> {
  const lines = log.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  const said = lines.map((line) => JSON.parse(line) as { msg: string; host?: string; port?: number });
  const started = said.find(({ msg }) => msg === 'started');
  if (started === undefined || !said.some(({ msg }) => msg === 'this process leads')) return false;
  return (await fetch(`http://${started.host}:${started.port}/readyz`)).status === 200;
}

function writeConfig(file: string, { token }: VictimOptions, { connection }: FaultProxy): string {
  const ca = Buffer.from(connection.ca ?? '').toString('base64');
  const config = {
    clusters: [{ name: 'c', cluster: { server: connection.server, 'certificate-authority-data': ca } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'own', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** The holder is certainly dead, so the next one need not wait for its Lease to run out. */
async function freeLease(admin: KubeClient, program: string): Promise<void> {
  const ref = { namespace: namespaces.system, name: `jinhong-${program}` };
  const spec = { holderIdentity: '' };
  await until('the Lease is free', () =>
    admin.patch(resources.lease, ref, { spec }, { type: 'merge' }).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return true;
        throw error;
      },
    ),
  );
}
