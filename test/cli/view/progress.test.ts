import { describe, expect, it } from 'vitest';
import { createContext } from '../../../cli/context.ts';
import { startProgress } from '../../../cli/view/progress.ts';
import { collect, type RunOptions } from '../support.ts';

function start(options: RunOptions = {}) {
  let nowMs = 0;
  const collected = collect({ ...options, now: () => nowMs });
  const state = { io: collected.io, lang: 'en' as const, exitCode: 0, graceMs: 0, closers: [] };
  const progress = startProgress(createContext({}, state));
  return { progress, advance: (ms: number) => (nowMs += ms), err: collected.stderr, out: collected.stdout };
}

describe('progress where nothing can be redrawn', () => {
  it('is one line per change of phase, on stderr', () => {
    const { progress, err, out } = start();
    progress.set('east', { phase: 'applying', detail: '1/9' });
    progress.set('east', { phase: 'applying', detail: '2/9' });
    progress.set('east', { phase: 'waiting', detail: 'Lease' });
    progress.set('east', { phase: 'ready', done: true });
    progress.end();
    expect(err().trimEnd().split('\n')).toEqual([
      '· east: applying  1/9  0 s',
      '· east: waiting  Lease  0 s',
      '✓ east: ready  0 s',
    ]);
    expect(out()).toBe('');
  });

  it('says a changed detail at most once a minute', () => {
    const { progress, err, advance } = start();
    progress.set('east', { phase: 'applying', detail: '1/900' });
    for (let i = 2; i <= 240; i += 1) {
      advance(1000);
      progress.set('east', { phase: 'applying', detail: `${i}/900` });
    }
    expect(err().trimEnd().split('\n')).toHaveLength(4);
  });

  it('is also plain on a terminal when ACCESSIBLE is set', () => {
    const { progress, err } = start({ terminal: true, env: { ACCESSIBLE: '1' } });
    progress.set('east', { phase: 'applying' });
    progress.end();
    expect(err()).toBe('· east: applying  0 s\n');
  });
});

describe('progress on a terminal', () => {
  it('redraws its lines in place and says how much time is left', () => {
    const { progress, err, advance } = start({ terminal: true, columns: 60 });
    progress.set('east', { phase: 'starting', expectedMs: 60_000 });
    advance(10_000);
    progress.set('west', { phase: 'starting' });
    progress.end();
    expect(err()).toContain('\u001b[1A');
    expect(err()).toContain('· east  starting  10 s  left about 50 s');
    expect(err()).toContain('· west  starting  0 s');
  });
});
