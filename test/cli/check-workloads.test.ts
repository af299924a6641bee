import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { kindsNear, knownKinds, servedKind } from '../../cli/check/kinds.ts';
import { loadManifests } from '../../core/manifest/index.ts';
import { allRules, judge } from '../../policies/index.ts';
import { narrowNetworkPolicy } from '../../policies/narrow-network-policy.ts';
import type { JsonObject } from '../../policies/rule.ts';
import { cloud, department, file, tenant } from '../core/manifest/support.ts';
import { exampleNamespace, exampleRequest, placeOf } from '../support/policies.ts';
import { type RunOptions, run, temporaryFolder } from './support.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function write(path: string, content: string): string {
  const full = join(folder.path, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content);
  return full;
}

const check = (args: readonly string[], options: RunOptions = {}) =>
  run(['check', ...args], { cwd: folder.path, ...options });

interface Result {
  readonly exitCode: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly items: readonly {
    file: string;
    line: number;
    column: number;
    rule: string;
    severity: string;
    field?: string;
    text: { en: string };
    near?: string[];
  }[];
}

async function checked(args: readonly string[] = ['.'], options: RunOptions = {}): Promise<Result> {
  const { stdout } = await check([...args, '-o', 'json'], options);
  return JSON.parse(stdout) as Result;
}

const rulesOf = ({ items }: Result) => items.map(({ rule }) => rule);

const ns = 'lib-loan-production';
const policy = (peer: string, namespace = `, namespace: ${ns}`) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web${namespace} }
spec:
  podSelector: {}
  ingress:
    - from:
        - podSelector: {}
        - ${peer}
`;
const wide = policy('namespaceSelector: {}');
const binding = (group: string, namespace = `, namespace: ${ns}`) => `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: staff${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "jinhong:tenant-view" }
subjects:
  - { kind: Group, apiGroup: rbac.authorization.k8s.io, name: ${group} }
