import { afterEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../../kube/client.ts';
import { causesOf, isAlreadyExists, isConflict, isFieldConflict, isNotFound, retryAfterOf } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { configMap, configMapList, errorOf, type Handler, inTurn, startFakeWithClient } from '../support/fake-api.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function setUp(handler: Handler, options: ClientOptions = {}) {
  const { close, ...started } = await startFakeWithClient(handler, options);
  closers.push(close);
  return started;
}

const ref = { namespace: 'default', name: 'one' };
const stored = configMap('one', '7');
const wish: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref };
const ok: Handler = (_, respond) => respond.json(200, stored);
const cutAfterRequest: Handler = (_, respond) => respond.cut();

describe('what is sent', () => {
  it('many calls at once share one connection, never more of them under way than allowed', async () => {
    let underWay = 0;
    let most = 0;
    const { api, client } = await setUp(
      async (_, respond) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 5));
        underWay -= 1;
        respond.json(200, stored);
      },
      { maxConcurrent: 8 },
    );
    await Promise.all(Array.from({ length: 100 }, () => client.get(resources.configMap, ref)));
    expect(api.sessions()).toBe(1);
    expect(client.connections()).toBe(1);
    expect(most).toBe(8);
  });

  it('an apply names its manager, drops nulls, and forces only when told', async () => {
    const { api, client } = await setUp(ok);
    await client.apply({ ...wish, data: { a: '1', b: null } }, { fieldManager: 'me' });
    await client.apply(wish, { fieldManager: 'me', force: true, dryRun: true, subresource: 'status' });
    const [first, second] = api.requests;
    expect(first?.method).toBe('PATCH');
    expect(first?.path).toBe('/api/v1/namespaces/default/configmaps/one');
    expect(first?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(JSON.parse(first?.body ?? '')).toEqual({ ...wish, data: { a: '1' } });
    expect(first?.query.toString()).toBe('fieldManager=me');
    expect(second?.path).toBe('/api/v1/namespaces/default/configmaps/one/status');
    expect(second?.query.toString()).toBe('fieldManager=me&dryRun=All&force=true');
  });

  it('a request says which component calls', async () => {
    const { api, client } = await setUp(ok, { component: 'site' });
    await client.get(resources.configMap, ref);
    expect(api.requests[0]?.headers['user-agent']).toBe('jinhong-site');
    expect(api.requests[0]?.headers['authorization']).toBe('Bearer token-one');
  });

  it('a removal carries its preconditions', async () => {
    const { api, client } = await setUp(ok);
    await client.remove(resources.configMap, ref, { uid: 'u', resourceVersion: '7', propagationPolicy: 'Foreground' });
    expect(JSON.parse(api.requests[0]?.body ?? '')).toMatchObject({
      preconditions: { uid: 'u', resourceVersion: '7' },
      propagationPolicy: 'Foreground',
    });
  });

  it('a list follows the pages, and its items get apiVersion and kind', async () => {
    const { api, client } = await setUp(
      inTurn(
        (_, respond) => respond.json(200, configMapList([configMap('one', '1')], '9', 'more')),
        (_, respond) => respond.json(200, configMapList([configMap('two', '2')], '9')),
      ),
    );
    const list = await client.list(resources.configMap, { labelSelector: 'a=b', pageSize: 1 });
    expect(list.items.map((item) => [item.kind, item.apiVersion, item.metadata.name])).toEqual([
      ['ConfigMap', 'v1', 'one'],
      ['ConfigMap', 'v1', 'two'],
    ]);
    expect(list.resourceVersion).toBe('9');
    expect(api.requests.map((request) => request.query.get('continue'))).toEqual([null, 'more']);
    expect(api.requests.map((request) => request.query.get('labelSelector'))).toEqual(['a=b', 'a=b']);
  });

  it('a namespaced object without a namespace is a fault of the caller and is not sent', async () => {
    const { api, client } = await setUp(ok);
    const error = await errorOf((async () => client.create({ ...wish, metadata: { name: 'one' } }))());
    expect(error.code).toBe('no-namespace');
    expect(api.requests).toHaveLength(0);
  });
});

