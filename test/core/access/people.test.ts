import { expect, test } from 'vitest';
import { peopleBindings, peopleClusterRoles, peopleRoles, rulesOfPeopleRole } from '../../../core/access/people.ts';
import { allows } from '../../../core/access/roles.ts';

const groups = { platform: 'engineers', onCall: 'duty', supervision: 'auditors', breakGlass: 'emergency' };
const may = (roleName: string, verb: string, group: string, resource: string) =>
  allows(rulesOfPeopleRole(roleName), { verb, group, resource });

test('no role for people holds a wildcard, escalate, bind or impersonate', () => {
  for (const role of peopleClusterRoles()) {
    const text = JSON.stringify(role['rules']);
    expect(text, role.metadata.name).not.toMatch(/\*|escalate|impersonate|"bind"/);
  }
});

test('an asker writes Tenants and reads Approvals, and never decides', () => {
  expect(may(peopleRoles.asker, 'create', 'jinhong.dev', 'tenants')).toBe(true);
  expect(may(peopleRoles.asker, 'get', 'jinhong.dev', 'approvals')).toBe(true);
  expect(may(peopleRoles.asker, 'create', 'jinhong.dev', 'approvals')).toBe(false);
});

test('a reviewer decides but changes neither Tenants nor decisions', () => {
  expect(may(peopleRoles.reviewer, 'create', 'jinhong.dev', 'approvals')).toBe(true);
  for (const verb of ['update', 'patch', 'delete']) {
    expect(may(peopleRoles.reviewer, verb, 'jinhong.dev', 'approvals')).toBe(false);
    expect(may(peopleRoles.reviewer, verb, 'jinhong.dev', 'tenants')).toBe(false);
  }
});

test("members with view read no Secrets; nobody of a tenant touches quota, limits or the namespace's protection", () => {
  expect(may(peopleRoles.tenantView, 'get', '', 'secrets')).toBe(false);
  expect(may(peopleRoles.tenantEdit, 'get', '', 'secrets')).toBe(true);
  for (const name of [peopleRoles.tenantAdmin, peopleRoles.tenantEdit, peopleRoles.tenantView]) {
    for (const resource of ['resourcequotas', 'limitranges', 'namespaces']) {
      for (const verb of ['create', 'update', 'patch', 'delete']) expect(may(name, verb, '', resource)).toBe(false);
    }
  }
});

test('the directory is readable at the management centre by every group of it, and nowhere else', () => {
  const names = (management: boolean) =>
    peopleBindings({ groups, management, directory: ['beta', 'alpha', 'beta'] }).map((object) => object.metadata.name);
  expect(names(false)).not.toContain(peopleRoles.directoryReader);
  const at = peopleBindings({ groups, management: true, directory: ['beta', 'alpha', 'beta'] });
  const reader = at.find((object) => object.metadata.name === peopleRoles.directoryReader);
  const subjects = reader?.['subjects'] as { name: string }[];
  expect(subjects.map((subject) => subject.name)).toEqual([
    'alpha',
    'auditors',
    'beta',
    'duty',
    'emergency',
    'engineers',
  ]);
});

test('supervision sees and changes nothing', () => {
  for (const rule of rulesOfPeopleRole(peopleRoles.observer)) {
    expect(rule.verbs.every((verb) => ['get', 'list', 'watch'].includes(verb))).toBe(true);
    expect(rule.resources).not.toContain('secrets');
  }
});
