/** One department with its people on the shared API server of the tests; no controller runs there. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { peopleClusterRoles, peopleRoles } from '../../core/access/people.ts';
import { apiVersion } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { kubeconfigFor, uniqueName } from '../support/centre.ts';
import { cityCloud, cityGroups, tenantManifest } from '../support/city.ts';
import { clientWithCrds } from '../support/model-server.ts';
import { type Ran, type RunOptions, run, temporaryFolder } from './support.ts';

/** Those who type commands: of the department, of another one, the two reviewers, a platform engineer. */
export type Person = 'member' | 'stranger' | 'project' | 'funds' | 'engineer';

/** A Tenant as the API server has it. */
export type LiveTenant = KubeObject & { readonly spec: Readonly<Record<string, unknown>> };

/** What the tests of the command line act on. Names are not used by any other test of the run. */
export interface Stage {
  readonly admin: KubeClient;
  readonly department: string;
  readonly other: string;
  readonly namespace: string;
  readonly folder: string;
  /** Runs one command as a person; `submit` does not wait for a controller. */
  readonly as: (person: Person, argv: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** Starts the command as a process of its own. */
  readonly spawn: (person: Person, argv: readonly string[]) => ChildProcessByStdio<null, Readable, Readable>;
  /** Writes a manifest of the tenant `loan` and returns its path. */
  readonly manifest: (name: string, spec?: object) => string;
  readonly live: () => Promise<LiveTenant>;
  readonly apply: (object: object) => Promise<void>;
  readonly close: () => Promise<void>;
}

const rbac = 'rbac.authorization.k8s.io';

/** A binding of a ClusterRole to groups: in one namespace, or everywhere. */
function bindingOf(name: string, role: string, groups: readonly string[], namespace?: string): object {
  return {
    apiVersion: `${rbac}/v1`,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: namespace === undefined ? { name } : { name, namespace },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: groups.map((group) => ({ kind: 'Group', name: group, apiGroup: rbac })),
  };
}

function departmentOf(code: string): object {
  const reviewers = { project: cityGroups.project, funds: cityGroups.funds };
  const groups = [`${code}-admins`, `${code}-duty`];
  const spec = { displayName: '甲局', level: 'city', groups, reviewers, domain: `${code}.testcity.example` };
  return { apiVersion, kind: 'Department', metadata: { name: code }, spec };
}

/** Makes the department, its people and their rights; `close` takes away what is not in its namespaces. */
export async function setStage(): Promise<Stage> {
  const centre = inject('centre');
  const admin = await clientWithCrds();
  const { path: folder, remove } = temporaryFolder();
  const department = `d${uniqueName('x').replaceAll('-', '').slice(-8)}`;
  const other = `${department}o`;
  const engineers = `${department}-engineers`;
  const apply = async (object: object) => {
    await admin.apply(object as KubeObject, { fieldManager: 'test', force: true });
  };
  const reviewers = [cityGroups.project, cityGroups.funds];
  for (const role of peopleClusterRoles()) await apply(role);
  const directory = [`${department}-admins`, `${other}-admins`, ...reviewers];
  const cluster = [
    bindingOf(`${department}-directory`, peopleRoles.directoryReader, directory),
    bindingOf(engineers, 'cluster-admin', [engineers]),
  ];
  for (const binding of cluster) await apply(binding);
  for (const code of [department, other]) {
    const where = `dept-${code}`;
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: where } });
    await apply(departmentOf(code));
    await apply(bindingOf('asker', peopleRoles.asker, [`${code}-admins`], where));
    await apply(bindingOf('reviewer', peopleRoles.reviewer, reviewers, where));
  }
  const sites = cityCloud.sites.map((site) => (site.role === 'management' ? { ...site, context: centre.name } : site));
  writeFileSync(join(folder, 'cloud.yaml'), stringify({ apiVersion, kind: 'Cloud', spec: { ...cityCloud, sites } }));
  const file = (user: string, group: string) => kubeconfigFor([centre], `${department}-${user}`, [group]);
  const people: Record<Person, string> = {
    member: await file('kate', `${department}-admins`),
    stranger: await file('tom', `${other}-admins`),
    project: await file('paula', cityGroups.project),
    funds: await file('frank', cityGroups.funds),
    engineer: await file('eve', engineers),
  };
  const namespace = `dept-${department}`;
  return {
    admin,
    department,
    other,
    namespace,
    folder,
    apply,
    as: (person, argv, options = {}) => {
      const own = { JINHONG_KUBECONFIG: people[person], JINHONG_CACHE: join(folder, `cache-${person}`) };
      const wait = argv.includes('submit') ? ['--wait', '0'] : [];
      return run([...argv, ...wait], { cwd: folder, ...options, env: { ...own, ...options.env } });
    },
    spawn: (person, argv) => {
      const env = { ...process.env, LANG: 'en_US.UTF-8', JINHONG_KUBECONFIG: people[person], JINHONG_CACHE: folder };
      const main = join(import.meta.dirname, '../../cli/main.ts');
      return spawn(process.execPath, [main, ...argv], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    },
    manifest: (name, spec = {}) => {
      const path = join(folder, `${name}.yaml`);
      writeFileSync(path, stringify(tenantManifest(department, 'loan', spec)));
      return path;
    },
    live: () => admin.get<LiveTenant>(resources.tenant, { namespace, name: 'loan' }),
    close: async () => {
      for (const code of [department, other]) await admin.remove(resources.department, { name: code });
      for (const name of [`${department}-directory`, engineers])
        await admin.remove(resources.clusterRoleBinding, { name });
      await admin.close();
      remove();
    },
  };
}
