/**
 * The local cloud's stand-in for the kubelet: one process that runs the programs of the Deployments in jinhong-system of
 * every centre. Started by `jinhong local up`; what differs from a pod is listed in docs/local.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cloudPaths, readCloudState } from './cloud-state.ts';
import { writeFileAtomic } from './files.ts';
import { stopOrphans } from './node/orphans.ts';
import { SiteNode } from './node/site.ts';
import type { NodeState } from './node-process.ts';
import { ownId, pause } from './processes.ts';

const projectDir = join(import.meta.dirname, '..');

function log(message: string): void {
  process.stdout.write(`${new Date().toISOString()} ${message}\n`);
}

class LocalNode {
  private readonly dir: string;
  /** Its programs die with it (tests). */
  private readonly tied: boolean;
  private readonly sites = new Map<string, SiteNode>();
  private written = '';

  constructor(dir: string, tied: boolean) {
    this.dir = dir;
    this.tied = tied;
  }

  /** Takes the centres of cloud.json on, and leaves those that were stopped. */
  async follow(): Promise<void> {
    const wanted = (readCloudState(this.dir)?.sites ?? []).filter((site) => !site.stopped).map((site) => site.name);
    for (const site of wanted) if (!this.sites.has(site)) this.add(site);
    const gone = [...this.sites.values()].filter((node) => !wanted.includes(node.site));
    for (const node of gone) this.sites.delete(node.site);
    await Promise.all(gone.map((node) => node.stop()));
    this.write();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sites.values()].map((node) => node.stop()));
    this.sites.clear();
    this.write();
  }

  private add(site: string): void {
    const node = new SiteNode({
      cloudDir: this.dir,
      site,
      projectDir,
      tied: this.tied,
      onChange: () => this.write(),
      log,
    });
    this.sites.set(site, node);
    node.run().catch((error: unknown) => log(`${site}: ${String(error)}`));
  }

  /** The state file, when it changed. */
  private write(): void {
    const pods = [...this.sites.values()].flatMap((node) =>
      node
        .list()
        .flatMap(({ plan, id, ports, ready, restarts }) =>
          id === undefined ? [] : [{ site: node.site, name: plan.name, ...id, ports, ready, restarts }],
        ),
    );
    pods.sort((a, b) => (a.site === b.site ? a.name.localeCompare(b.name) : a.site.localeCompare(b.site)));
    const state: NodeState = { ...ownId(), pods };
    const text = `${JSON.stringify(state, null, 2)}\n`;
    if (text === this.written) return;
    writeFileAtomic(cloudPaths(this.dir).nodeState, text);
    this.written = text;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { dir: { type: 'string' }, tied: { type: 'boolean' } } });
  if (values.dir === undefined) throw new Error('--dir is missing');
  await stopOrphans(values.dir);
  const node = new LocalNode(values.dir, values.tied === true);
  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (ending = true));
  log(`node started, pid ${process.pid}`);
  while (!ending) {
    await node.follow();
    for (let waited = 0; waited < 1_000 && !ending; waited += 50) await pause(50);
  }
  log('node stops');
  await node.stop();
  process.exit(0);
}

await main();