describe('what is sent again', () => {
  it('a read is sent again after a cut connection and after 500', async () => {
    const { api, client } = await setUp(
      inTurn(cutAfterRequest, (_, respond) => respond.status(500, 'InternalError'), ok),
    );
    expect(await client.get(resources.configMap, ref)).toEqual(stored);
    expect(api.requests).toHaveLength(3);
    expect(client.connections()).toBe(2);
  });

  it('a create whose answer was lost is not sent again', async () => {
    const { api, client } = await setUp(inTurn(cutAfterRequest, ok));
    expect((await errorOf(client.create(wish))).code).toBe('connection-lost');
    expect(api.requests).toHaveLength(1);
  });

  it('an update without a resourceVersion, a patch and a removal without a uid are not sent again', async () => {
    const { api, client } = await setUp(cutAfterRequest);
    await errorOf(client.update(wish));
    await errorOf(client.patch(resources.configMap, ref, {}, { type: 'merge' }));
    await errorOf(client.remove(resources.configMap, ref));
    expect(api.requests).toHaveLength(3);
  });

  it('an apply, a guarded update and a patch marked idempotent are sent again after a lost answer', async () => {
    const { api, client } = await setUp(inTurn(cutAfterRequest, ok, cutAfterRequest, ok, cutAfterRequest, ok));
    await client.apply(wish, { fieldManager: 'me' });
    await client.update(stored);
    await client.patch(resources.configMap, ref, [], { type: 'json', idempotent: true });
    expect(api.requests).toHaveLength(6);
  });

  it('a removal with a uid that finds nothing after a lost answer counts as done', async () => {
    const { client } = await setUp(inTurn(cutAfterRequest, (_, respond) => respond.status(404, 'NotFound')));
    await client.remove(resources.configMap, ref, { uid: 'u' });
  });

  it('a removal that finds nothing at first says so', async () => {
    const { client } = await setUp((_, respond) => respond.status(404, 'NotFound'));
    expect(isNotFound(await errorOf(client.remove(resources.configMap, ref, { uid: 'u' })))).toBe(true);
  });

  it('an answer that is shorter than announced is a lost one', async () => {
    const { client } = await setUp(
      inTurn((_, respond) => {
        respond.stream.respond({ ':status': 200, 'content-length': '1000' });
        respond.stream.write('{"kind":"Config');
        setTimeout(() => respond.cut(), 20);
      }, ok),
    );
    expect(await client.get(resources.configMap, ref)).toEqual(stored);
  });

  it('a create is sent again after 429, not before the time that the server named', async () => {
    const { api, client } = await setUp(
      inTurn((_, respond) => respond.status(429, 'TooManyRequests', { 'retry-after': '1' }), ok),
    );
    const startedMs = performance.now();
    await client.create(wish);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1000);
    expect(api.requests).toHaveLength(2);
  });

  it('a create is not sent again after 503 without Retry-After', async () => {
    const { api, client } = await setUp((_, respond) => respond.status(503, 'ServiceUnavailable'));
    expect((await errorOf(client.create(wish))).code).toBe('server-error');
    expect(api.requests).toHaveLength(1);
  });

  it('a wait that is longer than the call may take is left to the caller', async () => {
    const { client } = await setUp((_, respond) => respond.status(429, 'TooManyRequests', { 'retry-after': '60' }), {
      timeoutMs: 2_000,
    });
    const error = await errorOf(client.create(wish));
    expect(error.code).toBe('throttled');
    expect(retryAfterOf(error)).toBe(60_000);
  });

  it('a call that the server refused to begin is sent again whatever it is', async () => {
    const { api, client } = await setUp(inTurn((_, respond) => respond.stream.close(7), ok));
    await client.create(wish);
    expect(api.requests).toHaveLength(2);
  });

  it('attempts are limited', async () => {
    const { api, client } = await setUp(cutAfterRequest, { maxAttempts: 3 });
    expect((await errorOf(client.get(resources.configMap, ref))).kind).toBe('unreachable');
    expect(api.requests).toHaveLength(3);
  });
});

