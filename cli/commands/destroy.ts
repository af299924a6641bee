import type { Command } from 'commander';
import { cliText } from '../../core/text/cli.ts';
import { argument, defineCommand, option } from '../command.ts';
import { contextOf } from '../context.ts';
import { addStateOption } from '../provision/options.ts';
import { printData } from '../view/object.ts';

interface Options {
  readonly file?: string;
  readonly state?: string;
  readonly everything?: boolean;
}

/** `jinhong destroy`: removes the platform from one centre that holds no tenants. */
export function registerDestroy(program: Command): void {
  const command = defineCommand(program, 'destroy <site>', {
    summary: { zh: '从中心卸载平台', en: 'Remove the platform from centres' },
    details: {
      zh: '中心还有租户时拒绝；管理中心最后卸载。须输入中心名称。CRD 和命名空间保留，除非加 --everything。',
      en: 'Refused while the centre holds tenants; the management centre goes last. Asks for the name of the centre. CRDs and namespaces stay unless --everything is given.',
    },
    examples: [
      { run: 'jinhong destroy far -f city', text: { zh: '卸载 far 的平台', en: 'remove the platform from far' } },
      {
        run: 'jinhong destroy far -f city --everything --yes=far',
        text: { zh: '连同 CRD 和命名空间', en: 'CRDs and namespaces too' },
      },
    ],
  });
  argument(command, 'site', { zh: '中心名称', en: 'name of the centre' });
  option(command, '-f, --file <folder>', {
    zh: '含 cloud.yaml 的文件夹，缺省为当前文件夹',
    en: 'folder with cloud.yaml; default: this one',
  });
  option(command, '--everything', {
    zh: '连同 CRD、命名空间及其中的一切',
    en: 'CRDs and namespaces too, with all that is in them',
  });
  addStateOption(command);
  command.action(async (site: string, options: Options) => {
    const ctx = contextOf(command);
    const { destroySite } = await import('../provision/destroy.ts');
    const path = options.file ?? '.';
    const done = await destroySite(ctx, path, { ...options, site, everything: options.everything === true });
    if (await printData(ctx, { apiVersion: 'jinhong.dev/v1alpha1', kind: 'DestroyReport', ...done })) return;
    ctx.print(
      ctx.say({ zh: `${site}：已删除 ${done.removed} 个对象`, en: `${site}: ${done.removed} objects removed` }),
    );
    if (done.kept.length > 0)
      ctx.print(ctx.say({ zh: `保留：${done.kept.join('、')}`, en: `kept: ${done.kept.join(', ')}` }));
    ctx.print(`${cliText(ctx.lang).undo}: jinhong up ${path}`);
  });
}
