/** `jinhong plan`, `up` and `recover` on four real centres: twice, at the same time, killed, and with a centre down. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { partOfLabel } from '../../cli/applyset.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient } from '../../kube/types.ts';
import { readStackLocks } from '../../stacks/engine/locks.ts';
import { project, sitePaths, stateFile } from '../../stacks/engine/state.ts';
import { auditLogOf, until } from '../support/centre.ts';
import { cityGroups, citySites, tenantManifest, writeManifest } from '../support/city.ts';
import {
  type CommandResult,
  clientAs,
  fastTimings,
  jinhong,
  killCentre,
  personOf,
  restartCloud,
  type TestPerson,
} from '../support/cloud.ts';
import { exists } from '../support/tenancy.ts';

const department = 'beta';
const namespace = `dept-${department}`;
let engineer: TestPerson;
let hub: KubeClient;
let folder: string;

const manifestOf = (name: string) => join(folder, 'tenants', `${name}.yaml`);
const write = (name: string, spec: object = {}) =>
  writeManifest(manifestOf(name), tenantManifest(department, name, spec));
const up = (...args: string[]) => jinhong(['up', folder, ...args], engineer);
const plan = async (...args: string[]): Promise<CommandResult & { readonly document: Record<string, unknown> }> => {
  const result = await jinhong(['plan', folder, '-o', 'json', ...args], engineer);
  return { ...result, document: JSON.parse(result.stdout) as Record<string, unknown> };
};
const has = (name: string) => exists(hub, resources.tenant, { namespace, name });

beforeAll(async () => {
  engineer = await personOf('upper', [cityGroups.platform]);
  hub = await clientAs(engineer, citySites.management);
  const { city, dir } = inject('cloud');
  folder = join(dir, '..', 'up');
  cpSync(city, folder, { recursive: true });
  write('first');
  write('second');
});
afterAll(async () => {
  await restartCloud();
  for (const name of ['first', 'second', 'third', 'elsewhere']) rmSync(manifestOf(name), { force: true });
  for (const name of ['first', 'second', 'third']) {
    if (await has(name)) await hub.remove(resources.tenant, { namespace, name });
  }
  await hub.close();
});

/** Begins a run that the test can kill. */
function begin(args: readonly string[]): ChildProcess {
  const { dir, state } = inject('cloud');
  const env = {
    ...process.env,
    JINHONG_KUBECONFIG: engineer.kubeconfig,
    JINHONG_LOCAL_DIR: dir,
    JINHONG_STATE: state,
    JINHONG_LANG: 'en',
    JINHONG_TIMINGS: JSON.stringify(fastTimings),
  };
  const main = join(import.meta.dirname, '../../cli/main.ts');
  return spawn(process.execPath, [main, ...args], { env, cwd: folder, stdio: 'ignore' });
}

/** Writes of one user at all centres so far, as `verb path`. */
function writesOf(user: string): string[] {
  const verbs = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
  return inject('cloud').centres.flatMap((centre) =>
    readFileSync(auditLogOf(centre), 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"username":"${user}"`))
      .map((line) => JSON.parse(line) as { verb: string; requestURI: string })
      .filter(({ verb }) => verbs.has(verb))
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`),
  );
}

describe('up', () => {
  it('applies the tenants of a folder, and plan then finds nothing to do', async () => {
    const before = await plan();
    expect(before.code).toBe(2);
    expect(before.document).toMatchObject({ reason: 'ChangesPending', totals: { create: 2, update: 0, remove: 0 } });
    expect((await up()).code).toBe(0);
    expect(await has('first')).toBe(true);
    const after = await plan();
    expect(after.stdout).toContain('"NoChanges"');
    expect(after.code).toBe(0);
  });

  it('run a second time writes nothing anywhere', async () => {
    const person = await personOf('second-run', [cityGroups.platform]);
    const { code, stdout } = await jinhong(['up', folder], person);
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing to change');
    expect(writesOf('second-run')).toEqual([]);
    expect(writesOf('upper').length).toBeGreaterThan(0);
  });

  it('puts right what somebody changed in the platform by hand, also what the engine does not see', async () => {
    const east = await clientAs(engineer, citySites.primary);
    const subject = { kind: 'Group', name: 'strangers', apiGroup: 'rbac.authorization.k8s.io' };
    const binding = { name: 'jinhong:observer' };
    const change = [{ op: 'add', path: '/subjects/-', value: subject }];
    await east.patch(resources.clusterRoleBinding, binding, change, { type: 'json' });
    const planned = await jinhong(['plan', folder], engineer);
    expect(planned.code).toBe(2);
    expect(planned.stdout).toContain('ClusterRoleBinding/jinhong:observer');
    expect((await up()).code).toBe(0);
    expect(JSON.stringify(await east.get(resources.clusterRoleBinding, binding))).not.toContain('strangers');
    await east.close();
  });
});

