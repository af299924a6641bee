/**
 * What the rules about Pods share. A Pod is judged wherever it is written down: as a Pod, and as the template of one inside
 * the kinds below, because pod security itself only warns about templates, and the controllers that make Pods from
 * templates are not bound by the rules (exempt.ts).
 *
 * A change is judged as a whole, but only when it changes the spec: what is forbidden cannot be smuggled in by halves, and
 * a label or a finalizer of an object that is older than a rule can still be changed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Cover, Expression, FieldPath, Json, JsonObject, Rule, RuleContext, RuleRequest } from './rule.ts';

const operations = ['CREATE', 'UPDATE'] as const;

/** Every kind that holds a template of a Pod. */
export const templateCovers: readonly Cover[] = [
  { groups: [''], resources: ['podtemplates', 'replicationcontrollers'], operations },
  { groups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], operations },
  { groups: ['batch'], resources: ['cronjobs', 'jobs'], operations },
];

/** Pods, with the two subresources that change their spec, and every kind with a template. */
export const podCovers: readonly Cover[] = [
  { groups: [''], resources: ['pods', 'pods/ephemeralcontainers', 'pods/resize'], operations },
  ...templateCovers,
];

/** Where the Pod is in each kind: the path to what has `metadata` and `spec`. */
const places: Readonly<Record<string, readonly string[]>> = {
  pods: [],
  podtemplates: ['template'],
  cronjobs: ['spec', 'jobTemplate', 'spec', 'template'],
};

const specCel =
  "request.resource.resource == 'pods' ? dyn(object).spec : " +
  "request.resource.resource == 'podtemplates' ? dyn(object).template.spec : " +
  "request.resource.resource == 'cronjobs' ? dyn(object).spec.jobTemplate.spec.template.spec : " +
  'dyn(object).spec.template.spec';

/** `dyn` keeps the server from checking the expression against each kind: the fields differ, the rule does not. */
const variables: readonly Expression[] = [
  { name: 'spec', cel: specCel },
  {
    name: 'annotations',
    cel:
      "(request.resource.resource == 'pods' ? dyn(object) : " +
      "request.resource.resource == 'podtemplates' ? dyn(object).template : " +
      "request.resource.resource == 'cronjobs' ? dyn(object).spec.jobTemplate.spec.template : " +
      'dyn(object).spec.template).?metadata.annotations.orValue({})',
  },
  {
    name: 'containers',
    cel:
      'variables.spec.containers + variables.spec.?initContainers.orValue([]) + ' +
      'variables.spec.?ephemeralContainers.orValue([])',
  },
  {
    name: 'contexts',
    cel:
      '[variables.spec.?securityContext.orValue({})] + ' +
      'variables.containers.map(c, c.?securityContext.orValue({}))',
  },
  { name: 'volumes', cel: 'variables.spec.?volumes.orValue([])' },
];

const changed: Expression = {
  name: 'changed',
  cel:
    "oldObject == null || (request.resource.resource == 'podtemplates' ? " +
    'dyn(object).template != dyn(oldObject).template : dyn(object).spec != dyn(oldObject).spec)',
};

/** A part of an object with the way to it. */
export interface Located {
  readonly value: JsonObject;
  readonly path: FieldPath;
}

/** A Pod or the template of one, wherever it is. Fields that are missing or of a wrong type are empty. */
export interface PodView {
  readonly request: RuleRequest;
  readonly annotations: Located;
  readonly spec: Located;
  /** Containers, then init containers, then ephemeral containers. */
  readonly containers: readonly Located[];
  /** The security context of the Pod, then that of each container. */
  readonly contexts: readonly Located[];
  readonly volumes: readonly Located[];
}

/** The value as an object; empty when it is anything else. Pure. */
export function record(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The value as a list; empty when it is anything else. Pure. */
export function items(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The value as a text; empty when it is anything else. Pure. */
export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** What is at a path of fields; undefined when something on the way is missing, or the value is null. Pure. */
export function at(value: Json | undefined, ...path: string[]): Json | undefined {
  const found = path.reduce<Json | undefined>((part, field) => record(part)[field], value);
  return found === null ? undefined : found;
}

/** The part of an object under a field. Pure. */
export function under(part: Located, field: string): Located {
  return { value: record(part.value[field]), path: [...part.path, field] };
}

/** The elements of a list under a field. Pure. */
export function each(part: Located, field: string): Located[] {
  return items(part.value[field]).map((value, index) => ({ value: record(value), path: [...part.path, field, index] }));
}

/** The Pod of a write. Pure. */
export function podOf(request: RuleRequest): PodView {
  const way = places[request.resource] ?? ['spec', 'template'];
  const pod = way.reduce<Located>(under, { value: request.object ?? {}, path: [] });
  const spec = under(pod, 'spec');
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => each(spec, list));
  const contexts = [spec, ...containers].map((part) => under(part, 'securityContext'));
  const annotations = under(under(pod, 'metadata'), 'annotations');
  return { request, annotations, spec, containers, contexts, volumes: each(spec, 'volumes') };
}

/** Whether a write touches what the rules about Pods judge. Pure. */
function isChanged({ resource, object, oldObject }: RuleRequest): boolean {
  const field = resource === 'podtemplates' ? 'template' : 'spec';
  return oldObject === undefined || !isDeepStrictEqual(object?.[field], oldObject[field]);
}

/** One decision of a rule about Pods, twice: as a search for what is forbidden, and as CEL that holds when there is nothing. */
export interface PodCheck {
  readonly name: string;
  /** May use `variables.spec`, `annotations`, `containers`, `contexts`, `volumes` and those of the rule. */
  readonly cel: string;
  readonly find: (pod: PodView, context: RuleContext | undefined) => readonly FieldPath[];
}

/** A rule about Pods: what differs from one to the other. */
export interface PodRule extends Pick<Rule, 'id' | 'text' | 'why' | 'passing' | 'failing'> {
  readonly checks: readonly PodCheck[];
  readonly variables?: readonly Expression[];
  /** @default podCovers */
  readonly covers?: readonly Cover[];
}

/** The rule, in force in tenants' namespaces for everyone but the platform's own writers. Pure. */
export function podRule({ checks, variables: own = [], covers = podCovers, ...rule }: PodRule): Rule {
  return {
    ...rule,
    covers,
    where: 'tenant',
    binds: 'tenants',
    check: (request, context) => {
      if (!isChanged(request)) return [];
      const pod = podOf(request);
      return checks.flatMap(({ find }) => find(pod, context));
    },
    when: [changed],
    variables: used([...variables, ...own], checks),
    validations: checks.map(({ name, cel }) => ({ name, cel })),
  };
}

/** The variables that the checks use, by themselves or through others, in the order given. Pure. */
function used(all: readonly Expression[], checks: readonly PodCheck[]): Expression[] {
  const kept: Expression[] = [];
  for (const variable of [...all].reverse()) {
    const named = new RegExp(`variables\\.${variable.name}\\b`);
    if ([...checks, ...kept].some(({ cel }) => named.test(cel))) kept.unshift(variable);
  }
  return kept;
}

/** A Deployment that passes all rules, as an example: `more` goes into the spec of its Pod, `container` into its container. Pure. */
export function deploymentExample(more: JsonObject = {}, container: JsonObject = {}): JsonObject {
  const labels = { app: 'web' };
  const own = {
    name: 'web',
    image: 'registry.city.example/web:1.4.2',
    imagePullPolicy: 'Always',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    ...container,
  };
  const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'parks-web-production' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { securityContext, containers: [own], ...more } },
    },
  };
}
