import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceState, stateFile } from '../../stacks/engine/state.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-state-'));
  file = stateFile(dir, 'north');
  mkdirSync(dirname(file), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(state: string, backup: string): void {
  writeFileSync(file, state);
  writeFileSync(`${file}.bak`, backup);
}
const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

describe('a state that cannot be read', () => {
  it('is replaced by the copy of the one before, or set aside when there is none', () => {
    write('{', '{"version":3}');
    replaceState(dir, 'north', 'backup');
    expect(read(file)).toBe('{"version":3}');
    write('{', '{');
    replaceState(dir, 'north', 'nothing');
    expect([read(file), read(`${file}.bak`)]).toEqual([undefined, undefined]);
  });

  it('that somebody else has mended since it was looked at is left alone', () => {
    for (const seen of ['backup', 'nothing'] as const) {
      write('{"version":3}', '{"version":2}');
      replaceState(dir, 'north', seen);
      expect([read(file), read(`${file}.bak`)]).toEqual(['{"version":3}', '{"version":2}']);
    }
  });

  it('is not set aside where only going back to the copy was announced', () => {
    write('{', '[');
    replaceState(dir, 'north', 'backup');
    expect([read(file), read(`${file}.bak`)]).toEqual(['{', '[']);
  });
});