describe('plan', () => {
  it('shows the change of a request by field, and the same without the network afterwards', async () => {
    write('first', { displayName: '新名称' });
    const online = await plan();
    expect(online.code).toBe(2);
    const [tenant] = online.document['tenants'] as { ref: string; change: string; fields: { path: string }[] }[];
    expect(tenant).toMatchObject({ ref: `${department}/first`, change: 'update' });
    expect(tenant?.fields.map(({ path }) => path)).toEqual(['spec.displayName']);
    const offline = await plan('--offline', '--kubeconfig', '/dev/null');
    expect(offline.code).toBe(2);
    expect(offline.document['recordedAt']).toEqual(expect.any(String));
    expect(offline.document['tenants']).toEqual(online.document['tenants']);
    write('first');
  });

  it('refuses a folder with a mistake, naming its place', async () => {
    write('second', { class: 'trial' });
    const { code, stderr } = await jinhong(['plan', folder], engineer);
    expect(code).toBe(3);
    expect(stderr).toMatch(/second\.yaml:\d+:\d+ UntilMissing/);
    write('second');
  });
});

describe('a tenant that is no longer in the folder', () => {
  it('under a new name is refused as a probable rename', async () => {
    rmSync(manifestOf('second'));
    write('second2');
    const { code, stderr } = await up();
    expect(code).toBe(3);
    expect(stderr).toContain('ProbableRename');
    rmSync(manifestOf('second2'));
  });

  it('stays until its name is given, and then it alone goes', async () => {
    const refused = await up('--no-input');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`--yes=${department}/second`);
    expect(await has('second')).toBe(true);
    expect((await up(`--yes=${department}/second`)).code).toBe(0);
    await until('the tenant is gone', async () => !(await has('second')));
    expect(await has('first')).toBe(true);
  });

  it('of another folder is neither pruned nor taken over', async () => {
    write('third');
    expect((await up()).code).toBe(0);
    rmSync(manifestOf('first'));
    const other = await jinhong(['up', folder, '--set', 'other', '--no-input'], engineer);
    expect(other.code).toBe(3);
    expect(other.stderr).toContain(`Department/${department}`);
    rmSync(manifestOf('third'));
    expect((await jinhong(['up', folder, '--set', 'other', '--no-input'], engineer)).code).not.toBe(0);
    expect(await has('first')).toBe(true);
    expect(await has('third')).toBe(true);
    write('first');
    write('third');
  });
});

describe("a tenant that its department labels as another folder's", () => {
  it('is left alone and named, and the others are planned and applied all the same', async () => {
    const ref = { namespace, name: 'first' };
    const label = (value: string | null) =>
      hub.patch(resources.tenant, ref, { metadata: { labels: { [partOfLabel]: value } } }, { type: 'merge' });
    const nameOf = async (name: string) =>
      ((await hub.get(resources.tenant, { namespace, name }))['spec'] as { displayName: string }).displayName;
    write('first');
    write('third');
    expect((await up()).code).toBe(0);
    await label('mine');
    write('first', { displayName: '不写入' });
    write('third', { displayName: '写入' });
    const planned = await plan();
    expect(planned.code).toBe(3);
    expect(planned.document).toMatchObject({ tenantsForeign: [`${department}/first`], totals: { update: 1 } });
    const { code, stdout } = await up();
    expect(code).toBe(3);
    expect(stdout).toContain(`left alone: ${department}/first`);
    expect(await nameOf('third')).toBe('写入');
    expect(await nameOf('first')).not.toBe('不写入');
    await label(null);
    expect((await up()).code).toBe(0);
    expect(await nameOf('first')).toBe('不写入');
    write('first');
    write('third');
  });
});

