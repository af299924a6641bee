import { civilDate } from '../../core/decide/calendar.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { contextNames, findCloudFile, findKubeconfig, loadCloudFile } from '../connect.ts';
import type { Context } from '../context.ts';
import { version } from '../run.ts';
import type { Finding } from '../view/checks.ts';

/** What doctor sees on this machine, without the network. */
export async function examineHere(ctx: Context): Promise<{ findings: Finding[]; cloud: Cloud | undefined }> {
  const { cloud, finding } = await cloudHere(ctx);
  const findings = [programs(), await engine(ctx), await kubeconfig(ctx, cloud), finding];
  if (cloud !== undefined) findings.push(calendar(ctx, cloud));
  return { findings, cloud };
}

function programs(): Finding {
  return {
    subject: 'jinhong',
    level: 'ok',
    text: { zh: `${version}，Node ${process.versions.node}`, en: `${version}, Node ${process.versions.node}` },
  };
}

async function engine(ctx: Context): Promise<Finding> {
  const { engineVersions, findBinary } = await import('../../stacks/engine/binaries.ts');
  const names = Object.keys(engineVersions) as (keyof typeof engineVersions)[];
  const missing = names.filter((name) => findBinary(name, ctx.env) === undefined);
  const list = names.map((name) => `${name} ${engineVersions[name]}`).join(', ');
  if (missing.length === 0)
    return { subject: 'engine', level: 'ok', text: { zh: `已有 ${list}`, en: `${list} found` } };
  return {
    subject: 'engine',
    level: 'warn',
    text: {
      zh: `缺少 ${missing.join('、')}（仅 plan、up 需要）`,
      en: `${missing.join(', ')} not found (needed by plan and up only)`,
    },
    fix: { zh: 'jinhong local binaries', en: 'jinhong local binaries' },
  };
}

async function kubeconfig(ctx: Context, cloud: Cloud | undefined): Promise<Finding> {
  const subject = 'kubeconfig';
  const found = findKubeconfig(ctx);
  if (found === undefined) {
    const fix = {
      zh: '用 --kubeconfig 指定，或 jinhong local up',
      en: 'name one with --kubeconfig, or run jinhong local up',
    };
    return { subject, level: 'bad', text: { zh: '没有找到', en: 'none was found' }, fix };
  }
  const names = await contextNames(ctx);
  const missing = (cloud?.sites ?? []).filter((site) => !names.includes(site.context)).map((site) => site.name);
  const text = {
    zh: `${found.path}（${found.by}），${names.join(' ')}`,
    en: `${found.path} (${found.by}), ${names.join(' ')}`,
  };
  if (missing.length === 0) return { subject, level: 'ok', text };
  return {
    subject,
    level: 'warn',
    text: { zh: `${text.zh}；缺少中心 ${missing.join(' ')}`, en: `${text.en}; no context for ${missing.join(' ')}` },
  };
}

async function cloudHere(ctx: Context): Promise<{ cloud: Cloud | undefined; finding: Finding }> {
  const subject = 'cloud.yaml';
  const path = findCloudFile(ctx);
  if (path === undefined) {
    return {
      cloud: undefined,
      finding: {
        subject,
        level: 'ok',
        text: {
          zh: '本机没有，用管理中心公布的数据',
          en: "none here; the management centre's published facts are used",
        },
      },
    };
  }
  try {
    return { cloud: await loadCloudFile(path), finding: { subject, level: 'ok', text: { zh: path, en: path } } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fix = { zh: `jinhong check ${path}`, en: `jinhong check ${path}` };
    return { cloud: undefined, finding: { subject, level: 'bad', text: { zh: why, en: why }, fix } };
  }
}

function calendar(ctx: Context, cloud: Cloud): Finding {
  const today = civilDate(ctx.now(), cloud.utcOffset);
  const year = today.slice(0, 4);
  const next = String(Number(year) + 1);
  // A decision asked for in December is due in January, so the next year's table is needed from then on.
  const needed = today.slice(5, 7) === '12' ? [year, next] : [year];
  const missing = needed.filter((one) => cloud.workingDays[one] === undefined);
  const subject = 'workingDays';
  if (missing.length === 0)
    return {
      subject,
      level: 'ok',
      text: { zh: `有 ${needed.join('、')} 年的工作日表`, en: `has the working days of ${needed.join(', ')}` },
    };
  return {
    subject,
    level: 'warn',
    text: {
      zh: `缺少 ${missing.join('、')} 年的工作日表，审批时限无法计算`,
      en: `the working days of ${missing.join(', ')} are missing, so no due date can be given`,
    },
    fix: {
      zh: '在 cloud.yaml 的 workingDays 中加入国务院公布的安排',
      en: 'add the published days off to workingDays of cloud.yaml',
    },
  };
}
