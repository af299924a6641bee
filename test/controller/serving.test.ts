import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type HealthOptions, startHealthServer } from '../../controller/http.ts';
import { createRuntimeMetrics } from '../../controller/metrics.ts';
import { createQueue, done } from '../../controller/queue.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(options: Partial<HealthOptions> = {}) {
  const server = await startHealthServer({ port: 0, registry: new Registry(), ...options });
  closers.push(() => server.close());
  return async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
  };
}

describe('the health server', () => {
  it('is healthy and ready unless told otherwise, and then names what is not', async () => {
    let unready: string[] = [];
    const get = await serve({ unready: () => unready, unhealthy: () => ['event loop'] });
    expect(await get('/readyz')).toMatchObject({ status: 200, text: 'ok\n' });
    unready = ['informer grants', 'informer tenants'];
    expect(await get('/readyz?verbose')).toMatchObject({ status: 503, text: 'informer grants\ninformer tenants\n' });
    expect(await get('/healthz')).toMatchObject({ status: 503, text: 'event loop\n' });
  });

  it('answers nothing else', async () => {
    const get = await serve();
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz', { method: 'POST', body: 'x' })).status).toBe(405);
    expect(await get('/healthz', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('a taken port is named', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    closers.push(() => taken.close());
    const { port } = taken.address() as { port: number };
    const starting = startHealthServer({ port, registry: new Registry() });
    await expect(starting).rejects.toMatchObject({ code: 'port-taken', message: expect.stringContaining(`:${port}`) });
  });
});

describe('the metrics of a controller', () => {
  it('tell of runs, queue, informers, requests and the lead, all under one prefix', async () => {
    const registry = new Registry();
    const metrics = createRuntimeMetrics(registry);
    const queue = createQueue(async () => done, { metrics: metrics.queue('grant') });
    metrics.watchQueue('grant', queue);
    metrics.watchInformer('east', 'Grant', { lastContactMs: () => 1_500, size: () => 7 });
    metrics
      .informer('east')
      .relisted?.({ group: '', version: 'v1', kind: 'Grant', plural: 'g', namespaced: true }, 'first');
    metrics.observe({ server: 'east', method: 'GET', status: 200, seconds: 0.01 });
    metrics.watchLeader(() => true);
    queue.add('a');
    queue.add('b');
    const get = await serve({ registry });
    const { text, type } = await get('/metrics');
    expect(type).toContain('text/plain');
    expect(text).toContain('jinhong_queue_depth{kind="grant"} 2');
    expect(text).toContain('jinhong_informer_last_contact_seconds{server="east",kind="Grant"} 1.5');
    expect(text).toContain('jinhong_informer_objects{server="east",kind="Grant"} 7');
    expect(text).toContain('jinhong_informer_relist_total{server="east",kind="Grant",reason="first"} 1');
    expect(text).toContain('jinhong_request_seconds_count{server="east",method="GET",code="200"} 1');
    expect(text).toContain('jinhong_leader 1');
    queue.start();
    await queue.idle();
    expect((await get('/metrics')).text).toContain('jinhong_reconcile_total{kind="grant",outcome="done"} 2');
    for (const line of (await get('/metrics')).text.split('\n')) {
      if (line !== '') expect(line).toMatch(/^(# (HELP|TYPE) )?jinhong_/u);
    }
  });
});

describe('an informer that the metrics forget', () => {
  it('is not asked any more', async () => {
    const registry = new Registry();
    const metrics = createRuntimeMetrics(registry);
    let asked = 0;
    const forget = metrics.watchInformer('east', 'Grant', { lastContactMs: () => 0, size: () => ++asked });
    await registry.metrics();
    forget();
    await registry.metrics();
    expect(asked).toBe(1);
  });
});

describe('the log of a controller', () => {
  const run = (script: string): { stdout: string; lines: Record<string, unknown>[]; text: string } => {
    const url = new URL('../../controller/log.ts', import.meta.url).href;
    const code = `import { createLog } from ${JSON.stringify(url)}; const log = createLog({ component: 'site', site: 'x' }); ${script}`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
    return { stdout, text: stderr, lines: lines.map((line) => JSON.parse(line)) };
  };

  it('writes JSON lines to stderr with component and site, and nothing to stdout', () => {
    const { stdout, lines } = run(`log.info({ kind: 'Grant' }, 'written'); log.debug({}, 'not shown');`);
    expect(stdout).toBe('');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'info', component: 'site', site: 'x', kind: 'Grant', msg: 'written' });
  });

  it('shows no secret, wherever it stands', () => {
    const jwt = `eyJ${'a'.repeat(20)}.${'hunter2'.repeat(3)}.sig`;
    const pem = '-----BEGIN PRIVATE KEY-----\\nhunter2\\n-----END PRIVATE KEY-----';
    const { text, lines } = run(`
      log.info({ token: 'hunter2', a: { password: 'hunter2', b: { stringData: { x: 'hunter2' } } } }, 'one');
      log.info({ headers: { authorization: 'Bearer hunter2' }, note: 'Bearer hunter2-abc' }, 'two');
      log.child({ key: 'ns/name' }).error({ err: new Error('got ${jwt} and ${pem}', { cause: new Error('Bearer hunter2') }) }, 'Bearer hunter2');
    `);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatchObject({ key: 'ns/name', level: 'error', err: { type: 'Error' } });
    expect(text).not.toContain('hunter2');
  });
});