describe('what is thrown', () => {
  const refusals: [status: number, reason: string, kind: string, code: string][] = [
    [400, 'BadRequest', 'input', 'bad-request'],
    [401, 'Unauthorized', 'forbidden', 'not-signed-in'],
    [403, 'Forbidden', 'forbidden', 'forbidden'],
    [404, 'NotFound', 'notFound', 'not-found'],
    [409, 'Conflict', 'conflict', 'conflict'],
    [409, 'AlreadyExists', 'conflict', 'already-exists'],
    [410, 'Expired', 'conflict', 'expired'],
    [422, 'Invalid', 'input', 'invalid'],
    [500, 'InternalError', 'unreachable', 'server-error'],
  ];
  it.each(refusals)('%i %s becomes %s / %s', async (status, reason, kind, code) => {
    const { client } = await setUp((_, respond) => respond.status(status, reason));
    const error = await errorOf(client.create(wish));
    expect([error.kind, error.code, error.data['reason']]).toEqual([kind, code, reason]);
    expect(isConflict(error)).toBe(reason === 'Conflict');
    expect(isAlreadyExists(error)).toBe(reason === 'AlreadyExists');
  });

  it('a refused apply names the other manager and the field', async () => {
    const { client } = await setUp((_, respond) =>
      respond.json(409, {
        kind: 'Status',
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict',
        details: {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl" using v1', field: '.data.a' }],
        },
      }),
    );
    const error = await errorOf(client.apply(wish, { fieldManager: 'me' }));
    expect(isFieldConflict(error)).toBe(true);
    expect(error.data['conflicts']).toEqual([{ manager: 'kubectl', field: '.data.a' }]);
  });

  it('a refused object names its fields', async () => {
    const cause = { reason: 'FieldValueInvalid', message: 'too long', field: 'metadata.name' };
    const { client } = await setUp((_, respond) =>
      respond.json(422, { kind: 'Status', reason: 'Invalid', message: 'no', details: { causes: [cause] } }),
    );
    expect(causesOf(await errorOf(client.create(wish)))).toEqual([cause]);
  });

  it('neither token nor body nor what the server says about a Secret is in an error', async () => {
    const { client } = await setUp((_, respond) =>
      respond.json(422, {
        kind: 'Status',
        reason: 'Invalid',
        message: 'Invalid value: "hunter2"',
        details: { causes: [{ field: 'data.a', reason: 'FieldValueInvalid', message: 'Invalid value: "hunter2"' }] },
      }),
    );
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: ref, stringData: { a: 'hunter2' } };
    const error = await errorOf(client.create(secret));
    const everything = JSON.stringify([error.message, error.data, error.stack, error.cause ?? '']);
    expect(everything).not.toContain('hunter2');
    expect(everything).not.toContain('token-one');
    expect(causesOf(error)[0]?.field).toBe('data.a');
  });

  it('an answer that is not JSON is said to be so', async () => {
    const { client } = await setUp((_, respond) => respond.json(200, '<html>'));
    expect((await errorOf(client.get(resources.configMap, ref))).code).toBe('garbled');
  });

  it('a server that takes the request and never answers ends in time', async () => {
    const { client } = await setUp(() => undefined, { timeoutMs: 300 });
    const error = await errorOf(client.get(resources.configMap, ref));
    expect([error.kind, error.code]).toEqual(['unreachable', 'request-timeout']);
  });

  it('a call that its caller gives up ends at once, also while it waits for its turn', async () => {
    const { client } = await setUp(() => undefined, { maxConcurrent: 1 });
    const ender = new AbortController();
    const first = errorOf(client.get(resources.configMap, ref, { signal: ender.signal }));
    const second = errorOf(client.get(resources.configMap, ref, { signal: ender.signal }));
    setTimeout(() => ender.abort(), 50);
    expect((await first).code).toBe('aborted');
    expect((await second).code).toBe('aborted');
  });

  it('a closed client refuses calls and ends those under way', async () => {
    const { client } = await setUp(() => undefined, { maxConcurrent: 1 });
    const calls = [errorOf(client.get(resources.configMap, ref)), errorOf(client.get(resources.configMap, ref))];
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.close();
    expect((await Promise.all(calls)).map((error) => error.code)).toEqual(['client-closed', 'client-closed']);
    expect((await errorOf(client.get(resources.configMap, ref))).code).toBe('client-closed');
  });
});
