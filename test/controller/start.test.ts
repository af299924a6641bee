import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const start = join(import.meta.dirname, '../../controller/start.js');

describe('controller/start.js', () => {
  it('is controller/main.ts with the same arguments', () => {
    const { status, stderr } = spawnSync(process.execPath, [start, 'kitchen'], { encoding: 'utf8' });
    expect(stderr).toContain('Say which controller to run.');
    expect(status).toBe(1);
  });

  it('loads zod without its translations', () => {
    const list = `data:text/javascript,${encodeURIComponent(
      "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { if (url.includes('/locales/')) console.log(url); return next(url, context); } });",
    )}`;
    const { stdout } = spawnSync(process.execPath, ['--import', list, start, 'kitchen'], { encoding: 'utf8' });
    const loaded = stdout
      .trim()
      .split('\n')
      .filter((url) => url.startsWith('file:'));
    expect(loaded.map((url) => url.replace(/^.*\//, ''))).toEqual(['en.js']);
  });
});
