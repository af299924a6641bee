/**
 * The node's work at one centre. One loop: read the Deployments and what they mount, make the processes equal to them,
 * write their status, wait for a change. A centre that does not answer changes nothing: its processes go on.
 */
import { rmSync } from 'node:fs';
import { callerOf, readCentre } from '../centre.ts';
import { logFileOf } from '../centre-files.ts';
import { siteDir } from '../cloud-state.ts';
import type { HttpCaller } from '../http.ts';
import { pause } from '../processes.ts';
import { readSnapshot, requestToken, waitForChange, writeStatus } from './api.ts';
import type { Snapshot } from './kube-types.ts';
import { filesOf, writeMounts } from './mounts.ts';
import { unitDir } from './orphans.ts';
import { planUnits, resolveEnv, type UnitPlan } from './plan.ts';
import { planStatus } from './status.ts';
import { Unit } from './unit.ts';

/** What a site's loop needs of the node. */
export interface SiteOptions {
  readonly cloudDir: string;
  readonly site: string;
  readonly projectDir: string;
  readonly tied: boolean;
  /** Told after every change of a process, to write the state file. */
  readonly onChange: () => void;
  readonly log: (message: string) => void;
}

interface Token {
  readonly token: string;
  readonly refreshAt: number;
}

/** Longest time without a fresh look, seconds. */
const relistSeconds = 60;
const tickMs = 1_000;

export class SiteNode {
  readonly site: string;
  private readonly options: SiteOptions;
  private readonly units = new Map<string, Unit>();
  private readonly tokens = new Map<string, Token>();
  private readonly stopping = new AbortController();
  private snapshot: Snapshot | undefined;
  private caller: { readonly http: HttpCaller; readonly url: string } | undefined;
  private reading: Promise<void> | undefined;
  private ticking = false;

  constructor(options: SiteOptions) {
    this.site = options.site;
    this.options = options;
  }

  /** The processes, for the state file. */
  list(): readonly Unit[] {
    return [...this.units.values()];
  }

  /** Works until `stop`. */
  async run(): Promise<void> {
    this.reading = this.readLoop();
    while (!this.stopping.signal.aborted) {
      await this.tick();
      await pause(tickMs);
    }
  }

  /** Ends the loop and every process of the site. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.units.values()].map((unit) => unit.stop()));
    this.units.clear();
    await this.reading;
    this.caller?.http.close();
  }

  private async readLoop(): Promise<void> {
    const { signal } = this.stopping;
    let failing = false;
    while (!signal.aborted) {
      try {
        const http = this.connect();
        this.snapshot = await readSnapshot(http);
        if (failing) this.options.log(`${this.site}: answers again`);
        failing = false;
        await this.tick();
        await waitForChange(http, this.snapshot, relistSeconds, signal);
      } catch (error) {
        if (!failing) this.options.log(`${this.site}: does not answer (${String(error)})`);
        failing = true;
        this.caller?.http.close();
        this.caller = undefined;
        await pause(tickMs);
      }
    }
  }

  private connect(): HttpCaller {
    const centre = readCentre(siteDir(this.options.cloudDir, this.site));
    if (centre === undefined) throw new Error('no such centre yet');
    if (this.caller?.url !== centre.url) {
      this.caller?.http.close();
      this.caller = { http: callerOf(centre, 'node'), url: centre.url };
    }
    return this.caller.http;
  }

  /** Makes processes, files and status equal to the last snapshot. Never two at a time. */
  private async tick(): Promise<void> {
    const { snapshot } = this;
    if (snapshot === undefined || this.ticking || this.stopping.signal.aborted) return;
    this.ticking = true;
    try {
      const plans = snapshot.deployments.flatMap(planUnits);
      await this.removeOthers(plans);
      await Promise.all(plans.map((plan) => this.serve(plan, snapshot)));
      await Promise.all([...this.units.values()].map((unit) => unit.probe()));
      this.options.onChange();
      await this.report(snapshot, plans);
    } catch (error) {
      this.options.log(`${this.site}: ${String(error)}`);
    } finally {
      this.ticking = false;
    }
  }

  private async removeOthers(plans: readonly UnitPlan[]): Promise<void> {
    const gone = [...this.units].filter(
      ([name, unit]) => !plans.some((plan) => plan.name === name && plan.hash === unit.plan.hash),
    );
    await Promise.all(
      gone.map(async ([name, unit]) => {
        await unit.stop();
        this.units.delete(name);
        for (const key of this.tokens.keys()) if (key.startsWith(`${name}|`)) this.tokens.delete(key);
        this.options.log(`${this.site}: ${name} stopped`);
      }),
    );
  }

