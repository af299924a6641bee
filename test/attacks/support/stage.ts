/**
 * Where the attacks happen: tenant `alpha/attack` with three members, each with a certificate of their own, and tenant
 * `beta/victim` of another department, on the shared cloud. Both are made by the first file that opens the stage and kept.
 */
import { inject } from 'vitest';
import type { KubeObject } from '../../../kube/types.ts';
import { readPods } from '../../../local/node-process.ts';
import { until } from '../../support/centre.ts';
import { cityGroups, citySites, tenantManifest } from '../../support/city.ts';
import { personOf } from '../../support/cloud.ts';
import { approve, type Cast, castOf, namespaceOf, submit, tenantOf, waitReady } from '../../support/tenancy.ts';
import { discover, type Served } from './discovery.ts';
import { anonymousAt, type Identity, openWire, type RawRequest, type Wire, wireOf } from './http.ts';
import { plantOwn, plantVictim } from './plants.ts';
import { messageOf, type Refuser, refuserOf } from './refusal.ts';
import { takeSnapshot } from './snapshot.ts';

/** The attackers: members of `alpha/attack` with the role of the same name. */
export type Who = 'admin' | 'edit' | 'view';

/** One request of an attacker and what became of it. */
export interface Attempt {
  readonly who: string;
  readonly what: string;
  readonly status: number;
  readonly by: Refuser;
  readonly message: string;
}

