import { AppError, exitCodes, isAppError } from '../../core/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { installPlatform, type PlatformChanges } from '../../stacks/centre.ts';
import { applyAll, ensureParent, type Failure, type SetChanges } from '../applyset.ts';
import { placesOf } from '../refusal.ts';
import { confirm } from '../view/ask.ts';
import type { Progress } from '../view/progress.ts';
import { type Centre, eachAtMost, wavesOf } from './centres.ts';
import { type Folder, refOfManifest } from './folder.ts';
import { joinSite } from './join.ts';
import { readDepartments } from './live.ts';
import { type Session, stackOf } from './session.ts';
import { departmentChanges, departmentSet, foreignTenants, refuseForeign, type TenantChanges } from './sets.ts';
import { heartbeat } from './site.ts';
import { type Settled, waitForDepartments, waitForTenants } from './wait.ts';

/** Centres of one wave that are installed at once. */
const installsAtOnce = 2;

/** A controller that runs reads its credential every 10 s; twice that, and the first heartbeat. */
const firstContactMs = 30_000;

/** What `up` did, step by step. */
export interface UpReport {
  /** By centre; absent: it was not reached, or an earlier wave failed. */
  readonly platform: Readonly<Record<string, PlatformChanges>>;
  /** Centres that were left out, with the reason. */
  readonly unreachable: Readonly<Record<string, string>>;
  readonly joined: readonly string[];
  readonly departments: { readonly written: number };
  readonly tenants: {
    readonly created: readonly string[];
    readonly updated: readonly KubeObject[];
    readonly removed: readonly KubeObject[];
    /** Refs of tenants with another set's label, which were left alone. */
    readonly foreign: readonly string[];
  };
  readonly settled: Settled | undefined;
}

/** How long each step may take. */
export interface UpOptions {
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly prune: boolean;
  /** Address of the management centre for the sites, where it is not that of the kubeconfig. */
  readonly server?: string;
}

/**
 * Refuses departments of another folder and asks for the name of each tenant that is to be removed, before anything is
 * written.
 * @throws input `not-confirmed`; policy `owned-by-other-set`
 */
export async function confirmUp(session: Session, prune: boolean): Promise<void> {
  refuseForeign([departmentChanges(session.folder, session.live.departments, true)]);
  if (!prune) return;
  const { ctx } = session;
  const removed = session.tenants.flatMap((changes) => changes.prune);
  for (const object of removed) {
    const ref = refOfManifest(object);
    // The name alone is enough where it was typed for the rename check already.
    if (ctx.yes.names.includes(object.metadata.name)) continue;
    const question = ctx.say({
      zh: `清单中已没有 ${ref}：将申请移除它和其中的一切`,
      en: `${ref} is no longer in the folder: it would be removed with all that is in it`,
    });
    await confirm(ctx, question, { name: ref });
  }
}

/** Installs the platform wave by wave, joins the sites, applies departments and tenants, waits. */
export async function runUp(session: Session, options: UpOptions, progress: Progress): Promise<UpReport> {
  const { ctx, management } = session;
  const deadlineMs = ctx.now() + options.timeoutMs;
  const unreachable = Object.fromEntries(
    session.centres.flatMap(({ site, down }) => (down === undefined ? [] : [[site.name, down.message]])),
  );
  const platform = await installWaves(session, progress);
  const none = { created: [], updated: [], removed: [], foreign: [] };
  const up = session.centres.filter(({ down }) => down === undefined);
  const written = await applyDepartments(session, up, progress);
  if (management.down !== undefined) {
    return { platform, unreachable, joined: [], departments: { written }, tenants: none, settled: undefined };
  }
  const joined = await joinSites(session, up, options, progress);
  const tenants = await applyTenants(session, { ...options, deadlineMs }, progress);
  const settled = options.wait ? await settle(session, deadlineMs, progress) : undefined;
  return { platform, unreachable, joined, departments: { written }, tenants, settled };
}

