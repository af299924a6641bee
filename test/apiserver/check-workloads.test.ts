import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownKinds, servedKind } from '../../cli/check/kinds.ts';
import { ruleOf } from '../../cli/refusal.ts';
import { ensureBinaries } from '../../local/binaries.ts';
import { allRules } from '../../policies/index.ts';
import { refusalText } from '../../policies/rule.ts';
import { run } from '../cli/support.ts';
import { cloud, tenant } from '../core/manifest/support.ts';
import { kubeconfigFor } from '../support/centre.ts';
import { exampleNamespace as ns, type PolicyCentre, startPolicyCentre } from '../support/policies.ts';

/** What `jinhong check` says of a file, and what kubectl says of the same file when a member applies it with a dry run. */
let policies: PolicyCentre;
let folder: string;
let kubectl: string;
const kubeconfigs = { member: '', everyRight: '' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jinhong-check-'));
  policies = await startPolicyCentre('check');
  ({ kubectl } = await ensureBinaries(['kubectl']));
  const centres = [policies.centre];
  kubeconfigs.member = await kubeconfigFor(centres, 'kate', ['parks-admins']);
  kubeconfigs.everyRight = await kubeconfigFor(centres, 'rita', ['probers']);
  const rbac = 'rbac.authorization.k8s.io';
  await policies.admin.create({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'members', namespace: ns },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'jinhong:tenant-admin' },
    subjects: [{ kind: 'Group', name: 'parks-admins', apiGroup: rbac }],
  });
  writeFileSync(join(folder, 'cloud.yaml'), cloud());
  writeFileSync(
    join(folder, 'tenant.yaml'),
    tenant(
      'namespace: dept-lib => namespace: dept-parks',
      'name: loan => name: web',
      'owner: lib-admins => owner: parks-admins',
      'onCall: lib-duty => onCall: parks-duty',
      'group: lib-admins => group: parks-admins',
    ),
  );
}, 180_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await policies?.stop();
});

interface Said {
  readonly allowed: boolean;
  /** The rule, when one was named. */
  readonly rule?: string | undefined;
  readonly text?: string | undefined;
}

function apply(file: string, kubeconfig: string): Promise<Said & { readonly words: string }> {
  const args = ['--kubeconfig', kubeconfig, '-n', ns, 'apply', '--dry-run=server', '-f', file];
  return new Promise((resolve) => {
    execFile(kubectl, args, { env: { HOME: folder } }, (error, _stdout, stderr) => {
      void ruleOf(stderr).then((found) =>
        resolve({ allowed: error === null, rule: found?.rule, text: found?.text.en, words: stderr }),
      );
    });
  });
}

async function check(file: string): Promise<Said & { readonly severities: readonly string[] }> {
  const { code, stdout } = await run(['check', file, 'tenant.yaml', 'cloud.yaml', '-n', ns, '-o', 'json'], {
    cwd: folder,
  });
  const { items } = JSON.parse(stdout) as {
    items: { file: string; rule: string; severity: string; text: { en: string } }[];
  };
  const own = items.filter((item) => item.file === file);
  return {
    allowed: code === 0,
    rule: own[0]?.rule,
    text: own[0]?.text.en,
    severities: own.map((item) => item.severity),
  };
}

function deployment(pod = '', container = '', image = 'registry.city.example/web:1'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
${pod}      containers:
        - name: web
          image: ${image}
          imagePullPolicy: Always
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } ${container} }
`;
}

const service = (more: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] ${more} }\n`;
const bare = (container: string) => `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: web
      image: registry.city.example/web:1
      imagePullPolicy: Always
      securityContext: { ${container} }
`;
const binding = (group: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: more }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "jinhong:tenant-view" }
subjects: [{ kind: Group, apiGroup: rbac.authorization.k8s.io, name: ${group} }]
`;
const policy = (peer: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: web }\nspec: { podSelector: {}, ingress: [{ from: [${peer}] }] }\n`;

