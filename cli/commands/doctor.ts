import type { Command } from 'commander';
import { exitCodes, isAppError } from '../../core/errors.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { defineCommand } from '../command.ts';
import { connectSite, contextNames, findKubeconfig, readPublishedCloud } from '../connect.ts';
import { type Context, contextOf } from '../context.ts';
import { examine, type Patient } from '../doctor/centre.ts';
import { examineHere } from '../doctor/here.ts';
import { type Finding, renderFindings } from '../view/checks.ts';
import { printData } from '../view/object.ts';

/** `jinhong doctor`: what is wrong with this machine, the connections and the platform. */
export function registerDoctor(program: Command): void {
  const command = defineCommand(program, 'doctor', {
    summary: { zh: '检查版本、连接、权限和时钟', en: 'Check versions, connections, rights and clocks' },
    details: {
      zh: '逐个中心检查：能否连接、时钟偏差、您的身份和权限、CRD 是否与本程序一致、控制器是否在运行。不改动任何东西。',
      en: "Looks at each centre: does it answer, clock, who you are and what you may do, CRDs equal to this program's, controllers running. Changes nothing.",
    },
    examples: [
      { run: 'jinhong doctor', text: { zh: '检查本机和全部中心', en: 'look at this machine and every centre' } },
      { run: 'jinhong doctor --cloud cloud.yaml -o json', text: { zh: '供程序使用', en: 'for programs' } },
    ],
  });
  command.action(() => doctor(contextOf(command)));
}

async function doctor(ctx: Context): Promise<void> {
  const here = await examineHere(ctx);
  const centres = findKubeconfig(ctx) === undefined ? [] : await examineCentres(ctx, here.cloud);
  const findings = [...here.findings, ...centres];
  settle(ctx, findings, centres);
  const data = { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Findings', items: findings };
  if (await printData(ctx, data)) return;
  for (const line of renderFindings(findings, ctx.lang, ctx.style)) ctx.print(line);
  const wrong = findings.filter((finding) => finding.level !== 'ok').length;
  ctx.print('');
  ctx.print(
    wrong === 0
      ? ctx.say({ zh: '一切正常', en: 'all is well' })
      : ctx.say({ zh: `${wrong} 处需要注意`, en: `${wrong} things to look at` }),
  );
}

function settle(ctx: Context, findings: readonly Finding[], centres: readonly Finding[]): void {
  if (findings.some((finding) => finding.level === 'bad')) ctx.exit(exitCodes.error);
  if (centres.some((finding) => finding.silent === true)) ctx.exit(exitCodes.unreachable);
}

async function examineCentres(ctx: Context, here: Cloud | undefined): Promise<Finding[]> {
  const names = await contextNames(ctx);
  const cloud = here ?? (await publishedCloud(ctx));
  const sites =
    cloud === undefined
      ? names.map((name) => ({ name, role: undefined, context: name }))
      : cloud.sites.filter((site) => names.includes(site.context));
  const found = await Promise.all(
    sites.map(async ({ name, role, context }) => {
      const client = await connectSite(ctx, context);
      const patient: Patient = { name, role, client, now: ctx.now };
      return examine(patient);
    }),
  );
  return found.flat();
}

/** The cloud as the management centre publishes it; undefined when it is not readable now, which is a finding of its own. */
async function publishedCloud(ctx: Context): Promise<Cloud | undefined> {
  try {
    return await readPublishedCloud(await connectSite(ctx, ctx.context));
  } catch (error) {
    if (isAppError(error)) return undefined;
    throw error;
  }
}
