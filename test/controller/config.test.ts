import { describe, expect, it } from 'vitest';
import { readTimings } from '../../controller/cloud-config.ts';
import { readConfig } from '../../controller/config.ts';

describe('the settings of a controller', () => {
  it('need the name of the site alone', () => {
    expect(readConfig({ JINHONG_SITE: 'east', PATH: '/bin' })).toMatchObject({
      site: 'east',
      http: { host: '0.0.0.0', port: 8080 },
      logLevel: 'info',
    });
  });

  it('listen on loopback outside a pod, and where they are told', () => {
    expect(readConfig({ JINHONG_SITE: 'east', JINHONG_ROOT: '/somewhere' }).http.host).toBe('127.0.0.1');
    expect(readConfig({ JINHONG_SITE: 'east', JINHONG_KUBECONFIG: '/k' }).http.host).toBe('127.0.0.1');
    expect(readConfig({ JINHONG_SITE: 'east', JINHONG_HTTP_HOST: '127.0.0.9' }).http.host).toBe('127.0.0.9');
  });

  it.for([
    ['no site', {}, 'JINHONG_SITE'],
    ['a site that cannot be one', { JINHONG_SITE: 'East One' }, 'JINHONG_SITE'],
    ['a misspelt setting', { JINHONG_SITE: 'east', JINHONG_HTTPPORT: '1' }, 'JINHONG_HTTPPORT'],
    ['a port that is none', { JINHONG_SITE: 'east', JINHONG_HTTP_PORT: '99999' }, 'JINHONG_HTTP_PORT'],
    ['an unknown log level', { JINHONG_SITE: 'east', JINHONG_LOG_LEVEL: 'loud' }, 'JINHONG_LOG_LEVEL'],
  ] as const)('refuse %s by name', ([, env, name]) => {
    expect(() => readConfig(env)).toThrow(name);
  });

  it('refuse to run outside a pod without a kubeconfig, when they are used', () => {
    expect(() => readConfig({ JINHONG_SITE: 'east' }).connect()).toThrow('KUBERNETES_SERVICE_HOST');
  });
});

describe('timings', () => {
  it('have defaults', () => {
    expect(readTimings(undefined)).toEqual({
      leaseMs: 15_000,
      heartbeatMs: 10_000,
      silentAfterMs: 40_000,
      backoffBaseMs: 1_000,
      backoffMaxMs: 60_000,
      resyncMs: 600_000,
    });
  });

  it('are taken from timings.json, and an unknown one is refused', () => {
    expect(readTimings('{"leaseSeconds":3}').leaseMs).toBe(3_000);
    expect(() => readTimings('{"leaseMs":3}')).toThrow();
    expect(() => readTimings('{"heartbeatSeconds":0}')).toThrow();
  });
});