describe('a manifest that a member applies with kubectl', () => {
  it.each([
    ['a hardened Deployment', deployment()],
    ['a Service', service('')],
    [
      'a ConfigMap in a List',
      'apiVersion: v1\nkind: List\nitems: [{ apiVersion: v1, kind: ConfigMap, metadata: { name: x } }]\n',
    ],
    ['a binding of its own group', binding('parks-admins')],
    ['a narrow network policy', policy('{ podSelector: {} }')],
    ['a hardened Pod', bare('allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }')],
  ])('passes the check and the server: %s', async (name, text) => {
    const file = `${name.replaceAll(' ', '-')}.yaml`;
    writeFileSync(join(folder, file), text);
    expect((await check(file)).severities).toEqual([]);
    const { allowed, words } = await apply(join(folder, file), kubeconfigs.member);
    expect({ allowed, words }).toMatchObject({ allowed: true });
  });

  it.each([
    [
      'PodSecurityRestricted',
      'the network of the host, written in the old way',
      deployment('      hostNetwork: yes\n'),
    ],
    [
      'PodSecurityRestricted',
      'a privileged Pod',
      bare('allowPrivilegeEscalation: true, capabilities: { drop: [ALL] }'),
    ],
    ['ImageRegistry', 'an image from elsewhere', deployment('', '', 'elsewhere.example/web:1')],
    ['PriorityClass', 'a priority', deployment('      priorityClassName: system-cluster-critical\n')],
    ['NodeName', 'a chosen node', deployment('      nodeName: node-1\n')],
    ['ServiceType', 'a NodePort', service(', type: NodePort')],
    ['ServiceAddress', 'an external address', service(', externalIPs: [203.0.113.7]')],
    ['BindingOutsideTenant', 'a binding of strangers', binding('strangers')],
    ['NarrowNetworkPolicy', 'a wide network policy', policy('{ ipBlock: { cidr: 0.0.0.0/0 } }')],
    [
      'PlatformObject',
      'a mark of the platform',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, labels: { jinhong.dev/tenant: web } }\n',
    ],
  ])('is refused by %s in the check and on the server, with the same words: %s', async (id, name, text) => {
    const file = `${name.replaceAll(/\W+/g, '-')}.yaml`;
    writeFileSync(join(folder, file), text);
    const en = allRules.find((rule) => rule.id === id)?.text.en;
    expect(await check(file)).toMatchObject({ allowed: false, rule: id, text: en });
    const { words, ...said } = await apply(join(folder, file), kubeconfigs.member);
    expect(said, words).toEqual({ allowed: false, rule: id, text: en });
  });

  it("is refused by the rule of the three no's even to somebody with every right", async () => {
    writeFileSync(
      join(folder, 'class.yaml'),
      'apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: own }\nspec: { controller: own.example/one }\n',
    );
    const rule = allRules.find(({ id }) => id === 'OwnEntrance');
    expect(await check('class.yaml')).toMatchObject({ allowed: false, rule: 'OwnEntrance' });
    const { words } = await apply(join(folder, 'class.yaml'), kubeconfigs.everyRight);
    expect(words).toContain(rule === undefined ? 'no such rule' : refusalText(rule));
    expect((await apply(join(folder, 'class.yaml'), kubeconfigs.member)).allowed).toBe(false);
  });

  it('of a kind without a rule that no member may write is refused by both', async () => {
    const text = deployment().replace('kind: Deployment', 'kind: DaemonSet');
    writeFileSync(join(folder, 'daemons.yaml'), text);
    expect(await check('daemons.yaml')).toMatchObject({ allowed: false, rule: 'NotForMembers' });
    const { allowed, words } = await apply(join(folder, 'daemons.yaml'), kubeconfigs.member);
    expect(allowed).toBe(false);
    expect(words).toContain('daemonsets.apps');
  });
});

describe('the table of kinds', () => {
  interface Listed {
    readonly resources: readonly { name: string; kind: string; namespaced: boolean; verbs: readonly string[] }[];
  }
  const get = async <T>(path: string): Promise<T> => JSON.parse((await policies.admin.request('GET', path)).body) as T;

  it('has every kind that a server serves, with its resource and scope', async () => {
    const { groups } = await get<{ groups: { name: string; versions: { groupVersion: string }[] }[] }>('/apis');
    const versions = [
      { path: '/api/v1', version: 'v1' },
      ...groups.flatMap((group) =>
        group.versions.map(({ groupVersion }) => ({ path: `/apis/${groupVersion}`, version: groupVersion })),
      ),
    ];
    const wrong: string[] = [];
    let seen = 0;
    for (const { path, version } of versions.filter((each) => !/^jinhong\.dev|x-k8s\.io/.test(each.version))) {
      for (const { name, kind, namespaced, verbs } of (await get<Listed>(path)).resources) {
        // Reviews are questions: they are created and never stored.
        if (name.includes('/') || !verbs.includes('create') || !verbs.includes('get')) continue;
        seen += 1;
        const known = servedKind(version, kind);
        if (known?.plural !== name || known.namespaced !== namespaced)
          wrong.push(`${version} ${kind} ${name} ${namespaced}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(seen).toBeGreaterThan(50);
    expect(new Set(knownKinds.map(({ group, kind }) => `${group}/${kind}`)).size).toBe(knownKinds.length);
  });
});
