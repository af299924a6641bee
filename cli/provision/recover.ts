import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../core/errors.ts';
import type { Text } from '../../core/text/lang.ts';
import { requireEngine } from '../../stacks/engine/binaries.ts';
import {
  type Lock,
  readStackLocks,
  readStateLock,
  removeLock,
  removeStateLock,
  withStateLock,
} from '../../stacks/engine/locks.ts';
import type { EngineOperation, EngineResult } from '../../stacks/engine/protocol.ts';
import { type Facts, type Proposal, proposeRecovery, type SiteFacts } from '../../stacks/engine/recovery.ts';
import { runEngine } from '../../stacks/engine/run.ts';
import {
  hasState,
  readRecord,
  removeRecord,
  replaceState,
  sitePaths,
  stateCondition,
  stateDirOf,
  stateFile,
  writeWhole,
} from '../../stacks/engine/state.ts';
import { needKubeconfig } from '../connect.ts';
import type { Context } from '../context.ts';
import { confirm } from '../view/ask.ts';
import { age, firstOf } from '../view/words.ts';
import { type Centre, connectCentres, managementOf } from './centres.ts';
import { type Folder, readFolder } from './folder.ts';
import { nothingLive } from './live.ts';
import { findLost, type Lost, readBack } from './read-back.ts';
import { objectsFor, type ProvisionOptions } from './session.ts';

/** What `recover` found and did. */
export interface RecoverReport {
  readonly proposal: Proposal;
  readonly done: boolean;
  /** Copy of the state made before it was touched. */
  readonly exported?: string;
  /** The new term after decisions were read back. */
  readonly term?: number;
  readonly lines: readonly string[];
  readonly next: string | undefined;
  readonly exitCode: number;
}

interface Recovery {
  readonly ctx: Context;
  readonly folder: Folder;
  readonly path: string;
  readonly kubeconfig: string;
  readonly stateDir: string;
  readonly centres: readonly Centre[];
  readonly options: ProvisionOptions;
}

/** Finds the one next step, asks, takes it. Exports a centre's state before touching it. @throws locked; not-confirmed */
export async function runRecover(
  ctx: Context,
  path: string,
  options: ProvisionOptions & { readonly site?: string },
): Promise<RecoverReport> {
  const folder = await readFolder(ctx, path, options.set, { judged: 'own' });
  const kubeconfig = needKubeconfig(ctx).path;
  const stateDir = stateDirOf(ctx.env, ctx.cwd, options.state);
  const all = await connectCentres(ctx, folder.cloud, kubeconfig);
  const centres = options.site === undefined ? all : all.filter(({ site }) => site.name === options.site);
  const recovery: Recovery = { ctx, folder, path, kubeconfig, stateDir, centres, options };
  const lost = await lostOf(all);
  const facts: Facts = {
    stateLock: readStateLock(stateDir),
    sites: await Promise.all(centres.map((centre) => factsOf(recovery, centre))),
    behind: lost.grants.map(({ site, name }) => `${site}: ${name}`),
  };
  const proposal = proposeRecovery(facts);
  return take(recovery, proposal, lost, managementOf(all));
}

async function lostOf(centres: readonly Centre[]): Promise<Lost> {
  const management = managementOf(centres);
  const sites = centres.filter(({ site, down }) => site.role !== 'management' && down === undefined);
  return management.down === undefined ? findLost(management.client, sites) : { grants: [], term: 1 };
}

async function factsOf(recovery: Recovery, { site }: Centre): Promise<SiteFacts> {
  const { stateDir } = recovery;
  const locks = readStackLocks(stateDir, site.name);
  const facts: SiteFacts = { site: site.name, locks, state: 'sound', pending: undefined, unfinished: false };
  if (!hasState(stateDir, site.name) || locks.length > 0) return facts;
  const state = stateCondition(stateDir, site.name);
  if (state !== 'sound') return { ...facts, state };
  const { pending } = await engine(recovery, site.name, 'inspect');
  return { ...facts, pending, unfinished: readRecord(stateDir, site.name) === undefined };
}

function engine(
  { ctx, folder, kubeconfig, stateDir, centres, options }: Recovery,
  name: string,
  operation: EngineOperation,
): Promise<EngineResult> {
  const centre = centres.find(({ site }) => site.name === name);
  if (centre === undefined) throw new Error(`no centre ${name}`);
  const { site } = centre;
  const objects = operation === 'inspect' ? [] : objectsFor({ ctx, folder, options, live: nothingLive }, site);
  const target = { site: name, kubeconfig, context: site.context };
  const request = { operation, target, stateDir, objects, binaries: requireEngine(ctx.env), refresh: false };
  return runEngine(request, { env: ctx.env, signal: ctx.signal });
}

async function take(recovery: Recovery, proposal: Proposal, lost: Lost, management: Centre): Promise<RecoverReport> {
  const { ctx, path } = recovery;
  const lines = [ctx.say(describe(ctx, proposal))];
  const report = { proposal, done: false, lines, next: undefined, exitCode: exitCodes.done };
  switch (proposal.step) {
    case 'none':
      return report;
    case 'wait':
      return { ...report, exitCode: exitCodes.locked };
    case 'run-up':
      return { ...report, next: `jinhong up ${path}` };
    case 'read-back': {
      await confirm(ctx, lines[0] ?? '');
      const term = await readBack(management.client, lost);
      return { ...report, done: true, term, next: `jinhong recover ${path}` };
    }
    case 'remove-state-lock': {
      // Nobody here can see whether that run lives: whoever types the machine's name vouches for its end.
      await confirm(ctx, lines[0] ?? '', { name: proposal.lock.host });
      return { ...report, done: removeStateLock(recovery.stateDir, proposal.lock), next: `jinhong recover ${path}` };
    }
    case 'remove-lock':
    case 'replace-state':
    case 'clear-pending':
      return {
        ...report,
        done: true,
        next: nextAfter(proposal, path),
        exported: await mend(recovery, proposal, lines[0] ?? ''),
      };
  }
}

