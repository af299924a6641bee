import type { PlainObject } from '../access/objects.ts';
import { boundMembers, desiredEnvironment, environmentMode, hasContent, type LiveObject } from '../desired/index.ts';
import type { Cloud } from '../model/cloud.ts';
import type { GrantedEnvironment, GrantSpec } from '../model/grant.ts';
import { environmentNamespace } from '../model/names.ts';
import type { ObjectPlan } from './types.ts';

/** What a centre has: an object by kind, namespace (absent for a Namespace) and name; undefined: it has none. */
export type LookUp = (kind: string, namespace: string | undefined, name: string) => LiveObject | undefined;

/** What the objects of one Grant depend on. */
export interface ExpandInput {
  readonly grant: Omit<GrantSpec, 'decision'>;
  readonly cloud: Cloud;
  /** Groups of the tenant's department in the centre's own directory; undefined: it is not in there. */
  readonly groups: readonly string[] | undefined;
  readonly lookUp: LookUp;
}

/**
 * What changes at a centre when a Grant says what `grant` says: the same functions that the site controller runs, against
 * what is there now. Removals come first, then by namespace, kind and name. Pure.
 */
export function expandGrant(input: ExpandInput): ObjectPlan[] {
  return input.grant.environments.flatMap((environment) => expandOne(input, environment)).sort(byImportance);
}

function expandOne({ grant, cloud, groups, lookUp }: ExpandInput, environment: GrantedEnvironment): ObjectPlan[] {
  const { department, name } = grant.tenant;
  const namespace = environmentNamespace(department, name, environment.name);
  const exists = lookUp('Namespace', undefined, namespace) !== undefined;
  const mode = environmentMode(grant, environment, exists);
  if (mode === 'none') return [];
  if (mode === 'removed') return exists ? [{ change: 'delete', kind: 'Namespace', name: namespace }] : [];
  const members = boundMembers(grant.members, groups);
  const desired = desiredEnvironment({ grant: { tenant: grant.tenant, members }, environment, mode, cloud });
  const applied = desired.steps.flat().flatMap((object) => compare(object, lookUp) ?? []);
  const absent = desired.absent.flatMap((object): ObjectPlan[] =>
    lookUp(object.kind, namespace, object.name) === undefined
      ? []
      : [{ change: 'delete', kind: object.kind, namespace, name: object.name }],
  );
  return [...absent, ...applied];
}

function compare(object: PlainObject, lookUp: LookUp): ObjectPlan | undefined {
  const { name, namespace } = object.metadata;
  const live = lookUp(object.kind, namespace, name);
  const place = { kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) };
  if (live === undefined) return { change: 'create', ...place };
  return hasContent(live, object) ? undefined : { change: 'update', ...place };
}

function byImportance(a: ObjectPlan, b: ObjectPlan): number {
  const [left, right] = [rank(a), rank(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function rank({ change, namespace, kind, name }: ObjectPlan): string {
  // A Namespace stands before what is in it.
  return [change === 'delete' ? '0' : '1', namespace ?? name, namespace === undefined ? '' : kind, name].join('\n');
}
