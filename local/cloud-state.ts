import { join, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import { maxCentres } from './centre-files.ts';
import { readTextIfThere, writeFileAtomic } from './files.ts';
import type { ProcessId } from './processes.ts';
import { localText } from './text.ts';

/** One centre of the local cloud. */
export interface CloudSite {
  readonly name: string;
  /** Its place in the port and Service ranges; never changes and is not given to another. */
  readonly index: number;
  /** Stopped on purpose (`down --sites`): the node runs nothing there. */
  readonly stopped: boolean;
}

/** Names that the commands or the folder use for something else. */
const reserved = ['node', 'kubeconfig'];

/** `cloud.json`: what the local cloud in a folder consists of. The centres' own processes are in their `centre.json`. */
export interface CloudState {
  readonly basePort: number;
  readonly sites: readonly CloudSite[];
  readonly node: ProcessId | undefined;
  /** Bound to cluster-admin at every centre. */
  readonly platformGroup?: string;
}

/** The folder of the local cloud: the option, JINHONG_LOCAL_DIR, or `.jinhong/local` in the current folder; absolute. */
export function localDir(option: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const given = option ?? env['JINHONG_LOCAL_DIR'];
  return resolve(given === undefined || given === '' ? join('.jinhong', 'local') : given);
}

/** Where things lie below the folder of the local cloud. A centre's folder is `<dir>/<name>`; no name begins with `_`. */
export function cloudPaths(dir: string): {
  readonly state: string;
  readonly lock: string;
  readonly kubeconfig: string;
  readonly nodeDir: string;
  readonly nodeState: string;
  readonly nodeLog: string;
} {
  const nodeDir = join(dir, '_node');
  return {
    state: join(dir, 'cloud.json'),
    lock: join(dir, '_lock'),
    kubeconfig: join(dir, 'kubeconfig'),
    nodeDir,
    nodeState: join(nodeDir, 'state.json'),
    nodeLog: join(nodeDir, 'node.log'),
  };
}

/** The folder of one centre. */
export function siteDir(dir: string, name: string): string {
  return join(dir, name);
}

/** The state of the cloud in `dir`; undefined when there is none. */
export function readCloudState(dir: string): CloudState | undefined {
  const text = readTextIfThere(cloudPaths(dir).state);
  return text === undefined ? undefined : (JSON.parse(text) as CloudState);
}

/** Writes the state of the cloud at once. */
export function saveCloudState(dir: string, state: CloudState): void {
  writeFileAtomic(cloudPaths(dir).state, `${JSON.stringify(state, null, 2)}\n`);
}

/**
 * Adds the sites that are new, with indexes of their own, and marks the asked ones as wanted; order of first mention is
 * kept. Pure. Throws AppError `site-name` for a name that cannot be a folder, a context and a host name.
 */
export function withSites(known: readonly CloudSite[], asked: readonly string[]): CloudSite[] {
  const sites = [...known];
  for (const name of asked) {
    if (!/^[a-z][a-z0-9-]{0,40}$/.test(name) || reserved.includes(name)) {
      throw new AppError('input', localText().siteName(name), { code: 'site-name', data: { name } });
    }
    const at = sites.findIndex((site) => site.name === name);
    const index = sites[at]?.index ?? 1 + Math.max(-1, ...sites.map((site) => site.index));
    if (index >= maxCentres) throw new AppError('input', localText().tooManySites(maxCentres), { code: 'site-count' });
    if (at >= 0) sites[at] = { name, index, stopped: false };
    else sites.push({ name, index, stopped: false });
  }
  return sites;
}
