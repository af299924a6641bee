import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stringify } from 'yaml';
import { apiVersion } from '../../core/model/names.ts';
import { resources } from '../../kube/resource.ts';
import { type Stage, setStage } from '../cli/on-server.ts';
import { run } from '../cli/support.ts';
import { cityGroups, tenantManifest } from '../support/city.ts';

/** The command line against a real API server, each command as the person who would type it. No controller runs. */
let stage: Stage;
let { as, manifest, live, apply, admin, folder, department, other, namespace } = {} as Stage;
let tenantRef: string;
let hostname: string;
let production: object;

beforeAll(async () => {
  stage = await setStage();
  ({ as, manifest, live, apply, admin, folder, department, other, namespace } = stage);
  tenantRef = `${department}/loan`;
  hostname = `www.${department}.testcity.example`;
  production = {
    name: 'production',
    size: 'small',
    service: 'important',
    hosting: [{ hostname, service: 'web', port: 80 }],
  };
});
afterAll(async () => {
  await admin.remove(resources.hostnameClaim, { name: hostname }).catch(() => undefined);
  await stage.close();
});

describe('submit', () => {
  it('with --dry-run stores nothing and says what it would cost', async () => {
    const { code, stdout } = await as('member', ['submit', manifest('one'), '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain('nothing was stored');
    expect(stdout).toContain('price a month: 225.00 CNY, price list p1');
    await expect(live()).rejects.toMatchObject({ kind: 'notFound' });
  });

  it("stores the one Tenant with the caller's rights, and says who decides by when and how to take it back", async () => {
    const file = manifest('one', { environments: [production] });
    const { code, stdout } = await as('member', ['submit', file]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${tenantRef} was submitted`);
    expect(stdout).toContain(
      `if a decision is needed: project ${cityGroups.project} by 2026-11-27; funds ${cityGroups.funds} by 2026-11-25`,
    );
    expect(stdout).toContain(`undo: jinhong submit ${file} --withdraw`);
    const managers = ((await live()).metadata as { managedFields?: { manager: string }[] }).managedFields?.map(
      (entry) => entry.manager,
    );
    expect(managers).toEqual(['jinhong-cli']);
  });

  it('of the same again changes nothing', async () => {
    const before = (await live()).metadata.resourceVersion;
    const { code, stdout } = await as('member', ['submit', manifest('one', { environments: [production] })]);
    expect([code, stdout.split('\n')[0]]).toEqual([0, `${tenantRef} is unchanged`]);
    expect((await live()).metadata.resourceVersion).toBe(before);
  });

  it('of a change shows it by field, and what it prints as undo takes it back', async () => {
    const before = (await live()).spec;
    const { stdout } = await as('member', [
      'submit',
      manifest('two', { environments: [{ ...production, size: 'large' }] }),
    ]);
    expect(stdout).toContain('~ spec.environments[name=production].size: small -> large');
    expect(stdout).toMatch(/price a month: .* \(before: .*\)/);
    const undo = /undo: jinhong (submit .+)$/m.exec(stdout)?.[1] ?? '';
    const undone = await as('member', undo.split(' '));
    expect(undone.code).toBe(0);
    expect((await live()).spec).toEqual(before);
  });

  it('refuses a mistake before it asks any server, with file, line and column', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, stringify(tenantManifest(department, 'loan')).replace('size: small', 'sizes: small'));
    const { code, stderr } = await as('member', ['submit', file], { env: { JINHONG_KUBECONFIG: '/nowhere' } });
    expect(code).toBe(3);
    expect(stderr).toMatch(/wrong\.yaml:\d+:\d+ +UnknownField/);
  });

  it('knows the directory of the centre: a group of another department is refused', async () => {
    const { code, stderr } = await as('member', [
      'submit',
      manifest('group', { members: [{ group: `${other}-admins`, role: 'admin' }] }),
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain('UnknownGroup');
  });

  it('leads a refusal of the server back to the manifest', async () => {
    const name = `refuse-${department}`;
    const validations = [
      {
        expression: "object.spec.planItem != 'T-REFUSED'",
        message: 'TestRule: not this item / 不可用此项目',
        reason: 'Invalid',
      },
    ];
    const rules = [{ apiGroups: ['jinhong.dev'], apiVersions: ['*'], operations: ['*'], resources: ['tenants'] }];
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    const matchConstraints = { resourceRules: rules, namespaceSelector };
    const group = 'admissionregistration.k8s.io/v1';
    await apply({
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: { matchConstraints, validations },
    });
    await apply({
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    });
    const file = manifest('refused', { planItem: 'T-REFUSED', environments: [production] });
    const deadline = Date.now() + 20_000;
    let ran = await as('member', ['submit', file, '--dry-run']);
    while (ran.code === 0 && Date.now() < deadline) ran = await as('member', ['submit', file, '--dry-run']);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toMatch(/refused\.yaml:1:1 +TestRule +not this item/);
    await admin.remove(resources.validatingAdmissionPolicyBinding, { name });
    await admin.remove(resources.validatingAdmissionPolicy, { name });
  });

  it("of another department's tenant is no right: 7", async () => {
    const { code, stderr } = await as('stranger', ['submit', manifest('one', { environments: [production] })]);
    expect(code).toBe(7);
    expect(stderr).toContain('the server refused');
  });

  it('without an environment that was asked before needs its name typed', async () => {
    const wide = manifest('wide', { environments: [production, { name: 'test', size: 'small' }] });
    expect((await as('member', ['submit', wide])).code).toBe(0);
    const narrow = manifest('narrow', { environments: [production] });
    const refused = await as('member', ['submit', narrow, '--yes']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--yes=test')]);
    expect((await as('member', ['submit', narrow, '--yes=test'])).code).toBe(0);
  });
});

describe('approve, reject, renew', () => {
  const approvals = async () =>
    (await admin.list(resources.approval, { namespace })).items.map(
      (one) => ({ name: one.metadata.name, ...(one['spec'] as Record<string, unknown>) }) as Record<string, unknown>,
    );

  it('asks nothing in a pipe: without --yes nothing is decided', async () => {
    const { code, stderr } = await as('project', ['approve', tenantRef, '--part', 'project']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('--yes')]);
    expect(await approvals()).toEqual([]);
  });

  it('of the project allows exactly what is asked, decided by the caller as the server knows it', async () => {
    const { code, stdout } = await as('project', [
      'approve',
      tenantRef,
      '--part',
      'project',
      '--until',
      '2026-12-31',
      '--yes',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('recorded: approval/loan-project-1');
    expect(stdout).toContain(`undo: jinhong approve ${tenantRef} --part project --revoke`);
    expect(await approvals()).toMatchObject([
      {
        name: 'loan-project-1',
        decision: 'approved',
        decidedBy: `${department}-paula`,
        until: '2026-12-31',
        project: { ref: 'T-2026-1' },
        generation: (await live()).metadata.generation,
        envelope: {
          class: 'production',
          environments: ['production'],
          hard: { 'requests.cpu': '1', 'requests.memory': '2Gi', 'requests.storage': '10Gi', pods: '10' },
          hostnames: [hostname],
          tiers: ['full'],
        },
      },
    ]);
  });

  it('of the funds has the price as ceiling unless one is typed', async () => {
    const { code } = await as('funds', ['approve', 'loan', '--part', 'funds', '--ceiling', '300', '--yes']);
    expect(code).toBe(0);
    expect((await approvals()).find((one) => one['name'] === 'loan-funds-1')).toMatchObject({
      funds: { fiscalYear: 2026, ceilingPerMonth: '300', priceList: 'p1' },
    });
  });

  it('of a trial ends with the trial unless another day is typed', async () => {
    const trial = tenantManifest(department, 'trial', { class: 'trial', until: '2027-03-31' });
    await apply(trial);
    const ref = `${department}/trial`;
    expect((await as('project', ['approve', ref, '--part', 'project', '--yes'])).code).toBe(0);
    expect((await as('project', ['approve', ref, '--part', 'project', '--until', '2027-01-31', '--yes'])).code).toBe(0);
    const ends = (await approvals())
      .filter((one) => String(one['name']).startsWith('trial-'))
      .map((one) => one['until']);
    expect(ends).toEqual(['2027-03-31', '2027-01-31']);
  });

  it('again, rejected, revoked and renewed are new objects with the next number', async () => {
    expect(
      (await as('project', ['reject', tenantRef, '--part', 'project', '--reason', 'incomplete', '--yes'])).code,
    ).toBe(0);
    expect(
      (await as('project', ['renew', tenantRef, '--part', 'project', '--until', '2027-12-31', '--yes'])).code,
    ).toBe(0);
    expect(
      (await as('funds', ['approve', tenantRef, '--part', 'funds', '--revoke', '--reason', 'over', '--yes'])).code,
    ).toBe(0);
    const all = await approvals();
    expect(all.find((one) => one['name'] === 'loan-project-2')).toMatchObject({
      decision: 'rejected',
      reason: 'incomplete',
    });
    expect(all.find((one) => one['name'] === 'loan-project-3')).toMatchObject({
      decision: 'approved',
      until: '2027-12-31',
      envelope: { environments: ['production'] },
    });
    expect(all.find((one) => one['name'] === 'loan-funds-2')).toMatchObject({ decision: 'revoked', reason: 'over' });
    const renewed = await as('funds', ['renew', tenantRef, '--part', 'funds', '--until', '2027-12-31', '--yes']);
    expect([renewed.code, renewed.stderr]).toEqual([1, expect.stringContaining('has no approval of funds to extend')]);
  });

  it('by someone who does not review is no right: 7', async () => {
    const { code } = await as('member', ['approve', tenantRef, '--part', 'project', '--yes']);
    expect(code).toBe(7);
  });
});

describe('status', () => {
  it('shows a member its own tenants only, and a reviewer those it decides', async () => {
    const member = await as('member', ['status']);
    const stranger = await as('stranger', ['status']);
    const reviewer = await as('project', ['status', '--department', department]);
    expect(member.stdout).toContain(tenantRef);
    expect(reviewer.stdout).toContain(tenantRef);
    expect([stranger.code, stranger.stdout]).toEqual([0, expect.not.stringContaining(tenantRef)]);
  });

  it('with -o json is a List of the objects as the API server has them', async () => {
    await admin.patch(
      resources.tenant,
      { namespace, name: 'loan' },
      { status: await waitingStatus() },
      { type: 'merge', subresource: 'status' },
    );
    const { stdout } = await as('member', ['status', tenantRef, '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual({ apiVersion: 'v1', kind: 'List', metadata: {}, items: [await live()] });
  });

  it('says for whom it waits until when, and what comes next', async () => {
    const { stdout } = await as('member', ['status', tenantRef]);
    expect(stdout).toContain(`waits for: project ${cityGroups.project} by 2026-11-27`);
    expect(stdout).toContain(`next: jinhong approve ${tenantRef} --part project  (${cityGroups.project})`);
  });

  it('leaves names behind for completion', async () => {
    await as('member', ['status']);
    const offered = await run(['__complete', 'tenants', 'lo'], {
      env: { JINHONG_CACHE: join(folder, 'cache-member') },
    });
    expect(offered.stdout).toBe('loan\n');
  });

  it('of a tenant that does not exist names a near one', async () => {
    const { code, stderr } = await as('member', ['status', `${department}/laon`]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`did you mean ${tenantRef}?`)]);
  });

  it('--watch prints a line per change until Ctrl-C, and ends with 130', async () => {
    const child = stage.spawn('member', ['status', '--watch']);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (text.includes(tenantRef)) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(130);
    expect(stdout.match(new RegExp(tenantRef, 'g'))).toHaveLength(1);
  });
});

async function waitingStatus(): Promise<object> {
  const { generation } = (await live()).metadata;
  const waitingFor = [{ part: 'project', group: cityGroups.project, since: '2026-11-20T08:00:00Z', due: '2026-11-27' }];
  return { observedGeneration: generation, state: 'Waiting', conditions: [], waitingFor };
}

describe('explain and why', () => {
  it('explain TENANT puts asked beside allowed and says why they differ', async () => {
    const { code, stdout } = await as('member', ['explain', tenantRef]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/memory +2Gi +2Gi/);
    expect(stdout).toContain('funds is not decided');
  });

  it('why HOSTNAME and why NAMESPACE lead to department, tenant, approval, manifest and on-call group', async () => {
    const spec = { tenant: { department, name: 'loan' }, environment: 'production' };
    await apply({ apiVersion, kind: 'HostnameClaim', metadata: { name: hostname }, spec });
    const manifests = join(folder, 'manifests');
    mkdirSync(manifests);
    const own = tenantManifest(department, 'loan', { environments: [production] });
    writeFileSync(join(manifests, 'loan.yaml'), `# one\n---\n${stringify(own)}`);
    for (const name of [hostname, `${department}-loan-production`]) {
      const { code, stdout } = await as('member', ['why', name, '--manifests', manifests]);
      expect(code).toBe(0);
      for (const said of [`${tenantRef}  (production)`, '甲局', 'loan-project-3', `on call: ${department}-duty`])
        expect(stdout).toContain(said);
      expect(stdout).toContain('manifest: manifests/loan.yaml:3');
    }
  });

  it('why of a name that nobody owns says so', async () => {
    for (const name of ['www.nobody.example', `${department}-none-test`]) {
      const { code, stderr } = await as('member', ['why', name]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(name)]);
    }
  });
});

describe('doctor', () => {
  it('as an engineer finds CRDs equal and controllers that never ran', async () => {
    const { code, stdout } = await as('engineer', ['doctor', '-o', 'json']);
    const items = (JSON.parse(stdout) as { items: { level: string; subject: string; text: { en: string } }[] }).items;
    const said = items.filter((item) => item.subject === 'hub').map((item) => [item.level, item.text.en]);
    expect(said).toContainEqual(['ok', "CRDs are present and equal to this program's"]);
    expect(said).toContainEqual(['bad', 'jinhong-management has never run']);
    expect(said.some(([, text]) => text?.includes('install the platform'))).toBe(true);
    expect(code).toBe(1);
  });

  it('as a member says what it may not see, and no more', async () => {
    const { stdout } = await as('member', ['doctor']);
    expect(stdout).toContain('within your own departments');
    expect(stdout).toContain('serves jinhong.dev/v1alpha1');
  });

  it('says that a clock is wrong', async () => {
    const { stdout } = await as('engineer', ['doctor'], { now: () => Date.now() - 3_600_000 });
    expect(stdout).toMatch(/✗ bad .*clock differs from this machine's by 3\d\d\d\.\d s/);
  });
});

describe('a centre that does not answer', () => {
  it('ends with 5 and says what to check', async () => {
    const kubeconfig = join(folder, 'dead.kubeconfig');
    const clusters = [
      {
        name: 'dead',
        cluster: {
          server: 'https://127.0.0.1:1',
          'certificate-authority-data': Buffer.from(inject('centre').ca).toString('base64'),
        },
      },
    ];
    const contexts = [{ name: 'dead', context: { cluster: 'dead', user: 'u' } }];
    writeFileSync(
      kubeconfig,
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters,
        contexts,
        'current-context': 'dead',
        users: [{ name: 'u', user: { token: 't' } }],
      }),
    );
    const { code, stderr } = await as('member', ['status', '--context', 'dead'], {
      env: { JINHONG_KUBECONFIG: kubeconfig },
    });
    expect(code).toBe(5);
    expect(stderr).toContain('jinhong doctor');
  });
});

describe('submit --withdraw', () => {
  it('needs the name and deletes the one Tenant', async () => {
    const file = manifest('one', { environments: [production] });
    const refused = await as('member', ['submit', file, '--withdraw', '--yes']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--yes=loan')]);
    const { code, stdout } = await as('member', ['submit', file, '--withdraw', '--yes=loan']);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`undo: jinhong submit ${file}`)]);
    await expect(live()).rejects.toMatchObject({ kind: 'notFound' });
  });
});