/** The stage; see above. */
export interface Stage {
  /** Namespaces of the two tenants. */
  readonly own: string;
  readonly victim: string;
  /** The local centre at which `own` is open; `victim` is there too. */
  readonly site: string;
  readonly sites: readonly string[];
  /** Those of them at which tenants run or are held. */
  readonly locals: readonly string[];
  readonly cast: Cast;
  /** The attacker's wire. @default at `site` */
  wire(who: Who, site?: string): Wire;
  /** A connection of their own, which the caller closes. */
  apart(who: Who, site: string): Wire;
  /** The platform's break-glass identity, which prepares and looks. @default at `site` */
  root(site?: string): Wire;
  /** A platform engineer at `site`. */
  engineer(): Wire;
  /** Somebody without a certificate. */
  nobody(): Wire;
  /** Where a centre is. */
  address(site: string): Identity;
  /** Whether the controllers run. */
  controllers(): boolean;
  /** Every kind that a centre serves. */
  served(site: string): Promise<readonly Served[]>;
  /** An object as it is stored. @default at `site` */
  live(path: string, site?: string): Promise<KubeObject>;
  /** Sends every request as every attacker, all at the same time. */
  shoot(who: readonly Who[], requests: readonly RawRequest[], site?: string): Promise<Attempt[]>;
  /** What is stored at every centre. */
  snapshot(): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

/** All three attackers, strongest first. */
export const everyone: readonly Who[] = ['admin', 'edit', 'view'];

const groupsOf: Record<Who, string> = { admin: 'alpha-admins', edit: 'alpha-staff', view: 'alpha-duty' };
const membersOf = (who: readonly Who[]) => who.map((role) => ({ group: groupsOf[role], role }));

/** Makes the tenants unless they are there, signs everyone in, and plants what is attacked. */
export async function openStage(): Promise<Stage> {
  const sites = Object.values(citySites);
  const [cast, beta, breaker] = await Promise.all([
    castOf('alpha'),
    castOf('beta'),
    personOf('breaker', [cityGroups.breakGlass]),
  ]);
  await Promise.all([
    ensureTenant(cast, 'alpha', 'attack', { members: membersOf(everyone) }),
    ensureTenant(beta, 'beta', 'victim'),
  ]);
  await beta.close();
  const site = (await tenantOf(cast, 'alpha', 'attack'))?.status?.sites?.find((entry) => entry.role === 'active')?.name;
  if (site === undefined) throw new Error('alpha/attack is active nowhere');
  const people = await Promise.all(everyone.map((who) => personOf(`alpha-${who}`, [groupsOf[who]])));
  const files = new Map([
    ['root', breaker],
    ['engineer', cast.engineer],
    ...everyone.map((who, at) => [who, people[at]] as const),
  ]);
  const stage = stageOf(cast, site, sites, (who) => files.get(who)?.kubeconfig ?? '');
  await Promise.all([plantOwn(stage), plantVictim(stage)]);
  return stage;
}

/** Asks that these members of alpha/attack, and no others, be let in. */
export async function setMembers(stage: Stage, who: readonly Who[]): Promise<void> {
  await submit(stage.cast, 'alpha', 'attack', { members: membersOf(who) });
}

/** Asks for a tenant and has it approved, unless it runs already: then the controllers may be stopped. */
async function ensureTenant(cast: Cast, department: string, name: string, spec: object = {}): Promise<void> {
  const there = await tenantOf(cast, department, name);
  const asked = tenantManifest(department, name, spec).spec['members'] as readonly object[];
  const same = there?.spec.members.length === asked.length;
  if (same && there.status?.sites?.some((entry) => entry.role === 'active') === true) return;
  if (!same) await submit(cast, department, name, spec);
  if (there === undefined) await approve(cast, department, name);
  await waitReady(cast, department, name, 'True');
}

function stageOf(cast: Cast, site: string, sites: readonly string[], fileOf: (who: string) => string): Stage {
  const wires = new Map<string, Wire>();
  const wire = (who: string, at = site): Wire => {
    const key = `${who} ${at}`;
    const known = wires.get(key) ?? wireOf(fileOf(who), at);
    wires.set(key, known);
    return known;
  };
  const kinds = new Map<string, Promise<Served[]>>();
  return {
    own: namespaceOf('alpha', 'attack'),
    victim: namespaceOf('beta', 'victim'),
    site,
    sites,
    locals: [citySites.primary, citySites.peer],
    cast,
    wire,
    apart: (who, at) => wireOf(fileOf(who), at),
    root: (at) => wire('root', at),
    engineer: () => wire('engineer'),
    address: (at) => anonymousAt(fileOf('root'), at),
    controllers: () => readPods(inject('cloud').dir).length > 0,
    nobody() {
      const known = wires.get('nobody') ?? openWire(anonymousAt(fileOf('root'), site));
      wires.set('nobody', known);
      return known;
    },
    served(at) {
      const known = kinds.get(at) ?? discover(wire('root', at));
      kinds.set(at, known);
      return known;
    },
    async live(path, at) {
      const { status, text } = await wire('root', at).send({ method: 'GET', path });
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${messageOf(text)}`);
      return JSON.parse(text) as KubeObject;
    },
    async shoot(who, requests, at) {
      const shots = who.flatMap((name) => requests.map((request) => attemptOf(wire(name, at), name, request)));
      return Promise.all(shots);
    },
    async snapshot() {
      const all = await Promise.all(sites.map((name) => takeSnapshot(wire('root', name), name)));
      return new Map(all.flatMap((one) => [...one]));
    },
    async close() {
      await Promise.all([...wires.values()].map((open) => open.close()));
      await cast.close();
    },
  };
}

/** Sends one request and reads who refused it. */
export async function attemptOf(wire: Wire, who: string, request: RawRequest): Promise<Attempt> {
  const answer = await wire.send(request);
  const kind = request.contentType === undefined ? '' : ` (${request.contentType})`;
  return {
    who,
    what: `${request.method} ${request.path}${kind}`,
    status: answer.status,
    by: refuserOf(answer),
    message: messageOf(answer.text).slice(0, 500),
  };
}

/** Sends a request as the platform and fails unless it was taken. */
export async function asRoot(stage: Stage, request: RawRequest, site?: string): Promise<string> {
  const { status, text } = await stage.root(site).send(request);
  if (status >= 400) throw new Error(`${request.method} ${request.path}: ${status} ${messageOf(text)}`);
  return text;
}

/** Removes an object as the platform and waits until it is gone; its finalizers are taken away. */
export async function removeAsRoot(stage: Stage, path: string, site?: string): Promise<void> {
  const patch = { metadata: { finalizers: null } };
  await stage.root(site).send({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: patch });
  await stage.root(site).send({ method: 'DELETE', path });
  await until(`${path} is gone`, async () => (await stage.root(site).send({ method: 'GET', path })).status === 404);
}
