import { withStateLock } from '../../stacks/engine/locks.ts';
import { stateDirOf } from '../../stacks/engine/state.ts';
import type { Context } from '../context.ts';
import { startProgress } from '../view/progress.ts';
import { openSession, type ProvisionOptions } from './session.ts';
import { confirmUp, runUp, type UpOptions, type UpReport } from './up.ts';

/** Milliseconds that the engine gets after Ctrl-C to finish the object it works on and to write its state. */
const graceMs = 30_000;

/** Runs `up` as the only one on its state. @throws locked `state-locked`, `stack-locked`; the errors of each step */
export async function runUpCommand(
  ctx: Context,
  path: string,
  options: ProvisionOptions & UpOptions,
): Promise<UpReport> {
  ctx.setGrace(graceMs);
  return withStateLock(stateDirOf(ctx.env, ctx.cwd, options.state), ctx.now, async () => {
    const session = await openSession(ctx, path, options);
    await confirmUp(session, options.prune);
    const progress = startProgress(ctx);
    try {
      return await runUp(session, options, progress);
    } finally {
      progress.end();
    }
  });
}
