import { AppError, isAppError } from '../../core/errors.ts';
import type { Department, Tenant } from '../../core/model/kinds.ts';
import { departmentNamespace } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import type { Context } from '../context.ts';
import { age } from '../view/words.ts';
import { refOfManifest } from './folder.ts';

/** How often the management centre is asked while something is waited for. One list each time. */
const pollMs = 500;

/** One tenant that is not settled, with what it says of itself. */
export interface Unsettled {
  readonly ref: string;
  /** Type of the condition that keeps it, or `Seen` before the controller looked at the request. */
  readonly condition: string;
  readonly message: string;
  /** Epoch milliseconds; undefined: never said. */
  readonly sinceMs: number | undefined;
}

/** How tenants stand when the waiting ends. */
export interface Settled {
  readonly ready: readonly string[];
  /** They wait for a decision or an act of people. */
  readonly waiting: readonly string[];
  /** Refused: only the department can go on. */
  readonly refused: readonly string[];
  readonly unsettled: readonly Unsettled[];
}

/** Sorts tenants by how they stand; `refs` are those that count. Pure. */
export function standOf(tenants: readonly Tenant[], refs: ReadonlySet<string>): Settled {
  const settled = {
    ready: [] as string[],
    waiting: [] as string[],
    refused: [] as string[],
    unsettled: [] as Unsettled[],
  };
  const found = new Map(tenants.map((tenant) => [refOfManifest(tenant), tenant]));
  for (const ref of [...refs].sort()) {
    const tenant = found.get(ref);
    const status = tenant?.status;
    const seen = status !== undefined && status.observedGeneration >= (tenant?.metadata.generation ?? 1);
    const ready = status?.conditions.find(({ type }) => type === 'Ready');
    if (!seen) settled.unsettled.push({ ref, condition: 'Seen', message: '', sinceMs: undefined });
    else if (status.state === 'Refused') settled.refused.push(ref);
    else if ((status.waitingFor ?? []).length > 0 || quiet.has(status.state)) settled.waiting.push(ref);
    else if (ready?.status === 'True') settled.ready.push(ref);
    else settled.unsettled.push(unsettledOf(ref, ready));
  }
  return settled;
}

const quiet: ReadonlySet<string> = new Set(['Waiting', 'Frozen', 'Retiring', 'Removed']);

function unsettledOf(
  ref: string,
  ready: { message: string; reason: string; lastTransitionTime: string } | undefined,
): Unsettled {
  if (ready === undefined) return { ref, condition: 'Ready', message: '', sinceMs: undefined };
  const message = ready.message === '' ? ready.reason : `${ready.reason}: ${ready.message}`;
  return { ref, condition: 'Ready', message, sinceMs: Date.parse(ready.lastTransitionTime) };
}

/** What to wait for, and who is told how far it is. */
export interface WaitOptions {
  readonly refs: ReadonlySet<string>;
  readonly deadlineMs: number;
  readonly onProgress: (settled: Settled) => void;
}

/**
 * Waits until no tenant is unsettled, or the deadline; what is left comes back. A management centre that does not answer
 * for a while is asked again.
 */
export async function waitForTenants(ctx: Context, client: KubeClient, options: WaitOptions): Promise<Settled> {
  for (;;) {
    const { items } = await client.list(resources.tenant);
    const settled = standOf(items as unknown as Tenant[], options.refs);
    options.onProgress(settled);
    if (settled.unsettled.length === 0 || ctx.now() >= options.deadlineMs) return settled;
    await pause(ctx.signal);
  }
}

/**
 * Waits until the management controller has made the namespaces of departments.
 * @throws timeout `department-not-ready` naming those that lack it and what they say
 */
export async function waitForDepartments(
  ctx: Context,
  client: KubeClient,
  codes: readonly string[],
  deadlineMs: number,
): Promise<void> {
  for (;;) {
    const [namespaces, departments] = await Promise.all([client.list(resources.namespace), listDepartments(client)]);
    const there = new Set(namespaces.items.map(({ metadata }) => metadata.name));
    const missing = codes.filter((code) => !there.has(departmentNamespace(code)));
    if (missing.length === 0) return;
    if (ctx.now() >= deadlineMs) throw notReady(ctx, missing, departments);
    await pause(ctx.signal);
  }
}

async function listDepartments(client: KubeClient): Promise<Department[]> {
  try {
    return (await client.list(resources.department)).items as unknown as Department[];
  } catch (error) {
    if (isAppError(error) && error.kind === 'notFound') return [];
    throw error;
  }
}

function notReady(ctx: Context, missing: readonly string[], departments: readonly Department[]): AppError {
  const lines = missing.slice(0, 5).map((code) => {
    const found = departments.find(({ metadata }) => metadata.name === code);
    const ready = found?.status?.conditions.find(({ type }) => type === 'Ready');
    const since = ready === undefined ? '' : ` (${age(Date.parse(ready.lastTransitionTime), ctx.now(), ctx.lang)})`;
    return `Department/${code}: ${ready === undefined ? 'Ready ?' : `${ready.reason} ${ready.message}`}${since}`;
  });
  const text = {
    zh: `管理中心的控制器没有建好 ${missing.length} 个部门的命名空间：${lines.join('；')}`,
    en: `the management controller has not made the namespaces of ${missing.length} departments: ${lines.join('; ')}`,
  };
  return new AppError('timeout', text.en, { code: 'department-not-ready', hint: 'jinhong doctor', data: { text } });
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, pollMs);
    function done(): void {
      signal.removeEventListener('abort', abort);
      resolve();
    }
    function abort(): void {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    }
    signal.addEventListener('abort', abort, { once: true });
  });
}