async function installWaves(session: Session, progress: Progress): Promise<Record<string, PlatformChanges>> {
  const done: Record<string, PlatformChanges> = {};
  for (const wave of wavesOf(session.centres)) {
    const results = await eachAtMost(wave, installsAtOnce, async (centre) => {
      const changes = await installCentre(session, centre, progress);
      if (changes !== undefined) done[centre.site.name] = changes;
    });
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
  return done;
}

async function installCentre(
  session: Session,
  centre: Centre,
  progress: Progress,
): Promise<PlatformChanges | undefined> {
  const { ctx } = session;
  const { name } = centre.site;
  if (centre.down !== undefined) {
    const phase = ctx.say({ zh: '无法连接，跳过', en: 'cannot be reached, left out' });
    progress.set(name, { phase, failed: true, done: true });
    return undefined;
  }
  const phase = ctx.say({ zh: '安装平台', en: 'installing the platform' });
  progress.set(name, { phase });
  let objects = 0;
  try {
    const stack = stackOf(session, centre);
    const changes = await installPlatform({
      ...stack,
      onProgress: (message) => {
        if (!message.done) return;
        objects += 1;
        progress.set(name, { phase, detail: `${objects}/${stack.objects.length} ${message.object}` });
      },
    });
    const text =
      changes.changes.length === 0
        ? { zh: '平台无变更', en: 'platform unchanged' }
        : { zh: '平台已安装', en: 'platform installed' };
    progress.set(name, {
      phase: ctx.say(text),
      detail: changes.changes.length === 0 ? '' : String(changes.changes.length),
      done: true,
    });
    return changes;
  } catch (error) {
    progress.set(name, { phase: ctx.say({ zh: '失败', en: 'failed' }), failed: true, done: true });
    throw error;
  }
}

async function applyDepartments(session: Session, centres: readonly Centre[], progress: Progress): Promise<number> {
  const { ctx, folder } = session;
  const key = ctx.say({ zh: '部门', en: 'departments' });
  const counts = await Promise.all(
    centres.map(async ({ site, client }) => {
      const management = site.role === 'management';
      const changes = departmentChanges(folder, await readDepartments(client), management);
      refuseForeign([changes]);
      if (folder.departments.length > 0) await ensureParent(client, departmentSet(folder.setName, management));
      const objects = writesOf(changes);
      if (objects.length > 0) progress.set(key, { phase: ctx.say({ zh: '写入', en: 'writing' }), detail: site.name });
      await throwFailures(folder, await applyAll(client, objects, { signal: ctx.signal }));
      return objects.length;
    }),
  );
  const written = counts.reduce((sum, count) => sum + count, 0);
  const phase = written === 0 ? { zh: '无变更', en: 'unchanged' } : { zh: '已写入', en: 'written' };
  progress.set(key, { phase: ctx.say(phase), detail: String(folder.departments.length), done: true });
  return written;
}

async function joinSites(
  session: Session,
  centres: readonly Centre[],
  options: UpOptions,
  progress: Progress,
): Promise<string[]> {
  const { ctx, management } = session;
  const sites = centres.filter(({ site }) => site.role !== 'management');
  const results = await Promise.all(
    sites.map(async (centre) => {
      const { name } = centre.site;
      const before = await heartbeat(management.client, name);
      const joined = await joinSite(management, centre, {
        nowMs: ctx.now(),
        waitMs: 60_000,
        signal: ctx.signal,
        ...(options.server === undefined ? {} : { server: options.server }),
      });
      if (joined === 'valid') return [];
      progress.set(name, { phase: ctx.say({ zh: '等待首次联系', en: 'waiting for its first contact' }) });
      const inTouch = await waitForContact(session, name, before);
      const quiet = { zh: '已接入，尚无联系', en: 'joined, not in touch yet' };
      progress.set(name, { phase: ctx.say(inTouch ? { zh: '已接入', en: 'joined' } : quiet), done: true });
      return [name];
    }),
  );
  return results.flat().sort();
}

/**
 * Waits until a centre that was just joined has reported: tenants are placed only where somebody is in touch, so deciding
 * earlier would put all of them on the first centre that answers. False after `firstContactMs`; the rest goes on.
 */
async function waitForContact(session: Session, name: string, before: number | undefined): Promise<boolean> {
  const { ctx, management } = session;
  const deadline = ctx.now() + firstContactMs;
  while (ctx.now() < deadline && !ctx.signal.aborted) {
    const now = await heartbeat(management.client, name);
    if (now !== undefined && now !== before) return true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return false;
}

interface TenantOptions extends UpOptions {
  readonly deadlineMs: number;
}

async function applyTenants(
  session: Session,
  options: TenantOptions,
  progress: Progress,
): Promise<UpReport['tenants']> {
  const { ctx, management, tenants } = session;
  const { client } = management;
  const key = ctx.say({ zh: '租户', en: 'tenants' });
  const filled = tenants.filter((changes) => changes.create.length + changes.update.length + changes.same.length > 0);
  if (tenants.flatMap(writesOf).length > 0) {
    progress.set(key, { phase: ctx.say({ zh: '等待部门命名空间', en: "waiting for the departments' namespaces" }) });
    const codes = filled.map(({ department }) => department);
    await waitForDepartments(ctx, client, codes, Math.min(options.deadlineMs, ctx.now() + 60_000));
  }
  const objects = tenants.flatMap(writesOf);
  await Promise.all(filled.map(({ set }) => ensureParent(client, set)));
  const phase = ctx.say({ zh: '提交', en: 'submitting' });
  const failures = await applyAll(client, objects, {
    signal: ctx.signal,
    onDone: (done) => progress.set(key, { phase, detail: `${done}/${objects.length}` }),
  });
  await throwFailures(session.folder, failures);
  const removed = options.prune ? tenants.flatMap((changes) => changes.prune) : [];
  await Promise.all(removed.map((object) => removeTenant(session, object)));
  const written = objects.length + removed.length;
  const text = written === 0 ? { zh: '无变更', en: 'unchanged' } : { zh: '已提交', en: 'submitted' };
  progress.set(key, { phase: ctx.say(text), detail: String(objects.length), done: true });
  return {
    created: tenants.flatMap(({ create }) => create.map((object) => refOfManifest(object))),
    updated: tenants.flatMap((changes: TenantChanges) => changes.update.map(({ live }) => live)),
    removed,
    foreign: foreignTenants(tenants),
  };
}

async function removeTenant({ management }: Session, object: KubeObject): Promise<void> {
  const { name, namespace, uid } = object.metadata;
  const ref = namespace === undefined ? { name } : { name, namespace };
  await management.client.remove(resources.tenant, ref, uid === undefined ? {} : { uid });
}

async function settle(session: Session, deadlineMs: number, progress: Progress): Promise<Settled> {
  const { ctx, folder, management } = session;
  const foreign = new Set(foreignTenants(session.tenants));
  const refs = new Set(folder.tenants.map(({ object }) => refOfManifest(object)).filter((ref) => !foreign.has(ref)));
  const key = ctx.say({ zh: '就绪', en: 'ready' });
  return waitForTenants(ctx, management.client, {
    refs,
    deadlineMs,
    onProgress: ({ ready, waiting, refused, unsettled }) => {
      const first = unsettled[0];
      const done = first === undefined;
      const detail = done ? '' : `${first.ref} ${first.message}`.trim();
      const count = `${ready.length + waiting.length + refused.length}/${refs.size}`;
      const phase = done
        ? ctx.say({
            zh: `就绪 ${ready.length}，等待审批等 ${waiting.length}`,
            en: `${ready.length} ready, ${waiting.length} waiting for people`,
          })
        : ctx.say({ zh: '等待就绪', en: 'waiting until ready' });
      progress.set(key, { phase, detail: done ? detail : `${count} ${detail}`, done });
    },
  });
}

function writesOf(changes: SetChanges): KubeObject[] {
  return [...changes.create, ...changes.update.map(({ wanted }) => wanted)];
}

/** One error for all objects that the server refused, each led back to its manifest; the worst kind decides the exit code. */
async function throwFailures(folder: Folder, failures: readonly Failure[]): Promise<void> {
  const first = failures[0];
  if (first === undefined) return;
  const shown = await Promise.all(failures.slice(0, 20).map((failure) => failureLines(folder, failure)));
  const list = shown
    .flat()
    .map((line) => `\n  ${line}`)
    .join('');
  const text = {
    zh: `有 ${failures.length} 个对象没有写入：${list}`,
    en: `${failures.length} objects were not written:${list}`,
  };
  const kinds = failures.map(({ error }) => (isAppError(error) ? error.kind : 'terminal'));
  const kind = kinds.find((one) => one === 'unreachable') ?? kinds[0] ?? 'terminal';
  throw new AppError(kind, text.en, { code: 'objects-refused', cause: first.error, data: { text } });
}

async function failureLines({ tenants, departments }: Folder, { object, error }: Failure): Promise<string[]> {
  const { kind, metadata } = object;
  const key = [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join('/');
  const tenant =
    kind === 'Tenant' ? tenants.find((one) => refOfManifest(one.object) === refOfManifest(object)) : undefined;
  const places = tenant === undefined ? [] : await placesOf(error, tenant);
  if (places.length > 0)
    return places.map(({ file, line, column, rule, text }) => `${file}:${line}:${column} ${rule}: ${text.en}`);
  const from = tenant ?? departments.find((one) => kind === 'Department' && one.object.metadata.name === metadata.name);
  const where = from === undefined ? '' : ` (${from.file}:${from.line})`;
  return [`${key}${where}: ${error instanceof Error ? error.message : String(error)}`];
}

/**
 * The exit code of what `up` did: an unreachable centre wins, then what did not settle, then what was refused or left
 * alone. Pure.
 */
export function exitCodeOfUp(report: UpReport): number {
  if (Object.keys(report.unreachable).length > 0) return exitCodes.unreachable;
  if ((report.settled?.unsettled.length ?? 0) > 0) return exitCodes.timedOut;
  const refused = (report.settled?.refused.length ?? 0) + report.tenants.foreign.length;
  return refused > 0 ? exitCodes.refused : exitCodes.done;
}
