import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Approval, Tenant } from '../../core/model/kinds.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject } from '../../kube/types.ts';
import { until } from '../support/centre.ts';
import { clientAs, withOwnCloud } from '../support/cloud.ts';

const folder = join(import.meta.dirname, '../../examples/three-local');

interface CloudFile {
  readonly spec: {
    readonly groups: { readonly platform: string };
    readonly sites: readonly { readonly name: string; readonly role: string }[];
  };
}

const read = (pattern: string) =>
  globSync(pattern, { cwd: folder }).flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((doc) => doc.toJS() as unknown),
  );

it('a cloud of three local and two recovery centres runs its tenants where it should', {
  timeout: 400_000,
}, async () => {
  const cloud = parse(readFileSync(join(folder, 'cloud.yaml'), 'utf8')) as CloudFile;
  const people = (
    parse(readFileSync(join(folder, 'people.yaml'), 'utf8')) as { people: { user: string; groups: string[] }[] }
  ).people;
  const sites = cloud.spec.sites.map((site) => site.name);
  const nameOf = (role: string) => cloud.spec.sites.filter((site) => site.role === role).map((site) => site.name);
  await withOwnCloud({ sites, city: folder, platformGroup: cloud.spec.groups.platform }, async ({ person, run }) => {
    const engineer = await person('engineer', [cloud.spec.groups.platform]);
    const up = await run(['up', folder, '--yes', '--no-wait'], engineer);
    expect(up.code, up.stdout + up.stderr).toBe(0);
    const management = nameOf('management')[0] ?? '';
    const byReviewer = Map.groupBy(read('approvals/**/*.yaml') as Approval[], (approval) => approval.spec.decidedBy);
    for (const [user, approvals] of byReviewer) {
      const groups = people.find((entry) => entry.user === user)?.groups ?? [];
      const client = await clientAs(await person(user, groups), management);
      for (const approval of approvals) await client.create(approval as unknown as KubeObject);
      await client.close();
    }
    const hub = await clientAs(engineer, management);
    const tenants = await until(
      'every tenant is Ready',
      async () => {
        const { items } = await hub.list(resources.tenant);
        const all = items as unknown as Tenant[];
        const ready = (tenant: Tenant) =>
          tenant.status?.conditions.find((entry) => entry.type === 'Ready')?.status === 'True';
        return all.length > 0 && all.every(ready) ? all : undefined;
      },
      120_000,
    );
    for (const { status, metadata } of tenants) {
      const at = (role: string) => (status?.sites ?? []).filter((site) => site.role === role).map((site) => site.name);
      expect(
        at('active').filter((site) => nameOf('local').includes(site)),
        metadata.name,
      ).toHaveLength(1);
      expect(at('standby').every((site) => nameOf('local').includes(site) && !at('active').includes(site))).toBe(true);
      expect(at('copy').every((site) => nameOf('recovery').includes(site))).toBe(true);
    }
    const used = new Set(
      tenants
        .flatMap((tenant) => tenant.status?.sites ?? [])
        .filter((site) => site.role === 'active')
        .map((site) => site.name),
    );
    expect([...used].sort(), 'all local centres are used').toEqual(nameOf('local').sort());
    await hub.close();
  });
});
