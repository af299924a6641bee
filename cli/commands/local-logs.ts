import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import { cloudPaths, readCloudState, siteDir } from '../../local/cloud-state.ts';
import { notStarted } from '../../local/people.ts';
import { tailOf } from '../../local/start-process.ts';
import type { Context } from '../context.ts';
import { localContext } from './local.ts';

/** One log: `name` is `<centre>/<process>`, or `node`. */
interface Log {
  readonly name: string;
  readonly file: string;
}

/** How much of a file is read to find its last lines. */
const tailBytes = 256 * 1024;
const followMs = 300;

/** `jinhong local logs`: the last lines of the logs that fit, and with `--follow` what comes after. */
export async function runLogs(command: Command, site?: string, process?: string): Promise<void> {
  const { ctx, dir } = localContext(command);
  const { follow, tail } = command.opts<{ follow?: boolean; tail: number }>();
  const logs = findLogs(dir).filter(({ name }) => fits(name, site, process));
  if (logs.length === 0) throw noSuchLog(dir, site, process);
  for (const log of logs) {
    const lines = tailOf(log.file, tailBytes).trimEnd().split('\n').slice(-tail);
    if (logs.length > 1) ctx.print(`==> ${log.name} <==`);
    if (tail > 0) for (const line of lines) ctx.print(line);
  }
  if (follow === true) await followLogs(ctx, logs);
}

function findLogs(dir: string): Log[] {
  const state = readCloudState(dir);
  if (state === undefined) throw notStarted(dir);
  const ofSites = state.sites.flatMap(({ name }) => {
    const folder = join(siteDir(dir, name), 'logs');
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.log')) : [];
    return files.sort().map((file) => ({ name: `${name}/${file.slice(0, -4)}`, file: join(folder, file) }));
  });
  const { nodeLog } = cloudPaths(dir);
  return [...ofSites, ...(existsSync(nodeLog) ? [{ name: 'node', file: nodeLog }] : [])];
}

function fits(name: string, site: string | undefined, process: string | undefined): boolean {
  const [first, second] = name.split('/');
  return (site === undefined || first === site) && (process === undefined || second === process);
}

function noSuchLog(dir: string, site: string | undefined, process: string | undefined): AppError {
  const wanted = [site, process].filter((part) => part !== undefined).join(' ');
  const names = findLogs(dir).map(({ name }) => name.replace('/', ' '));
  const text = {
    zh: `没有日志：${wanted}；现有：${names.join('、')}`,
    en: `no log ${wanted}; there are: ${names.join(', ')}`,
  };
  return new AppError('notFound', text.en, { code: 'no-such-log', data: { text } });
}

/** Prints what is appended to the logs until the run is interrupted; a file that shrank (rotation) is read anew. */
async function followLogs(ctx: Context, logs: readonly Log[]): Promise<void> {
  const read = new Map(logs.map(({ file }) => [file, sizeOf(file)]));
  while (!ctx.signal.aborted) {
    for (const { name, file } of logs) {
      const size = sizeOf(file);
      const known = read.get(file) ?? 0;
      const from = size < known ? 0 : known;
      if (size === from) continue;
      const { text, next } = readLines(file, from, size);
      read.set(file, next);
      const prefix = logs.length > 1 ? `${name}: ` : '';
      for (const line of text) ctx.print(`${prefix}${line}`);
    }
    await new Promise((resolve) => setTimeout(resolve, followMs));
  }
}

/** Whole lines between two positions, and where the next reading begins. */
function readLines(file: string, from: number, to: number): { text: string[]; next: number } {
  const buffer = Buffer.alloc(Math.min(to - from, tailBytes));
  const fd = openSync(file, 'r');
  try {
    readSync(fd, buffer, 0, buffer.length, from);
  } finally {
    closeSync(fd);
  }
  const end = buffer.lastIndexOf(0x0a) + 1;
  if (end === 0) return { text: [], next: from };
  return {
    text: buffer
      .subarray(0, end - 1)
      .toString('utf8')
      .split('\n'),
    next: from + end,
  };
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
