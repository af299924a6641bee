import { describe, expect, it } from 'vitest';
import { placesOf, ruleOf } from '../../cli/refusal.ts';
import { loadManifests } from '../../core/manifest/load.ts';
import { errorOfStatus, unreachable } from '../../kube/errors.ts';

const text = `apiVersion: jinhong.dev/v1alpha1
kind: Tenant
metadata: { name: loan, namespace: dept-alpha }
spec:
  displayName: 借阅系统
  planItem: QD-1
  class: production
  contacts: { owner: alpha-admins, onCall: alpha-duty }
  members: [{ group: alpha-admins, role: admin }]
  environments:
    - name: production
      size: small
    - name: test
      size: large
`;
const [manifest] = loadManifests([{ path: 'tenant.yaml', bytes: Buffer.from(text) }]).set.tenants;
if (manifest === undefined) throw new Error('the manifest of this test is broken');
const found = manifest;

function refusal(status: number, message: string, causes: object[] = []) {
  const body = JSON.stringify({ message, reason: 'Invalid', details: { causes } });
  return errorOfStatus(status, body, { server: 'hub', method: 'PATCH', path: '/x' });
}

describe("a server's refusal", () => {
  it('is led back to file, line and column of every field it names', () => {
    const error = refusal(422, 'Tenant is invalid', [
      { field: 'spec.environments[1].size', message: 'Invalid value: "large": no', reason: 'FieldValueInvalid' },
      {
        field: 'spec.environments[0]',
        message:
          'Invalid value: "object": QuotaMissing: 环境需要 size 或 quota / an environment needs a size or a quota',
        reason: 'FieldValueInvalid',
      },
    ]);
    const places = placesOf(error, found);
    expect(places.map(({ file, line, column, rule }) => [file, line, column, rule])).toEqual([
      ['tenant.yaml', 14, 13, 'ServerRefused'],
      ['tenant.yaml', 11, 7, 'QuotaMissing'],
    ]);
    expect(places[1]?.text).toEqual({ zh: '环境需要 size 或 quota', en: 'an environment needs a size or a quota' });
  });

  it('by an admission policy stands at the document, with its rule', () => {
    const message =
      "approvals \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: NotAReviewer: only reviewers decide / 只有审批组可以审批";
    expect(placesOf(refusal(403, message), found)).toMatchObject([
      { line: 1, rule: 'NotAReviewer', text: { zh: '只有审批组可以审批', en: 'only reviewers decide' } },
    ]);
  });

  it('is not made of errors that are not about the object', () => {
    expect(placesOf(refusal(403, 'tenants is forbidden: User "kate" cannot patch'), found)).toEqual([]);
    expect(placesOf(unreachable({ server: 'hub', method: 'GET', path: '/' }, 'refused', 'unreachable'), found)).toEqual(
      [],
    );
    expect(placesOf(new TypeError('x'), found)).toEqual([]);
  });

  it('names a rule in either order of languages', () => {
    expect(ruleOf('AbC: 中文 / english')).toEqual({ rule: 'AbC', text: { zh: '中文', en: 'english' } });
    expect(ruleOf('AbC: english / 中文')).toEqual({ rule: 'AbC', text: { zh: '中文', en: 'english' } });
    expect(ruleOf('nothing to see')).toBeUndefined();
  });
});
