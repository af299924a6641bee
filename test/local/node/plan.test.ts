import { describe, expect, test } from 'vitest';
import type { Deployment, PodSpec, Secret, Snapshot } from '../../../local/node/kube-types.ts';
import { filesOf } from '../../../local/node/mounts.ts';
import { isOurImage, planUnits, resolveEnv, type UnitPlan } from '../../../local/node/plan.ts';

const accountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

function deployment(pod: Partial<PodSpec>, replicas = 1): Deployment {
  const container = { name: 'main', image: 'jinhong:1', command: ['node', 'controller/main.ts'] };
  return {
    metadata: { name: 'ctl', namespace: 'jinhong-system' },
    spec: { replicas, template: { spec: { containers: [container], ...pod } } },
  };
}

function only(pod: Partial<PodSpec>): UnitPlan {
  const [unit] = planUnits(deployment(pod));
  if (unit === undefined) throw new Error('no unit');
  return unit;
}

function snapshot(
  secrets: Record<string, Record<string, string>>,
  configMaps: Record<string, Record<string, string>> = {},
) {
  const encode = (data: Record<string, string>) =>
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  const toSecret = (name: string, data: Record<string, string>): [string, Secret] => [
    name,
    { metadata: { name }, data: encode(data) },
  ];
  return {
    secrets: new Map(Object.entries(secrets).map(([name, data]) => toSecret(name, data))),
    configMaps: new Map(Object.entries(configMaps).map(([name, data]) => [name, { metadata: { name }, data }])),
  } satisfies Pick<Snapshot, 'secrets' | 'configMaps'>;
}

const rootCa = { 'kube-root-ca.crt': { 'ca.crt': 'CA' } };

test.each([
  ['jinhong', true],
  ['jinhong:0.1.0', true],
  ['registry.example:5000/platform/jinhong:1@sha256:00', true],
  ['registry.example/jinhong/velero:1', false],
  ['notjinhong', false],
  [undefined, false],
])('image %s is run by the node: %s', (image, ours) => {
  expect(isOurImage(image)).toBe(ours);
});

describe('processes of a Deployment', () => {
  test('there is one per replica, and none when it is being deleted', () => {
    expect(planUnits(deployment({}, 2)).map(({ name }) => name)).toEqual(['ctl-0', 'ctl-1']);
    const gone = deployment({});
    expect(planUnits({ ...gone, metadata: { ...gone.metadata, deletionTimestamp: 'now' } })).toEqual([]);
  });

  test('a changed template gives another hash, a changed number of replicas does not', () => {
    const [one] = planUnits(deployment({}));
    const [two] = planUnits(deployment({}, 3));
    const [other] = planUnits(deployment({ serviceAccountName: 'x' }));
    expect(two?.hash).toBe(one?.hash);
    expect(other?.hash).not.toBe(one?.hash);
  });

  test('containers of other images are left out', () => {
    const containers = [
      { name: 'a', image: 'jinhong', command: ['node', 'x.ts'] },
      { name: 'b', image: 'velero' },
    ];
    expect(planUnits(deployment({ containers })).map(({ name }) => name)).toEqual(['ctl-0-a']);
  });
});

describe('mounts', () => {
  test('the service account token, CA and namespace are where a pod has them', () => {
    const found = filesOf(only({ serviceAccountName: 'ctl' }), snapshot({}, rootCa), () => 'TOKEN');
    expect(Object.fromEntries(found.files ?? [])).toEqual({
      [`${accountPath}/token`]: 'TOKEN',
      [`${accountPath}/ca.crt`]: 'CA',
      [`${accountPath}/namespace`]: 'jinhong-system',
    });
  });

  test('automountServiceAccountToken: false leaves the token out', () => {
    expect(only({ automountServiceAccountToken: false }).mounts).toEqual([]);
  });

  const withSecret = (optional: boolean) =>
    only({
      automountServiceAccountToken: false,
      containers: [{ name: 'main', image: 'jinhong', volumeMounts: [{ name: 'peer', mountPath: '/etc/peer' }] }],
      volumes: [{ name: 'peer', secret: { secretName: 'peer', optional } }],
    });

  test('an optional Secret that does not exist gives no files; when it appears its keys are files', () => {
    expect(filesOf(withSecret(true), snapshot({}), () => undefined).files?.size).toBe(0);
    const files = filesOf(withSecret(true), snapshot({ peer: { token: 't', 'ca.crt': 'c' } }), () => undefined).files;
    expect(Object.fromEntries(files ?? [])).toEqual({ '/etc/peer/token': 't', '/etc/peer/ca.crt': 'c' });
  });

  test('a Secret that must be there is waited for by name', () => {
    expect(filesOf(withSecret(false), snapshot({}), () => undefined).missing).toBe('secret peer');
  });

  test('a projected volume may hold a token of its own audience', () => {
    const unit = only({
      automountServiceAccountToken: false,
      containers: [{ name: 'main', image: 'jinhong', volumeMounts: [{ name: 'p', mountPath: '/p' }] }],
      volumes: [
        {
          name: 'p',
          projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'hub', expirationSeconds: 600 } }] },
        },
      ],
    });
    const asked: unknown[] = [];
    filesOf(unit, snapshot({}), (source) => {
      asked.push([source.audience, source.seconds]);
      return 'x';
    });
    expect(asked).toEqual([['hub', 600]]);
  });
});

describe('environment', () => {
  const unit = (env: PodSpec['containers'][number]['env']) =>
    only({ containers: [{ name: 'main', image: 'jinhong', ...(env === undefined ? {} : { env }) }] });

  test('values, fields, keys of Secrets and $(NAME) are resolved', () => {
    const plan = unit([
      { name: 'SITE', value: 'a' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'ALL', value: '$(SITE)/$(POD)/$(NOT)' },
    ]);
    expect(resolveEnv(plan, snapshot({ s: { k: 'v' } }), { BASE: '1' })).toEqual({
      env: { BASE: '1', SITE: 'a', POD: 'ctl-0', KEY: 'v', ALL: 'a/ctl-0/$(NOT)' },
    });
  });

  test('a reference that does not exist is waited for unless it is optional', () => {
    const ref = (optional: boolean) =>
      unit([{ name: 'K', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional } } }]);
    expect(resolveEnv(ref(false), snapshot({}), {})).toEqual({ missing: 'env K' });
    expect(resolveEnv(ref(true), snapshot({}), {})).toEqual({ env: {} });
  });
});
