import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheRoot, platform } from '../../../local/binaries/find.ts';
import { type BinaryProgress, makeBinary, makerLock } from '../../../local/binaries/make.ts';
import type { BinaryPin } from '../../../local/binaries/pins.ts';
import { lockHolder } from '../../../local/lock.ts';
import { until } from '../../support/centre.ts';
import { type Answer, type FileServer, program, serveFile, toolPin } from './support.ts';

const run = promisify(execFile);

let dir: string;
let env: Record<string, string>;
let server: FileServer;
let answer: Answer;
let events: BinaryProgress[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-make-'));
  // No go on this PATH: only what a test puts into bin.
  env = { XDG_CACHE_HOME: join(dir, 'cache'), PATH: join(dir, 'bin') };
  answer = 'good';
  events = [];
  server = await serveFile(() => answer);
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

function make(pin: BinaryPin): Promise<string> {
  return makeBinary(pin, { env, modules: join(dir, 'modules'), onProgress: (event) => events.push(event) });
}

/** A `go` that "builds" by writing a script, and writes down how it was called. */
function fakeGo(body = 'echo built > "$out"'): void {
  mkdirSync(join(dir, 'bin'), { recursive: true });
  mkdirSync(join(dir, 'modules', 'tool'), { recursive: true });
  for (const file of ['go.mod', 'go.sum', 'main.go']) writeFileSync(join(dir, 'modules', 'tool', file), file);
  const script = `#!/bin/sh
echo "$GOFLAGS|$CGO_ENABLED|$*|$(/bin/ls | /usr/bin/tr '\\n' ' ')" >> ${join(dir, 'go.log')}
out=""
while [ $# -gt 0 ]; do [ "$1" = "-o" ] && out="$2"; shift; done
${body}
/bin/chmod 755 "$out"
`;
  writeFileSync(join(dir, 'bin', 'go'), script);
  chmodSync(join(dir, 'bin', 'go'), 0o755);
}

test('a good file is taken, is executable, and leaves no work folder', async () => {
  const path = await make(toolPin(server.url));
  expect(readFileSync(path)).toEqual(program);
  expect((await run(path)).stdout).toBe('tool 1.2.3\n');
  expect(events.at(-1)).toMatchObject({ state: 'made', by: 'download', path });
  expect(readdirSync(cacheRoot(env))).toEqual([`tool-1.2.3-${platform()}`]);
});

test('a program inside an archive is unpacked', async () => {
  const folder = join(dir, 'archive', 'tool-1.2.3');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tool'), '#!/bin/sh\necho from archive\n');
  execFileSync('tar', ['-czf', join(dir, 'a.tar.gz'), '-C', join(dir, 'archive'), 'tool-1.2.3']);
  const body = readFileSync(join(dir, 'a.tar.gz'));
  const archives = await serveFile(() => 'good', body);
  const sha256 = { [platform()]: createHash('sha256').update(body).digest('hex') };
  const pin = { ...toolPin(archives.url), download: { url: archives.url, member: 'tool-{version}/tool', sha256 } };
  expect((await run(await make(pin))).stdout).toBe('from archive\n');
  await archives.close();
});

test.each([
  ['corrupt', /SHA-256/],
  ['truncated', /failed|失败/],
  ['missing', /404/],
] as const)('a %s download is said, nothing of it is kept, and the build takes over', async (how, said) => {
  answer = how;
  fakeGo();
  const path = await make(toolPin(server.url));
  expect(readFileSync(path, 'utf8')).toBe('built\n');
  const notes = events.flatMap((event) => (event.state === 'note' ? [event.message] : []));
  expect(notes.join('\n')).toMatch(said);
  expect(notes.join('\n')).toContain(server.url);
  expect(events.at(-1)).toMatchObject({ state: 'made', by: 'build' });
  expect(readdirSync(cacheRoot(env)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a build sees only the pinned module, read-only, without the caller’s GOFLAGS', async () => {
  fakeGo();
  env['GOFLAGS'] = '-mod=mod';
  const { download: _, ...pin } = toolPin(server.url);
  await make(pin);
  const [flags, cgo, args, files] = readFileSync(join(dir, 'go.log'), 'utf8').trim().split('|');
  expect([flags, cgo]).toEqual(['', '0']);
  expect(args).toContain('build -trimpath -mod=readonly -ldflags -s -w -X main.version=1.2.3 -o');
  expect(files).toBe('go.mod go.sum main.go');
  expect(server.hits()).toBe(0);
});

test('a build that fails is an error with its last lines, and the next try starts clean', async () => {
  fakeGo('echo "main.go:1: no such thing" >&2; exit 1');
  const { download: _, ...pin } = toolPin(server.url);
  await expect(make(pin)).rejects.toMatchObject({
    code: 'build-failed',
    message: expect.stringContaining('no such thing'),
  });
  fakeGo();
  expect(readFileSync(await make(pin), 'utf8')).toBe('built\n');
});

test('a full disk is named as such', async () => {
  fakeGo('echo "write /x: no space left on device" >&2; exit 1');
  const { download: _, ...pin } = toolPin(server.url);
  await expect(make(pin)).rejects.toMatchObject({ code: 'disk-full' });
});

test('without Go and without a download the error names the program and the ways to provide it', async () => {
  answer = 'missing';
  env['JINHONG_GO'] = 'off';
  await expect(make(toolPin(server.url))).rejects.toMatchObject({
    code: 'binaries-missing',
    message: expect.stringContaining('404'),
    hint: expect.stringContaining('JINHONG_TOOL'),
  });
});

/** Makes the tool in a process of its own. */
function makerProcess(url: string): { pid: number; done: Promise<string>; kill: () => void } {
  const at = (path: string) => JSON.stringify(join(import.meta.dirname, path));
  const code = `const { makeBinary } = await import(${at('../../../local/binaries/make.ts')});
    const { toolPin } = await import(${at('./support.ts')});
    const path = await makeBinary(toolPin(${JSON.stringify(url)}), { env: process.env, onProgress: (e) => console.log(e.state) });
    console.log(path);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const done = new Promise<string>((resolve) => child.once('exit', () => resolve(said)));
  return { pid: child.pid ?? 0, done, kill: () => void child.kill('SIGKILL') };
}

test('of two processes that need the same program one makes it and the other waits', async () => {
  answer = 'slow';
  const both = [makerProcess(server.url), makerProcess(server.url)];
  const [first = '', second = ''] = (await Promise.all(both.map(({ done }) => done))).sort();
  expect(server.hits()).toBe(1);
  expect([first, second].filter((said) => said.includes('waiting'))).toHaveLength(1);
  expect(first.trim().split('\n').at(-1)).toBe(second.trim().split('\n').at(-1));
});

test('a maker that is killed half-way leaves nothing that the next one cannot mend', async () => {
  answer = 'slow';
  const maker = makerProcess(server.url);
  await until('download', () => server.hits() === 1);
  maker.kill();
  await maker.done;
  expect(lockHolder(makerLock(toolPin(server.url), env))).toBeUndefined();
  expect(readdirSync(cacheRoot(env)).some((name) => name.startsWith('.work-tool-'))).toBe(true);
  const path = await make(toolPin(server.url));
  expect(readFileSync(path)).toEqual(program);
  expect(readdirSync(cacheRoot(env))).toEqual([`tool-1.2.3-${platform()}`]);
});
