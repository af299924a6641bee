import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../../../policies/index.ts';
import { podRules } from '../../../policies/pod-rules.ts';
import {
  bindingRequests,
  goodPod,
  installForPods,
  podRequest,
  podRequests,
  revisionRequests,
} from '../../support/pod-arbitrary.ts';
import {
  deviations,
  exampleNamespace,
  type PolicyCentre,
  placeOf,
  startPolicyCentre,
  type Trial,
  tryOnServer,
} from '../../support/policies.ts';

let policies: PolicyCentre;

beforeAll(async () => {
  policies = await startPolicyCentre('pods');
  await installForPods(policies);
}, 300_000);
afterAll(() => policies?.stop());

const requestsOf = (rule: string): Trial[] => {
  if (rule === 'HandMadeRevision') return revisionRequests(500);
  return [...podRequests(rule, { count: 500 }), ...(rule === 'NodeName' ? bindingRequests(100) : [])];
};

/** Schema and plugins of the API server that come before the rules; they may only refuse what the rules refuse too. */
const byServer = /is invalid:|pod rejected|the integer value of priority/;

describe.each(podRules.map(({ id }) => id))('the rule %s', (rule) => {
  it('is the same in TypeScript and on the API server for 500 generated writes', async () => {
    const requests = requestsOf(rule);
    const broken = requests.filter((request) =>
      judge(request, placeOf(request)).some((breach) => breach.rule.id === rule),
    );
    expect(broken.length).toBeGreaterThanOrEqual(requests.length * 0.2);
    expect(broken.length).toBeLessThanOrEqual(requests.length * 0.8);
    let elsewhere = 0;
    const found = await deviations(policies, requests, (message) => {
      const known = byServer.test(message);
      elsewhere += known ? 1 : 0;
      return known;
    });
    expect(found).toEqual([]);
    expect(elsewhere).toBeLessThanOrEqual(requests.length * 0.05);
  }, 600_000);
});

describe('pod security itself', () => {
  it('says the same about 500 generated Pods as the rule that repeats it for templates', async () => {
    const inTenant = (request: Trial): Trial => ({
      ...request,
      namespace: exampleNamespace,
      object: { ...request.object, metadata: { name: 'web', namespace: exampleNamespace } },
    });
    const requests = podRequests('PodSecurityRestricted', { count: 6500, seed: 7 })
      .filter(({ resource, operation }) => resource === 'pods' && operation === 'CREATE')
      .slice(0, 500);
    expect(requests.length).toBe(500);
    let words = 0;
    const found: string[] = [];
    const one = async (request: Trial): Promise<void> => {
      const { allowed, message = '' } = await tryOnServer(policies, request);
      const bySecurity = message.includes('violates PodSecurity "restricted');
      words += bySecurity ? 1 : 0;
      const breaches = judge(request, placeOf(request)).map((breach) => breach.rule.id);
      const expected = breaches.includes('PodSecurityRestricted');
      const other = !allowed && (byServer.test(message) || breaches.some((id) => id !== 'PodSecurityRestricted'));
      if (bySecurity === expected || (other && !bySecurity)) return;
      found.push(`${message} instead of ${expected}: ${JSON.stringify(request)}`);
    };
    const left = requests.map(inTenant);
    const worker = async (): Promise<void> => {
      for (let request = left.pop(); request !== undefined; request = left.pop()) await one(request);
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    expect(found).toEqual([]);
    expect(words).toBeGreaterThan(100);
  }, 600_000);
});

describe('what real Pods look like', () => {
  it('passes all rules, also with a hundred containers', async () => {
    const [first] = goodPod().spec['containers'] as object[];
    const containers = Array.from({ length: 100 }, (_, index) => ({ ...first, name: `web-${index}` }));
    for (const pod of [goodPod(), { ...goodPod(), spec: { ...goodPod().spec, containers } }]) {
      for (const kind of ['Deployment', 'StatefulSet', 'CronJob', 'Pod'] as const) {
        expect(await tryOnServer(policies, podRequest(kind, 'create', 'real', pod))).toEqual({ allowed: true });
      }
    }
  });
});
