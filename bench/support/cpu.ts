import { readFileSync } from 'node:fs';
import type { BenchCentre } from './centre.ts';
import type { RunningProcess } from './controller.ts';

/** CPU seconds (user and system, all threads) per process name; several centres are summed by name. */
export type CpuSeconds = Readonly<Record<string, number>>;

/** CPU seconds of one process so far, from /proc; 0 when it is gone. USER_HZ is 100 (proc(5)). */
export function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Fields 14 and 15 are utime and stime; field 3 is the first here.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** CPU seconds of the servers of these centres, and of their controllers, so far. */
export function cpuNow(centres: readonly BenchCentre[], controllers: readonly RunningProcess[] = []): CpuSeconds {
  const sums: Record<string, number> = {};
  const add = (name: string, pid: number): void => {
    sums[name] = (sums[name] ?? 0) + cpuOf(pid);
  };
  for (const { pids } of centres) for (const [name, pid] of Object.entries(pids)) add(name, pid);
  for (const { pid } of controllers) add('controller', pid);
  return sums;
}

/** What was used between two readings. Pure. */
export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]));
}

/** Waits until the servers (and controllers) use less than `share` of a core over a second; gives up after a minute. */
export async function waitQuiet(
  centres: readonly BenchCentre[],
  controllers: readonly RunningProcess[] = [],
  share = 0.2,
): Promise<void> {
  const deadline = Date.now() + 20_000;
  const total = (): number => Object.values(cpuNow(centres, controllers)).reduce((sum, seconds) => sum + seconds, 0);
  while (Date.now() < deadline) {
    const before = total();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // An idle centre uses about 6 % of a core by itself.
    if (total() - before < share * Math.max(1, centres.length)) return;
  }
}
