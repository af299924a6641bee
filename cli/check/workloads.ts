import { peopleRoles, rulesOfPeopleRole } from '../../core/access/people.ts';
import { fieldText } from '../../core/manifest/schema-walk.ts';
import type { Located, Problem, Severity } from '../../core/manifest/types.ts';
import type { Workload } from '../../core/manifest/workload.ts';
import {
  explainRule,
  kindNotKnown,
  notAsKind,
  notForMembers,
  notJudged,
  otherNamespace,
  type Unknown,
} from '../../core/manifest/workload-words.ts';
import { allRules, judge, type Place } from '../../policies/index.ts';
import type { FieldPath, JsonObject, Rule, RuleRequest } from '../../policies/rule.ts';
import { groupOf, kindsNear, type Served, servedKind } from './kinds.ts';
import { type Around, type Namespace, namespaceFinder } from './place.ts';

/**
 * Judges a department's own manifests by the rules that every centre's API server enforces (policies/): each object as
 * if a member of the tenant created it. The id and the sentence are the server's.
 */

/** Settings of one judgement. */
export interface WorkloadOptions extends Around {
  /** `--namespace`: for objects that name none, as kubectl takes it. */
  readonly namespace?: string | undefined;
}

type Found = Located<Workload>;
type Said = Pick<Problem, 'rule' | 'text' | 'fix'> & { readonly severity?: Severity };

/** Every breach with its place, and notes of what could not be judged; in the order of the workloads. */
export function judgeWorkloads(workloads: readonly Found[], options: WorkloadOptions): Problem[] {
  const find = namespaceFinder(options);
  const gaps = new Gaps();
  const problems = workloads.flatMap((workload) => judgeOne(workload, { options, find, gaps }));
  return [...problems, ...gaps.problems()];
}

interface Judging {
  readonly options: WorkloadOptions;
  readonly find: (name: string | undefined) => Namespace;
  readonly gaps: Gaps;
}

function judgeOne(workload: Found, { options, find, gaps }: Judging): Problem[] {
  const { object } = workload;
  const served = servedKind(object.apiVersion, object.kind);
  const at = placer(workload);
  const written = object.metadata?.namespace;
  const problems: Problem[] = [];
  if (served === undefined) {
    const near = kindsNear(object.apiVersion, object.kind);
    problems.push(at(['kind'], kindNotKnown(object.kind, object.apiVersion, near)));
  }
  if (served?.namespaced !== false && options.namespace !== undefined && written !== undefined) {
    if (written !== options.namespace)
      problems.push(at(['metadata', 'namespace'], otherNamespace(String(written), options.namespace)));
  }
  const namespace = find(typeof written === 'string' && written !== '' ? written : options.namespace);
  const breaches = breachesOf(workload, served ?? guessed(object), namespace, gaps);
  problems.push(
    ...breaches.flatMap(({ rule, paths }) =>
      paths.map((path) => at(path, { rule: rule.id, text: rule.text, fix: explainRule(rule.id, fieldText(path)) })),
    ),
  );
  if (breaches.length === 0 && served !== undefined && !mayCreate(served))
    problems.push(at(['kind'], notForMembers(object.kind)));
  if (gaps.stumbled(workload)) problems.push(at(['kind'], notAsKind(object.kind)));
  return problems;
}

function placer(workload: Found): (path: FieldPath, said: Said) => Problem {
  return (path, said) => {
    const field = fieldText(path);
    const place = { file: workload.file, ...workload.at(path) };
    return { ...place, severity: 'error', ...said, ...(field === '' ? {} : { field }) };
  };
}

/** A custom resource: only rules on everything see it, and those do not look at its resource. */
function guessed({ apiVersion, kind }: Workload): Served {
  return { group: groupOf(apiVersion), kind, plural: `${kind.toLowerCase()}s`, namespaced: true };
}

