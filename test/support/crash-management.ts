/** The management controller as a process to kill, the lives of tenants that are asked for, and what must always hold. */
import { controllers } from '../../core/access/objects.ts';
import { entryOf, Ledger, sumOf } from '../../core/decide/ledger.ts';
import { type Amounts, overruns, parseQuota } from '../../core/decide/quota-math.ts';
import type { ApprovalSpec } from '../../core/model/approval.ts';
import type { Approval, Grant, HostnameClaim, Site, Tenant } from '../../core/model/kinds.ts';
import { departmentNamespace, labels, namespaces, tenantRef } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import {
  approvalOf,
  grantsNow,
  type PretendedSite,
  pretendSite,
  startManagementCentre,
  tenantNow,
  testCloud,
} from '../controller/management/centre.ts';
import { uniqueName, until } from './centre.ts';
import { startHistory } from './crash-history.ts';
import type { Invariant, Phase, Scenario, World } from './crash-matrix.ts';
import { createVictim } from './crash-victim.ts';
import { condition, departments, isReady, request } from './requests.ts';
import { tokenOf } from './site-centre.ts';

const department = 'alpha';
const sites = ['east', 'west', 'far'];

/** The world, and the people who ask and decide. */
interface ManagementWorld extends World {
  readonly people: People;
}

interface People {
  readonly admin: KubeClient;
  readonly member: KubeClient;
  readonly project: KubeClient;
  readonly funds: KubeClient;
}

/**
 * A centre with the management controller behind a proxy, and three sites that carry out what is decided. Reservations of
 * a process that died are held for one Lease: a short one is quick, a long one is not lost on a busy machine.
 */
export async function startManagementWorld(options: { readonly leaseSeconds: number }): Promise<ManagementWorld> {
  const management = await startManagementCentre();
  const { admin, centre, person } = management;
  const cloud = { ...testCloud, retain: { production: '1s', other: '1s' } };
  const timings = { ...options, silentAfterSeconds: 30, backoffBaseMs: 50, backoffMaxMs: 500 };
  const data = { 'cloud.json': JSON.stringify(cloud), 'timings.json': JSON.stringify(timings) };
  const metadata = { name: 'jinhong-cloud', namespace: namespaces.system };
  await admin.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, { fieldManager: 'test', force: true });
  for (const object of departments()) await admin.apply(object, { fieldManager: 'test' });
  const people: People = {
    admin,
    member: await person('ann', ['alpha-admins']),
    project: await person('paul', ['project-office']),
    funds: await person('tess', ['treasury']),
  };
  const victim = await createVictim({
    program: 'management',
    site: 'hub',
    token: await tokenOf(admin, namespaces.system, controllers.management, 86_400),
    server: centre.url,
    ca: centre.ca,
    admin,
    dir: centre.dir,
  });
  const history = await startHistory(admin, followed);
  await victim.start();
  await victim.ready();
  const pretended: PretendedSite[] = [];
  for (const site of sites) pretended.push(await pretendSite(management, site));
  await until(
    'the sites are in touch',
    async () => {
      const { items } = await admin.list(resources.site, {});
      return (items as unknown as Site[]).every(
        ({ status }) => condition({ status } as never, 'Reachable')?.status === 'True',
      );
    },
    60_000,
  );
  const stop = async () => {
    await victim.stop();
    for (const site of pretended) await site.stop();
    await history.stop();
    await management.stop();
  };
  return {
    people,
    victim,
    history,
    invariants,
    shared: ['Site', 'Department'],
    freshName: () => uniqueName('t'),
    stop,
  };
}

const followed = [
  resources.site,
  resources.department,
  resources.tenant,
  resources.approval,
  resources.grant,
  resources.hostnameClaim,
  resources.namespace,
  resources.role,
  resources.roleBinding,
];

/** A tenant that is asked for, approved, raised and removed. */
export function managementLife({ people }: ManagementWorld): Scenario {
  const look = async (name: string, check: (tenant: Tenant) => boolean): Promise<boolean> => {
    const tenant = await tenantNow(people.member, department, name);
    return tenant !== undefined && tenant.status?.observedGeneration === tenant.metadata.generation && check(tenant);
  };
  const approve = async (name: string, cpu: string, number: number) => {
    const envelope = { hard: { 'requests.cpu': cpu } };
    await people.project.create(approval(name, 'project', number, { decidedBy: 'paul', envelope }));
    await people.funds.create(approval(name, 'funds', number, { decidedBy: 'tess' }));
  };
  const ask = (name: string, cpu: string) =>
    until('the member may ask', () => people.member.apply(wanted(name, cpu), { fieldManager: 'jinhong-cli' }));
  const phases: Phase[] = [
    {
      name: 'ask',
      act: async (name) => void (await ask(name, '2')),
      done: (name) => look(name, (tenant) => tenant.status?.state === 'Waiting'),
    },
    {
      name: 'provision',
      act: (name) => approve(name, '2', 1),
      done: (name) => look(name, isReady),
    },
    {
      name: 'raise',
      async act(name) {
        await ask(name, '4');
        await approve(name, '4', 2);
      },
      done: (name) => look(name, (tenant) => isReady(tenant) && tenant.status?.granted?.['requests.cpu'] === '4'),
    },
    {
      name: 'remove',
      async act(name) {
        const leave = { decidedBy: 'paul', envelope: { environments: [] } };
        await people.project.create(approval(name, 'project', 3, leave));
        await people.member.remove(resources.tenant, { namespace: departmentNamespace(department), name });
      },
      async done(name) {
        if ((await tenantNow(people.member, department, name)) !== undefined) return false;
        return Object.keys(await grantsNow(people.admin, `${department}-${name}`)).length === 0;
      },
    },
  ];
  return { name: 'management: a tenant from first to last', phases };
}

