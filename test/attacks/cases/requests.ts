/** Cases 40 to 43: what a department asks for at the management centre. */
import { grantName, siteNamespace } from '../../../core/model/names.ts';
import { until } from '../../support/centre.ts';
import { tenantManifest } from '../../support/city.ts';
import type { RawRequest } from '../support/http.ts';
import { by } from '../support/refusal.ts';
import { type Attempt, attemptOf, everyone, removeAsRoot, type Stage } from '../support/stage.ts';
import { type AttackCase, type Way, way } from '../support/table.ts';
import { variantsOf } from '../support/variants.ts';
import { base, decisions, hub, ownStatus, raise, tenants, waits } from './raising.ts';

const manifest = (name: string, spec: object = {}) =>
  tenantManifest('alpha', name, spec) as unknown as Record<string, unknown>;
const environment = (more: object) => ({ environments: [{ name: 'production', size: 'small', ...more }] });

interface Asked {
  readonly name: string;
  /** JSON text or object; sent as it is. */
  readonly body: unknown;
  /** Must not be found in what was stored. */
  readonly never?: string;
}

/** Sends a Tenant; when it was taken, makes sure that it is left waiting and that no centre was told, and takes it back. */
async function ask(stage: Stage, controllers: boolean, asked: Asked): Promise<Attempt> {
  const request = { method: 'POST', path: tenants('alpha'), body: asked.body };
  // A run that was cut short may have left it.
  await removeAsRoot(stage, `${tenants('alpha')}/${asked.name}`, hub);
  const sent = await attemptOf(stage.wire('admin', hub), 'admin', request);
  if (sent.by !== by.nobody) return sent;
  const path = `${tenants('alpha')}/${asked.name}`;
  const stored = JSON.stringify(await stage.live(path, hub));
  if (asked.never !== undefined && stored.includes(asked.never))
    throw new Error(`${asked.never} was stored: ${stored}`);
  if (controllers) await until(`${asked.name} is looked at`, async () => stateOf(stage, asked.name), 30_000);
  for (const site of stage.sites) {
    const grant = `${base}/${siteNamespace(site)}/grants/${grantName('alpha', asked.name)}`;
    const { status } = await stage.root(hub).send({ method: 'GET', path: grant });
    if (status !== 404) throw new Error(`a Grant for ${asked.name} at ${site}`);
  }
  await stage.wire('admin', hub).send({ method: 'DELETE', path });
  await removeAsRoot(stage, path, hub);
  return { ...sent, by: waits };
}

/** The state that the controller gave; undefined before it looked, an error when the request was granted. */
async function stateOf(stage: Stage, name: string): Promise<string | undefined> {
  const { status } = (await stage.live(`${tenants('alpha')}/${name}`, hub)) as {
    status?: { state?: string; sites?: unknown[] };
  };
  if ((status?.sites ?? []).length > 0) throw new Error(`${name} was granted`);
  return status?.state;
}

/** Every request of `list`, with the controllers, or without when they are stopped. */
const asking = (name: string, refusers: readonly string[], list: () => readonly Asked[]): Way => ({
  name,
  by: refusers,
  run: async (stage) => {
    const controllers = stage.controllers();
    return Promise.all(list().map((asked) => ask(stage, controllers, asked)));
  },
});

/** Fields with which other systems reach elsewhere; none exists here. */
const elsewhere = {
  namespace: 'kube-system',
  secretRef: { name: 'target', namespace: 'beta-victim-production' },
  marker: 'reach-out',
};

const pointing = (): Asked[] => [
  { name: 'point-1', body: manifest('point-1', elsewhere), never: 'reach-out' },
  { name: 'point-2', body: manifest('point-2', environment({ ...elsewhere, name: 'production' })), never: 'reach-out' },
  {
    name: 'point-3',
    body: manifest('point-3', environment({ namespace: 'beta-victim-production' })),
    never: 'beta-victim',
  },
  { name: 'point-4', body: manifest('point-4', { members: [{ group: 'beta-admins', role: 'admin' }] }) },
  { name: 'point-5', body: manifest('point-5', { members: [{ group: 'system:masters', role: 'admin' }] }) },
  { name: 'point-6', body: manifest('point-6', { members: [{ group: 'break-glass', role: 'admin' }] }) },
  { name: 'point-7', body: manifest('point-7', { contacts: { owner: 'beta-admins', onCall: 'beta-duty' } }) },
  { name: 'point-8', body: manifest('point-8', environment({ zone: 'not-there' })) },
  {
    name: 'point-9',
    body: manifest(
      'point-9',
      environment({ hosting: [{ hostname: 'www.beta.testcity.example', service: 'web', port: 80 }] }),
    ),
  },
  {
    name: 'point-10',
    body: manifest(
      'point-10',
      environment({ hosting: [{ hostname: 'a.reserved.example', service: 'web', port: 80 }] }),
    ),
  },
  { name: 'point-11', body: manifest('point-11', environment({ egress: [{ destination: 'not-there', port: 443 }] })) },
];