  /** Keeps the files of one process up to date and starts it when it is due and everything it needs is there. */
  private async serve(plan: UnitPlan, snapshot: Snapshot): Promise<void> {
    const unit = this.units.get(plan.name) ?? this.makeUnit(plan);
    await this.refreshTokens(plan);
    const { files, missing } = filesOf(plan, snapshot, (source) => this.tokens.get(tokenKey(plan, source))?.token);
    if (files === undefined) {
      if (unit.waiting !== missing) this.options.log(`${this.site}: ${plan.name} waits for ${missing}`);
      unit.waiting = missing;
      return;
    }
    writeMounts(unit.place.dir, plan, files);
    if (!unit.isDue(Date.now())) return;
    const resolved = resolveEnv(plan, snapshot, this.baseEnv(unit));
    if ('missing' in resolved) {
      unit.waiting = resolved.missing;
      return;
    }
    await unit.start(resolved.env);
    this.options.log(`${this.site}: ${plan.name} started, pid ${unit.id?.pid ?? '-'}`);
  }

  private makeUnit(plan: UnitPlan): Unit {
    const { cloudDir, projectDir, tied, log } = this.options;
    const dir = unitDir(cloudDir, this.site, plan.name);
    rmSync(dir, { recursive: true, force: true });
    const unit: Unit = new Unit(plan, {
      dir,
      projectDir,
      tied,
      logFile: logFileOf(siteDir(cloudDir, this.site), plan.name),
      onExit: () => log(`${this.site}: ${plan.name} ${unit.waiting}`),
    });
    this.units.set(plan.name, unit);
    return unit;
  }

  /** What a pod would find in its environment, with this machine's addresses; docs/local.md lists it. */
  private baseEnv(unit: Unit): Record<string, string> {
    const url = new URL(this.caller?.url ?? 'https://127.0.0.1:0');
    return {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: unit.place.dir,
      HOSTNAME: unit.plan.name,
      KUBERNETES_SERVICE_HOST: url.hostname,
      KUBERNETES_SERVICE_PORT: url.port,
      JINHONG_ROOT: unit.place.dir,
      JINHONG_HTTP_HOST: '127.0.0.1',
    };
  }

  private async refreshTokens(plan: UnitPlan): Promise<void> {
    for (const source of plan.mounts.flatMap((mount) => mount.sources)) {
      if (source.kind !== 'token') continue;
      const key = tokenKey(plan, source);
      const now = Date.now();
      if ((this.tokens.get(key)?.refreshAt ?? 0) > now || this.caller === undefined) continue;
      try {
        const { token, expiresAt } = await requestToken(this.caller.http, plan.serviceAccount, source);
        // At 80 % of its life, as the kubelet does.
        this.tokens.set(key, { token, refreshAt: now + (expiresAt - now) * 0.8 });
      } catch (error) {
        this.options.log(`${this.site}: ${plan.name}: ${String(error)}`);
      }
    }
  }

  private async report(snapshot: Snapshot, plans: readonly UnitPlan[]): Promise<void> {
    const { caller } = this;
    if (caller === undefined) return;
    for (const deployment of snapshot.deployments) {
      const own = plans.filter((plan) => plan.deployment === deployment.metadata.name);
      if (own.length === 0 && (deployment.spec.replicas ?? 1) > 0) continue;
      const replicas = [...new Set(own.map((plan) => plan.replica))];
      const all = (test: (unit: Unit | undefined) => boolean): number =>
        replicas.filter((replica) =>
          own.filter((plan) => plan.replica === replica).every((plan) => test(this.units.get(plan.name))),
        ).length;
      const status = planStatus(
        deployment,
        {
          wanted: replicas.length,
          updated: all((unit) => unit?.id !== undefined),
          ready: all((unit) => unit?.ready === true),
        },
        new Date().toISOString(),
      );
      if (status !== undefined) await writeStatus(caller.http, deployment.metadata.name, status);
    }
  }
}

function tokenKey(plan: UnitPlan, source: { readonly path: string; readonly audience: string }): string {
  return `${plan.name}|${source.path}|${source.audience}`;
}
