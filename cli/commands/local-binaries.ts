import type { Command } from 'commander';
import { findBinary } from '../../local/binaries/find.ts';
import { makerLock } from '../../local/binaries/make.ts';
import { binaryNames, pins } from '../../local/binaries/pins.ts';
import { ensureBinaries } from '../../local/binaries.ts';
import { lockHolder } from '../../local/lock.ts';
import { useLang } from '../../local/text.ts';
import { contextOf } from '../context.ts';
import { printData } from '../view/object.ts';
import { startProgress } from '../view/progress.ts';
import { renderTable } from '../view/table.ts';
import { showBinary } from './local-up.ts';

/** `jinhong local binaries`: where each program is; with `--get` what is missing is downloaded or built first. */
export async function runBinaries(command: Command): Promise<void> {
  const ctx = contextOf(command);
  useLang(ctx.lang);
  if (command.opts<{ get?: boolean }>().get === true) {
    const progress = startProgress(ctx);
    try {
      await ensureBinaries(binaryNames, { env: ctx.env, onProgress: (event) => showBinary(ctx, progress, event) });
    } finally {
      progress.end();
    }
  }
  const binaries = await Promise.all(
    binaryNames.map(async (name) => {
      const pin = pins[name];
      const { found, notes } = await findBinary(pin, ctx.env);
      const maker = found === undefined ? lockHolder(makerLock(pin, ctx.env)) : undefined;
      return { name, version: pin.version, from: found?.from, path: found?.path, makerPid: maker?.pid, notes };
    }),
  );
  if (await printData(ctx, { binaries })) return;
  const where: Record<string, string> = {
    given: ctx.say({ zh: '用户指定', en: 'given' }),
    path: 'PATH',
    cache: ctx.say({ zh: '缓存', en: 'cache' }),
  };
  const rows = binaries.map(({ name, version, from, path, makerPid }) => [
    name,
    version,
    from === undefined ? '-' : (where[from] ?? from),
    path ??
      (makerPid === undefined
        ? ctx.say({ zh: '没有；jinhong local binaries --get', en: 'missing; jinhong local binaries --get' })
        : ctx.say({ zh: `正在准备，pid ${makerPid}`, en: `being made, pid ${makerPid}` })),
  ]);
  const columns = [
    { title: ctx.say({ zh: '程序', en: 'PROGRAM' }) },
    { title: ctx.say({ zh: '版本', en: 'VERSION' }) },
    { title: ctx.say({ zh: '来源', en: 'FROM' }) },
    { title: ctx.say({ zh: '位置', en: 'WHERE' }) },
  ];
  for (const line of renderTable({ columns, rows, width: 0 })) ctx.print(line);
  for (const { notes } of binaries) for (const note of notes) ctx.note(note);
}
