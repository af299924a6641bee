import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BenchCentre } from './centre.ts';

/** One finished request of an audit log, as far as the bench counts it. */
export interface Audited {
  readonly verb: string;
  readonly user: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** When it was received, epoch milliseconds. */
  readonly atMs: number;
}

interface Line {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

const reads = new Set(['get', 'list', 'watch']);

/** Requests to a centre that were received from `fromMs` to `toMs`; the log may have been rotated in between. */
export function auditedBetween(centre: Pick<BenchCentre, 'auditLog'>, fromMs: number, toMs: number): Audited[] {
  const folder = dirname(centre.auditLog);
  const files = readdirSync(folder).filter((name) => name.startsWith('audit') && name.endsWith('.log'));
  const recent = files.map((name) => join(folder, name)).filter((file) => statSync(file).mtimeMs >= fromMs);
  return recent
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').flatMap(auditedOf))
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
}

function auditedOf(text: string): Audited[] {
  if (!text.includes('"ResponseComplete"') && !text.includes('"ResponseStarted"')) return [];
  const { stage, verb, user, objectRef, responseStatus, requestReceivedTimestamp } = JSON.parse(text) as Line;
  // A watch is counted when it begins, everything else when it ends.
  if ((verb === 'watch') !== (stage === 'ResponseStarted')) return [];
  const { resource = '', namespace = '', name = '' } = objectRef ?? {};
  const atMs = Date.parse(requestReceivedTimestamp);
  return [{ verb, user: user.username, resource, namespace, name, code: responseStatus?.code ?? 0, atMs }];
}

/** Whether a request belongs to a controller of ours, at its own centre or at the management centre. Pure. */
export function isOurs({ user }: Audited): boolean {
  return /^system:serviceaccount:(jinhong-system|site-[^:]+):jinhong-/.test(user);
}

/** Whether it could have changed something other than a Lease: those are renewed for ever. Pure. */
export function isWrite({ verb, resource }: Audited): boolean {
  return !reads.has(verb) && resource !== 'leases';
}
