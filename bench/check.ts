import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * How long `jinhong check` takes over N manifests in files of their own, as a user sees it: process start to end.
 * Run: `node bench/check.ts [10000]`. The aim is 5 s for 10,000 (docs/figures.md).
 */
const count = Number(process.argv[2] ?? 10_000);
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'jinhong-bench-'));

function tenant(index: number): string {
  const department = `dep${index % 100}`;
  return `# yaml-language-server: $schema=../../schema/tenant.schema.json
apiVersion: jinhong.dev/v1alpha1
kind: Tenant
metadata:
  name: tenant-${index}
  namespace: dept-${department}
spec:
  displayName: 系统${index}
  planItem: P-${index}
  class: production
  contacts: { owner: ${department}-admins, onCall: ${department}-duty }
  members:
    - { group: ${department}-admins, role: admin }
    - { group: ${department}-duty, role: view }
  environments:
    - name: production
      size: s
      service: paired
      zone: public
      hosting:
        - { hostname: t${index}.${department}.river.gov.example, service: web, port: 80 }
    - { name: test, size: s }
`;
}

function department(index: number): string {
  const code = `dep${index}`;
  return `apiVersion: jinhong.dev/v1alpha1
kind: Department
metadata: { name: ${code} }
spec: { displayName: 部门${index}, level: city, domain: ${code}.river.gov.example, groups: [${code}-admins, ${code}-duty] }
`;
}

try {
  const cloud = readFileSync(join(root, 'examples/three-local/cloud.yaml'));
  writeFileSync(join(folder, 'cloud.yaml'), cloud);
  mkdirSync(join(folder, 'departments'));
  for (let index = 0; index < 100; index += 1)
    writeFileSync(join(folder, 'departments', `${index}.yaml`), department(index));
  for (let index = 0; index < count; index += 1) {
    const own = join(folder, 'tenants', String(index % 100));
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, `${index}.yaml`), tenant(index));
  }
  for (const run of [1, 2, 3]) {
    const startedMs = performance.now();
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'cli/main.ts'), 'check', folder, '--lang', 'en'],
      {
        encoding: 'utf8',
      },
    );
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(2);
    process.stdout.write(
      `run ${run}: ${count} manifests in ${seconds} s, exit code ${status}; ${stdout.trim().split('\n').at(-1)}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
