import { afterAll, beforeAll } from 'vitest';
import { controllerRules } from '../../../policies/controller-rules.ts';
import { type PolicyCentre, startPolicyCentre } from '../../support/policies.ts';
import { describeAgreement } from '../../support/policy-agreement.ts';
import { reachTrials } from '../../support/policy-trials-reach.ts';

let policies: PolicyCentre;

beforeAll(async () => {
  policies = await startPolicyCentre('reach');
}, 180_000);
afterAll(() => policies?.stop());

describeAgreement(controllerRules, reachTrials, () => policies);
