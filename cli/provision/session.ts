import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CloudSite } from '../../core/model/cloud.ts';
import type { KubeObject } from '../../kube/types.ts';
import type { CentreStack } from '../../stacks/centre.ts';
import { loadCrds } from '../../stacks/crds.ts';
import { requireEngine } from '../../stacks/engine/binaries.ts';
import { stateDirOf } from '../../stacks/engine/state.ts';
import { type PlatformInput, platformObjects } from '../../stacks/platform.ts';
import { needKubeconfig } from '../connect.ts';
import type { Context } from '../context.ts';
import { version } from '../run.ts';
import { usageError } from '../usage.ts';
import { type Centre, connectCentres, managementOf } from './centres.ts';
import { checkAgainst, type Folder, readFolder } from './folder.ts';
import { type LiveState, nothingLive, readLive } from './live.ts';
import { ownTenants, type TenantChanges, tenantChanges } from './sets.ts';

/** Options that `plan` and `up` share. */
export interface ProvisionOptions {
  readonly state?: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly refresh?: boolean;
  /** Name of the folder's sets. */
  readonly set?: string;
  readonly timings?: string;
}

/** All that a plan or an installation starts from. */
export interface Session {
  readonly ctx: Context;
  readonly folder: Folder;
  readonly kubeconfig: string;
  readonly stateDir: string;
  readonly centres: readonly Centre[];
  readonly management: Centre;
  /** What the management centre has; empty when it is down. */
  readonly live: LiveState;
  readonly tenants: readonly TenantChanges[];
  readonly options: ProvisionOptions;
}

/**
 * Checks the folder, connects to all centres, reads the management centre and checks the folder against it.
 * @throws policy `manifests-refused`; input errors of kubeconfig and cloud.yaml
 */
export async function openSession(ctx: Context, path: string, options: ProvisionOptions): Promise<Session> {
  await needFolder(ctx, path);
  const folder = await readFolder(ctx, path, options.set);
  const kubeconfig = needKubeconfig(ctx).path;
  const centres = await connectCentres(ctx, folder.cloud, kubeconfig);
  const management = managementOf(centres);
  const live = management.down === undefined ? await readLive(management.client) : nothingLive;
  const recorded = { tenants: ownTenants(folder, live), departments: live.departments };
  const problems = checkAgainst(folder, recorded, ctx.yes.names, ctx.now());
  return {
    ctx,
    folder: { ...folder, problems },
    kubeconfig,
    stateDir: stateDirOf(ctx.env, ctx.cwd, options.state),
    centres,
    management,
    live,
    tenants: management.down === undefined ? tenantChanges(folder, live.tenants) : [],
    options,
  };
}

async function needFolder(ctx: Context, path: string): Promise<void> {
  const found = await stat(resolve(ctx.cwd, path)).catch(() => undefined);
  if (found !== undefined) return;
  throw usageError(
    { zh: `没有 ${path}`, en: `there is no ${path}` },
    { zh: '写出放清单的文件夹：jinhong up 文件夹', en: 'name the folder of your manifests: jinhong up FOLDER' },
  );
}

/** The objects of the platform at one centre for this session. */
export function objectsFor(
  session: Pick<Session, 'folder' | 'live' | 'options' | 'ctx'>,
  site: CloudSite,
): KubeObject[] {
  const { folder, live, options, ctx } = session;
  const named = new Set(folder.departments.map(({ object }) => object.metadata.name));
  const kept = live.departments.filter((department) => !named.has(department.metadata.name));
  const groups = [...folder.departments.map(({ object }) => object), ...kept].flatMap((department) => [
    ...department.spec.groups,
    ...Object.values(department.spec.reviewers ?? {}).filter((group) => group !== undefined),
  ]);
  const timings = options.timings ?? ctx.env['JINHONG_TIMINGS'];
  const registry = folder.cloud.registries[0];
  const input: PlatformInput = {
    cloud: folder.cloud,
    site: site.name,
    image: options.image ?? `${registry === undefined ? '' : `${registry}/`}jinhong:${version}`,
    directory: [...new Set(groups)].sort(),
    crds: loadCrds(),
    ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
    ...(timings === undefined || timings === '' ? {} : { timings: JSON.parse(timings) as Record<string, number> }),
  };
  return platformObjects(input);
}

/** One centre as the engine sees it. */
export function stackOf(session: Session, centre: Centre): CentreStack {
  const { ctx, kubeconfig, stateDir, options } = session;
  return {
    target: { site: centre.site.name, kubeconfig, context: centre.site.context },
    client: centre.client,
    objects: objectsFor(session, centre.site),
    stateDir,
    binaries: () => requireEngine(ctx.env),
    env: ctx.env,
    refresh: options.refresh === true,
    now: ctx.now,
    signal: ctx.signal,
  };
}
