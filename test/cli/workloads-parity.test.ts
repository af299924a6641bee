import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { judgeWorkloads } from '../../cli/check/workloads.ts';
import { loadManifests } from '../../core/manifest/index.ts';
import type { TenantSpec } from '../../core/model/tenant.ts';
import { allRules, judge } from '../../policies/index.ts';
import type { JsonObject } from '../../policies/rule.ts';
import { cloud } from '../core/decide/fixture.ts';
import { file } from '../core/manifest/support.ts';
import { podRequests } from '../support/pod-arbitrary.ts';
import { podChanges } from '../support/pod-changes.ts';
import { exampleRequest, placeOf, requestOf } from '../support/policies.ts';

const members = ['parks-admins', 'parks-duty', 'parks-staff'];

function tenantOf(name: string) {
  const spec = {
    displayName: name,
    planItem: 'P-1',
    class: 'production',
    contacts: { owner: 'parks-admins', onCall: 'parks-duty' },
    members: members.map((group) => ({ group, role: 'view' })),
    environments: [{ name: 'production', size: 'small', zone: 'extranet' }],
  } as TenantSpec;
  return { object: { apiVersion: '', kind: 'Tenant', metadata: { name, namespace: 'dept-parks' }, spec } };
}

/** The surroundings that make the namespaces of test/support/policies.ts. */
const around = {
  cloud: { ...cloud, registries: ['mirror.city.example/library', 'registry.city.example'] },
  departments: [],
  tenants: [tenantOf('web'), tenantOf('bare')],
  tenantsOf: () => [],
};
const admission = new Set(allRules.map(({ id }) => id));

/** Objects as one file of many documents, judged as `jinhong check` does: ids by document, and what is wrong with their places. */
function checked(objects: readonly JsonObject[]) {
  // kubectl reads YAML 1.1, so words like `yes` are quoted as for such readers.
  const texts = objects.map((object) =>
    stringify(object, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 }),
  );
  const { set, problems } = loadManifests([file('all.yaml', texts.join('---\n'))]);
  expect(problems).toEqual([]);
  expect(set.workloads).toHaveLength(objects.length);
  const lines = set.workloads.map(({ line }) => line);
  const misplaced: string[] = [];
  const ids = set.workloads.map((workload, index) => {
    const found = judgeWorkloads([workload], around).filter(({ rule }) => admission.has(rule));
    for (const { rule, line } of found) {
      if (line < (lines[index] ?? 0) || line >= (lines[index + 1] ?? Infinity)) misplaced.push(`${rule} ${line}`);
    }
    return [...new Set(found.map(({ rule }) => rule))];
  });
  return { ids, misplaced };
}

function expected(object: JsonObject): string[] {
  const request = requestOf({ operation: 'CREATE', object, user: '', groups: members });
  return judge(request, placeOf(request)).map(({ rule }) => rule.id);
}

describe('what jinhong check says of a file is what the rules say of its objects', () => {
  it.each(Object.keys(podChanges))('for generated Pods and templates around %s', (rule) => {
    const objects = podRequests(rule, { count: 60 }).flatMap(({ object }) => (object === undefined ? [] : [object]));
    const { ids, misplaced } = checked(objects);
    expect(ids).toEqual(objects.map(expected));
    expect(misplaced).toEqual([]);
    expect(ids.filter((own) => own.includes(rule)).length).toBeGreaterThan(5);
  });

  it('for the examples of all rules, read as new objects', () => {
    const objects = allRules
      .flatMap((rule) => [exampleRequest(rule, rule.passing), exampleRequest(rule, rule.failing)])
      .flatMap(({ object, namespace = 'parks-web-production' }) =>
        object === undefined || namespace !== 'parks-web-production' ? [] : [object],
      )
      .filter(
        (object) => typeof object['kind'] === 'string' && !String(object['apiVersion']).startsWith('jinhong.dev/'),
      );
    const { ids, misplaced } = checked(objects);
    expect(objects.length).toBeGreaterThan(40);
    expect(ids).toEqual(objects.map(expected));
    expect(misplaced).toEqual([]);
  });
});
