import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { admissionFacts, admissionLines, coverLine } from '../../cli/explain/admission.ts';
import { findField } from '../../cli/explain/field.ts';
import { allRules } from '../../cli/explain/rule.ts';
import { makeStyle } from '../../cli/view/style.ts';
import { exemptFrom } from '../../policies/exempt.ts';
import { allRules as admissionRules } from '../../policies/index.ts';
import { narrowNetworkPolicy } from '../../policies/narrow-network-policy.ts';
import { cloud } from '../core/manifest/support.ts';
import { run, temporaryFolder } from './support.ts';

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

describe('explain of a rule of admission', () => {
  const plain = makeStyle(false);

  it('says sentence, reason, reach, whom it binds, where it is enforced, and both examples', async () => {
    const { stdout } = await run(['explain', 'NarrowNetworkPolicy']);
    expect(stdout).toContain(narrowNetworkPolicy.text.en);
    expect(stdout).toContain(`why: ${narrowNetworkPolicy.why.en}`);
    expect(stdout).toContain('where: namespaces of tenants');
    expect(stdout).toContain('NetworkPolicy (networking.k8s.io): create, update');
    expect(stdout).toMatch(/^binds: everyone but group \(cloud\.yaml: groups\.breakGlass\), /m);
    expect(stdout).toMatch(/^enforced by: the API server.*, jinhong check, jinhong plan, jinhong up$/m);
    expect(stdout).toMatch(/^ +namespaceSelector: \{\} {2}# <-- refused$/m);
    const zh = await run(['explain', 'NarrowNetworkPolicy', '--lang', 'zh']);
    expect(zh.stdout).toContain(narrowNetworkPolicy.why.zh);
    expect(zh.stdout).toContain('# <-- 拒绝');
    expect(zh.stdout).toContain('NetworkPolicy（networking.k8s.io）：新建、修改');
  });

  it('names the groups of the city when its cloud.yaml is near', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, 'cloud.yaml'), cloud());
    const { stdout } = await run(['explain', 'PlatformMarks'], { cwd: folder.path });
    folder.remove();
    expect(stdout).toContain('everyone but group break-glass, group engineers, ');
  });

  it('as JSON gives the same with the whole list of those it does not bind', async () => {
    const { stdout } = await run(['explain', 'NarrowNetworkPolicy', '-o', 'json']);
    const { items } = JSON.parse(stdout) as { items: Record<string, unknown>[] };
    const { check: _, validations: __, ...said } = narrowNetworkPolicy;
    const staff = { platform: '(cloud.yaml: groups.platform)', breakGlass: '(cloud.yaml: groups.breakGlass)' };
    expect(items).toEqual([
      {
        ...said,
        source: 'admission',
        exempt: exemptFrom('tenants', staff),
        enforcedBy: ['api-server', 'check', 'plan', 'up'],
      },
    ]);
  });

  it.each(admissionRules.map((rule) => [rule.id, rule] as const))(
    '%s shows where its examples differ, as YAML that reads back',
    (_, rule) => {
      for (const lang of ['zh', 'en'] as const) {
        const text = admissionLines(admissionFacts(rule), lang, plain).join('\n');
        const [head, allowed = '', refused = ''] = text.split(/^(?:allowed|refused|允许的示例|被拒的示例):$/m);
        expect(head).toContain(rule.text[lang]);
        if (rule.passing.by === 'platform' && !('oldObject' in rule.passing)) continue;
        expect(`${allowed}${refused}`).toContain('# <-- ');
        if (rule.passing.oldObject !== undefined) continue;
        expect(parse(allowed)).toEqual(rule.passing.object);
        expect(parse(refused)).toEqual(rule.failing.object);
      }
    },
  );

  it('names kinds instead of resources and leaves out subresources that go without saying', () => {
    const cover = { groups: [''], resources: ['pods', 'pods/*', 'nodes/status'], operations: ['DELETE'] } as const;
    expect(coverLine(cover, 'en')).toBe('Pod, Node/status (v1): delete');
    expect(coverLine({ groups: ['*'], resources: ['*'], operations: ['CREATE'] }, 'zh')).toBe('*（*）：新建');
  });
});

describe('explain without an argument', () => {
  it.each([[[]], [['rules']]])('%j lists every rule in groups', async (args) => {
    const { code, stdout } = await run(['explain', ...args]);
    expect(code).toBe(0);
    const ids = new Set([...stdout.matchAll(/^ {2}([A-Z]\w+) {2,}/gm)].map((match) => match[1]));
    expect([...new Set(allRules().map(({ id }) => id))].filter((id) => !ids.has(id))).toEqual([]);
    expect(stdout.indexOf('judged by every API server')).toBeLessThan(stdout.indexOf('a reason given by'));
  });

  it('as JSON is one list', async () => {
    const { items } = JSON.parse((await run(['explain', '-o', 'json'])).stdout) as { items: unknown[] };
    expect(items).toHaveLength(allRules().length);
  });
});
