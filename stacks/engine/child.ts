/**
 * The process that works on one centre's stack: it gets one request by IPC, runs it through the Automation API, streams
 * progress, sends one result or error and ends. It is the only place that imports the Automation API. When its parent is
 * gone it asks the engine to stop and waits, so that the state is whole.
 */
import * as automation from '@pulumi/pulumi/automation/index.js';
import { platformProgram } from '../program.ts';
import { collectEvents, type EventCollector, objectOf } from './events.ts';
import type { EngineMessage, EngineRequest, EngineResult, PendingOperation } from './protocol.ts';
import { openScratch, removeScratch } from './scratch.ts';
import { backendUrl, project, sitePaths } from './state.ts';

const stop = new AbortController();
/** Whether the engine has said something: from then on it takes an interrupt in order; before, it would drop its lock. */
let engineListens = false;
let stopAsked = false;
/** Milliseconds after which an engine that says nothing is interrupted all the same. */
const longestSilenceMs = 15_000;

process.once('message', (request: EngineRequest) => {
  void serve(request).finally(() => process.disconnect?.());
});
process.on('disconnect', askToStop);
process.on('SIGINT', askToStop);
process.on('SIGTERM', askToStop);
// The parent may be gone while we write to its pipe.
process.stderr.on('error', () => undefined);

function askToStop(): void {
  stopAsked = true;
  if (engineListens) stop.abort();
  else setTimeout(() => stop.abort(), longestSilenceMs).unref();
}

async function serve(request: EngineRequest): Promise<void> {
  const collector = collectEvents();
  const { stateDir, target } = request;
  try {
    // Set here and not by the parent, because the folder is named after this process.
    process.env['TMPDIR'] = openScratch(stateDir, target.site);
    const result = await perform(request, collector);
    await send({ type: 'result', result });
  } catch (error) {
    await send(describe(error, collector.result()));
  } finally {
    removeScratch(stateDir, target.site, process.pid);
  }
}

async function perform(request: EngineRequest, collector: EventCollector): Promise<EngineResult> {
  const stack = await openStack(request);
  if (stopAsked) throw new Error('stopped before it began');
  const onEvent = (event: automation.EngineEvent): void => {
    engineListens = true;
    if (stopAsked) stop.abort();
    const message = collector.take(event);
    if (message !== undefined) void send(message);
  };
  const common = { onEvent, signal: stop.signal, suppressOutputs: true };
  switch (request.operation) {
    case 'preview':
      await stack.preview({ ...common, refresh: request.refresh });
      break;
    case 'up':
      await stack.up({ ...common, refresh: request.refresh });
      break;
    case 'refresh':
      await stack.refresh({ ...common, clearPendingCreates: true, runProgram: true });
      break;
    case 'destroy':
      await stack.destroy({ ...common, excludeProtected: true, runProgram: true });
      break;
    case 'forget':
      await stack.workspace.removeStack(request.target.site, { force: true });
      break;
    case 'inspect': {
      const state = await stack.exportStack();
      return { ...collector.result(), pending: pendingOf(state), state };
    }
  }
  return collector.result();
}

async function openStack(request: EngineRequest): Promise<automation.Stack> {
  const paths = sitePaths(request.stateDir, request.target.site);
  const workspace = await automation.LocalWorkspace.create({
    workDir: paths.work,
    program: platformProgram(request.target, request.objects),
    projectSettings: {
      name: project,
      runtime: 'nodejs',
      backend: { url: backendUrl(request.stateDir, request.target.site) },
    },
  });
  return automation.Stack.createOrSelect(request.target.site, workspace);
}

interface Exported {
  readonly deployment?: {
    readonly pending_operations?: readonly { readonly type?: string; readonly resource?: { readonly urn?: string } }[];
  };
}

function pendingOf(state: unknown): PendingOperation[] {
  const pending = (state as Exported).deployment?.pending_operations ?? [];
  return pending.map((operation) => {
    const { kind, text } = objectOf(operation.resource?.urn ?? '');
    return { type: operation.type ?? 'unknown', kind, name: text };
  });
}

function describe(error: unknown, seen: EngineResult): EngineMessage {
  const { diagnostics } = seen;
  if (error instanceof automation.ConcurrentUpdateError) {
    const message = 'Another update of this centre holds the lock of its state.';
    return { type: 'error', kind: 'locked', code: 'stack-locked', message, diagnostics };
  }
  if (stopAsked) {
    return { type: 'error', kind: 'terminal', code: 'engine-stopped', message: 'The update was stopped.', diagnostics };
  }
  const errors = diagnostics.filter((entry) => entry.severity === 'error');
  const said = errors.map((entry) =>
    entry.object === undefined ? entry.message : `${entry.object}: ${entry.message}`,
  );
  // Without an event there is nothing better than the engine's own words; they hold no secrets of ours.
  const message = said.length > 0 ? said.join('\n') : lastLines(error);
  return { type: 'error', kind: 'terminal', code: 'engine-failed', message, diagnostics };
}

function lastLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').slice(-5).join('\n');
}

function send(message: EngineMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}
