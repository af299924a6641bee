import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { AppError } from '../../core/errors.ts';
import { localText } from '../text.ts';
import { platform } from './find.ts';
import type { BinaryPin } from './pins.ts';

const run = promisify(execFile);

/** A release ready to be fetched. */
export interface DownloadPlan {
  readonly url: string;
  readonly member: string | undefined;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Give up when nothing arrives for this long. */
const stallMs = 30_000;

/** What to fetch for this machine; undefined when upstream has no release or no checksum is pinned for it. Pure but for the platform. */
export function planDownload(pin: BinaryPin): DownloadPlan | undefined {
  const sha256 = pin.download?.sha256[platform()];
  if (pin.download === undefined || sha256 === undefined) return undefined;
  const [os = '', arch = ''] = platform().split('-');
  const fill = (text: string): string =>
    text.replaceAll('{version}', pin.version).replaceAll('{os}', os).replaceAll('{arch}', arch);
  const { url, member } = pin.download;
  return { url: fill(url), member: member === undefined ? undefined : fill(member), sha256 };
}

/**
 * Fetches a release into `workDir` and puts the program at `target` (mode 0755) once its checksum is right. Throws
 * AppError `download-failed` (server, network, unpacking) or `checksum-differs`; nothing is left at `target` then.
 */
export async function download(plan: DownloadPlan, workDir: string, target: string): Promise<void> {
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  const file = join(workDir, 'download');
  const found = await fetchTo(plan.url, file);
  if (found !== plan.sha256) {
    rmSync(file, { force: true });
    throw new AppError('input', localText().checksumDiffers(plan.url, plan.sha256, found), {
      code: 'checksum-differs',
      data: { url: plan.url, wanted: plan.sha256, found },
    });
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  if (plan.member === undefined) renameSync(file, target);
  else await unpack(plan, file, workDir, target);
  chmodSync(target, 0o755);
}

async function unpack(plan: DownloadPlan, file: string, workDir: string, target: string): Promise<void> {
  const member = plan.member ?? '';
  try {
    await run('tar', ['-xzf', file, '-C', workDir, member]);
    renameSync(join(workDir, member), target);
  } catch (cause) {
    throw failed(plan.url, String(cause), cause);
  }
}

/** Streams `url` to `file`; resolves with the SHA-256 of what came. */
async function fetchTo(url: string, file: string): Promise<string> {
  const hash = createHash('sha256');
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), stallMs);
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(), stallMs);
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const response = await fetch(url, { signal: stalled.signal, redirect: 'follow' });
    if (!response.ok || response.body === null) throw failed(url, `HTTP ${response.status}`);
    await pipeline(response.body, measure, createWriteStream(file, { mode: 0o600 }));
    return hash.digest('hex');
  } catch (cause) {
    rmSync(file, { force: true });
    if (cause instanceof AppError) throw cause;
    throw failed(url, reasonOf(cause), cause);
  } finally {
    clearTimeout(timer);
  }
}

/** fetch says "fetch failed" or "terminated" and keeps the reason in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function failed(url: string, reason: string, cause?: unknown): AppError {
  return new AppError('unreachable', localText().downloadFailed(url, reason), {
    code: 'download-failed',
    data: { url },
    cause,
  });
}