`;

describe("jinhong check of a department's workloads", () => {
  it('refuses a forbidden field with its place, the id and the sentence of the rule, in both languages', async () => {
    write('deep/web.yaml', `# a comment\n${wide}`);
    const { code, stdout } = await check(['.']);
    expect(code).toBe(3);
    expect(stdout).toContain(`deep/web.yaml:10:11  NarrowNetworkPolicy  ${narrowNetworkPolicy.text.en}`);
    expect(stdout).toContain('jinhong explain NarrowNetworkPolicy');
    expect(stdout).toContain('1 files, 0 manifests, 1 workload objects');
    const zh = await check(['.', '--lang', 'zh']);
    expect(zh.stdout).toContain(narrowNetworkPolicy.text.zh);
    const result = await checked();
    expect(result).toMatchObject({ exitCode: 3, counts: { workloads: 1, documents: 0, error: 1 } });
    expect(result.items[0]).toMatchObject({ rule: 'NarrowNetworkPolicy', field: 'spec.ingress[0].from[1]', line: 10 });
  });

  it('passes what is allowed, in whatever form it is written', async () => {
    const sound = policy('podSelector: { matchLabels: { app: web } }');
    write('a.yaml', `${sound}---\n${binding('lib-admins')}`);
    write('b.json', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }));
    write('tenant.yaml', tenant());
    write('cloud.yaml', cloud());
    const { code, stdout } = await check(['.']);
    expect(code).toBe(0);
    // The one warning is cloud.yaml's own: it has no working days of the coming year.
    expect(stdout).toContain('All good (1 warnings): 4 files, 2 manifests, 3 workload objects\n');
  });

  it('judges every object of Lists and of several documents', async () => {
    const indented = wide.replaceAll('\n', '\n    ').trimEnd();
    write('a.yaml', `${wide}---\napiVersion: v1\nkind: List\nitems:\n  - ${indented}\n  - ${indented}\n`);
    const { items } = await checked();
    expect(items.map(({ rule, line }) => [rule, line])).toEqual([
      ['NarrowNetworkPolicy', 9],
      ['NarrowNetworkPolicy', 22],
      ['NarrowNetworkPolicy', 31],
    ]);
  });

  it("knows a namespace's members from its Tenant among the files", async () => {
    write('tenant.yaml', tenant());
    write('app/binding.yaml', binding('strangers'));
    expect(rulesOf(await checked())).toEqual(['BindingOutsideTenant']);
    write('app/binding.yaml', binding('lib-admins'));
    expect(rulesOf(await checked())).toEqual([]);
  });

  it('finds the Tenant in the folder beside cloud.yaml when only workloads are named', async () => {
    write('cloud.yaml', cloud());
    write('departments/lib.yaml', department());
    write('tenants/lib/loan.yaml', tenant());
    write('tenants/lib/broken.yaml', 'a: [');
    write('apps/loan.yaml', binding('strangers'));
    expect(rulesOf(await checked(['apps/loan.yaml']))).toEqual(['BindingOutsideTenant']);
    write('apps/loan.yaml', binding('lib-admins'));
    expect(rulesOf(await checked(['apps']))).toEqual([]);
  });

  it('says what it could not judge without the Tenant, and judges the rest', async () => {
    write('cloud.yaml', cloud());
    write('a.yaml', `${binding('lib-admins')}---\n${binding('strangers')}---\n${wide}`);
    const { exitCode, items } = await checked(['a.yaml']);
    expect(items.map(({ rule, severity, line }) => [rule, severity, line])).toEqual([
      ['NotJudged', 'note', 3],
      ['NarrowNetworkPolicy', 'error', 23],
    ]);
    expect(items[0]?.text.en).toBe(
      `no Tenant manifest of the namespace ${ns} was found, so these rules were not judged: BindingOutsideTenant`,
    );
    expect(exitCode).toBe(3);
  });

  it('takes --namespace for objects that name none, asks for it otherwise, and refuses two names as kubectl does', async () => {
    write('tenant.yaml', tenant());
    write('a.yaml', binding('strangers', ''));
    const without = await checked();
    expect(rulesOf(without)).toEqual(['NotJudged']);
    expect(without.items[0]?.text.en).toContain('there is no namespace');
    expect(rulesOf(await checked(['.', '-n', ns]))).toEqual(['BindingOutsideTenant']);
    write('a.yaml', binding('lib-admins'));
    expect(rulesOf(await checked(['.', '--namespace', 'lib-loan-test']))).toContain('OtherNamespace');
  });

  it('reads stdin, as templates are rendered into it', async () => {
    const { items } = await checked(['-', '-n', ns], { stdin: policy('ipBlock: { cidr: 10.0.0.0/8 }', '') });
    expect(items.map(({ file: path, rule }) => [path, rule])).toEqual([['-', 'NarrowNetworkPolicy']]);
  });

  it('refuses kinds that no member may create, in the words of a rule where there is one', async () => {
    write('a.yaml', `apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: { name: x, namespace: ${ns} }\n`);
    const { exitCode, items } = await checked();
    expect([exitCode, items.map(({ rule }) => rule)]).toEqual([3, ['NotForMembers']]);
    write('a.yaml', 'apiVersion: v1\nkind: PersistentVolume\nmetadata: { name: x }\n');
    expect(rulesOf(await checked())).toEqual(['OwnStorage']);
  });

  it('does not know custom resources, and asks about a slip in a kind of Kubernetes', async () => {
    write('a.yaml', 'apiVersion: shop.example.org/v1\nkind: Basket\nmetadata: { name: x }\n');
    expect((await checked()).items.map(({ rule, severity }) => [rule, severity])).toEqual([['KindNotKnown', 'note']]);
    write('a.yaml', 'apiVersion: apps/v1\nkind: Deploymint\nmetadata: { name: x }\n');
    const { items } = await checked();
    expect(items[0]).toMatchObject({ rule: 'KindNotKnown', severity: 'warning', near: ['Deployment'] });
    write('a.yaml', 'apiVersion: v1\nkind: Deployment\nmetadata: { name: x }\n');
    expect((await checked()).items[0]).toMatchObject({ near: ['apps Deployment'] });
  });

  it.each([
    'metadata: text',
    'metadata: null\nspec: null',
    'spec: [1, 2]',
    'spec: { ingress: {} }',
    'spec: { ingress: [null] }',
    'spec: { ingress: text }',
    'spec: { ingress: [{ from: 7 }] }',
  ])('never stumbles over %j', async (fields) => {
    write('a.yaml', `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n${fields}\n`);
    const { code, stderr } = await check(['.']);
    expect(stderr).toBe('');
    expect([0, 3]).toContain(code);
  });
});