/** The same with strict decoding, in other namespaces, and with paths and bodies that disagree. */
const misplaced = (): RawRequest[] => [
  { method: 'POST', path: `${tenants('alpha')}?fieldValidation=Strict`, body: manifest('point', elsewhere) },
  { method: 'POST', path: tenants('alpha'), body: tenantManifest('beta', 'point') },
  { method: 'PUT', path: `${tenants('alpha')}/attack`, body: manifest('other') },
];

const inOthers = (): RawRequest[] =>
  ['beta', 'cityhall'].flatMap((department) => [
    { method: 'POST', path: tenants(department), body: tenantManifest(department, 'point') },
    { method: 'GET', path: tenants(department) },
    ...variantsOf(
      { path: `${tenants(department)}/victim`, object: tenantManifest(department, 'victim') as never },
      { spec: { members: [{ group: 'alpha-admins', role: 'admin' }] } },
      true,
    ),
    { method: 'DELETE', path: `${tenants(department)}/victim` },
  ]);

const names = [
  '../beta',
  '..',
  '.',
  'a/b',
  'a%2fb',
  'attack\n',
  'attack\u0000',
  '__proto__',
  'constructor()',
  'Attack',
  'attack.',
  '-attack',
  'attack-',
  '\u0430ttack',
  'att\u200back',
  '\uff41ttack',
  'x'.repeat(33),
  'x'.repeat(300),
  '',
  ' ',
  '$(id)',
  '{{x}}',
  "' or 1=1",
  '<b>',
  '\u{1f600}',
];
const long = 'x'.repeat(10 * 1024 * 1024);

/** Names and bodies that break parsers, paths and logs. */
const broken = (): RawRequest[] => [
  ...names.map((name) => ({ method: 'POST', path: tenants('alpha'), body: manifest(name) })),
  ...names
    .slice(5, 14)
    .map((name) => ({ method: 'POST', path: tenants('alpha'), body: manifest('broken', environment({ name })) })),
  ...['__proto__', 'a/b/c', '-x', 'x'.repeat(64)].map((key) => ({
    method: 'POST',
    path: tenants('alpha'),
    body: JSON.stringify(manifest('broken')).replace('"metadata":{', `"metadata":{"labels":{"${key}":"x"},`),
  })),
  { method: 'POST', path: tenants('alpha'), body: 'a: &a ["x"]\nb: [*a,*a,*a]\n', contentType: 'application/yaml' },
];

