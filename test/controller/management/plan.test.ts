import { describe, expect, it } from 'vitest';
import { departmentObjects, departmentReady } from '../../../controller/management/departments/plan.ts';
import { siteConditions, siteObjects } from '../../../controller/management/sites/plan.ts';
import { managementCalls, siteAccountCalls } from '../../../core/access/management.ts';
import { allows, rulesOf } from '../../../core/access/roles.ts';
import { buildTree } from '../../../core/decide/allowance.ts';
import { Ledger } from '../../../core/decide/ledger.ts';
import type { Site } from '../../../core/model/kinds.ts';
import { cloud, departments } from '../../core/decide/fixture.ts';

const tree = buildTree(departments);
const groupsOf = (code: string, role: string) =>
  departmentObjects(tree, code)
    .filter(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === role)
    .flatMap((object) => (object['subjects'] as { name: string }[]).map(({ name }) => name));

describe('what a department gets in the management centre', () => {
  it('lets its own groups ask, all above look, and all reviewers above decide', () => {
    expect(groupsOf('street', 'jinhong:asker')).toEqual(['street-all']);
    expect(groupsOf('street', 'jinhong:viewer')).toEqual(['city-all', 'water-admins', 'water-staff']);
    expect(groupsOf('street', 'jinhong:reviewer')).toEqual(['city-funds', 'city-project']);
    const [namespace] = departmentObjects(tree, 'street');
    expect(namespace?.metadata).toMatchObject({
      name: 'dept-street',
      labels: { 'jinhong.dev/department': 'street', 'ancestor.jinhong.dev/city': 'true' },
      annotations: { 'jinhong.dev/project-reviewers': 'city-project', 'jinhong.dev/funds-reviewers': 'city-funds' },
    });
  });

  it('is Ready unless its place, level, allowance or reviewers are wrong', () => {
    const ready = (more: Partial<Parameters<typeof departmentReady>[0]> = {}, code = 'water') =>
      departmentReady({ tree, ledger: new Ledger(), cloud, ...more }, code).reason;
    expect(ready()).toBe('Ready');
    expect(ready({ foreign: 'Namespace dept-water' })).toBe('ForeignObject');
    expect(ready({ cloud: { ...cloud, levels: ['province'] } })).toBe('UnknownLevel');
    const ledger = new Ledger();
    ledger.set('water/x', { department: 'water', total: { 'requests.cpu': 41_000_000_000n }, holds: [] });
    expect(ready({ ledger })).toBe('AllowanceExceeded');
    const alone = buildTree([{ code: 'solo', spec: { displayName: 'x', level: 'city', groups: [] } }]);
    expect(ready({ tree: alone }, 'solo')).toBe('NoReviewer');
    const lost = buildTree([{ code: 'solo', spec: { displayName: 'x', level: 'city', parent: 'no', groups: [] } }]);
    expect(ready({ tree: lost }, 'solo')).toBe('UnknownParent');
  });
});

describe('what a site gets in the management centre', () => {
  it('is an account that reads its own Grants, reports, and renews its own Lease and token, nothing else', () => {
    const role = siteObjects('east').find(({ kind }) => kind === 'Role');
    const rules = role?.['rules'] as Parameters<typeof allows>[0];
    const grants = { group: 'jinhong.dev', resource: 'grants' };
    expect(allows(rules, { verb: 'watch', ...grants })).toBe(true);
    expect(allows(rules, { verb: 'patch', ...grants, subresource: 'status', name: 'x' })).toBe(true);
    expect(allows(rules, { verb: 'patch', ...grants, name: 'x' })).toBe(false);
    expect(allows(rules, { verb: 'get', group: '', resource: 'secrets', name: 'x' })).toBe(false);
    const token = { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token' };
    expect(allows(rules, { ...token, name: 'jinhong-site' })).toBe(true);
    expect(allows(rules, { ...token, name: 'other' })).toBe(false);
  });

  it('is covered by the rights of the management controller, as the API server demands', () => {
    const { cluster } = rulesOf(managementCalls);
    for (const { verb, group, resource, subresource, names = ['any'] } of siteAccountCalls('site-east')) {
      for (const name of names) {
        const attempt = { verb, group, resource, ...(subresource === undefined ? {} : { subresource }), name };
        expect(allows(cluster, attempt), JSON.stringify(attempt)).toBe(true);
      }
    }
  });

  it('says whether the site is heard, and when it holds more than it can', () => {
    const spec = { role: 'local' as const, region: 'here', wave: 1, capacity: { 'requests.cpu': '1' } };
    const site = { metadata: { name: 'east' }, spec } as unknown as Site;
    const facts = { ledger: new Ledger(), foreign: undefined };
    const contact = { reachable: true, lastContact: '2026-04-15T00:00:00Z' };
    const reasons = (list: ReturnType<typeof siteConditions>) => list.map(({ type, reason }) => `${type} ${reason}`);
    expect(reasons(siteConditions(site, { ...facts, contact }))).toEqual(['Reachable Reachable', 'Ready Reachable']);
    const silent = siteConditions(site, { ...facts, contact: { ...contact, reachable: false } });
    expect(silent[0]).toMatchObject({ status: 'Unknown', message: 'last contact 2026-04-15T00:00:00Z' });
    const amounts = { 'requests.cpu': 2_000_000_000n };
    facts.ledger.set('a/b', {
      department: 'a',
      total: amounts,
      holds: [{ site: 'east', role: 'active', primary: 'east', amounts }],
    });
    expect(siteConditions(site, { ...facts, contact })[1]).toMatchObject({
      reason: 'CapacityExceeded',
      message: 'requests.cpu: 2 of 1',
    });
  });
});
