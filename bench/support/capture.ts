import { namespaces, siteNamespace } from '../../core/model/names.ts';
import { canonicalJson } from '../../kube/apply.ts';
import { type ProxyCall, startFaultProxy } from '../../test/support/fault-proxy.ts';
import { type BenchCentre, benchDepartment, benchSite, joinCentre } from './centre.ts';
import { startController } from './controller.ts';
import { applyType, type Request } from './plan.ts';
import { acceptedHash, freshNames, objectsPerTenant, standIn, writeGrants } from './tenants.ts';

/**
 * What the controller really sends for one tenant, as templates with `standIn` for the tenant's name. They were captured
 * from the real process in a warm-up run, and are proven: rendered for a second tenant they are byte-equal to what the
 * controller sent for that one (a status: equal but for times and the order of keys).
 */
export interface Captured {
  readonly namespace: Request;
  /** The other objects of the environment, in the order of the controller: bindings last. */
  readonly objects: readonly Request[];
  /** The accepted decision in the mirror; `@hash@` is its mark, its uid is kept as `mirror`. */
  readonly mirror: Request;
  /** Its status there; needs `@mirror@`. */
  readonly status: Request;
  /** The report to the management side; needs `@granted@`, the uid of the Grant there. */
  readonly report: Request;
  /** Requests of any kind that the controller sent for the tenants of the warm-up, per tenant. */
  readonly requestsPerTenant: Readonly<Record<string, number>>;
}

const warmTenants = 6;
const isoTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

/** Runs the controller through a recording proxy on a few tenants. @throws when templates are not byte-equal */
export async function captureRequests(centre: BenchCentre): Promise<Captured> {
  const proxy = await startFaultProxy({ name: centre.name, server: centre.url, ca: centre.ca });
  const way = { server: proxy.connection.server, ca: proxy.connection.ca ?? '' };
  await joinCentre(centre, way);
  const controller = await startController(centre, { via: way });
  try {
    const { names } = freshNames(warmTenants);
    await writeGrants(centre, names);
    await controller.settled(warmTenants);
    return templatesOf(proxy.calls, names, centre.reportTarget.token ?? '');
  } finally {
    await controller.stop();
    await proxy.close();
    await joinCentre(centre, { server: centre.url, ca: centre.ca });
  }
}

function templatesOf(calls: readonly ProxyCall[], names: readonly string[], reportToken: string): Captured {
  // A busy machine may make a run fail and be repeated; only tenants that went through at once are templates.
  const clean = names.filter((name) => isClean(calls, name));
  const [first, second] = clean;
  if (first === undefined || second === undefined) throw new Error('no two tenants went through at once');
  const template = render(calls, first);
  const other = render(calls, second);
  for (const [key, { request }] of template) {
    const same = other.get(key)?.request;
    const equal = key.includes('/status?') ? sameContent(same?.body, request.body) : same?.body === request.body;
    if (same?.path !== request.path || !equal) {
      throw new Error(`the bodies of ${key} are not byte-equal for two tenants:\n${request.body}\n${same?.body}`);
    }
  }
  const pick = (wanted: (call: ProxyCall) => boolean): Request[] =>
    [...template.values()].filter(({ call }) => wanted(call)).map(({ request }) => request);
  const one = (what: string, found: readonly Request[]): Request => {
    const [only] = found;
    if (only === undefined || found.length > 1) throw new Error(`${found.length} requests for ${what} instead of one`);
    return only;
  };
  const isStatus = (call: ProxyCall): boolean => call.path.endsWith('/status');
  const objects = pick((call) => call.namespace === `${benchDepartment.name}-${first}-production`);
  if (objects.length !== objectsPerTenant - 1) throw new Error(`${objects.length} objects were captured`);
  const report = one(
    'the report',
    pick((call) => call.namespace === siteNamespace(benchSite)),
  );
  return {
    namespace: one(
      'the namespace',
      pick((call) => call.plural === 'namespaces'),
    ),
    objects,
    mirror: {
      ...one(
        'the mirror',
        pick((call) => call.namespace === namespaces.grants && !isStatus(call)),
      ),
      keep: 'mirror',
    },
    status: one(
      'the status',
      pick((call) => call.namespace === namespaces.grants && isStatus(call)),
    ),
    report: { ...report, token: reportToken },
    requestsPerTenant: countsOf(calls, clean),
  };
}

/** Each object was written once, and each status says the same whenever it was sent. */
function isClean(calls: readonly ProxyCall[], name: string): boolean {
  const bodies = new Map<string, string>();
  return calls
    .filter((call) => call.method === 'PATCH' && call.path.includes(name))
    .every(({ path, body }) => {
      const before = bodies.get(path);
      bodies.set(path, body);
      return before === undefined || (path.endsWith('/status') && sameContent(before, body));
    });
}

/** The writes of one tenant, by path, with placeholders. */
function render(calls: readonly ProxyCall[], name: string): Map<string, { call: ProxyCall; request: Request }> {
  const found = new Map<string, { call: ProxyCall; request: Request }>();
  for (const call of calls) {
    if (call.method !== 'PATCH' || !call.path.includes(name)) continue;
    const request = templateOf(call, name);
    found.set(request.path, { call, request });
  }
  return found;
}

function templateOf(call: ProxyCall, name: string): Request {
  const uid = /"uid":"[-0-9a-f]{36}"/;
  const slot = call.namespace === namespaces.grants ? 'mirror' : 'granted';
  const body = call.body
    .replaceAll(acceptedHash(name), '@hash@')
    .replace(uid, `"uid":"@${slot}@"`)
    .replaceAll(name, standIn);
  return { method: call.method, path: `${call.path}?${call.query}`.replaceAll(name, standIn), type: applyType, body };
}

/** A status carries the time of its run, and the order of its keys says whether it was read or made; its content is one. */
function sameContent(a = '', b = ''): boolean {
  const normal = (body: string): string => canonicalJson(JSON.parse(body.replaceAll(isoTime, 'TIME')));
  return normal(a) === normal(b);
}

function countsOf(calls: readonly ProxyCall[], names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    if (call.verb === 'watch' || !names.some((name) => call.path.includes(name))) continue;
    const what = `${call.verb} ${call.plural}${call.path.endsWith('/status') ? '/status' : ''}`;
    counts[what] = (counts[what] ?? 0) + 1 / names.length;
  }
  return counts;
}
