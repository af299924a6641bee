import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planDownload } from '../../../local/binaries/download.ts';
import { binaryNames, pins } from '../../../local/binaries/pins.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('downloads and builds are of the same version: go.mod requires what the pin says', () => {
  expect(read('local/binaries/etcd/go.mod')).toContain(`go.etcd.io/etcd/server/v3 v${pins.etcd.version}`);
  const kubernetes = pins['kube-apiserver'].version;
  expect(read('local/binaries/kubernetes/go.mod')).toContain(`k8s.io/kubernetes v${kubernetes}`);
  expect(read('local/binaries/kubernetes/go.mod')).toContain(`k8s.io/api => k8s.io/api v0${kubernetes.slice(1)}`);
  expect(read('local/binaries/pulumi/go.mod')).toContain(`github.com/pulumi/pulumi/pkg/v3 v${pins.pulumi.version}`);
});

test('the pulumi program is of the version of the npm SDK', () => {
  const { dependencies } = JSON.parse(read('package.json'));
  expect(dependencies['@pulumi/pulumi']).toBe(pins.pulumi.version);
});

test.each(binaryNames)('%s: name, version pattern and checksums are well-formed', (name) => {
  const pin = pins[name];
  expect(pin.name).toBe(name);
  expect(pin.variable).toMatch(/^JINHONG_[A-Z_]+$/);
  for (const [platform, sum] of Object.entries(pin.download?.sha256 ?? {})) {
    expect(platform).toMatch(/^linux-(amd64|arm64)$/);
    expect(sum).toMatch(/^[0-9a-f]{64}$/);
  }
});

test('without a pinned checksum for the platform there is no download', () => {
  const pin = { ...pins.etcd, download: { url: 'http://127.0.0.1/', sha256: {} } };
  expect(planDownload(pin)).toBeUndefined();
});
