import type { Ledger } from '../../../core/decide/ledger.ts';
import type { DepartmentStatus } from '../../../core/model/department.ts';
import { setConditions } from '../../../kube/conditions.ts';
import { done, type Outcome } from '../../queue.ts';
import { type ManagementContext, treeOf, updateStatus } from '../context.ts';
import { applyOwn } from '../objects.ts';
import { departmentObjects, departmentReady } from './plan.ts';

/**
 * One department: its namespace and bindings, and whether its place in the tree and its allowance are in order. A
 * department that is gone leaves all as it is: an absence removes nothing.
 */
export async function reconcileDepartment(ctx: ManagementContext, ledger: Ledger, code: string): Promise<Outcome> {
  const department = ctx.caches.department.get(code);
  if (department === undefined) return done;
  const tree = treeOf(ctx.caches);
  const foreign = await applyOwn(ctx, departmentObjects(tree, code));
  const { cloud } = ctx.deps.config.current();
  const observedGeneration = department.metadata.generation ?? 0;
  const ready = { ...departmentReady({ tree, ledger, cloud, foreign }, code), observedGeneration };
  await updateStatus<DepartmentStatus, typeof department>(ctx, ctx.caches.department, code, (status) => ({
    ...status,
    observedGeneration,
    conditions: [...setConditions((status?.conditions ?? []) as never, [ready], ctx.deps.clock.now())],
  }));
  return foreign === undefined ? done : { type: 'blocked', reason: `${foreign} is not ours` };
}
