import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { partOfLabel } from '../../../cli/applyset.ts';
import type { PlanDocument } from '../../../cli/provision/document.ts';
import { nothingLive } from '../../../cli/provision/live.ts';
import { writePlanRecord } from '../../../cli/provision/record.ts';
import type { Tenant } from '../../../core/model/kinds.ts';
import { cloud, department, tenant } from '../../core/manifest/support.ts';
import { run, temporaryFolder } from '../support.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  write('cloud.yaml', cloud());
  write('lib.yaml', department());
  write('loan.yaml', tenant());
  write('mine.yaml', tenant('name: loan => name: mine', 'displayName: 借阅系统 => displayName: 另名'));
});
afterEach(() => folder.remove());

const write = (name: string, content: string) => folder.write(name, content);

it("a tenant that its department labelled as another set's is left out of the plan and named; the others are planned", async () => {
  const live = parse(tenant('name: loan => name: mine')) as Tenant;
  const labelled = { ...live, metadata: { ...live.metadata, labels: { [partOfLabel]: 'x' } } };
  const state = join(folder.path, '.state');
  await writePlanRecord(state, { at: 1, live: { ...nothingLive, tenants: [labelled], mark: 'm' }, sites: new Map() });
  const planOf = (...args: string[]) =>
    run(['plan', '.', '--offline', ...args], { cwd: folder.path, env: { JINHONG_STATE: state } });
  const { code, stdout } = await planOf('-o', 'json');
  const { tenants, tenantsForeign, reason } = JSON.parse(stdout) as PlanDocument;
  expect([code, reason, tenantsForeign]).toEqual([3, 'OwnedByOtherSet', ['lib/mine']]);
  expect(tenants.map(({ ref, change }) => `${change} ${ref}`)).toEqual(['create lib/loan']);
  expect((await planOf()).stdout).toContain(
    `left alone: lib/mine. Their departments take the label ${partOfLabel} off`,
  );
});
