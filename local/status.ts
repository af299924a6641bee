import { readCentreState } from './centre.ts';
import { type CentreState, centrePaths, centreProcesses } from './centre-files.ts';
import { type CloudSite, readCloudState, siteDir } from './cloud-state.ts';
import { readNodeState, readPods } from './node-process.ts';
import { ageMs, isRunning, residentBytes } from './processes.ts';
import { isHealthy, mainPort } from './start-process.ts';

/** How one process is: `unhealthy` runs but does not answer as ready, `stopped` was ended by `down`, `dead` was not. */
export type ProcessHealth = 'healthy' | 'unhealthy' | 'dead' | 'stopped';

/** One process of the local cloud. */
export interface ProcessStatus {
  /** The centre; empty for the node. */
  readonly site: string;
  readonly process: string;
  readonly health: ProcessHealth;
  readonly pid: number | undefined;
  readonly port: number | undefined;
  /** Resident set. */
  readonly memoryBytes: number;
  readonly ageMs: number | undefined;
}

/** The local cloud in a folder; undefined when it was never started. Rows: centres in their order, then the node; programs below their centre. */
export async function readStatus(dir: string): Promise<readonly ProcessStatus[] | undefined> {
  const state = readCloudState(dir);
  if (state === undefined) return undefined;
  const sites = await Promise.all(state.sites.map((site) => siteStatus(dir, site)));
  return [
    ...sites.flat(),
    nodeStatus(
      dir,
      state.sites.every((site) => site.stopped),
    ),
  ];
}

async function siteStatus(dir: string, site: CloudSite): Promise<ProcessStatus[]> {
  const folder = siteDir(dir, site.name);
  const centre = readCentreState(folder);
  const own = await Promise.all(centreProcesses.map((process) => processStatus(folder, site, centre, process)));
  const programs = readPods(dir)
    .filter((pod) => pod.site === site.name && isRunning(pod))
    .map((pod) => ({
      site: site.name,
      process: pod.name,
      health: pod.ready ? ('healthy' as const) : ('unhealthy' as const),
      pid: pod.pid,
      port: pod.ports['http'] ?? Object.values(pod.ports)[0],
      memoryBytes: residentBytes(pod.pid),
      ageMs: ageMs(pod.pid),
    }));
  return [...own, ...programs];
}

async function processStatus(
  folder: string,
  site: CloudSite,
  centre: CentreState | undefined,
  process: (typeof centreProcesses)[number],
): Promise<ProcessStatus> {
  const id = centre?.processes[process];
  const port = centre === undefined ? undefined : mainPort(process, centre.ports);
  const base = { site: site.name, process, port };
  if (centre === undefined || id === undefined || !isRunning(id)) {
    return { ...base, health: site.stopped ? 'stopped' : 'dead', pid: undefined, memoryBytes: 0, ageMs: undefined };
  }
  const healthy = await isHealthy(centrePaths(folder), process, centre.ports);
  return {
    ...base,
    health: healthy ? 'healthy' : 'unhealthy',
    pid: id.pid,
    memoryBytes: residentBytes(id.pid),
    ageMs: ageMs(id.pid),
  };
}

function nodeStatus(dir: string, stopped: boolean): ProcessStatus {
  const node = readNodeState(dir);
  const base = { site: '', process: 'node', port: undefined };
  if (node === undefined || !isRunning(node)) {
    return { ...base, health: stopped ? 'stopped' : 'dead', pid: undefined, memoryBytes: 0, ageMs: undefined };
  }
  return { ...base, health: 'healthy', pid: node.pid, memoryBytes: residentBytes(node.pid), ageMs: ageMs(node.pid) };
}
