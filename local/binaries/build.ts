import { execFile, spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../core/errors.ts';
import { tailOf } from '../start-process.ts';
import { localText } from '../text.ts';
import { type Env, isExecutable } from './find.ts';
import type { BinaryPin } from './pins.ts';

const run = promisify(execFile);

/** Where a build reads and writes. */
export interface BuildPlace {
  /** Holds a folder per Go module: `local/binaries`. */
  readonly modules: string;
  /** A folder of its own, on the file system of the cache. */
  readonly workDir: string;
  readonly target: string;
  /** What go prints. */
  readonly logFile: string;
}

/** The go command: JINHONG_GO (`off`: build nothing), on PATH, or where its installer puts it; undefined when there is none. */
export function findGo(env: Env): string | undefined {
  const given = env['JINHONG_GO'];
  if (given === 'off') return undefined;
  if (given !== undefined && given !== '') return given;
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/local/go/bin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'go'))
    .find(isExecutable);
}

/**
 * Builds a program from its pinned module: copies `go.mod`, `go.sum` and sources to `workDir`, so that nothing is
 * written to the checkout, and runs go there with exactly the pinned versions. Throws AppError `build-failed`,
 * `disk-full`.
 */
export async function build(pin: BinaryPin, go: string, env: Env, place: BuildPlace): Promise<void> {
  mkdirSync(place.workDir, { recursive: true, mode: 0o700 });
  const source = join(place.modules, pin.build.folder);
  for (const name of readdirSync(source)) {
    if (/^go\.(mod|sum)$|\.go$/.test(name)) copyFileSync(join(source, name), join(place.workDir, name));
  }
  const goEnv = buildEnv(env);
  await copyFromModule(pin, go, goEnv, place);
  const ldflags = ['-s', '-w', ...pin.build.variables.flatMap((variable) => ['-X', variable])].join(' ');
  const args = ['build', '-trimpath', '-mod=readonly', '-ldflags', ldflags, '-o', place.target, pin.build.package];
  const ending = await runLogged(go, args, goEnv, place);
  if (ending === '0' && existsSync(place.target)) return;
  throw explain(pin, ending, place);
}

/** The caller's environment without what would change the result. */
function buildEnv(env: Env): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(kept), GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'on', CGO_ENABLED: '0' };
}

async function copyFromModule(
  pin: BinaryPin,
  go: string,
  env: Record<string, string>,
  place: BuildPlace,
): Promise<void> {
  const copy = pin.build.copyFromModule;
  if (copy === undefined) return;
  try {
    const options = { cwd: place.workDir, env };
    await run(go, ['mod', 'download', copy.module], options);
    const { stdout } = await run(go, ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', copy.module], options);
    const name = copy.path.split('/').at(-1) ?? copy.path;
    copyFileSync(join(stdout.trim(), copy.path), join(place.workDir, name));
  } catch (cause) {
    throw new AppError('terminal', localText().buildFailed(pin.name, String(cause)), { code: 'build-failed', cause });
  }
}

function runLogged(go: string, args: string[], env: Record<string, string>, place: BuildPlace): Promise<string> {
  const fd = openSync(place.logFile, 'w', 0o600);
  return new Promise<string>((resolve) => {
    const child = spawn(go, args, { cwd: place.workDir, env, stdio: ['ignore', fd, fd] });
    const end = (): void => void child.kill('SIGTERM');
    process.once('exit', end);
    child.once('error', (error) => resolve(String(error)));
    child.once('exit', (code, signal) => {
      process.removeListener('exit', end);
      resolve(signal ?? String(code));
    });
  }).finally(() => closeSync(fd));
}

function explain(pin: BinaryPin, ending: string, place: BuildPlace): AppError {
  const text = localText();
  const tail = tailOf(place.logFile, 4_000);
  if (/no space left on device/i.test(tail)) {
    return new AppError('input', text.diskFull(place.workDir), {
      code: 'disk-full',
      hint: text.diskFullHint('~/.cache'),
    });
  }
  const lines = tail.trim().split('\n').slice(-8).join('\n');
  return new AppError('terminal', text.buildFailed(pin.name, `${ending}\n${lines}`), {
    code: 'build-failed',
    hint: text.seeLog(place.logFile),
  });
}
