/** Generated writes for the rules about Namespaces and kinds, see test/apiserver/policies/objects.test.ts. */
import fc from 'fast-check';
import { controllerUsers } from '../../core/access/objects.ts';
import { annotations, labels } from '../../core/model/names.ts';
import type { JsonObject, Operation } from '../../policies/rule.ts';
import type { Trial } from './policies.ts';
import type { KindName } from './policy-samples.ts';
import { type Caller, fresh, inCentre, kept, otherOwner, ourOwner, trialOf, ways } from './policy-trials.ts';

const namespaceUses = fc.constantFrom('', '', 'status', 'finalize');
const tenantLabels = {
  [labels.tenant]: 'web',
  [labels.managedBy]: 'jinhong',
  'pod-security.kubernetes.io/enforce': 'restricted',
};
const edits: readonly ((labels: JsonObject) => { labels?: JsonObject; annotations?: JsonObject })[] = [
  (old) => ({ labels: old }),
  (old) => ({ labels: { ...old, team: 'zoo' } }),
  (old) => ({ labels: { ...old, [labels.managedBy]: 'helm' } }),
  (old) => ({ labels: { ...old, 'pod-security.kubernetes.io/enforce': 'baseline' } }),
  (old) => ({ labels: { ...old, 'pod-security.kubernetes.io/warn': 'baseline' } }),
  (old) => ({ labels: { ...old, [labels.tenant]: 'other' } }),
  (old) => ({ labels: { ...old, 'ancestor.jinhong.dev/other': 'true' } }),
  () => ({ labels: {} }),
  (old) => ({ labels: old, annotations: { [annotations.groups]: 'strangers' } }),
  (old) => ({ labels: old, annotations: { note: 'jinhong.dev' } }),
];
const namespaceMarks = fc
  .record({
    caller: inCentre,
    operation: fc.constantFrom<Operation>('CREATE', 'UPDATE', 'UPDATE', 'UPDATE'),
    subresource: namespaceUses,
    tenant: fc.boolean(),
    edit: fc.constantFrom(...edits),
    name: fc.tuple(fresh, kept),
    how: ways,
  })
  .map(({ caller, operation, subresource, tenant, edit, name, how }) => {
    const old: JsonObject = tenant ? tenantLabels : { team: 'parks' };
    const isNew = operation === 'CREATE';
    const own = { name: `marks-${isNew ? name[0] : name[1]}` };
    return trialOf({
      kind: 'namespaces.',
      operation,
      subresource: isNew ? '' : subresource,
      caller,
      how,
      now: { ...edit(old), ...own },
      before: { labels: old, ...own },
      body: { spec: { finalizers: ['kubernetes'] } },
    });
  });

const holds = fc.constantFrom<string[]>(
  [],
  [],
  ['example.org/wait'],
  ['jinhong.dev/wait'],
  ['example.org/wait', 'jinhong.dev/wait'],
);
const namespaceBondTrials = fc
  .record({
    caller: inCentre,
    operation: fc.constantFrom<Operation>('CREATE', 'UPDATE', 'UPDATE', 'UPDATE'),
    subresource: namespaceUses,
    tenant: fc.boolean(),
    now: holds,
    before: fc.option(holds),
    owned: fc.boolean(),
    owners: fc.constantFrom<JsonObject[] | undefined>(undefined, undefined, [], [ourOwner], [otherOwner]),
    spec: fc.constantFrom(
      ['kubernetes'],
      ['kubernetes'],
      [],
      ['kubernetes', 'jinhong.dev/wait'],
      ['kubernetes', 'example.org/wait'],
    ),
    name: fc.tuple(fresh, kept),
    how: ways,
  })
  .map(({ caller, operation, subresource, tenant, now, before, owned, owners, spec, name, how }) => {
    const isNew = operation === 'CREATE';
    const marks = tenant && !isNew ? { labels: { [labels.tenant]: 'web' } } : {};
    const own = { ...marks, name: `bonds-${isNew ? name[0] : name[1]}` };
    const had = owned ? [ourOwner] : [];
    return trialOf({
      kind: 'namespaces.',
      operation,
      subresource: isNew ? '' : subresource,
      caller,
      how,
      now: { ...own, finalizers: now, ownerReferences: owners ?? had },
      before: { ...own, finalizers: before ?? now, ownerReferences: had },
      body: { spec: { finalizers: subresource === 'finalize' && !isNew ? spec : ['kubernetes'] } },
      oldBody: { spec: { finalizers: ['kubernetes'] } },
    });
  });

const reserved = fc
  .record({
    caller: inCentre,
    start: fc.constantFrom('dept-', 'site-', 'jinhong-', 'zoo-', 'my-dept-', 'departments'),
    name: fresh,
  })
  .map(({ caller, start, name }) =>
    trialOf({ kind: 'namespaces.', operation: 'CREATE', caller, now: { name: `${start}${name}` } }),
  );

const deletions = fc
  .record({
    caller: fc.oneof(
      inCentre,
      fc.constantFrom<Caller>(
        { user: controllerUsers.site, groups: ['probers'] },
        { user: 'reviewer-2', groups: ['probers', 'parks-staff'] },
      ),
    ),
    start: fc.constantFrom('dept-', 'site-', 'jinhong-x', 'zoo-', 'zoo-'),
    number: fc.nat(7),
    tenant: fc.boolean(),
    released: fc.constantFrom('no', 'no', 'yes', 'another'),
    kind: fc.constantFrom<KindName>(
      'namespaces.',
      'namespaces.',
      'namespaces.',
      'customresourcedefinitions.apiextensions.k8s.io',
    ),
    group: fc.constantFrom('jinhong.dev', 'zoo.example'),
  })
  .map(({ caller, start, number, tenant, released, kind, group }) => {
    const isKind = kind !== 'namespaces.';
    const name = isKind ? `animals.${group}` : `${start}${number}`;
    const word = { no: undefined, yes: name, another: 'dept-other' }[released];
    const notes = word === undefined ? {} : { annotations: { [annotations.allowDelete]: word } };
    const marks = tenant && !isKind ? { labels: { [labels.tenant]: 'web' } } : {};
    return trialOf({
      kind,
      operation: 'DELETE',
      caller,
      now: { name, ...notes, ...marks },
      ...(isKind ? { body: crd(group) } : {}),
    });
  });

function crd(group: string): JsonObject {
  const schema = { openAPIV3Schema: { type: 'object' } };
  const names = { plural: 'animals', singular: 'animal', kind: 'Animal', listKind: 'AnimalList' };
  return {
    spec: { group, scope: 'Namespaced', names, versions: [{ name: 'v1', served: true, storage: true, schema }] },
  };
}

/** Writes for rules about Namespaces and kinds, by rule. */
export const namespaceTrials: Readonly<Record<string, fc.Arbitrary<Trial>>> = {
  ProtectedObject: deletions,
  PlatformMarks: namespaceMarks,
  NamespaceBonds: namespaceBondTrials,
  ReservedNamespace: reserved,
};
