import { afterEach, describe, expect, it } from 'vitest';
import type { ClientOptions, InstrumentedClient } from '../../kube/client.ts';
import { resources } from '../../kube/resource.ts';
import { configMap, errorOf, type Handler, startFakeWithClient } from '../support/fake-api.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function setUp(handler: Handler, options: ClientOptions = {}) {
  const { close, ...started } = await startFakeWithClient(handler, options);
  closers.push(close);
  return started;
}

const stored = configMap('one', '7');

describe('watches', () => {
  const watch = { resourceVersion: '1', timeoutSeconds: 5 };
  const collect = async (client: InstrumentedClient, options = {}): Promise<string[]> => {
    const seen: string[] = [];
    for await (const event of client.watch(resources.configMap, { ...watch, ...options })) {
      seen.push(`${event.type} ${event.object.metadata.resourceVersion}`);
    }
    return seen;
  };

  it('events cut anywhere, also inside a character, arrive whole', async () => {
    const { client } = await setUp(async (_, respond) => {
      respond.watch();
      const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: configMap('市', '2', { a: '区' }) })}\n`);
      for (const byte of line) {
        respond.stream.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      respond.event('BOOKMARK', { metadata: { resourceVersion: '3' } });
      respond.end();
    });
    expect(await collect(client)).toEqual(['ADDED 2', 'BOOKMARK 3']);
  });

  it('an error event is thrown', async () => {
    const { client } = await setUp((_, respond) => {
      respond.watch();
      respond.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    });
    expect((await errorOf(collect(client))).code).toBe('expired');
  });

  it('a refused watch is thrown', async () => {
    const { client } = await setUp((_, respond) => respond.status(410, 'Expired'));
    expect((await errorOf(collect(client))).code).toBe('expired');
  });

  it.each(['{"type":"ADDED","obj', 'garbage', '{"type":"ADDED"}', '{"type":"ADDED","object":{}}', 'null'])(
    'a line that is no event is thrown: %s',
    async (line) => {
      const { client } = await setUp((_, respond) => {
        respond.watch();
        respond.raw(`${line}\n`);
        respond.end();
      });
      expect((await errorOf(collect(client))).code).toBe('watch-garbled');
    },
  );

  it('an event that is cut off by the end of the watch is thrown', async () => {
    const { client } = await setUp((_, respond) => {
      respond.watch();
      respond.raw('{"type":"ADDED"');
      respond.end();
    });
    expect((await errorOf(collect(client))).code).toBe('watch-garbled');
  });

  it('a cut connection is thrown', async () => {
    const { client } = await setUp((_, respond) => {
      respond.watch();
      respond.event('ADDED', stored);
      setTimeout(() => respond.cut(), 20);
    });
    expect((await errorOf(collect(client))).code).toBe('connection-lost');
  });

  it('a watch ends without an error when its caller ends it, and the server hears of it', async () => {
    const ended = Promise.withResolvers<void>();
    const { client } = await setUp((_, respond) => {
      respond.watch();
      respond.event('ADDED', stored);
      respond.stream.on('close', () => ended.resolve());
    });
    const ender = new AbortController();
    setTimeout(() => ender.abort(), 50);
    expect(await collect(client, { signal: ender.signal })).toEqual(['ADDED 7']);
    await ended.promise;
  });

  it('a reader that leaves the loop ends the watch', async () => {
    const ended = Promise.withResolvers<void>();
    const { client } = await setUp((_, respond) => {
      respond.watch();
      respond.event('ADDED', stored);
      respond.stream.on('close', () => ended.resolve());
    });
    for await (const _ of client.watch(resources.configMap, watch)) break;
    await ended.promise;
  });
});
