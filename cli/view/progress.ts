import type { Context } from '../context.ts';
import { cutTo, padTo, widthOf } from './width.ts';
import { duration } from './words.ts';

/** What is known about one line of the progress, for instance one centre. */
export interface ProgressState {
  /** What it is doing now; a change of it is always shown. */
  readonly phase: string;
  /** Counts or the thing waited for; in plain lines it is shown with a new phase, or once a minute. */
  readonly detail?: string;
  readonly done?: boolean;
  readonly failed?: boolean;
  /** Milliseconds it is expected to take from the start, from history. */
  readonly expectedMs?: number;
}

/** A running display of long work on stderr. */
export interface Progress {
  set(key: string, state: ProgressState): void;
  /** Leaves the last state on the screen. Call it also after an error. */
  end(): void;
}

const minuteMs = 60_000;
const redrawMs = 200;

interface Line {
  state: ProgressState;
  readonly startedMs: number;
  saidMs: number;
}

/**
 * Shows progress per key. On a terminal the lines are redrawn in place; elsewhere, and with ACCESSIBLE set, one plain
 * line per change of phase and at most one a minute for a change of detail, so that a log stays readable.
 */
export function startProgress(ctx: Context): Progress {
  const { stderr } = ctx.io;
  const redraw = stderr.isTTY === true && ctx.env['TERM'] !== 'dumb' && (ctx.env['ACCESSIBLE'] ?? '') === '';
  const lines = new Map<string, Line>();
  return redraw ? redrawn(ctx, lines) : plain(ctx, lines);
}

function sign({ done, failed }: ProgressState): string {
  if (failed === true) return '✗';
  return done === true ? '✓' : '·';
}

function text(ctx: Context, line: Line): string {
  const { state } = line;
  const elapsedMs = ctx.now() - line.startedMs;
  const left = state.expectedMs === undefined || state.done === true ? undefined : state.expectedMs - elapsedMs;
  const expected = ctx.say({ zh: '预计还需', en: 'left about' });
  const parts = [state.phase, state.detail, duration(elapsedMs, ctx.lang)];
  if (left !== undefined && left > 0) parts.push(`${expected} ${duration(left, ctx.lang)}`);
  return parts.filter((part) => part !== undefined && part !== '').join('  ');
}

function remember(ctx: Context, lines: Map<string, Line>, key: string, state: ProgressState): Line | undefined {
  const known = lines.get(key);
  lines.set(key, { state, startedMs: known?.startedMs ?? ctx.now(), saidMs: known?.saidMs ?? 0 });
  return known;
}

function plain(ctx: Context, lines: Map<string, Line>): Progress {
  return {
    set(key, state) {
      const before = remember(ctx, lines, key, state);
      const line = lines.get(key);
      if (line === undefined) return;
      const moved = before === undefined || before.state.phase !== state.phase || before.state.done !== state.done;
      const stale = before?.state.detail !== state.detail && ctx.now() - line.saidMs >= minuteMs;
      if (!moved && !stale) return;
      line.saidMs = ctx.now();
      ctx.note(`${sign(state)} ${key}: ${text(ctx, line)}`);
    },
    end: () => undefined,
  };
}

function redrawn(ctx: Context, lines: Map<string, Line>): Progress {
  const { stderr } = ctx.io;
  let drawn = 0;
  const draw = () => {
    const width = stderr.columns ?? 80;
    const left = Math.max(0, ...[...lines.keys()].map(widthOf));
    const rows = [...lines].map(([key, line]) =>
      cutTo(`${sign(line.state)} ${padTo(key, left)}  ${text(ctx, line)}`, width - 1),
    );
    stderr.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${rows.map((row) => `\r\u001b[K${row}\n`).join('')}`);
    drawn = rows.length;
  };
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  const end = () => {
    clearInterval(timer);
    draw();
  };
  ctx.onClose(() => clearInterval(timer));
  return {
    set(key, state) {
      remember(ctx, lines, key, state);
      draw();
    },
    end,
  };
}