/** The steps that touch a centre's state. */
type Mending = Extract<Proposal, { step: 'remove-lock' | 'replace-state' | 'clear-pending' }>;

/** A centre without a state shows nothing more to mend: the next `up` takes its objects over. Pure. */
function nextAfter(proposal: Mending, path: string): string {
  const without = proposal.step === 'replace-state' && proposal.from === 'nothing';
  return `jinhong ${without ? 'up' : 'recover'} ${path}`;
}

/** Resolves with the path of the state's copy. */
async function mend(recovery: Recovery, proposal: Mending, question: string): Promise<string> {
  const { ctx, stateDir } = recovery;
  const { site } = proposal;
  const foreign = proposal.step === 'remove-lock' && proposal.lock.holder === 'unknown';
  // Nobody here can see whether the holder lives: whoever types the centre's name vouches for it.
  await confirm(ctx, question, foreign ? { name: site } : {});
  return withStateLock(stateDir, ctx.now, async () => {
    const exported = copyState(recovery, site);
    if (proposal.step === 'remove-lock') removeLock(proposal.lock, foreign);
    else if (proposal.step === 'replace-state') replaceState(stateDir, site, proposal.from);
    else await engine(recovery, site, 'refresh');
    removeRecord(stateDir, site);
    return exported;
  });
}

/** Copies the state as it is on the disk: the engine itself would refuse while its lock is there. */
function copyState({ ctx, stateDir }: Recovery, site: string): string {
  const paths = sitePaths(stateDir, site);
  const source = stateFile(stateDir, site);
  const target = join(paths.exports, `${new Date(ctx.now()).toISOString().replaceAll(':', '')}.json`);
  const text = existsSync(source) ? readFileSync(source) : '';
  writeWhole(target, text);
  return target;
}

function describe(ctx: Context, proposal: Proposal): Text {
  switch (proposal.step) {
    case 'none':
      return { zh: '没有需要处理的。', en: 'There is nothing to mend.' };
    case 'wait':
      return {
        zh: `另有操作在进行：${holder(ctx, proposal.lock)}。请等它结束。`,
        en: `another run is at work: ${holder(ctx, proposal.lock)}. Wait for its end.`,
      };
    case 'remove-state-lock':
      return {
        zh: `安装状态被另一台机器上的操作锁定（${holder(ctx, proposal.lock)}）。确认那里没有操作在进行后删除锁`,
        en: `a run on another machine holds the whole state (${holder(ctx, proposal.lock)}); remove its lock if nothing runs there`,
      };
    case 'remove-lock':
      return proposal.lock.holder === 'dead'
        ? {
            zh: `${proposal.site}：删除已死进程留下的锁（${holder(ctx, proposal.lock)}）`,
            en: `${proposal.site}: remove the lock of a process that is dead (${holder(ctx, proposal.lock)})`,
          }
        : {
            zh: `${proposal.site}：锁属于另一台机器（${holder(ctx, proposal.lock)}）。确认那里没有操作在进行后删除`,
            en: `${proposal.site}: the lock belongs to another machine (${holder(ctx, proposal.lock)}); remove it if nothing runs there`,
          };
    case 'replace-state':
      return proposal.from === 'backup'
        ? {
            zh: `${proposal.site}：状态文件损坏，改用引擎保存的上一份`,
            en: `${proposal.site}: the state cannot be read; go back to the engine's copy of the one before`,
          }
        : {
            zh: `${proposal.site}：状态文件损坏，也没有上一份：移开，下一次 up 接管中心里已有的对象`,
            en: `${proposal.site}: neither the state nor its copy can be read; set it aside, and the next up takes over what is at the centre`,
          };
    case 'clear-pending': {
      const names = proposal.pending.map(({ type, name }) => `${type} ${name}`).join(', ');
      return {
        zh: `${proposal.site}：有 ${proposal.pending.length} 项做到一半：${names}。与中心现状核对后清除`,
        en: `${proposal.site}: ${proposal.pending.length} operations were cut off: ${names}. Compare with the centre and clear them`,
      };
    }
    case 'read-back': {
      const names = firstOf(proposal.behind, 5);
      return {
        zh: `管理中心落后于各中心：从镜像读回 ${proposal.behind.length} 项决定，任期加一（${names}）`,
        en: `the management centre is behind its sites: read ${proposal.behind.length} decisions back from their mirrors and raise the term (${names})`,
      };
    }
    case 'run-up':
      return {
        zh: `${proposal.sites.join('、')} 的安装没有完成，再运行一次即可`,
        en: `the installation of ${proposal.sites.join(', ')} has not ended; run it again`,
      };
  }
}

function holder(ctx: Context, lock: Lock): string {
  return `${lock.user}, pid ${lock.pid} @ ${lock.host}, ${age(lock.since, ctx.now(), ctx.lang)}`;
}
