import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { managementOwnCalls } from '../../core/access/management.ts';
import { controllerUsers } from '../../core/access/objects.ts';
import { allows, rulesOf } from '../../core/access/roles.ts';
import type { ApprovalSpec } from '../../core/model/approval.ts';
import { isForbidden, isNotFound } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import {
  approvalOf,
  auditOf,
  grantsNow,
  type ManagementCentre,
  type PretendedSite,
  pretendSite,
  type Replica,
  startManagementCentre,
  startReplica,
  tenantNow,
  tenantWhen,
} from '../controller/management/centre.ts';
import { uniqueName, until as untilWithin } from '../support/centre.ts';
import { condition, departments, environment, isReady, request } from '../support/requests.ts';

const state: { management?: ManagementCentre; replica?: Replica; people?: Record<string, KubeClient> } = {};
const sites: PretendedSite[] = [];

const management = (): ManagementCentre => {
  if (state.management === undefined) throw new Error('the centre is not there');
  return state.management;
};
const person = (name: string): KubeClient => {
  const client = state.people?.[name];
  if (client === undefined) throw new Error(`no person ${name}`);
  return client;
};
/** Long enough for a busy machine; a broken rule takes no longer to show than a slow one. */
const patienceMs = 45_000;
const until: typeof untilWithin = (what, check) => untilWithin(what, check, patienceMs);

beforeAll(async () => {
  state.management = await startManagementCentre();
  const { admin, person: make } = state.management;
  for (const object of departments()) await admin.apply(object, { fieldManager: 'test' });
  state.replica = await startReplica(state.management);
  state.people = {
    ann: await make('ann', ['alpha-admins']),
    ben: await make('ben', ['beta-admins']),
    paul: await make('paul', ['project-office']),
    tess: await make('tess', ['treasury']),
    both: await make('both', ['project-office', 'treasury']),
    nora: await make('nora', ['north-office']),
  };
  for (const site of ['east', 'west', 'far']) sites.push(await pretendSite(state.management, site));
}, 120_000);

afterAll(async () => {
  for (const site of sites) await site.stop();
  await state.replica?.stop();
  await state.management?.stop();
});

/** Asks as the department's member; waits while the namespace and its rights are being made. */
async function ask(who: string, manifest: KubeObject): Promise<KubeObject> {
  return until(`${who} asks for ${manifest.metadata.name}`, () =>
    person(who).apply(manifest, { fieldManager: 'jinhong-cli' }),
  );
}

async function approve(tenant: readonly [string, string], envelope: ApprovalSpec['envelope'] = {}): Promise<void> {
  await person('paul').create(approvalOf(tenant, 'project', { decidedBy: 'paul', envelope }));
  await person('tess').create(approvalOf(tenant, 'funds', { decidedBy: 'tess' }));
}

/** Removes a tenant to the end, so that the next test finds the capacity free. */
async function removeTenant([departmentCode, name]: readonly [string, string], who: string): Promise<void> {
  const leave = { decidedBy: 'paul', envelope: { environments: [] } };
  await person('paul').create(approvalOf([departmentCode, name], 'project', leave));
  await person(who).remove(resources.tenant, { namespace: `dept-${departmentCode}`, name });
  await until(`${name} has left`, async () => (await tenantNow(person(who), departmentCode, name)) === undefined);
  await until(
    `the Grants of ${name} are gone`,
    async () => Object.keys(await grantsNow(management().admin, `${departmentCode}-${name}`)).length === 0,
  );
}

