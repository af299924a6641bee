import { type PlainObject, platformLabels } from '../core/access/objects.ts';
import { labels } from '../core/model/names.ts';
import { boundCel, exemptFrom, type StaffGroups } from './exempt.ts';
import { allRules } from './index.ts';
import { type Expression, policyName, type Rule, refusalText } from './rule.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

/** The admission policies of every centre, each followed by its binding, in the order of the rules. Pure. */
export function policyObjects(staff: StaffGroups): PlainObject[] {
  return allRules.flatMap((rule) => [policyOf(rule, staff), bindingOf(rule)]);
}

/** The ValidatingAdmissionPolicy of one rule, every field that the server fills in written out. Pure. */
export function policyOf(rule: Rule, staff: StaffGroups): PlainObject {
  const bound = boundCel(exemptFrom(rule.binds, staff));
  const conditions = [...(bound === undefined ? [] : [{ name: 'bound', cel: bound }]), ...(rule.when ?? [])];
  const message = refusalText(rule);
  return {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: policyName(rule), labels: { ...platformLabels } },
    spec: {
      // A rule that cannot be judged refuses.
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: rule.covers.map((cover) => ({
          apiGroups: [...cover.groups],
          apiVersions: ['*'],
          operations: [...cover.operations],
          resources: [...cover.resources],
          // A binding's namespace selector lets everything of cluster scope through.
          scope: rule.where === 'tenant' ? 'Namespaced' : '*',
        })),
      },
      ...(conditions.length === 0 ? {} : { matchConditions: conditions.map(expression) }),
      ...(rule.variables === undefined ? {} : { variables: rule.variables.map(expression) }),
      validations: rule.validations.map(({ cel }) => ({ expression: cel, message, reason: 'Forbidden' })),
    },
  };
}

/** The binding that puts a rule in force: in tenants' namespaces, or everywhere. Pure. */
export function bindingOf(rule: Rule): PlainObject {
  const selector = { matchExpressions: [{ key: labels.tenant, operator: 'Exists' }] };
  const matchResources = { matchPolicy: 'Equivalent', namespaceSelector: selector, objectSelector: {} };
  return {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: policyName(rule), labels: { ...platformLabels } },
    spec: {
      policyName: policyName(rule),
      validationActions: ['Deny'],
      ...(rule.where === 'everywhere' ? {} : { matchResources }),
    },
  };
}

function expression({ name, cel }: Expression): { name: string; expression: string } {
  return { name, expression: cel };
}
