/** Starting and stopping the node (local/node.ts) from a command. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { cloudPaths } from './cloud-state.ts';
import { readTextIfThere } from './files.ts';
import { stopOrphans } from './node/orphans.ts';
import { findMarked, isRunning, launch, type ProcessId, pause, startOf, stopProcess } from './processes.ts';
import { tailOf } from './start-process.ts';
import { localText } from './text.ts';

/** One program that the node runs, as its state file tells. */
export interface NodePod {
  readonly site: string;
  /** `<deployment>-<number>` */
  readonly name: string;
  readonly pid: number;
  readonly start: string;
  /** By name of the container port. */
  readonly ports: Readonly<Record<string, number>>;
  readonly ready: boolean;
  readonly restarts: number;
}

/** The node's state file. */
export interface NodeState extends ProcessId {
  readonly pods: readonly NodePod[];
}

/** The programs that the node of the cloud in `dir` runs; empty when it does not run. Sorted by site and name. */
export function readPods(dir: string): readonly NodePod[] {
  return readNodeState(dir)?.pods ?? [];
}

/** What the node wrote last; undefined when it never ran. */
export function readNodeState(dir: string): NodeState | undefined {
  const text = readTextIfThere(cloudPaths(dir).nodeState);
  return text === undefined ? undefined : (JSON.parse(text) as NodeState);
}

/**
 * Starts the node of the cloud in `dir` unless it runs; resolves when it has begun its work. Programs left by a node
 * that was killed are stopped first. Throws AppError `node-died`.
 */
export async function startNode(dir: string, known: ProcessId | undefined, tied: boolean): Promise<ProcessId> {
  const marker = markerOfNode(dir);
  const running = known !== undefined && isRunning(known) ? known : findMarked((mark) => mark === marker)[0];
  if (running !== undefined) return { pid: running.pid, start: running.start };
  await stopOrphans(dir);
  const { nodeDir, nodeLog } = cloudPaths(dir);
  mkdirSync(nodeDir, { recursive: true, mode: 0o700 });
  const program = join(import.meta.dirname, 'node.ts');
  const { id, exited } = await launch({
    command: process.execPath,
    args: [program, '--dir', dir, ...(tied ? ['--tied'] : [])],
    env: { PATH: '/usr/bin:/bin', HOME: nodeDir },
    logFile: nodeLog,
    cwd: join(import.meta.dirname, '..'),
    marker,
    tied,
  });
  await Promise.race([began(dir, id), exited]);
  if (isRunning(id)) return id;
  throw new AppError('terminal', localText().processDied('node', '-', 'exit', tailOf(nodeLog, 1_000)), {
    code: 'node-died',
    hint: localText().seeLog(nodeLog),
  });
}

/** Stops the node of the cloud in `dir` with its programs, also those that a killed one left. */
export async function stopNode(dir: string, known: ProcessId | undefined): Promise<void> {
  const ids = [...(known === undefined ? [] : [known]), ...findMarked((mark) => mark === markerOfNode(dir))];
  await Promise.all(ids.map((id) => stopProcess(id, 15_000)));
  await stopOrphans(dir);
}

/** The marker in the environment of the node of the cloud in `dir`. */
export function markerOfNode(dir: string): string {
  return join(dir, '_node');
}

async function began(dir: string, id: ProcessId): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline && startOf(id.pid) === id.start) {
    if (existsSync(cloudPaths(dir).nodeState) && readNodeState(dir)?.start === id.start) return;
    await pause(30);
  }
}
