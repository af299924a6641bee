import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberRoles } from '../../../core/desired/names.ts';
import { resources } from '../../../kube/resource.ts';
import { exemptFrom } from '../../../policies/exempt.ts';
import { allRules } from '../../../policies/index.ts';
import type { Operation } from '../../../policies/rule.ts';
import { until } from '../../support/centre.ts';
import { engineer, type PolicyCentre, startPolicyCentre } from '../../support/policies.ts';
import { bareCrd } from '../../support/policy-kinds.ts';

let policies: PolicyCentre;

beforeAll(async () => {
  policies = await startPolicyCentre('coverage');
}, 180_000);
afterAll(() => policies?.stop());

/** A resource or subresource as `pods/eviction.` or `deployments/scale.apps`, with its verbs. */
interface Served {
  readonly group: string;
  readonly name: string;
  readonly verbs: readonly string[];
}

interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * What members may write without a rule that looks at it, and why that does no harm. (PlatformObject sees these too; it
 * only guards what is the platform's.)
 */
const free: Readonly<Record<string, string>> = {
  'configmaps.': 'data of the tenant; counted by the quota',
  'secrets.': 'data of the tenant; a token for another account is only made by the controller manager, for its own',
  'persistentvolumeclaims.': 'served from the storage classes of the platform, within requests.storage',
  'serviceaccounts.': 'an account has no right but by a RoleBinding, and those are judged',
  'deployments/scale.apps': 'a number; Pods are counted by the quota',
  'statefulsets/scale.apps': 'a number; Pods are counted by the quota',
  'horizontalpodautoscalers.autoscaling': 'sets the scale of objects of the same namespace',
  'poddisruptionbudgets.policy': "slows the eviction of the tenant's own Pods",
  'pods/eviction.': "deletes the tenant's own Pods",
  'pods/attach.': "enters the tenant's own Pods",
  'pods/exec.': "enters the tenant's own Pods",
  'pods/portforward.': "enters the tenant's own Pods",
  'selfsubjectreviews.authentication.k8s.io': 'asks who one is; nothing is stored',
  'selfsubjectaccessreviews.authorization.k8s.io': 'asks what one may; nothing is stored',
  'selfsubjectrulesreviews.authorization.k8s.io': 'asks what one may; nothing is stored',
};

const operationOf: Readonly<Record<string, Operation>> = { create: 'CREATE', update: 'UPDATE', patch: 'UPDATE' };

async function read<T>(path: string): Promise<T> {
  return JSON.parse((await policies.admin.request('GET', path)).body) as T;
}

async function discovered(): Promise<Served[]> {
  const { groups } = await read<{ groups: { name: string; versions: { groupVersion: string }[] }[] }>('/apis');
  const versions = groups.flatMap(({ name, versions: list }) =>
    list.map(({ groupVersion }) => ({ group: name, path: `/apis/${groupVersion}` })),
  );
  const all = [{ group: '', path: '/api/v1' }, ...versions].map(async ({ group, path }) => {
    const { resources: list } = await read<{ resources: { name: string; verbs: string[] }[] }>(path);
    return list.map(({ name, verbs }) => ({ group, name, verbs }));
  });
  return (await Promise.all(all)).flat();
}

/** What members may do by the roles as they are stored: those of members, and those of everybody who has a name. */
async function memberRules(): Promise<PolicyRule[]> {
  interface Binding {
    roleRef: { name: string };
    subjects?: { kind: string; name: string }[];
  }
  const bindings = (await policies.admin.list(resources.clusterRoleBinding)).items as unknown as Binding[];
  const everybody = bindings
    .filter(({ subjects }) => subjects?.some(({ name }) => name === 'system:authenticated'))
    .map(({ roleRef }) => roleRef.name);
  const names = [...Object.values(memberRoles), ...everybody];
  const roles = await Promise.all(names.map((name) => policies.admin.get(resources.clusterRole, { name })));
  return roles.flatMap((role) => (role['rules'] ?? []) as PolicyRule[]);
}

function isGranted(rules: readonly PolicyRule[], { group, name }: Served, verb: string): boolean {
  const fits = (list: readonly string[] | undefined, value: string) =>
    list?.some((one) => one === value || one === '*');
  return rules.some((rule) => fits(rule.apiGroups, group) && fits(rule.resources, name) && fits(rule.verbs, verb));
}

/** Whether a rule that names the resource judges this write; a rule on everything does not count. */
function isNamed({ group, name }: Served, operation: Operation): boolean {
  const [resource] = name.split('/');
  return allRules.some(({ covers }) =>
    covers.some(
      (cover) =>
        cover.groups.includes(group) &&
        cover.operations.includes(operation) &&
        (cover.resources.includes(name) || cover.resources.includes(`${resource}/*`)),
    ),
  );
}

const keyOf = ({ group, name }: Served) => `${name}.${group}`;

/** What members may write and nothing judges. */
async function uncovered(): Promise<string[]> {
  const [served, rules] = [await discovered(), await memberRules()];
  const found = served.flatMap((one) =>
    one.verbs
      .filter((verb) => verb in operationOf && isGranted(rules, one, verb))
      .filter((verb) => !isNamed(one, operationOf[verb] ?? 'CREATE') && !(keyOf(one) in free))
      .map((verb) => `${verb} ${keyOf(one)}`),
  );
  return [...new Set(found)].sort();
}

describe('what a centre serves', () => {
  it('is judged by a rule, closed to members by their roles, or named here with a reason', async () => {
    expect(await uncovered()).toEqual([]);
  });

  it('is what the list of free writes names', async () => {
    const served = new Set((await discovered()).map(keyOf));
    expect(Object.keys(free).filter((name) => !served.has(name))).toEqual([]);
  });

  it('has every resource and subresource that a rule names, so that none is misspelt', async () => {
    const served = new Set((await discovered()).map(keyOf));
    const named = allRules.flatMap(({ covers }) =>
      covers.flatMap(({ groups, resources: list }) =>
        groups.flatMap((group) => list.map((name) => `${name.replace(/\/\*$/, '')}.${group}`)),
      ),
    );
    expect(named.filter((name) => !name.startsWith('*.') && !served.has(name))).toEqual([]);
  });

  it('is found uncovered when a new kind brings a subresource that a role of members opens', {
    timeout: 60_000,
  }, async () => {
    const widget = { group: 'zoo.example', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };
    const installer = await policies.as(engineer);
    await installer.create(bareCrd(widget, { scale: true }));
    const ref = { name: memberRoles.edit };
    const role = await policies.admin.get(resources.clusterRole, ref);
    const grown = [
      ...(role['rules'] as object[]),
      { apiGroups: ['zoo.example'], resources: ['widgets/scale'], verbs: ['patch'] },
    ];
    const set = (rules: unknown) => installer.patch(resources.clusterRole, ref, { rules }, { type: 'merge' });
    await set(grown);
    await until('the new kind is served', async () =>
      (await discovered()).some(({ name }) => name === 'widgets/scale'),
    );
    expect(await uncovered()).toEqual(['patch widgets/scale.zoo.example']);
    await set(role['rules']);
    expect(await uncovered()).toEqual([]);
  });
});

describe('the list of those who are not bound', () => {
  it('has every account of the controller manager that the cluster itself gives a role', async () => {
    interface Binding {
      metadata: { name: string };
      subjects?: { kind: string; name: string; namespace?: string }[];
    }
    const { users } = exemptFrom('tenants', { platform: 'engineers', breakGlass: 'emergency' });
    const bindings = (await policies.admin.list(resources.clusterRoleBinding)).items as unknown as Binding[];
    const accounts = bindings
      .filter(({ metadata }) => metadata.name.startsWith('system:controller:'))
      .flatMap(({ subjects = [] }) =>
        subjects.map(({ namespace, name }) => `system:serviceaccount:${namespace}:${name}`),
      );
    expect(accounts.length).toBeGreaterThan(25);
    expect(accounts.filter((account) => !users.includes(account))).toEqual([]);
  });
});