describe('departments and sites in the management centre', () => {
  it('a member asks in its own namespace and sees nothing of another department', async () => {
    const name = uniqueName('own');
    await ask('ann', request('alpha', name, '1'));
    await expect(person('ann').list(resources.tenant, { namespace: 'dept-beta' })).rejects.toSatisfy(isForbidden);
    await expect(person('ben').get(resources.tenant, { namespace: 'dept-alpha', name })).rejects.toSatisfy(isForbidden);
    await person('ann').remove(resources.tenant, { namespace: 'dept-alpha', name });
  });

  it('reviewers above a department decide in it, those of another branch do not, nobody decides for another person', async () => {
    const of = ['north', uniqueName('none')] as const;
    const dry = { dryRun: true };
    await until('reviewers are bound', () =>
      person('paul').create(approvalOf(of, 'project', { decidedBy: 'paul' }), dry),
    );
    // The server takes a moment to put policies into force that were installed just now.
    const lie = () => person('paul').create(approvalOf(of, 'project', { decidedBy: 'nora' }), dry);
    await until('admission is in force', () =>
      lie().then(
        () => false,
        () => true,
      ),
    );
    await person('nora').create(approvalOf(of, 'project', { decidedBy: 'nora' }), dry);
    const foreign = approvalOf(['alpha', 'x'], 'project', { decidedBy: 'nora' });
    await expect(person('nora').create(foreign, dry)).rejects.toSatisfy(isForbidden);
    await expect(person('paul').create(approvalOf(of, 'funds', { decidedBy: 'paul' }), dry)).rejects.toThrow(
      /NotAReviewer|only a group/,
    );
    await expect(person('paul').create(approvalOf(of, 'project', { decidedBy: 'nora' }), dry)).rejects.toThrow(
      /decidedBy/,
    );
  });

  it('a binding that someone widens or deletes is put right', async () => {
    const { admin } = management();
    const ref = { namespace: 'dept-alpha', name: 'jinhong:asker' };
    const groups = async () =>
      ((await admin.get(resources.roleBinding, ref))['subjects'] as { name: string }[]).map(({ name }) => name);
    await until('the binding is there', groups);
    const wide = { subjects: [{ kind: 'Group', name: 'everyone', apiGroup: 'rbac.authorization.k8s.io' }] };
    await admin.patch(resources.roleBinding, ref, wide, { type: 'merge' });
    await until('it is narrow again', async () => (await groups()).join() === 'alpha-admins');
    await admin.remove(resources.roleBinding, ref);
    await until('it is back', async () => (await groups()).join() === 'alpha-admins');
  });
});