function breachesOf(workload: Found, served: Served, namespace: Namespace, gaps: Gaps) {
  const staff = { platform: '', breakGlass: '' };
  return allRules.flatMap((rule) => {
    const asked = new Set<Unknown>();
    const request = requestOf(workload.object, served, namespace, asked);
    const place: Place = served.namespaced
      ? { tenant: true, staff, context: watched(namespace, asked) }
      : { tenant: false, staff };
    try {
      const found = judge(request, place, [rule]);
      if (asked.size === 0) return found;
      for (const unknown of asked) gaps.add(workload, unknown, { namespace, rule });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      gaps.stumble(workload);
    }
    return [];
  });
}

/** The write as `kubectl apply` by a member would make it; asking for a namespace that is not known is remembered. */
function requestOf(object: Workload, served: Served, namespace: Namespace, asked: Set<Unknown>): RuleRequest {
  const { name } = namespace;
  const request = {
    operation: 'CREATE' as const,
    group: served.group,
    resource: served.plural,
    subresource: '',
    object: (served.namespaced && name !== undefined
      ? { ...object, metadata: { ...object.metadata, namespace: name } }
      : object) as unknown as JsonObject,
    user: '',
    groups: [...namespace.groups, 'system:authenticated'],
  };
  if (!served.namespaced) return request;
  if (name !== undefined) return { ...request, namespace: name };
  const remembering = {
    get namespace(): string {
      asked.add('namespace');
      return '';
    },
  };
  return Object.defineProperties(request, Object.getOwnPropertyDescriptors(remembering));
}

/** The namespace's marks; reading one that is not known is remembered, because what follows from it counts for nothing. */
function watched({ context, unknown }: Namespace, asked: Set<Unknown>): Place['context'] & object {
  const look = (key: string | symbol) => {
    const why = typeof key === 'string' ? unknown(key) : undefined;
    if (why !== undefined) asked.add(why);
  };
  const handler: ProxyHandler<Record<string, string>> = {
    get(target, key) {
      look(key);
      return Reflect.get(target, key) as unknown;
    },
    has(target, key) {
      look(key);
      return Reflect.has(target, key);
    },
  };
  return {
    labels: new Proxy<Record<string, string>>({ ...context.labels }, handler),
    annotations: new Proxy<Record<string, string>>({ ...context.annotations }, handler),
  };
}

const memberRules = rulesOfPeopleRole(peopleRoles.tenantAdmin);

function mayCreate({ group, plural }: Served): boolean {
  return memberRules.some(
    ({ apiGroups, resources, verbs }) =>
      apiGroups.includes(group) && resources.includes(plural) && verbs.includes('create'),
  );
}

interface Gap {
  readonly workload: Found;
  readonly unknown: Unknown;
  readonly namespace: string;
  readonly rules: Set<string>;
}

/** What was not judged: one note for each file, namespace and reason, at the first object that it is about. */
class Gaps {
  readonly #found = new Map<string, Gap>();
  readonly #stumbled = new Set<Found>();

  add(workload: Found, unknown: Unknown, { namespace, rule }: { namespace: Namespace; rule: Rule }): void {
    const name = unknown === 'cloud' ? '' : (namespace.name ?? '');
    const key = JSON.stringify([workload.file, unknown, name]);
    const gap = this.#found.get(key) ?? { workload, unknown, namespace: name, rules: new Set<string>() };
    gap.rules.add(rule.id);
    this.#found.set(key, gap);
  }

  /** Notes that a rule could not read an object. */
  stumble(workload: Found): void {
    this.#stumbled.add(workload);
  }

  stumbled(workload: Found): boolean {
    return this.#stumbled.has(workload);
  }

  problems(): Problem[] {
    return [...this.#found.values()].map(({ workload, unknown, namespace, rules }) => {
      const path = unknown === 'cloud' ? [] : ['metadata', 'namespace'];
      return placer(workload)(path, notJudged(unknown, namespace, [...rules]));
    });
  }
}
