import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { AppError } from '../../core/errors.ts';

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Versions that belong together; the same as the pins of local/binaries (a test compares them). */
export const engineVersions = { pulumi: '3.246.0', 'pulumi-resource-kubernetes': '4.25.0' } as const;

export type EngineBinary = keyof typeof engineVersions;

/** Absolute paths of the engine's two programs. */
export type EngineBinaries = Readonly<Record<EngineBinary, string>>;

/**
 * Where a program of the engine is: its own variable (JINHONG_PULUMI, JINHONG_PULUMI_RESOURCE_KUBERNETES), the folder
 * JINHONG_BIN_DIR, PATH, then the cache that `jinhong local binaries` fills. Only looks; undefined when it is nowhere.
 */
export function findBinary(name: EngineBinary, env: Env): string | undefined {
  const own = env[`JINHONG_${name.toUpperCase().replaceAll('-', '_')}`];
  const folders = [env['JINHONG_BIN_DIR'], ...(env['PATH'] ?? '').split(delimiter)];
  const candidates = [
    own,
    ...folders.map((folder) => (folder === undefined || folder === '' ? undefined : join(folder, name))),
    join(cacheFolder(env), `${name}-${engineVersions[name]}-${platform()}`, name),
  ];
  return candidates.find((path) => path !== undefined && path !== '' && isExecutable(path));
}

/** Both programs. @throws input `engine-missing` with the command that gets them */
export function requireEngine(env: Env): EngineBinaries {
  const find = (name: EngineBinary): string => {
    const found = findBinary(name, env);
    if (found !== undefined) return found;
    throw new AppError('input', `${name} ${engineVersions[name]} is not on this machine.`, {
      code: 'engine-missing',
      hint: 'jinhong local binaries',
      data: { binary: name },
    });
  };
  return { pulumi: find('pulumi'), 'pulumi-resource-kubernetes': find('pulumi-resource-kubernetes') };
}

function cacheFolder(env: Env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'jinhong', 'bin');
}

function platform(): string {
  return `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