/** One website, held at the peer and copied to the recovery centre; raised it has a second website. */
function wanted(name: string, cpu: string): KubeObject {
  const site = (host: string) => ({ hostname: `${host}.${name}.alpha.testcity.example`, service: 'web', port: 80 });
  const quota = { 'requests.cpu': cpu, 'requests.memory': '2Gi', pods: '5' };
  const hosting = cpu === '2' ? [site('www')] : [site('www'), site('forms')];
  return request(department, name, undefined, {
    environments: [{ name: 'production', quota, protection: { tier: 'full' }, hosting }],
  });
}

type Decider = Partial<ApprovalSpec> & { readonly decidedBy: string };

function approval(tenant: string, part: 'project' | 'funds', number: number, more: Decider): KubeObject {
  const object = approvalOf([department, tenant], part, more);
  return { ...object, metadata: { ...object.metadata, name: `${tenant}-${part}-${number}` } };
}

type State = ReadonlyMap<string, KubeObject>;

function all<T>(state: State, kind: string): T[] {
  return [...state.values()].filter((object) => object.kind === kind) as unknown as T[];
}

const keyOfGrant = ({ spec }: Grant) => tenantRef(spec.tenant.department, spec.tenant.name);
const isGrant = (object: KubeObject) => object.kind === 'Grant';
const siteOf = ({ metadata }: Grant) => metadata.namespace?.slice('site-'.length) ?? '';
const grantsOf = (state: State, key: string) => all<Grant>(state, 'Grant').filter((grant) => keyOfGrant(grant) === key);

/** Whether the spec of a Grant was written, and not only its status. */
function specOf(change: Parameters<Invariant>[1], before: KubeObject | undefined): Grant | undefined {
  if (change.type === 'DELETED' || !isGrant(change.object)) return undefined;
  return JSON.stringify(before?.['spec']) === JSON.stringify(change.object['spec'])
    ? undefined
    : (change.object as unknown as Grant);
}

/** No Grant without both approvals, and never more than the newest project approval covers. */
const approvedFirst: Invariant = (state, change, before) => {
  const grant = specOf(change, before);
  if (grant === undefined || grant.spec.state !== 'Active') return undefined;
  const own = all<Approval>(state, 'Approval').filter(({ spec }) => spec.for.name === grant.spec.tenant.name);
  const parts = new Set(own.map(({ spec }) => spec.part));
  if (parts.size < 2) return `${keyOfGrant(grant)} is granted with ${[...parts].join() || 'no'} approval`;
  const newest = own
    .filter(({ spec }) => spec.part === 'project')
    .sort((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1));
  const over = overruns(sumOf(grant.spec.environments), parseQuota(newest[0]?.spec.envelope?.hard));
  return over.length === 0 ? undefined : `${keyOfGrant(grant)} is granted more than approved: ${over[0]?.field}`;
};

/** A tenant is active at one place only. */
const oneActive: Invariant = (state, change, before) => {
  const grant = specOf(change, before);
  if (grant === undefined) return undefined;
  const active = grantsOf(state, keyOfGrant(grant)).filter(({ spec }) => spec.role === 'active');
  const epochs = active.map(({ spec }) => spec.epoch);
  return new Set(epochs).size === epochs.length ? undefined : `${keyOfGrant(grant)} is active twice in one epoch`;
};

/** What the Grants take is inside the capacity of each site, and was reserved before it was granted. */
const insideCapacity: Invariant = (state, change, before) => {
  if (specOf(change, before) === undefined) return undefined;
  const ledger = new Ledger();
  const keys = new Set(all<Grant>(state, 'Grant').map(keyOfGrant));
  for (const key of keys) {
    ledger.set(key, entryOf(grantsOf(state, key).map((grant) => ({ site: siteOf(grant), spec: grant.spec }))));
  }
  for (const site of all<Site>(state, 'Site')) {
    const { name } = site.metadata;
    const { total } = ledger.use(name);
    const [over] = overruns(total, parseQuota(site.spec.capacity));
    if (over !== undefined) return `${name} holds more ${over.field} than it can`;
    const [early] = overruns(total, zeroed(parseQuota(site.status?.reserved), total));
    if (early !== undefined) return `${name}: ${early.field} was granted before it was reserved`;
  }
  return undefined;
};

