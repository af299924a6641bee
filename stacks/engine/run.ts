import { fork } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { Env } from './binaries.ts';
import type { EngineMessage, EngineOperation, EngineRequest, EngineResult } from './protocol.ts';
import { removeScratch } from './scratch.ts';
import { engineEnv, hasState, prepareState, removeRecord, stateCondition, stateFile } from './state.ts';

/** How a run is watched and ended. */
export interface RunOptions {
  readonly env: Env;
  readonly onProgress?: (message: Extract<EngineMessage, { type: 'progress' }>) => void;
  /** Asks the engine to stop after what it is doing. */
  readonly signal?: AbortSignal;
}

/** Operations that change neither the centre nor the state. */
const readOnly: ReadonlySet<EngineOperation> = new Set(['preview', 'inspect']);

/**
 * Runs one request in a process of its own, because the engine keeps global state. Resolves when that process has ended.
 * One that writes forgets the record of the last good run before it begins: cut off, it may leave objects that no wish names.
 * @throws locked `stack-locked`; terminal `state-unreadable`, `engine-failed` with the failed objects in
 * `data.diagnostics`, `engine-stopped`, `engine-died`
 */
export async function runEngine(request: EngineRequest, options: RunOptions): Promise<EngineResult> {
  prepareState(request.stateDir, request.target.site);
  refuseUnreadable(request);
  if (!readOnly.has(request.operation)) removeRecord(request.stateDir, request.target.site);
  const env = engineEnv(request.stateDir, request.target.site, request.binaries, options.env);
  const child = fork(join(import.meta.dirname, 'child.ts'), [], {
    env,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A process group of its own: Ctrl-C reaches it once, through `abort`, and a second signal would make it drop its work.
    // When this process dies it notices by the closed channel and stops in order.
    detached: true,
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString('utf8')}`.slice(-4000);
  });
  const abort = (): void => void child.kill('SIGINT');
  options.signal?.addEventListener('abort', abort, { once: true });
  let last: Exclude<EngineMessage, { type: 'progress' }> | undefined;
  child.on('message', (message: EngineMessage) => {
    if (message.type === 'progress') options.onProgress?.(message);
    else last = message;
  });
  child.send(request);
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
  }).finally(() => {
    options.signal?.removeEventListener('abort', abort);
    if (child.pid !== undefined) removeScratch(request.stateDir, request.target.site, child.pid);
  });
  if (last?.type === 'result') return last.result;
  throw last === undefined ? died(request, code, stderr) : failed(request, last);
}

/** The engine would say "failed to load checkpoint", and not what to do about it. */
function refuseUnreadable({ stateDir, target: { site } }: EngineRequest): void {
  if (!hasState(stateDir, site) || stateCondition(stateDir, site) === 'sound') return;
  throw new AppError('terminal', `${site}: ${stateFile(stateDir, site)} cannot be read.`, {
    code: 'state-unreadable',
    hint: `jinhong recover --site ${site}`,
    data: { site },
  });
}

function failed(request: EngineRequest, message: Extract<EngineMessage, { type: 'error' }>): AppError {
  const { site } = request.target;
  return new AppError(message.kind, `${site}: ${message.message}`, {
    code: message.code,
    hint: message.hint ?? (message.code === 'engine-failed' ? 'jinhong plan' : `jinhong recover --site ${site}`),
    data: { site, diagnostics: message.diagnostics },
  });
}

function died(request: EngineRequest, code: number | string, stderr: string): AppError {
  const { site } = request.target;
  const tail = stderr.trim().split('\n').slice(-5).join('\n');
  return new AppError('terminal', `${site}: the engine's process ended (${code}) without a result. ${tail}`.trim(), {
    code: 'engine-died',
    hint: `jinhong recover --site ${site}`,
    data: { site },
  });
}