describe('two runs at the same time', () => {
  it('one works, the other ends with 4 and says who works', async () => {
    const results = await Promise.all([up('--refresh'), up('--refresh')]);
    expect(results.map(({ code }) => code).sort()).toEqual([0, 4]);
    expect(results.find(({ code }) => code === 4)?.stderr).toMatch(/pid \d+/);
  });
});

describe('a run of another machine that is gone', () => {
  it('leaves a lock on the whole state, which goes when the name of that machine is typed', async () => {
    const path = join(inject('cloud').state, 'lock.json');
    writeFileSync(path, JSON.stringify({ pid: 7, host: 'gone-container', user: 'eva', since: Date.now() - 60_000 }));
    const blocked = await up();
    expect(blocked.code).toBe(4);
    expect(blocked.stderr).toContain('jinhong recover');
    const untyped = await jinhong(['recover', folder, '--yes'], engineer);
    expect(untyped.code).toBe(1);
    expect(untyped.stderr).toContain('--yes=gone-container');
    expect(existsSync(path)).toBe(true);
    const typed = await jinhong(['recover', folder, '--yes=gone-container', '-o', 'json'], engineer);
    expect(JSON.parse(typed.stdout)).toMatchObject({ proposal: { step: 'remove-state-lock' }, done: true });
    expect((await up()).code).toBe(0);
  });
});

describe('a run killed with SIGKILL in the middle', () => {
  const site = citySites.management;

  it('ends its engine in order when only the command itself dies: no lock is left, the next run just works', async () => {
    const { state } = inject('cloud');
    const child = begin(['up', folder, '--refresh']);
    await until('the engine works', () => readStackLocks(state, site).length > 0, 60_000);
    child.kill('SIGKILL');
    await until('the engine has stopped', () => enginesOf(state).length === 0, 60_000);
    expect(readStackLocks(state, site)).toEqual([]);
    expect((await up()).code).toBe(0);
  });

  it('together with its engine leaves a lock that stops the next, and recover leads back one step at a time', async () => {
    const { state } = inject('cloud');
    const child = begin(['up', folder, '--refresh', '--replicas', '1']);
    await until('the engine works', () => readStackLocks(state, site).length > 0, 60_000);
    const engines = enginesOf(state);
    child.kill('SIGKILL');
    for (const pid of engines) process.kill(pid, 'SIGKILL');
    await until('all are dead', () => enginesOf(state).length === 0);
    expect(readStackLocks(state, site).map(({ holder }) => holder)).toEqual(['dead']);
    const blocked = await up('--refresh');
    expect(blocked.code).toBe(4);
    expect(blocked.stderr).toContain('jinhong recover');
    const first = await recover();
    expect(first.proposal).toMatchObject({ step: 'remove-lock', site });
    expect(JSON.parse(readFileSync(first.exported ?? '', 'utf8'))).toHaveProperty('version');
    await recoverAll();
    expect((await up()).code).toBe(0);
    expect((await plan()).code).toBe(0);
  });

  it('while it made an object is compared with the centre, and the object is not made anew', async () => {
    const { state } = inject('cloud');
    const deployment = { namespace: 'jinhong-system', name: 'jinhong-management' };
    const before = await hub.get(resources.deployment, deployment);
    cutOff(state, site, 'Deployment/jinhong-system/jinhong-management');
    expect((await recover()).proposal).toMatchObject({ step: 'clear-pending', site });
    expect((await recover()).proposal).toMatchObject({ step: 'run-up', sites: [site] });
    expect((await up()).code).toBe(0);
    expect((await recover()).proposal).toMatchObject({ step: 'none' });
    const after = await hub.get(resources.deployment, deployment);
    expect(after.metadata.uid).toBe(before.metadata.uid);
  });
});

