import { describe, expect, it } from 'vitest';
import { findField } from '../../cli/explain/field.ts';
import { allRules } from '../../cli/explain/rule.ts';
import { run } from './support.ts';

describe('explain FIELD', () => {
  it.each([
    ['tenant', 'tenant'],
    ['Tenant.spec.class', 'tenant.spec.class'],
    ['tenant.spec.environments[0].hosting[].hostname', 'tenant.spec.environments.hosting.hostname'],
    ['tenant.spec.hosting', 'tenant.spec.environments.hosting'],
    ['tenant.spec.environments.quota.requests.cpu', 'tenant.spec.environments.quota.requests.cpu'],
    ['cloud.spec.sizes.medium.quota', 'cloud.spec.sizes.quota'],
    ['department.spec.reviewers.funds', 'department.spec.reviewers.funds'],
  ])('%s finds %s', (text, path) => {
    const search = findField(text);
    expect('found' in search && search.found.path).toBe(path);
  });

  it('names the places when a name has several', () => {
    const search = findField('approval.spec.name');
    expect(search).toEqual({ several: expect.arrayContaining(['approval.spec.for.name']) });
  });

  it.each([
    ['tenant.spec.enviroments', 'tenant.spec.environments'],
    ['tenant.spec.hostng', 'tenant.spec.environments.hosting'],
    ['tenant.spec.environments.siz', 'tenant.spec.environments.size'],
  ])('%s leads to %s', (text, near) => {
    expect(findField(text)).toEqual({ near });
  });

  it('says type, bounds, example and rules in both languages', async () => {
    const zh = await run(['--lang', 'zh', 'explain', 'tenant.spec.until']);
    const en = await run(['explain', 'tenant.spec.until']);
    expect(zh.stdout).toContain('到期日');
    expect(en.stdout).toContain('example: 2026-12-31');
    expect(en.stdout).toContain('(optional)');
    const spec = await run(['explain', 'tenant.spec']);
    expect(spec.stdout).toContain('rule UntilMissing');
    expect(spec.stdout).toMatch(/environments\* +list of fields/);
  });

  it('ends with 1 and a near name when there is no such field', async () => {
    const { code, stderr } = await run(['explain', 'tenant.spec.clas']);
    expect(code).toBe(1);
    expect(stderr).toContain('did you mean tenant.spec.class?');
  });
});

describe('explain RULE', () => {
  it.each([
    ['QuotaMissing', 'an environment needs a size or a quota'],
    ['DecidedByCaller', 'decidedBy must be the caller'],
    ['DuplicateKey', 'a field is written twice'],
    ['SiteSilent', 'The centre is silent'],
    ['ForeignObject', 'not ours'],
  ])('knows %s, wherever it is judged', async (rule, said) => {
    const { code, stdout } = await run(['explain', rule]);
    expect(code).toBe(0);
    expect(stdout).toContain(said);
  });

  it('has every rule in both languages', () => {
    for (const rule of allRules()) {
      expect(rule.id).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(rule.text.zh, rule.id).toMatch(/\p{Script=Han}/u);
      expect(rule.text.en, rule.id).not.toMatch(/\p{Script=Han}/u);
    }
  });

  it('names a near rule for an unknown one', async () => {
    const { code, stderr } = await run(['explain', 'QuotaMising']);
    expect(code).toBe(1);
    expect(stderr).toContain('did you mean QuotaMissing?');
  });
});
