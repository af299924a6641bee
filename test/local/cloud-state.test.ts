import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { centrePaths, serviceRange } from '../../local/centre-files.ts';
import { apiServerFlags, controllerLoops, controllerManagerFlags, etcdFlags } from '../../local/centre-flags.ts';
import { localDir, withSites } from '../../local/cloud-state.ts';
import { freePorts, isPortTaken, portsOf } from '../../local/ports.ts';

test('a centre keeps its index, and with it its ports, when others are added or asked for alone', () => {
  const three = withSites([], ['m', 'a', 'b']);
  expect(three.map(({ index }) => index)).toEqual([0, 1, 2]);
  const four = withSites(three, ['c', 'b']);
  expect(four.map(({ name, index }) => `${name}${index}`)).toEqual(['m0', 'a1', 'b2', 'c3']);
});

test('starting a stopped centre marks it as wanted again and leaves the others as they are', () => {
  const stopped = withSites([], ['a', 'b']).map((site) => ({ ...site, stopped: true }));
  expect(withSites(stopped, ['b']).map((site) => site.stopped)).toEqual([true, false]);
});

test.each(['A', '1a', 'a_b', '', '../x', 'node', 'kubeconfig', 'a'.repeat(42)])('%j cannot name a centre', (name) => {
  expect(() => withSites([], [name])).toThrow(expect.objectContaining({ code: 'site-name' }));
});

test('the folder is the option, then JINHONG_LOCAL_DIR, then .jinhong/local', () => {
  expect(localDir('/x', { JINHONG_LOCAL_DIR: '/y' })).toBe('/x');
  expect(localDir(undefined, { JINHONG_LOCAL_DIR: '/y' })).toBe('/y');
  expect(localDir(undefined, {})).toMatch(/\/\.jinhong\/local$/);
});

test('no two centres share a port or a Service range', () => {
  const ports = Array.from({ length: 9 }, (_, index) => Object.values(portsOf(26_400, index))).flat();
  expect(new Set(ports).size).toBe(ports.length);
  expect([serviceRange(0), serviceRange(3)]).toEqual(['127.60.0.0/16', '127.63.0.0/16']);
});

test('a port on which something listens is taken', async () => {
  const [port = 0] = await freePorts(1);
  expect(await isPortTaken(port)).toBe(false);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await isPortTaken(port)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

const input = { name: 'a', paths: centrePaths('/x/a'), ports: portsOf(26_400, 1), index: 1, unsafeNoFsync: false };

test('every process of a centre listens on loopback only', () => {
  const flags = [...etcdFlags(input), ...apiServerFlags(input), ...controllerManagerFlags(input)];
  const addresses = flags.filter((flag) => /listen|bind-address|advertise/.test(flag));
  expect(addresses.length).toBeGreaterThan(5);
  for (const flag of addresses) expect(flag).toContain('127.0.0.1');
});

test('the API server asks who everybody is, decides by RBAC, audits, and runs the admission that tenants rely on', () => {
  const flags = apiServerFlags(input);
  expect(flags).toEqual(
    expect.arrayContaining([
      '--anonymous-auth=false',
      '--authorization-mode=RBAC',
      '--allow-privileged=false',
      '--service-cluster-ip-range=127.61.0.0/16',
      '--endpoint-reconciler-type=none',
    ]),
  );
  const plugins = flags.find((flag) => flag.startsWith('--enable-admission-plugins=')) ?? '';
  for (const name of ['ValidatingAdmissionPolicy', 'ResourceQuota', 'LimitRanger', 'PodSecurity']) {
    expect(plugins).toContain(name);
  }
});

test('the controller manager has raised client limits and no loop that makes or places pods', () => {
  const flags = controllerManagerFlags(input);
  expect(flags).toEqual(
    expect.arrayContaining(['--kube-api-qps=500', '--kube-api-burst=1000', '--leader-elect=false']),
  );
  const loops: readonly string[] = controllerLoops;
  for (const off of ['deployment-controller', 'replicaset-controller', 'node-lifecycle-controller']) {
    expect(loops).not.toContain(off);
  }
});

test('only a test that asks for it runs etcd without fsync', () => {
  expect(etcdFlags(input)).not.toContain('--unsafe-no-fsync');
  expect(etcdFlags({ ...input, unsafeNoFsync: true })).toContain('--unsafe-no-fsync');
});
