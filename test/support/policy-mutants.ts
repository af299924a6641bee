/**
 * Copies of a rule's admission policy, each with one expression or one entry taken away. They only warn, so that one write
 * tells the verdicts of many copies at once, and they see only writes that carry their mark.
 */
import type { PlainObject } from '../../core/access/objects.ts';
import { bindingOf, policyOf } from '../../policies/objects.ts';
import type { Rule } from '../../policies/rule.ts';
import { cloud } from '../core/decide/fixture.ts';

interface Named {
  readonly name: string;
  readonly expression: string;
}

interface Resources {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  readonly scope: string;
}

interface PolicySpec {
  readonly validations: readonly { readonly expression: string }[];
  readonly matchConditions?: readonly Named[];
  readonly variables?: readonly Named[];
  readonly matchConstraints: { readonly resourceRules: readonly Resources[]; readonly objectSelector: object };
}

/** What is taken away; `mayFail` when the API server may refuse the copy, because its types no longer fit. */
interface Change {
  readonly what: string;
  readonly spec: (spec: PolicySpec) => PolicySpec;
  readonly everywhere?: boolean;
  readonly mayFail?: boolean;
}

/** A copy of a policy with its binding. */
export interface Mutant {
  /** In the cluster, unique. */
  readonly name: string;
  /** What is missing; `nothing` for the copy that must agree with the rule. */
  readonly what: string;
  readonly policy: PlainObject;
  readonly binding: PlainObject;
  readonly mayFail: boolean;
  readonly mark: Mark;
}

/** By what a copy knows the writes that are meant for it: a label of the object, or a group of the caller. */
export interface Mark {
  readonly by: 'label' | 'group';
  readonly value: string;
}

/** Label key of the marks. */
export const markLabel = 'only-for';

const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, at) => at !== index);
const nothing: Resources = { apiGroups: ['none.example'], resources: ['none'], operations: ['CREATE'], scope: '*' };

const withResources = (spec: PolicySpec, change: (rules: readonly Resources[]) => readonly Resources[]): PolicySpec => {
  const some = change(spec.matchConstraints.resourceRules).filter(
    ({ apiGroups, resources, operations }) => apiGroups.length * resources.length * operations.length > 0,
  );
  const resourceRules = some.length === 0 ? [{ ...nothing, apiVersions: ['*'] }] : some;
  return { ...spec, matchConstraints: { ...spec.matchConstraints, resourceRules } };
};

/** A value of each type in the place of a variable. */
const neutral = ['{}', '[]', 'true', 'false', "''"];

function changesOf(rule: Rule, spec: PolicySpec): Change[] {
  const { validations, matchConditions = [], variables = [] } = spec;
  const covers = spec.matchConstraints.resourceRules;
  // No connection comes about without a node, so none can be warned about: objects.test.ts tries to enter a container.
  const operations = [...new Set(covers.flatMap((cover) => cover.operations))].filter((one) => one !== 'CONNECT');
  return [
    { what: 'nothing', spec: (whole) => whole },
    ...rule.validations.map(({ name }, index) => ({
      what: `validation ${name}`,
      spec: (whole: PolicySpec) => ({
        ...whole,
        validations: validations.length === 1 ? [{ expression: 'true' }] : without(validations, index),
      }),
    })),
    ...matchConditions.map(({ name }, index) => ({
      what: `condition ${name}`,
      spec: (whole: PolicySpec) => ({ ...whole, matchConditions: without(matchConditions, index) }),
    })),
    ...variables.flatMap(({ name }, index) =>
      neutral.map((expression) => ({
        what: `variable ${name}: ${expression}`,
        mayFail: true,
        spec: (whole: PolicySpec) => ({
          ...whole,
          variables: variables.map((one, at) => (at === index ? { name, expression } : one)),
        }),
      })),
    ),
    ...covers.flatMap(({ resources }, index) =>
      resources.map((resource) => ({
        what: `resource ${resource}`,
        spec: (whole: PolicySpec) =>
          withResources(whole, (rules) =>
            rules.map((one, at) =>
              at === index ? { ...one, resources: without(resources, resources.indexOf(resource)) } : one,
            ),
          ),
      })),
    ),
    ...operations.map((operation) => ({
      what: `operation ${operation}`,
      spec: (whole: PolicySpec) =>
        withResources(whole, (rules) =>
          rules.map((one) => ({ ...one, operations: one.operations.filter((other) => other !== operation) })),
        ),
    })),
    ...(rule.where === 'everywhere' ? [] : [{ what: 'where', everywhere: true, spec: (whole: PolicySpec) => whole }]),
  ];
}

/**
 * The copies of a rule's policy, the whole one first. `prefix` begins their names. Those with one mark answer the same
 * writes: few enough for a server's warnings, which end at 4,096 characters; errors are long. Pure.
 */
export function mutantsOf(rule: Rule, prefix: string, by: Mark['by']): Mutant[] {
  const policy = policyOf(rule, cloud.groups);
  const spec = policy['spec'] as PolicySpec;
  return changesOf(rule, spec).map(({ what, spec: change, everywhere = false, mayFail = false }, index) => {
    const name = `${prefix}-${index}`;
    const value = `${prefix}-${mayFail ? `v${Math.floor(index / 8)}` : `e${Math.floor(index / 30)}`}`;
    const changed = change(spec);
    const own: PolicySpec = {
      ...changed,
      validations: changed.validations.map(({ expression }) => ({ expression, message: '-' })),
      matchConstraints: {
        ...changed.matchConstraints,
        ...(by === 'label' ? { objectSelector: { matchLabels: { [markLabel]: value } } } : {}),
      },
      matchConditions: [
        ...(by === 'group' ? [{ name: 'only', expression: `'${value}' in request.userInfo.groups` }] : []),
        ...(changed.matchConditions ?? []),
      ],
    };
    const bound = bindingOf(rule)['spec'] as Record<string, unknown>;
    const { matchResources, ...rest } = bound;
    const warning = { ...rest, policyName: name, validationActions: ['Warn'] };
    return {
      name,
      what,
      mayFail,
      mark: { by, value },
      policy: { ...policy, metadata: { name }, spec: own },
      binding: {
        ...bindingOf(rule),
        metadata: { name },
        spec: everywhere || matchResources === undefined ? warning : { ...warning, matchResources },
      },
    };
  });
}
