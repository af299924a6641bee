import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sameValue } from '../../core/desired/index.ts';
import type { Cloud, CloudSite } from '../../core/model/cloud.ts';
import type { KubeObject } from '../../kube/types.ts';
import type { CentreStack } from '../../stacks/centre.ts';
import { loadCrds } from '../../stacks/crds.ts';
import { requireEngine } from '../../stacks/engine/binaries.ts';
import { stateDirOf } from '../../stacks/engine/state.ts';
import { type PlatformInput, platformObjects } from '../../stacks/platform.ts';
import type { Context } from '../context.ts';
import { version } from '../run.ts';
import { usageError } from '../usage.ts';
import type { Centre } from './centres.ts';
import { checkAgainst, type Folder, readFolder } from './folder.ts';
import { type Reading, startReading } from './reading.ts';
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
export interface Session extends Reading {
  readonly ctx: Context;
  readonly folder: Folder;
  readonly stateDir: string;
  readonly tenants: readonly TenantChanges[];
  readonly options: ProvisionOptions;
}

/**
 * Checks the folder and meanwhile reads the management centre, then checks the folder against it. With `sites` the others
 * are read too. A folder that is refused is refused whatever the centres say.
 * @throws policy `manifests-refused`; input errors of kubeconfig and cloud.yaml
 */
export async function openSession(
  ctx: Context,
  path: string,
  options: ProvisionOptions,
  { sites = false }: { readonly sites?: boolean } = {},
): Promise<Session> {
  await needFolder(ctx, path);
  const begun: { readonly cloud: Cloud; readonly reading: Promise<Reading> }[] = [];
  const onCloud = (cloud: Cloud): void => {
    begun.push({ cloud, reading: startReading(ctx, cloud, { sites }) });
  };
  const folder = await readFolder(ctx, path, options.set, { onCloud });
  // A folder may hold its cloud in a file of another name.
  const early = begun.find(({ cloud }) => sameValue(cloud, folder.cloud));
  const { live, management, ...read } = await (early?.reading ?? startReading(ctx, folder.cloud, { sites }));
  const recorded = { tenants: ownTenants(folder, live), departments: live.departments };
  const problems = checkAgainst(folder, recorded, ctx.yes.names, ctx.now());
  return {
    ...read,
    ctx,
    folder: { ...folder, problems },
    stateDir: stateDirOf(ctx.env, ctx.cwd, options.state),
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