/** What is not reserved at all counts as zero. */
function zeroed(reserved: Amounts, like: Amounts): Amounts {
  return { ...Object.fromEntries(Object.keys(like).map((field) => [field, 0n])), ...reserved };
}

const order = ({ spec: a }: Grant, { spec: b }: Grant) =>
  a.decision.term - b.decision.term || a.decision.revision - b.decision.revision;

/** Each new decision about a Grant has a higher number, and no other tenant has the same. */
const decisionsForward: Invariant = (state, change, before) => {
  const grant = specOf(change, before);
  if (grant === undefined) return undefined;
  if (before !== undefined && order(grant, before as unknown as Grant) <= 0) {
    return `${keyOfGrant(grant)}: decision ${grant.spec.decision.revision} is not newer`;
  }
  const other = all<Grant>(state, 'Grant').find(
    (one) => keyOfGrant(one) !== keyOfGrant(grant) && order(one, grant) === 0,
  );
  return other === undefined ? undefined : `${keyOfGrant(grant)} and ${keyOfGrant(other)} share a decision number`;
};

const states = ['Active', 'Frozen', 'Retiring', 'Removed'];

/** A removal goes one way, waits for its date, and a Grant goes only when its site says that nothing is left. */
const removedInOrder: Invariant = (_, { type, object }, before) => {
  if (!isGrant(object) || before === undefined) return undefined;
  const [old, now] = [before as unknown as Grant, object as unknown as Grant];
  const key = keyOfGrant(now);
  if (type === 'DELETED') {
    const ready = now.status?.conditions.find(({ type: name }) => name === 'Ready');
    const seen = now.status?.observedDecision?.revision === now.spec.decision.revision;
    return now.spec.state === 'Removed' && seen && ready?.reason === 'Removed'
      ? undefined
      : `the Grant of ${key} went early`;
  }
  if (states.indexOf(now.spec.state) < states.indexOf(old.spec.state)) return `${key} came back from ${old.spec.state}`;
  if (now.spec.state !== 'Removed' || old.spec.state === 'Removed') return undefined;
  if (old.spec.state !== 'Retiring') return `${key} was removed without a warning`;
  return Date.now() >= Date.parse(old.spec.removeAfter ?? '') ? undefined : `${key} was removed before its date`;
};

/** A Tenant is kept until all its Grants know that it goes; a Grant is only made for one that is kept. */
const finalizerLast: Invariant = (state, change, before) => {
  const { type, object } = change;
  if (object.kind === 'Tenant' && type === 'DELETED') {
    const key = tenantRef(department, object.metadata.name);
    const left = grantsOf(state, key).filter(({ spec }) => spec.state !== 'Retiring' && spec.state !== 'Removed');
    return left.length === 0 ? undefined : `${key} vanished before its Grants knew`;
  }
  const grant = specOf(change, before);
  if (grant === undefined || before !== undefined) return undefined;
  const { department: code, name } = grant.spec.tenant;
  const tenant = state.get(`Tenant ${departmentNamespace(code)}/${name}`);
  const kept = tenant?.metadata.finalizers?.includes('jinhong.dev/tenant') === true;
  return kept ? undefined : `${keyOfGrant(grant)} is granted without its finalizer`;
};

/** A hostname is owned before it is granted, and let go after. */
const ownedHostnames: Invariant = (state, change, before) => {
  const { type, object } = change;
  const hostnames = (grant: Grant) => grant.spec.environments.flatMap((environment) => environment.hostnames ?? []);
  if (type === 'DELETED' && object.kind === 'HostnameClaim') {
    const holder = all<Grant>(state, 'Grant').find((grant) => hostnames(grant).includes(object.metadata.name));
    return holder === undefined ? undefined : `${object.metadata.name} was let go while ${keyOfGrant(holder)} has it`;
  }
  const grant = specOf(change, before);
  if (grant === undefined) return undefined;
  const owner = (hostname: string) => {
    const claim = state.get(`HostnameClaim ${hostname}`) as unknown as HostnameClaim | undefined;
    return claim === undefined ? undefined : tenantRef(claim.spec.tenant.department, claim.spec.tenant.name);
  };
  const strange = hostnames(grant).filter((hostname) => owner(hostname) !== keyOfGrant(grant));
  return strange.length === 0 ? undefined : `${keyOfGrant(grant)} is granted ${strange.join()} that it does not own`;
};

/** Nothing of a department or a site is ever removed. */
const nothingElseGoes: Invariant = (_, { type, object }) => {
  const mine = object.metadata.labels?.[labels.partOf] === 'jinhong-management';
  return type === 'DELETED' && mine ? `${object.kind} ${object.metadata.name} was removed` : undefined;
};

const invariants: readonly Invariant[] = [
  approvedFirst,
  oneActive,
  insideCapacity,
  decisionsForward,
  removedInOrder,
  finalizerLast,
  ownedHostnames,
  nothingElseGoes,
];