const huge: readonly unknown[] = [
  manifest('huge', { displayName: long }),
  manifest('huge', { planItem: 'x'.repeat(1024 * 1024) }),
  '{'.repeat(200_000),
  `{"spec":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
];

/** Bodies over which a server may end the connection, each on a connection of its own. */
const hugeBodies: Way = {
  name: 'huge',
  by: [by.validation],
  run: (stage) =>
    Promise.all(
      huge.map(async (body) => {
        const wire = stage.apart('admin', hub);
        const attempt = await attemptOf(wire, 'admin', { method: 'POST', path: tenants('alpha'), body });
        await wire.close();
        return attempt;
      }),
    ),
};

/** What the API server takes and the controller has to bear. */
const strange = (): Asked[] => [
  { name: 'strange-1', body: manifest('strange-1', { displayName: 'line\nline\r\n\u001b[31m\u202eevil' }) },
  { name: 'strange-2', body: manifest('strange-2', environment({ size: 'constructor' })) },
  { name: 'strange-3', body: manifest('strange-3', environment({ service: 'constructor', zone: 'constructor' })) },
  {
    name: 'strange-4',
    body: manifest(
      'strange-4',
      environment({ protection: { tier: 'constructor' }, egress: [{ destination: 'constructor', port: 1 }] }),
    ),
  },
  {
    name: 'strange-5',
    body: manifest('strange-5', {
      members: [{ group: 'constructor', role: 'admin' }],
      ...environment({ name: 'constructor' }),
    }),
  },
  {
    name: 'strange-6',
    body: JSON.stringify(manifest('strange-6')).replace('"spec":{', '"spec":{"__proto__":{"polluted":"yes"},'),
    never: 'polluted',
  },
  { name: 'constructor', body: manifest('constructor') },
  {
    name: 'strange-8',
    body: manifest('strange-8', environment({ quota: { 'requests.cpu': '99999999999999999999', pods: '1e9' } })),
  },
  { name: 'strange-9', body: manifest('strange-9', environment({ quota: { 'requests.cpu': '-5', pods: '-1' } })) },
];

const bombs = [
  `${'a'.repeat(60)}!`,
  `${'a-'.repeat(100)}!`,
  `${'a.'.repeat(120)}!`,
  `(a+)+$`,
  `${'0'.repeat(100)}m!`,
  '{{range $i := 9999999999}}',
  '$\u007bjndi:ldap://x}',
];
const deepHost = `${'a-a.'.repeat(40)}alpha.testcity.example`;

/** Values that would make a backtracking pattern, or a template, run for ever. */
const slow = (): RawRequest[] =>
  bombs.flatMap((bomb) =>
    [
      { planItem: bomb },
      { until: bomb },
      { members: [{ group: bomb, role: 'admin' }] },
      environment({ name: bomb }),
      environment({ size: bomb }),
      environment({ quota: { 'requests.memory': bomb } }),
      environment({ hosting: [{ hostname: bomb, service: 'web', port: 80 }] }),
      environment({ protection: { tier: 'none', rpo: bomb } }),
    ].map((spec) => ({ method: 'POST', path: tenants('alpha'), body: manifest('slow', spec) })),
  );

const heavy = (): Asked[] => [
  ...bombs.map((bomb, at) => ({
    name: `slow-${at}`,
    body: manifest(`slow-${at}`, { displayName: bomb.slice(0, 64) }),
  })),
  {
    name: 'slow-host',
    body: manifest(
      'slow-host',
      environment({
        hosting: Array.from({ length: 16 }, (_, at) => ({ hostname: `h${at}.${deepHost}`, service: 'web', port: 80 })),
      }),
    ),
  },
];

/** While all that happens, the sites' heartbeats reach the management centre. */
const alive: Way = {
  name: 'heartbeats go on',
  by: ['alive'],
  controllers: 'needed',
  run: async (stage) =>
    Promise.all(
      stage.sites
        .filter((site) => site !== hub)
        .map(async (site) => {
          const path = `/apis/coordination.k8s.io/v1/namespaces/${siteNamespace(site)}/leases/jinhong-site`;
          const renewed = async () =>
            ((await stage.live(path, hub)) as { spec?: { renewTime?: string } }).spec?.renewTime;
          const first = await renewed();
          await until(`${site} is alive`, async () => (await renewed()) !== first);
          return { who: site, what: path, status: 200, by: 'alive', message: '' };
        }),
    ),
};

const taken = /(tenants dept-alpha|departments )/;

/** The cases of this file. */
export const requestCases: readonly AttackCase[] = [
  {
    id: 'A10-40',
    title: {
      zh: '租户请求指向他人的命名空间、组、密钥、域名',
      en: "requests that point to others' namespaces, groups, secrets, hostnames",
    },
    ways: [
      asking('fields', [waits, by.validation], pointing),
      way('misplaced', by.validation, { who: ['admin'], site: hub, requests: misplaced }),
      way("other departments' requests", by.rbac, { who: everyone, site: hub, requests: inOthers }),
    ],
    leaves: taken,
  },
  {
    id: 'A10-41',
    title: {
      zh: '路径穿越、换行、10 MB 字符串、__proto__、形近字',
      en: 'path traversal, newlines, 10 MB strings, __proto__, look-alikes',
    },
    ways: [
      way('broken', [by.validation, by.notServed], { who: ['admin'], site: hub, requests: broken }),
      hugeBodies,
      asking('strange', [waits, by.validation], strange),
      alive,
    ],
    leaves: taken,
  },
  {
    id: 'A10-42',
    title: { zh: '灾难性正则输入、模板表达式', en: 'catastrophic patterns and template expressions' },
    ways: [
      way('bombs', by.validation, { who: ['admin'], site: hub, requests: slow }),
      asking('accepted', [waits, by.validation], heavy),
      alive,
    ],
    leaves: taken,
  },
  {
    id: 'A10-43',
    title: { zh: '自行提高配额、级别、状态', en: 'raise the own quota by spec, status, forced apply or own approval' },
    ways: [
      way('status', by.rbac, { who: everyone, site: hub, requests: ownStatus }),
      way('decisions', by.rbac, { who: everyone, site: hub, requests: decisions }),
      raise,
    ],
    leaves: /(tenants dept-alpha|departments |grants (site-|jinhong-grants))/,
  },
];