describe('a request', () => {
  it('waits for both parts, is granted after both, and is Ready when every site reported', async () => {
    const name = uniqueName('first');
    const key = ['alpha', name] as const;
    const hosting = [{ hostname: `${name}.alpha.testcity.example`, service: 'web', port: 80 }];
    await ask(
      'ann',
      request('alpha', name, undefined, {
        environments: [{ ...environment('4'), protection: { tier: 'full' }, hosting }],
      }),
    );
    const waiting = await tenantWhen(person('ann'), key, ({ status }) => status?.state === 'Waiting');
    expect(waiting.status?.waitingFor?.map(({ part, group }) => [part, group])).toEqual([
      ['project', 'project-office'],
      ['funds', 'treasury'],
    ]);
    await person('paul').create(approvalOf(key, 'project', { decidedBy: 'paul' }));
    const half = await tenantWhen(person('ann'), key, ({ status }) => status?.waitingFor?.length === 1);
    expect(half.status?.waitingFor?.[0]).toMatchObject({ part: 'funds', group: 'treasury' });
    expect(await grantsNow(management().admin, `alpha-${name}`)).toEqual({});
    await person('tess').create(approvalOf(key, 'funds', { decidedBy: 'tess' }));
    const ready = await tenantWhen(person('ann'), key, isReady);
    expect(ready.status).toMatchObject({ state: 'Active', grantedGeneration: 1, pricePerMonth: '540.00' });
    expect(ready.metadata.finalizers).toEqual(['jinhong.dev/tenant']);
    const grants = await grantsNow(management().admin, `alpha-${name}`);
    expect(
      Object.values(grants)
        .map(({ spec }) => spec.role)
        .sort(),
    ).toEqual(['active', 'copy', 'standby']);
    const claim = await management().admin.get(resources.hostnameClaim, { name: `${name}.alpha.testcity.example` });
    expect(claim['spec']).toEqual({ tenant: { department: 'alpha', name }, environment: 'production' });
    await removeTenant(key, 'ann');
    const look = () => management().admin.get(resources.hostnameClaim, { name: claim.metadata.name });
    await until('its hostname is free', () => look().then(() => false, isNotFound));
  }, 240_000);

  it('approved twice by one person stays without Grants', async () => {
    const key = ['alpha', uniqueName('same')] as const;
    await ask('ann', request(...key, '1'));
    await person('both').create(approvalOf(key, 'project', { decidedBy: 'both' }));
    await person('both').create(approvalOf(key, 'funds', { decidedBy: 'both' }));
    await tenantWhen(person('ann'), key, (tenant) => condition(tenant, 'Approved')?.reason === 'SamePerson');
    expect(await grantsNow(management().admin, key.join('-'))).toEqual({});
    await person('tess').create(approvalOf(key, 'funds', { decidedBy: 'tess' }));
    await tenantWhen(person('ann'), key, isReady);
    await removeTenant(key, 'ann');
  }, 240_000);

  it('that raises waits while the old Grant stays; one that lowers holds at once', async () => {
    const key = ['alpha', uniqueName('raise')] as const;
    await ask('ann', request(...key, '4'));
    await approve(key, { hard: { 'requests.cpu': '4' } });
    await tenantWhen(person('ann'), key, isReady);
    const cpuOf = async () => {
      const grants = Object.values(await grantsNow(management().admin, key.join('-')));
      return grants.map(({ spec }) => spec.environments[0]?.quota['requests.cpu']);
    };
    await ask('ann', request(...key, '6'));
    const waits = await tenantWhen(
      person('ann'),
      key,
      (tenant) => condition(tenant, 'Approved')?.reason === 'OutsideEnvelope',
    );
    expect(condition(waits, 'Approved')?.message).toContain('hard.requests.cpu: asked 6, allowed 4');
    expect(condition(waits, 'Ready')?.status).toBe('True');
    expect(await cpuOf()).toEqual(['4', '4']);
    await ask('ann', request(...key, '2'));
    await tenantWhen(person('ann'), key, isReady);
    expect(await cpuOf()).toEqual(['2', '2']);
    await removeTenant(key, 'ann');
  }, 240_000);

  it('deleted waits for the approval, retires, and is taken back by asking again', async () => {
    const key = ['alpha', uniqueName('leave')] as const;
    await ask('ann', request(...key, '2'));
    await approve(key);
    await tenantWhen(person('ann'), key, isReady);
    await person('ann').remove(resources.tenant, { namespace: 'dept-alpha', name: key[1] });
    const waits = await tenantWhen(
      person('ann'),
      key,
      (tenant) => condition(tenant, 'Approved')?.reason === 'WaitingForRemovalApproval',
    );
    expect(waits.status?.waitingFor).toMatchObject([{ part: 'removal', group: 'project-office' }]);
    await person('paul').create(approvalOf(key, 'project', { decidedBy: 'paul', envelope: { environments: [] } }));
    await until('the Tenant has gone', async () => (await tenantNow(person('ann'), ...key)) === undefined);
    const retiring = Object.values(await grantsNow(management().admin, key.join('-')));
    expect(retiring.map(({ spec }) => spec.state)).toEqual(['Retiring', 'Retiring']);
    await ask('ann', request(...key, '2'));
    await tenantWhen(person('ann'), key, isReady);
    const back = Object.values(await grantsNow(management().admin, key.join('-')));
    expect(back.map(({ spec }) => spec.state)).toEqual(['Active', 'Active']);
    await removeTenant(key, 'ann');
  }, 240_000);
});

