import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { argument, option } from '../command.ts';

/** Options of the commands that work on the platform of centres, as parsed. */
export interface SharedOptions {
  readonly file?: string;
  readonly state?: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly refresh?: boolean;
  readonly set?: string;
  readonly timings?: string;
}

/** Adds the options that `plan` and `up` share; returns the command. */
export function addSharedOptions(command: Command): Command {
  argument(command, 'folder', {
    zh: '清单所在文件夹，含 cloud.yaml；缺省为当前文件夹',
    en: 'folder of manifests with cloud.yaml; default: this one',
  });
  option(command, '-f, --file <folder>', { zh: '同上', en: 'the same as the argument' });
  option(command, '--set <name>', {
    zh: '对象集合的名称；缺省为 cloud.yaml 的名称',
    en: 'name of the set of objects; default: that of cloud.yaml',
  });
  option(command, '--image <image>', { zh: '控制器镜像', en: 'image of the controllers' });
  option(
    command,
    '--replicas <number>',
    { zh: '每个控制器的副本数，缺省 2', en: 'copies of each controller; default 2' },
    { parse: positive },
  );
  option(
    command,
    '--timings <json>',
    { zh: '控制器的时间参数，供测试', en: 'timings of the controllers, for tests' },
    { hidden: true },
  );
  option(command, '--refresh', { zh: '即使没有变化也向引擎核对', en: 'ask the engine even when nothing has changed' });
  return addStateOption(command);
}

/** Adds `--state`; returns the command. */
export function addStateOption(command: Command): Command {
  return option(command, '--state <folder>', {
    zh: '安装状态的文件夹；缺省 JINHONG_STATE，再取 .jinhong/state',
    en: 'folder of the installation state; default: JINHONG_STATE, then .jinhong/state',
  });
}

/** The folder that a command works on. */
export function folderOf(argumentValue: string | undefined, options: SharedOptions): string {
  return argumentValue ?? options.file ?? '.';
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 9) throw new InvalidArgumentError('1 to 9');
  return number;
}
