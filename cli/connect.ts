import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { Cloud } from '../core/model/cloud.ts';
import { namespaces } from '../core/model/names.ts';
import type { KubeClient } from '../kube/types.ts';
import type { Context } from './context.ts';

/** Where the kubeconfig was found, and by which rule. */
export interface Found {
  readonly path: string;
  readonly by: string;
}

const local = join('.jinhong', 'local', 'kubeconfig');

/**
 * The kubeconfig to use: `--kubeconfig`, JINHONG_KUBECONFIG, KUBECONFIG (its first file that exists), then
 * `.jinhong/local/kubeconfig` in the working folder or above it. Undefined when there is none; a file that was named
 * but is missing is an AppError.
 */
export function findKubeconfig(ctx: Context): Found | undefined {
  const named: [string, string | undefined][] = [
    ['--kubeconfig', ctx.kubeconfig],
    ['JINHONG_KUBECONFIG', ctx.env['JINHONG_KUBECONFIG']],
  ];
  for (const [by, value] of named) {
    if (value === undefined || value === '') continue;
    const path = resolve(ctx.cwd, value);
    if (!existsSync(path)) throw missing(path, by);
    return { path, by };
  }
  const list = (ctx.env['KUBECONFIG'] ?? '')
    .split(process.platform === 'win32' ? ';' : ':')
    .filter((part) => part !== '');
  const first = list.map((part) => resolve(ctx.cwd, part)).find((path) => existsSync(path));
  if (first !== undefined) return { path: first, by: 'KUBECONFIG' };
  if (list[0] !== undefined) throw missing(resolve(ctx.cwd, list[0]), 'KUBECONFIG');
  const path = upwards(ctx.cwd, local);
  return path === undefined ? undefined : { path, by: local };
}

function missing(path: string, by: string): AppError {
  const text = { zh: `${by} 指定的文件不存在：${path}`, en: `${by} names a file that does not exist: ${path}` };
  return new AppError('input', text.en, { code: 'kubeconfig-missing', data: { text } });
}

function upwards(from: string, name: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The kubeconfig to use, or an AppError that says how to get one. */
export function needKubeconfig(ctx: Context): Found {
  const found = findKubeconfig(ctx);
  if (found !== undefined) return found;
  const text = { zh: '没有找到 kubeconfig', en: 'no kubeconfig was found' };
  const hintText = {
    zh: '用 --kubeconfig 指定，或先运行 `jinhong local up` 在本机启动',
    en: 'name one with --kubeconfig, or start centres on this machine with `jinhong local up`',
  };
  throw new AppError('forbidden', text.en, { code: 'no-kubeconfig', data: { text, hintText } });
}

/** A client for the context of this name in the kubeconfig (its current context when absent); closed when the run ends. */
export async function connectSite(ctx: Context, contextName?: string): Promise<KubeClient> {
  const { path, by } = needKubeconfig(ctx);
  const [{ loadKubeconfig }, { createClient }] = await Promise.all([
    import('../kube/config.ts'),
    import('../kube/client.ts'),
  ]);
  ctx.log(`kubeconfig ${path} (${by})${contextName === undefined ? '' : `, context ${contextName}`}`);
  const client = createClient(loadKubeconfig(path, contextName));
  ctx.onClose(() => client.close());
  return client;
}

/** The cloud.yaml to use: `--cloud`, JINHONG_CLOUD, cloud.yaml of the working folder; undefined when there is none. */
export function findCloudFile(ctx: Context): string | undefined {
  const named = ctx.cloud ?? ctx.env['JINHONG_CLOUD'];
  if (named !== undefined && named !== '') return resolve(ctx.cwd, named);
  const path = join(ctx.cwd, 'cloud.yaml');
  return existsSync(path) ? path : undefined;
}

/** The validated spec of a cloud.yaml; problems of the file are an AppError that sends to `jinhong check`. */
export async function loadCloudFile(path: string): Promise<Cloud> {
  const [{ parse }, { cloudManifest }] = await Promise.all([import('yaml'), import('../core/model/kinds.ts')]);
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(path, 'utf8'), { maxAliasCount: 100 });
  } catch (cause) {
    throw badCloud(path, String(cause), cause);
  }
  const result = cloudManifest.safeParse(parsed);
  if (result.success) return result.data.spec;
  const issue = result.error.issues[0];
  throw badCloud(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, result.error);
}

function badCloud(path: string, why: string, cause: unknown): AppError {
  const text = { zh: `${path} 不可用：${why}`, en: `${path} cannot be used: ${why}` };
  return new AppError('input', text.en, {
    code: 'bad-cloud',
    hint: `jinhong check ${path}`,
    data: { text, where: path },
    cause,
  });
}

/** The management centre and the facts of its cloud; `cloud` is undefined when neither a file nor the centre gives it. */
export interface Management {
  readonly client: KubeClient;
  readonly cloud: Cloud | undefined;
  /** Where `cloud` came from: a file, or the ConfigMap of the management centre. */
  readonly cloudFrom: string | undefined;
}

/**
 * Connects to the management centre: the context of `--context`, else the one cloud.yaml names for it, else the
 * current one. Without a cloud.yaml the published facts are read from the ConfigMap `jinhong-cloud` there, if the
 * caller may.
 */
export async function connectManagement(ctx: Context): Promise<Management> {
  const file = findCloudFile(ctx);
  const cloud = file === undefined ? undefined : await loadCloudFile(file);
  const named = cloud?.sites.find((site) => site.role === 'management')?.context;
  const client = await connectSite(ctx, ctx.context ?? named);
  if (cloud !== undefined) return { client, cloud, cloudFrom: file };
  const published = await readPublishedCloud(client);
  return { client, cloud: published, cloudFrom: published === undefined ? undefined : `configmap/${cloudConfigMap}` };
}

const cloudConfigMap = 'jinhong-cloud';

/** The cloud's facts as published at the management centre; undefined when the caller may not read them or none are there. */
export async function readPublishedCloud(client: KubeClient): Promise<Cloud | undefined> {
  const [{ resources }, { cloudSpec }, errors] = await Promise.all([
    import('../kube/resource.ts'),
    import('../core/model/cloud.ts'),
    import('../kube/errors.ts'),
  ]);
  try {
    const map = await client.get(resources.configMap, { namespace: namespaces.system, name: cloudConfigMap });
    const data = map['data'] as Record<string, string> | undefined;
    const parsed = cloudSpec.safeParse(JSON.parse(data?.['cloud.json'] ?? 'null'));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (errors.isNotFound(error) || errors.isForbidden(error)) return undefined;
    throw error;
  }
}

/** Contexts of the kubeconfig in use; empty when there is no kubeconfig. */
export async function contextNames(ctx: Context): Promise<string[]> {
  const found = findKubeconfig(ctx);
  if (found === undefined) return [];
  const { listContexts } = await import('../kube/config.ts');
  return listContexts(found.path);
}
