import { describe, expect, it } from 'vitest';
import { renderError, sayError } from '../../../cli/view/error.ts';
import { makeStyle } from '../../../cli/view/style.ts';
import { AppError } from '../../../core/errors.ts';
import { errorOfStatus } from '../../../kube/errors.ts';

const look = { lang: 'en', style: makeStyle(false), output: 'text', verbose: false, exitCode: 1 } as const;

const full = new AppError('policy', 'english message', {
  code: 'quota-missing',
  data: {
    text: { zh: '缺少配额', en: 'the quota is missing' },
    hintText: { zh: '加上 size', en: 'add a size' },
    where: 'tenant.yaml:7:3',
    rule: 'QuotaMissing',
    why: 'quota is absent',
    who: 'project-office by 2026-12-01',
  },
});

describe('an error', () => {
  it('says what, where, rule, why, fix and who acts next', () => {
    expect(renderError(full, look)).toBe(
      [
        'error: the quota is missing',
        '  where: tenant.yaml:7:3',
        '  rule: QuotaMissing  (jinhong explain QuotaMissing)',
        '  why: quota is absent',
        '  fix: add a size',
        '  who acts: project-office by 2026-12-01',
        '',
      ].join('\n'),
    );
  });

  it('says the same in Chinese', () => {
    const text = renderError(full, { ...look, lang: 'zh' });
    expect(text).toContain('错误: 缺少配额');
    expect(text).toContain('处理: 加上 size');
    expect(text).not.toContain('english message');
  });

  it('is one JSON object with -o json, with exit code and reason', () => {
    expect(JSON.parse(renderError(full, { ...look, output: 'json', exitCode: 3 }))).toEqual({
      apiVersion: 'jinhong.dev/v1alpha1',
      kind: 'Error',
      exitCode: 3,
      reason: 'quota-missing',
      message: 'the quota is missing',
      where: 'tenant.yaml:7:3',
      rule: 'QuotaMissing',
      why: 'quota is absent',
      hint: 'add a size',
      who: 'project-office by 2026-12-01',
    });
  });

  it("of an API server is said in words, with the server's own as the reason", () => {
    const body = JSON.stringify({ message: 'tenants is forbidden: User "kate" cannot list', reason: 'Forbidden' });
    const error = errorOfStatus(403, body, { server: 'hub', method: 'GET', path: '/x' });
    const said = sayError(error, 'zh');
    expect(said.message).toContain('hub：服务器拒绝');
    expect(said.why).toContain('User "kate" cannot list');
    expect(said.hint).toContain('jinhong doctor');
  });

  it('that nobody expected is called a bug, with its stack only on demand', () => {
    const bug = new TypeError('x is undefined');
    const text = renderError(bug, look);
    expect(text).toContain('TypeError: x is undefined');
    expect(text).toContain('This is a bug in Jinhong');
    expect(text).not.toContain('error.test.ts');
    expect(renderError(bug, { ...look, verbose: true })).toContain('error.test.ts');
  });
});
