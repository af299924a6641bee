import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { isAppError } from '../../core/errors.ts';
import { inClusterConnection, listContexts, loadKubeconfig } from '../../kube/config.ts';
import { createCredentials } from '../../kube/credentials.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const dir = mkdtempSync(join(tmpdir(), 'jinhong-test-'));
afterAll(() => rmSync(dir, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const server = 'https://127.0.0.1:6443';

let files = 0;
function kubeconfig(cluster: object, user: object, more: object = {}): string {
  files += 1;
  const path = join(dir, `config-${files}`);
  const context = { cluster: 'c', user: 'u', namespace: 'dept-x' };
  writeFileSync(
    path,
    stringify({
      'current-context': 'main',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [
        { name: 'main', context },
        { name: 'other', context },
      ],
      ...more,
    }),
  );
  return path;
}

function errorOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
  throw new Error('an AppError was expected');
}

describe('loadKubeconfig', () => {
  it('reads data forms', () => {
    const path = kubeconfig(
      { server, 'certificate-authority-data': base64('CA'), 'tls-server-name': 'api' },
      { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY'), token: 't' },
    );
    expect(loadKubeconfig(path)).toEqual({
      name: 'main',
      server,
      ca: 'CA',
      tlsServerName: 'api',
      cert: 'CERT',
      key: 'KEY',
      token: 't',
      namespace: 'dept-x',
    });
  });

  it('reads file forms relative to its own folder; files of credentials stay files', () => {
    writeFileSync(join(dir, 'ca.crt'), 'CA');
    const path = kubeconfig(
      { server, 'certificate-authority': 'ca.crt' },
      { 'client-certificate': 'tls.crt', 'client-key': '/keys/tls.key', tokenFile: 'token', token: 'ignored' },
    );
    expect(loadKubeconfig(path, 'other')).toMatchObject({
      name: 'other',
      ca: 'CA',
      certFile: join(dir, 'tls.crt'),
      keyFile: '/keys/tls.key',
      tokenFile: join(dir, 'token'),
    });
    expect(loadKubeconfig(path)).not.toHaveProperty('token');
  });

  it('lists its contexts', () => {
    expect(listContexts(kubeconfig({ server }, {}))).toEqual(['main', 'other']);
  });

  it.each<[string, () => string, string, RegExp]>([
    ['a missing file', () => join(dir, 'nowhere'), 'kubeconfig-unreadable', /nowhere.*ENOENT/u],
    [
      'a server that is not verified',
      () => kubeconfig({ server, 'insecure-skip-tls-verify': true }, {}),
      'kubeconfig-invalid',
      /insecure/u,
    ],
    ['a server without TLS', () => kubeconfig({ server: 'http://127.0.0.1' }, {}), 'kubeconfig-invalid', /not https/u],
    [
      'a missing CA',
      () => kubeconfig({ server, 'certificate-authority': 'no.crt' }, {}),
      'kubeconfig-unreadable',
      /no\.crt/u,
    ],
    ['a field of the wrong type', () => kubeconfig({ server: 5 }, {}), 'kubeconfig-invalid', /server/u],
    [
      'a context without its cluster',
      () => kubeconfig({ server }, {}, { clusters: [] }),
      'kubeconfig-invalid',
      /cluster 'c'/u,
    ],
    [
      'a context without its user',
      () => kubeconfig({ server }, {}, { users: null }),
      'kubeconfig-invalid',
      /user 'u'/u,
    ],
    [
      'no current context',
      () => kubeconfig({ server }, {}, { 'current-context': '' }),
      'context-unknown',
      /current context/u,
    ],
    [
      'text that is not YAML',
      () => {
        const path = join(dir, 'broken');
        writeFileSync(path, 'a: [');
        return path;
      },
      'kubeconfig-invalid',
      /broken/u,
    ],
  ])('%s is refused and the file is named', (_, make, code, text) => {
    const path = make();
    const error = errorOf(() => loadKubeconfig(path));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(text);
  });

  it('an unknown context is refused with those there are', () => {
    const path = kubeconfig({ server }, {});
    const error = errorOf(() => loadKubeconfig(path, 'nope'));
    expect(error.message).toContain(path);
    expect(error.hint).toContain('main, other');
  });
});

describe('inClusterConnection', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  it('reads what a pod is given', () => {
    const folder = join(dir, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'ca.crt'), 'CA');
    expect(inClusterConnection(env, dir)).toEqual({
      name: 'in-cluster',
      server: 'https://10.0.0.1:443',
      ca: 'CA',
      tokenFile: join(folder, 'token'),
    });
    expect(inClusterConnection({ ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, dir).server).toBe(
      'https://[fd00::1]:443',
    );
  });

  it('says when it is not in a pod', () => {
    expect(errorOf(() => inClusterConnection({}, dir)).code).toBe('not-in-cluster');
    expect(errorOf(() => inClusterConnection(env, join(dir, 'empty'))).code).toBe('not-in-cluster');
  });
});

describe('a credential plugin', () => {
  const plugin = (script: string) => {
    files += 1;
    const path = join(dir, `plugin-${files}`);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return loadKubeconfig(
      kubeconfig(
        { server },
        {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: `./plugin-${files}`,
            args: ['x'],
            env: [{ name: 'WHO', value: 'me' }],
          },
        },
      ),
    );
  };

  it('is run with its arguments and variables, and again only when its credentials end', async () => {
    const clock = createFakeClock();
    const ends = new Date(clock.now() + 600_000).toISOString();
    const connection = plugin(
      `echo run >> ${dir}/runs; printf '{"kind":"ExecCredential","status":{"token":"%s-%s-%s","expirationTimestamp":"${ends}"}}' "$1" "$WHO" "$(wc -l < ${dir}/runs | tr -d ' ')"`,
    );
    const source = createCredentials(connection, { clock });
    expect(await Promise.all([source.current(), source.current()])).toEqual([{ token: 'x-me-1' }, { token: 'x-me-1' }]);
    await clock.advance(539_000);
    expect(await source.current()).toEqual({ token: 'x-me-1' });
    await clock.advance(1_000);
    expect(await source.current()).toEqual({ token: 'x-me-2' });
    source.invalidate();
    expect(await source.current()).toEqual({ token: 'x-me-3' });
  });

  it('that fails is named, and what it printed is not', async () => {
    const connection = plugin('echo token-hunter2; echo hunter2 >&2; exit 3');
    const error = await createCredentials(connection, { clock: createFakeClock() })
      .current()
      .catch((reason: unknown) => reason);
    if (!isAppError(error)) throw error;
    expect(error.code).toBe('credential-plugin-failed');
    expect(JSON.stringify([error.message, error.data, error.hint, String(error.cause)])).not.toContain('hunter2');
  });
});
