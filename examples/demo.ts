/**
 * The main job on one machine: four centres, the platform, an example city, its reviewers' decisions, every tenant Ready.
 * `npm run demo`; `npm run demo -- --lite` takes the smallest cloud. Each step acts as the person who would act.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Approval, Tenant } from '../core/model/kinds.ts';
import { createClient } from '../kube/client.ts';
import { loadKubeconfig } from '../kube/config.ts';
import { isAlreadyExists } from '../kube/errors.ts';
import { resources } from '../kube/resource.ts';
import type { KubeClient, KubeObject } from '../kube/types.ts';

import { cloudPaths, localDir } from '../local/cloud-state.ts';
import { writePersonKubeconfig } from '../local/people.ts';

interface Person {
  readonly user: string;
  readonly groups: readonly string[];
}

interface CloudFile {
  readonly spec: {
    readonly groups: { readonly platform: string };
    readonly sites: readonly { readonly role: string; readonly context: string }[];
  };
}

const root = join(import.meta.dirname, '..');
const folder = join(root, 'examples', process.argv.includes('--lite') ? 'lite' : 'qingdao');
/** `--ports BASE` when another local cloud runs on this machine. */
const ports = process.argv.includes('--ports')
  ? process.argv.slice(process.argv.indexOf('--ports'), process.argv.indexOf('--ports') + 2)
  : [];
const dir = localDir(undefined, process.env);
const started = performance.now();

const cloud = parse(readFileSync(join(folder, 'cloud.yaml'), 'utf8')) as CloudFile;
const people = (parse(readFileSync(join(folder, 'people.yaml'), 'utf8')) as { people: Person[] }).people;
const management = cloud.spec.sites.find((site) => site.role === 'management')?.context ?? '';

function heading(text: string): void {
  console.log(`\n[${((performance.now() - started) / 1000).toFixed(0)} s] ${text}`);
}

/** Runs the command with its output shown; rejects unless it ends with 0. */
function jinhong(args: readonly string[], kubeconfig?: string): Promise<void> {
  const env = { ...process.env, ...(kubeconfig === undefined ? {} : { JINHONG_KUBECONFIG: kubeconfig }) };
  const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...args], { stdio: 'inherit', env, cwd: root });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`jinhong ${args.join(' ')} ended with ${code}`)),
    );
  });
}

function person(user: string): Promise<string> {
  const found = people.find((entry) => entry.user === user);
  if (found === undefined) throw new Error(`people.yaml does not know ${user}`);
  return writePersonKubeconfig(dir, found);
}

function approvals(): Approval[] {
  return globSync('approvals/**/*.yaml', { cwd: folder })
    .sort()
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as Approval),
    );
}

/** Each reviewer decides with a certificate of their own; what was decided before stays. Resolves with the number of new decisions. */
async function decideAll(): Promise<number> {
  const byPerson = Map.groupBy(approvals(), (approval) => approval.spec.decidedBy);
  const counts = await Promise.all(
    [...byPerson].map(async ([user, decisions]) => {
      const client = createClient(await loadKubeconfig(await person(user), management));
      try {
        const made = await Promise.all(decisions.map((decision) => createOnce(client, decision)));
        return made.filter(Boolean).length;
      } finally {
        await client.close();
      }
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function createOnce(client: KubeClient, decision: Approval): Promise<boolean> {
  try {
    await client.create(decision as unknown as KubeObject);
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}

/** Waits until every tenant is Ready, one line per change; names the ones that are not when the time is over. */
async function waitForAll(kubeconfig: string, timeoutMs: number): Promise<void> {
  const client = createClient(await loadKubeconfig(kubeconfig, management));
  const deadline = performance.now() + timeoutMs;
  let shown = -1;
  try {
    for (;;) {
      const { items } = await client.list(resources.tenant);
      const waiting = (items as unknown as Tenant[]).filter((tenant) => !isReady(tenant));
      const ready = items.length - waiting.length;
      if (ready !== shown) console.log(`  Ready ${ready}/${items.length}`);
      shown = ready;
      if (waiting.length === 0 && items.length > 0) return;
      if (performance.now() > deadline)
        throw new Error(`not Ready: ${waiting.map((tenant) => tenant.metadata.name).join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  } finally {
    await client.close();
  }
}

function isReady(tenant: Tenant): boolean {
  const ready = tenant.status?.conditions.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' && tenant.status?.observedGeneration === tenant.metadata.generation;
}

async function main(): Promise<void> {
  const shown = relative(root, folder);
  heading(`Start the centres (jinhong local up --cloud ${shown}/cloud.yaml)`);
  await jinhong(['local', 'up', '--cloud', join(folder, 'cloud.yaml'), ...ports]);
  heading('Have the engine that installs, which may still be under way (jinhong local binaries --get)');
  await jinhong(['local', 'binaries', '--get']);
  const engineer = people.find((entry) => entry.groups.includes(cloud.spec.groups.platform));
  if (engineer === undefined) throw new Error('people.yaml names no platform engineer');
  const kubeconfig = await writePersonKubeconfig(dir, engineer);
  heading(`Install the platform and apply departments and tenants, as ${engineer.user} (jinhong up ${shown})`);
  await jinhong(['up', folder, '--yes'], kubeconfig);
  heading('Reviewers decide, each with a certificate of their own');
  console.log(`  ${await decideAll()} new decisions`);
  heading('Wait until every tenant is Ready');
  await waitForAll(kubeconfig, 120_000);
  await jinhong(['status'], kubeconfig);
  heading('Done. Try next:');
  const prefix = `JINHONG_KUBECONFIG=${relative(process.cwd(), kubeconfig)} npx jinhong`;
  const next = ['status TENANT', 'explain TENANT', `plan ${shown}`].map((line) => `${prefix} ${line}`);
  for (const line of [...next, 'npx jinhong local status', 'npx jinhong local down --wipe']) console.log(`  ${line}`);
  console.log(`  administrators' contexts: ${relative(process.cwd(), cloudPaths(dir).kubeconfig)}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