describe('jinhong submit of a file that holds workloads too', () => {
  it('says once that it sends none of them', async () => {
    write('cloud.yaml', cloud());
    const path = write('loan.yaml', `${tenant()}---\n${wide}`);
    const { stderr } = await run(['submit', path], { cwd: folder.path, env: { JINHONG_KUBECONFIG: 'none' } });
    expect(stderr.match(/1 workload objects in the file are not submitted/g)).toHaveLength(1);
  });
});

/** Examples that a file can hold: objects to be created by somebody of a department. */
const examples = allRules.flatMap((rule) =>
  (['passing', 'failing'] as const).flatMap((which) => {
    const example = rule[which];
    const creates = example.oldObject === undefined && (example.operation ?? 'CREATE') === 'CREATE';
    const ours = String(example.object['apiVersion']).startsWith('jinhong.dev/');
    if (!creates || ours || example.by !== undefined) return [];
    const { subresource, namespace = exampleNamespace } = exampleRequest(rule, example);
    return subresource === '' && namespace === exampleNamespace ? [{ rule, which, example }] : [];
  }),
);

describe("the rules' own examples as files", () => {
  const around = tenant(
    'namespace: dept-lib => namespace: dept-parks',
    'name: loan => name: web',
    'owner: lib-admins => owner: parks-admins',
    'onCall: lib-duty => onCall: parks-duty',
    '- { group: lib-admins, role: admin } => - { group: parks-admins, role: admin }\n    - { group: parks-duty, role: view }\n    - { group: parks-staff, role: view }',
  );
  const cities = cloud(
    'registries: [registry.city.example] => registries: [mirror.city.example, registry.city.example]',
  );

  it.each(examples.map(({ rule, which, example }) => [which, rule.id, example] as const))(
    'the %s one of %s gets the verdict that the rules give',
    async (_, id, example) => {
      const rule = allRules.find((one) => one.id === id);
      if (rule === undefined) throw new Error(id);
      const request = exampleRequest(rule, example);
      write('cloud.yaml', cities);
      write('tenant.yaml', around);
      write('example.yaml', stringify(example.object as JsonObject));
      const expected = judge(request, placeOf(request)).map((breach) => breach.rule.id);
      const { items } = await checked();
      const known = new Set(allRules.map((one) => one.id));
      const found = items.filter((item) => known.has(item.rule));
      expect([...new Set(found.map((item) => item.rule))]).toEqual(expected);
      for (const { file: path, text } of found) {
        expect(path).toBe('example.yaml');
        expect(allRules.map((one) => one.text.en)).toContain(text.en);
      }
    },
  );

  it('are in place: the files around them are sound', () => {
    const { problems, set } = loadManifests([file('cloud.yaml', cities), file('tenant.yaml', around)]);
    expect(problems).toEqual([]);
    expect(set.tenants).toHaveLength(1);
  });
});

describe('the table of kinds', () => {
  it('names every resource that a rule names', () => {
    const named = allRules.flatMap(({ covers }) =>
      covers.flatMap(({ groups, resources }) =>
        groups.flatMap((group) =>
          resources
            .filter(
              (resource) => !resource.includes('/') && resource !== '*' && group !== 'jinhong.dev' && group !== '*',
            )
            .map((resource) => `${group}/${resource}`),
        ),
      ),
    );
    const served = new Set(knownKinds.map(({ group, plural }) => `${group}/${plural}`));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((one) => !served.has(one))).toEqual([]);
  });

  it('leads from a kind to its resource', () => {
    expect(servedKind('networking.k8s.io/v1', 'NetworkPolicy')).toMatchObject({
      plural: 'networkpolicies',
      namespaced: true,
    });
    expect(servedKind('v1', 'Namespace')?.namespaced).toBe(false);
    expect(servedKind('shop.example/v1', 'Deployment')).toBeUndefined();
    expect(kindsNear('shop.example/v1', 'Shop')).toEqual([]);
  });
});