describe('a state that cannot be read', () => {
  const site = citySites.management;
  const deployment = { namespace: 'jinhong-system', name: 'jinhong-management' };

  it('with attributes that an engine was writing when it was killed is read without them', async () => {
    const file = stateFile(inject('cloud').state, site);
    writeFileSync(`${file}.attrs`, '');
    expect((await up('--refresh')).code).toBe(0);
    expect(existsSync(`${file}.attrs`)).toBe(false);
  });

  it('stops up, recover goes back to the copy before it, and nothing at the centre is made anew', async () => {
    const file = stateFile(inject('cloud').state, site);
    const before = await hub.get(resources.deployment, deployment);
    writeFileSync(file, '');
    const stopped = await up('--refresh');
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain(`jinhong recover --site ${site}`);
    expect(await recover()).toMatchObject({ proposal: { step: 'replace-state', site, from: 'backup' } });
    await recoverAll();
    expect((await up()).code).toBe(0);
    expect((await plan()).code).toBe(0);
    const after = await hub.get(resources.deployment, deployment);
    expect(after.metadata.uid).toBe(before.metadata.uid);
  });

  it('is set aside when its copy cannot be read either, and the next up takes over what is there', async () => {
    const file = stateFile(inject('cloud').state, site);
    const before = await hub.get(resources.deployment, deployment);
    for (const path of [file, `${file}.bak`]) writeFileSync(path, '{');
    const recovered = await recover();
    expect(recovered).toMatchObject({ proposal: { step: 'replace-state', site, from: 'nothing' } });
    expect(readFileSync(recovered.exported ?? '', 'utf8')).toBe('{');
    expect(existsSync(file)).toBe(false);
    expect((await up()).code).toBe(0);
    expect((await plan()).code).toBe(0);
    const after = await hub.get(resources.deployment, deployment);
    expect(after.metadata.uid).toBe(before.metadata.uid);
  });
});

interface Recovered {
  readonly proposal: { readonly step: string };
  readonly exported?: string;
}

async function recover(): Promise<Recovered> {
  const { code, stdout, stderr } = await jinhong(['recover', folder, '--yes', '-o', 'json'], engineer);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Recovered;
}

/** Takes the proposed steps until there is none that it can take itself. */
async function recoverAll(): Promise<void> {
  for (let left = 5; left > 0; left -= 1) {
    if (['none', 'run-up'].includes((await recover()).proposal.step)) return;
  }
  throw new Error('recover never ends');
}

/** Processes of the engine that work on this state: they all carry its folder in their environment. */
function enginesOf(state: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`PULUMI_HOME=${state}/`) ? [Number(name)] : [];
    } catch {
      // It ended while we looked, or is not ours to look at.
      return [];
    }
  });
}

interface StateFile {
  readonly checkpoint: {
    readonly latest: { resources: { readonly urn: string }[]; pending_operations?: readonly object[] };
  };
}

/** Makes a state look as if the engine had died while it made this object: begun, and not yet written down as made. */
function cutOff(state: string, name: string, object: string): void {
  const file = join(sitePaths(state, name).backend, '.pulumi', 'stacks', project, `${name}.json`);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as StateFile;
  const { latest } = stored.checkpoint;
  const resource = latest.resources.find(({ urn }) => urn.endsWith(`::${object}`));
  if (resource === undefined) throw new Error(`the state has no ${object}`);
  latest.resources = latest.resources.filter((one) => one !== resource);
  latest.pending_operations = [{ resource, type: 'creating' }];
  writeFileSync(file, JSON.stringify(stored));
}

describe('with a centre down', () => {
  it('the others are planned and installed, and the exit code says so', async () => {
    const down = citySites.recovery;
    await killCentre(down);
    const planned = await plan();
    expect(planned.code).toBe(5);
    const centres = planned.document['centres'] as { name: string; state: string }[];
    expect(centres.find(({ name }) => name === down)?.state).toBe('unreachable');
    expect(centres.filter(({ state }) => state === 'planned').length).toBe(3);
    write('third', { displayName: '改名' });
    const { code, stdout } = await up();
    expect(code).toBe(5);
    expect(stdout).toContain(down);
    const third = await hub.get(resources.tenant, { namespace, name: 'third' });
    expect((third['spec'] as { displayName: string }).displayName).toBe('改名');
    await restartCloud();
    await until('the centre is taken in again', async () => (await up()).code === 0, 60_000);
  });
});