describe('two requests for the last capacity', () => {
  it('have exactly one winner, and the loser is told what is short and served when it is free again', async () => {
    const first = ['alpha', uniqueName('race')] as const;
    const second = ['beta', uniqueName('race')] as const;
    await Promise.all([ask('ann', request(...first, '12')), ask('ben', request(...second, '12'))]);
    await Promise.all([approve(first), approve(second)]);
    const outcomes = await until('both are decided', async () => {
      const both = [await tenantNow(person('ann'), ...first), await tenantNow(person('ben'), ...second)];
      const reasons = both.map((tenant) => (tenant === undefined ? '' : (condition(tenant, 'Approved')?.reason ?? '')));
      return reasons.includes('Granted') && reasons.includes('CapacityExceeded') ? both : undefined;
    });
    const loser = outcomes.find((tenant) => tenant !== undefined && condition(tenant, 'Approved')?.status === 'False');
    if (loser === undefined) throw new Error('no loser');
    expect(condition(loser, 'Approved')?.message).toMatch(/requests\.cpu: 24 of 20/);
    expect(loser.status?.waitingFor).toMatchObject([{ part: 'capacity', group: 'engineers' }]);
    const lost = loser.metadata.name === first[1] ? first : second;
    const won = lost === first ? second : first;
    await removeTenant(won, won[0] === 'alpha' ? 'ann' : 'ben');
    await tenantWhen(person(lost[0] === 'alpha' ? 'ann' : 'ben'), lost, isReady);
    await removeTenant(lost, lost[0] === 'alpha' ? 'ann' : 'ben');
  }, 240_000);

  it('are not both served when the leader is stopped after it reserved and another one goes on', async () => {
    await state.replica?.stop();
    const first = ['alpha', uniqueName('paused')] as const;
    const second = ['beta', uniqueName('paused')] as const;
    await Promise.all([ask('ann', request(...first, '12')), approve(first)]);
    const paused = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    let leads = true;
    const old = await startReplica(management(), {
      fence: () => leads,
      wrap: (client) => ({
        ...client,
        async create(object, options) {
          if (object.kind !== 'Grant') return client.create(object, options);
          reached.resolve();
          await paused.promise;
          return client.create(object, options);
        },
      }),
    });
    await reached.promise;
    await Promise.all([ask('ben', request(...second, '12')), approve(second)]);
    // The first process sleeps; its Lease runs out and another one leads.
    leads = false;
    state.replica = await startReplica(management(), { leaseSeconds: 4 });
    const waits = await tenantWhen(
      person('ben'),
      second,
      (tenant) => condition(tenant, 'Approved')?.reason === 'CapacityExceeded',
    );
    expect(condition(waits, 'Approved')?.message).toMatch(/24 of 20/);
    paused.resolve();
    await old.stop();
    const cores = async () => {
      const { items } = await management().admin.list(resources.site, {});
      return items.map(
        (site) => (site['status'] as { reserved?: Record<string, string> }).reserved?.['requests.cpu'] ?? '0',
      );
    };
    await until('one of them has Grants', async () => {
      const granted = [
        await grantsNow(management().admin, first.join('-')),
        await grantsNow(management().admin, second.join('-')),
      ];
      return granted.filter((grants) => Object.keys(grants).length > 0).length === 1;
    });
    expect((await cores()).toSorted()).toEqual(['0', '0', '12', '12']);
    for (const [key, who] of [
      [first, 'ann'],
      [second, 'ben'],
    ] as const)
      await removeTenant(key, who);
  }, 240_000);

  it('are decided once although the controller is started anew in the middle', async () => {
    const keys = Array.from({ length: 6 }, (_, index) => ['alpha', uniqueName(`many${index}`)] as const);
    for (const key of keys) await ask('ann', request(...key, '2'));
    for (const key of keys) await approve(key);
    for (let round = 0; round < 3; round += 1) {
      await state.replica?.stop();
      state.replica = await startReplica(management());
      await new Promise((resolve) => setTimeout(resolve, 40 * round));
    }
    for (const key of keys) await tenantWhen(person('ann'), key, isReady);
    const { items } = await management().admin.list(resources.grant, {});
    const revisions = new Map<number, string>();
    for (const grant of items) {
      const { decision } = grant['spec'] as { decision: { revision: number } };
      expect(revisions.get(decision.revision) ?? grant.metadata.name).toBe(grant.metadata.name);
      revisions.set(decision.revision, grant.metadata.name);
    }
    await Promise.all(keys.map((key) => removeTenant(key, 'ann')));
  }, 240_000);
});

