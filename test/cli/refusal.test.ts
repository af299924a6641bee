import { describe, expect, it } from 'vitest';
import { asRefusal, placesOf, ruleOf } from '../../cli/refusal.ts';
import { renderError } from '../../cli/view/error.ts';
import { makeStyle } from '../../cli/view/style.ts';
import { exitCodeFor } from '../../core/errors.ts';
import { loadManifests } from '../../core/manifest/load.ts';
import { errorOfStatus, unreachable } from '../../kube/errors.ts';
import { narrowNetworkPolicy } from '../../policies/narrow-network-policy.ts';
import { notAReviewer } from '../../policies/not-a-reviewer.ts';
import { podSecurityRestricted } from '../../policies/pod-security-restricted.ts';
import { refusalText } from '../../policies/rule.ts';

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
  it('is led back to file, line and column of every field it names', async () => {
    const error = refusal(422, 'Tenant is invalid', [
      { field: 'spec.environments[1].size', message: 'Invalid value: "large": no', reason: 'FieldValueInvalid' },
      {
        field: 'spec.environments[0]',
        message:
          'Invalid value: "object": QuotaMissing: 环境需要 size 或 quota / an environment needs a size or a quota',
        reason: 'FieldValueInvalid',
      },
    ]);
    const places = await placesOf(error, found);
    expect(places.map(({ file, line, column, rule }) => [file, line, column, rule])).toEqual([
      ['tenant.yaml', 14, 13, 'ServerRefused'],
      ['tenant.yaml', 11, 7, 'QuotaMissing'],
    ]);
    expect(places[1]?.text).toEqual({ zh: '环境需要 size 或 quota', en: 'an environment needs a size or a quota' });
  });

  it('by an admission policy stands at the document, with the id and the sentence of the rule', async () => {
    const message = `approvals "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: ${refusalText(notAReviewer)}`;
    const [place] = await placesOf(refusal(403, message), found);
    expect(place).toMatchObject({ line: 1, rule: 'NotAReviewer', text: notAReviewer.text });
    expect(place?.fix.en).toContain('jinhong explain NotAReviewer');
  });

  it('by a policy that this version does not know is still read', async () => {
    const message = "x is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: NewRule: no / 不行";
    expect(await placesOf(refusal(403, message), found)).toMatchObject([
      { line: 1, rule: 'NewRule', text: { zh: '不行', en: 'no' } },
    ]);
  });

  it('is not made of errors that are not about the object', async () => {
    expect(await placesOf(refusal(403, 'tenants is forbidden: User "kate" cannot patch'), found)).toEqual([]);
    const lost = unreachable({ server: 'hub', method: 'GET', path: '/' }, 'refused', 'unreachable');
    expect(await placesOf(lost, found)).toEqual([]);
    expect(await placesOf(new TypeError('x'), found)).toEqual([]);
  });

  it('names a rule in either order of languages', async () => {
    const named = { rule: 'AbC', text: { zh: '中文', en: 'english' } };
    expect(await ruleOf('AbC: 中文 / english')).toMatchObject(named);
    expect(await ruleOf('AbC: english / 中文')).toMatchObject(named);
    expect(await ruleOf('nothing to see')).toBeUndefined();
  });
});

describe('an error of any command', () => {
  const denied = `hub: POST /x: x is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: ${refusalText(narrowNetworkPolicy)}`;

  it('that admission gave becomes a refusal by its rule: exit code 3, sentence, rule, and how to learn more', async () => {
    const error = await asRefusal(refusal(403, denied));
    expect(exitCodeFor(error)).toBe(3);
    const look = { style: makeStyle(false), output: 'text', verbose: false, exitCode: 3 } as const;
    const text = renderError(error, { ...look, lang: 'en' });
    expect(text).toContain(`error: ${narrowNetworkPolicy.text.en}`);
    expect(text).toContain('NarrowNetworkPolicy  (jinhong explain NarrowNetworkPolicy)');
    expect(renderError(error, { ...look, lang: 'zh' })).toContain(narrowNetworkPolicy.text.zh);
  });

  it('that pod security gave in its own words is said in those of its rule', async () => {
    const words = 'pods "web" is forbidden: violates PodSecurity "restricted:v1.35": runAsNonRoot != true';
    const error = await asRefusal(refusal(403, words));
    expect(exitCodeFor(error)).toBe(3);
    expect(error).toMatchObject({ data: { rule: 'PodSecurityRestricted', text: podSecurityRestricted.text } });
  });

  it('that is anything else stays what it is', async () => {
    const right = refusal(403, 'tenants is forbidden: User "kate" cannot patch');
    expect(await asRefusal(right)).toBe(right);
    const other = refusal(403, "ValidatingAdmissionPolicy 'foreign' denied request: failed expression: false");
    expect(await asRefusal(other)).toBe(other);
    const broken = new TypeError('x');
    expect(await asRefusal(broken)).toBe(broken);
  });
});
