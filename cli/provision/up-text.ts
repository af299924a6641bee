import type { Tenant } from '../../core/model/kinds.ts';
import { cliText } from '../../core/text/cli.ts';
import type { Context } from '../context.ts';
import { keepBefore } from '../undo.ts';
import { age } from '../view/words.ts';
import { foreignText } from './sets.ts';
import type { UpReport } from './up.ts';

/** What `up` did, for people; ends with the commands that undo it and the next one. */
export async function upLines(ctx: Context, report: UpReport, folder: string): Promise<string[]> {
  const { say, style } = ctx;
  const changed = Object.entries(report.platform).filter(([, { changes }]) => changes.length > 0);
  const { created, updated, removed } = report.tenants;
  const writes =
    changed.length +
    report.joined.length +
    report.departments.written +
    created.length +
    updated.length +
    removed.length;
  const lines: string[] = [];
  for (const [name, message] of Object.entries(report.unreachable)) {
    const text = say({ zh: '无法连接，没有改动', en: 'could not be reached and was not changed' });
    lines.push(style.bad(`! ${name}: ${text}: ${message}`));
  }
  for (const [name, { changes, drifted }] of changed) {
    const repaired =
      drifted.length === 0
        ? ''
        : say({
            zh: `，其中 ${drifted.length} 项被他人改动、已复原`,
            en: `, ${drifted.length} of them changed by somebody else and put right`,
          });
    lines.push(
      say({
        zh: `${name}：平台 ${changes.length} 项${repaired}`,
        en: `${name}: ${changes.length} objects of the platform${repaired}`,
      }),
    );
  }
  if (report.joined.length > 0) {
    lines.push(say({ zh: `接入：${report.joined.join('、')}`, en: `joined: ${report.joined.join(', ')}` }));
  }
  lines.push(...tenantLines(ctx, report));
  const { foreign } = report.tenants;
  if (foreign.length > 0) lines.push(style.bad(`! ${say(foreignText(foreign))}`));
  lines.push(...settledLines(ctx, report));
  if (writes === 0)
    return [...lines, style.good(say({ zh: '没有变更。', en: 'Nothing to change.' })), nextLine(ctx, report)];
  return [...lines, ...(await undoLines(ctx, report, folder)), nextLine(ctx, report)];
}

function tenantLines(ctx: Context, report: UpReport): string[] {
  const { created, updated, removed } = report.tenants;
  if (created.length + updated.length + removed.length + report.departments.written === 0) return [];
  return [
    ctx.say({
      zh: `部门写入 ${report.departments.written} 处；租户新增 ${created.length}，变更 ${updated.length}，移除 ${removed.length}`,
      en: `departments written: ${report.departments.written}; tenants: ${created.length} added, ${updated.length} changed, ${removed.length} removed`,
    }),
  ];
}

function settledLines(ctx: Context, { settled }: UpReport): string[] {
  if (settled === undefined) return [];
  const { ready, waiting, refused, unsettled } = settled;
  const lines = [
    ctx.say({
      zh: `租户：就绪 ${ready.length}，等待审批等 ${waiting.length}，被拒 ${refused.length}`,
      en: `tenants: ${ready.length} ready, ${waiting.length} waiting for people, ${refused.length} refused`,
    }),
  ];
  if (refused.length > 0) lines.push(ctx.style.bad(`  ${refused.slice(0, 10).join(', ')}`));
  if (unsettled.length === 0) return lines;
  lines.push(
    ctx.style.bad(
      ctx.say({ zh: `超时，仍未就绪 ${unsettled.length} 个：`, en: `timed out, ${unsettled.length} not ready:` }),
    ),
  );
  for (const { ref, condition, message, sinceMs } of unsettled.slice(0, 10)) {
    const since = sinceMs === undefined ? '' : ` (${age(sinceMs, ctx.now(), ctx.lang)})`;
    const seen = ctx.say({ zh: '管理控制器尚未处理', en: 'the management controller has not looked at it' });
    lines.push(`  Tenant/${ref} ${condition}: ${message === '' ? seen : message}${since}`);
  }
  return lines;
}

async function undoLines(ctx: Context, report: UpReport, folder: string): Promise<string[]> {
  const { undo } = cliText(ctx.lang);
  const { created, updated, removed } = report.tenants;
  const lines: string[] = [];
  for (const object of [...updated, ...removed].slice(0, 5)) {
    const kept = await keepBefore(ctx, object as unknown as Tenant);
    if (kept !== undefined) lines.push(`${undo}: jinhong submit ${kept}`);
  }
  if (created.length > 0 || updated.length + removed.length > 5 || lines.length === 0) {
    lines.push(
      `${undo}: ${ctx.say({ zh: `还原清单后再运行 jinhong up ${folder}`, en: `put the manifests back as they were, then jinhong up ${folder}` })}`,
    );
  }
  return lines;
}

function nextLine(ctx: Context, report: UpReport): string {
  const { next } = cliText(ctx.lang);
  const failed = Object.keys(report.unreachable)[0];
  if (failed !== undefined) return `${next}: jinhong doctor`;
  return `${next}: jinhong status${(report.settled?.unsettled.length ?? 0) > 0 ? ' --watch' : ''}`;
}