describe('at rest', () => {
  it('a silent site makes its tenants Unknown with the last contact, and they are Ready again when it is back', async () => {
    const key = ['alpha', uniqueName('silent')] as const;
    await ask('ann', request(...key, '2'));
    await approve(key);
    await tenantWhen(person('ann'), key, isReady);
    const west = sites.splice(1, 1)[0];
    await west?.stop();
    const silent = await tenantWhen(person('ann'), key, (tenant) => condition(tenant, 'Ready')?.status === 'Unknown');
    expect(condition(silent, 'Ready')).toMatchObject({
      reason: 'SiteSilent',
      message: expect.stringContaining('west: last contact 20'),
    });
    const site = await management().admin.get(resources.site, { name: 'west' });
    expect(JSON.stringify(site['status'])).toContain('SiteSilent');
    sites.push(await pretendSite(management(), 'west'));
    await tenantWhen(person('ann'), key, isReady);
  }, 240_000);

  it('nothing is written, though everything is looked at again', async () => {
    const quiet = async (ms: number) => {
      const sinceMs = Date.now();
      await new Promise((resolve) => setTimeout(resolve, ms));
      return auditOf(management(), controllerUsers.management, sinceMs).filter(
        ({ verb, stage }) => stage === 'ResponseComplete' && !['get', 'list', 'watch'].includes(verb),
      );
    };
    await until('it has come to rest', async () => (await quiet(500)).length === 0);
    expect(await quiet(5_000)).toEqual([]);
    await state.replica?.stop();
    state.replica = await startReplica(management());
    expect((await quiet(4_000)).map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  }, 240_000);

  it('every call it made is in its list, was allowed, and no call of the list was never made', () => {
    const { cluster, namespaced } = rulesOf(managementOwnCalls);
    const rules = [...cluster, ...namespaced.flatMap(({ rules: own }) => own)];
    const seen = new Set<string>();
    for (const { objectRef, verb, responseStatus, requestURI } of auditOf(management(), controllerUsers.management)) {
      if (objectRef === undefined) continue;
      expect([403, 401], `${verb} ${requestURI}`).not.toContain(responseStatus?.code);
      const { resource, apiGroup = '', subresource, name } = objectRef;
      const attempt = {
        verb,
        group: apiGroup,
        resource,
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
      };
      expect(allows(rules, attempt), `${verb} ${requestURI}`).toBe(true);
      seen.add(`${verb} ${apiGroup}/${resource}${subresource === undefined ? '' : `/${subresource}`}`);
    }
    // The server records an apply as `patch` also when it creates; `bind` is no call of its own; the Lease is main's.
    const made = ({ verb, group, resource, subresource }: (typeof managementOwnCalls)[number]) =>
      `${verb} ${group}/${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    // Only an event that happens again within minutes is patched.
    const chance = 'patch events.k8s.io/events';
    const never = managementOwnCalls.map(made).filter((call) => !seen.has(call) && call !== chance);
    expect(never).toEqual([
      'update jinhong.dev/hostnameclaims',
      'create /namespaces',
      'create /serviceaccounts',
      'create rbac.authorization.k8s.io/roles',
      'create rbac.authorization.k8s.io/rolebindings',
      'bind rbac.authorization.k8s.io/clusterroles',
      'get coordination.k8s.io/leases',
      'update coordination.k8s.io/leases',
    ]);
  });
});
