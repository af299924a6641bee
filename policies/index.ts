import { controllerRules } from './controller-rules.ts';
import { decidedByCaller } from './decided-by-caller.ts';
import { exemptFrom, isExempt, type StaffGroups } from './exempt.ts';
import { notAReviewer } from './not-a-reviewer.ts';
import { objectRules } from './object-rules.ts';
import { podRules } from './pod-rules.ts';
import { podSecurityRestricted } from './pod-security-restricted.ts';
import { type FieldPath, type Rule, type RuleContext, type RuleRequest, refusalText } from './rule.ts';

/** Every rule, in the order in which refusals are listed. */
export const allRules: readonly Rule[] = [
  decidedByCaller,
  notAReviewer,
  ...objectRules,
  ...podRules,
  ...controllerRules,
];

/** A rule that a write breaks, with the places that break it. */
export interface Breach {
  readonly rule: Rule;
  /** At least one. */
  readonly paths: readonly FieldPath[];
}

/** Whether a rule sees this write at all, by its kind and operation. Pure. */
export function isCovered(
  rule: Rule,
  request: Pick<RuleRequest, 'group' | 'resource' | 'subresource' | 'operation'>,
): boolean {
  const { group, resource, subresource, operation } = request;
  const named = subresource === '' ? resource : `${resource}/${subresource}`;
  const fits = (list: readonly string[], value: string) => list.includes(value) || list.includes('*');
  return rule.covers.some(
    (cover) =>
      fits(cover.groups, group) &&
      cover.operations.includes(operation) &&
      (cover.resources.includes(named) ||
        cover.resources.includes('*/*') ||
        (subresource === '' && cover.resources.includes('*')) ||
        cover.resources.includes(`${resource}/*`)),
  );
}

/** Where a write is judged. */
export interface Place {
  /** The Namespace of the object; absent at cluster scope. */
  readonly context?: RuleContext;
  /** Whether that namespace is one of a tenant's environments. */
  readonly tenant: boolean;
  readonly staff: StaffGroups;
}

/** The rules that a write breaks, in the order of `rules`; empty when it is allowed. The API server says the same. Pure. */
export function judge(request: RuleRequest, place: Place, rules: readonly Rule[] = allRules): Breach[] {
  return rules.flatMap((rule) => {
    if (rule.where === 'tenant' && !place.tenant) return [];
    if (!isCovered(rule, request) || isExempt(request, exemptFrom(rule.binds, place.staff))) return [];
    const paths = rule.check(request, place.context);
    return paths.length === 0 ? [] : [{ rule, paths }];
  });
}

/**
 * The rule that an API server's refusal names, or undefined when it is about something else. Pod security judges Pods
 * before the rules do, in words of its own: they are those of the rule that says the same of templates. Pure.
 */
export function ruleOfRefusal(message: string): Rule | undefined {
  const named = allRules.find((rule) => message.includes(refusalText(rule)));
  return named ?? (message.includes('violates PodSecurity "restricted:') ? podSecurityRestricted : undefined);
}
