/** Writes for the rules about the controllers' own reach: generated ones, and one for each part of a rule. */
import fc from 'fast-check';
import { controllerUsers } from '../../core/access/objects.ts';
import type { JsonObject, Operation } from '../../policies/rule.ts';
import { exampleNamespace, prober, type Trial } from './policies.ts';
import type { KindName } from './policy-samples.ts';
import { type Caller, fresh, kept, trialOf, ways } from './policy-trials.ts';

const rbac = 'rbac.authorization.k8s.io';
const bindingKind = `rolebindings.${rbac}`;
const kinds: readonly KindName[] = [
  'limitranges.',
  'resourcequotas.',
  'serviceaccounts.',
  'networkpolicies.networking.k8s.io',
  `roles.${rbac}`,
];
const site: Caller = { user: controllerUsers.site, groups: ['probers'] };
const management: Caller = { user: controllerUsers.management, groups: ['probers'] };
const callers: Readonly<Record<string, Caller>> = { SiteReach: site, ManagementReach: management };

const places = [exampleNamespace, 'plain', 'dept-parks', 'site-parks', 'jinhong-system', 'default'];
const group = (name: string): JsonObject => ({ kind: 'Group', apiGroup: rbac, name });
const account = (name: string, namespace: string): JsonObject => ({ kind: 'ServiceAccount', name, namespace });
const subjects: readonly JsonObject[][] = [
  [],
  [group('parks-staff')],
  [group('parks-staff'), group('parks-admins')],
  [group('system:masters')],
  [group('parks-staff'), { kind: 'User', apiGroup: rbac, name: 'kate' }],
  [account('jinhong-site', 'site-parks')],
  [account('jinhong-site', 'dept-parks')],
  [account('default', 'site-parks')],
];
const roles: readonly JsonObject[] = [
  { kind: 'ClusterRole', name: 'jinhong:tenant-view' },
  { kind: 'ClusterRole', name: 'jinhong:tenant-admin' },
  { kind: 'ClusterRole', name: 'jinhong:viewer' },
  { kind: 'ClusterRole', name: 'jinhong:reviewer' },
  { kind: 'ClusterRole', name: 'cluster-admin' },
  { kind: 'Role', name: 'jinhong-site' },
  { kind: 'ClusterRole', name: 'jinhong-site' },
  { kind: 'Role', name: 'jinhong:tenant-view' },
];
const bodyOf = (role: JsonObject, who: readonly JsonObject[]): JsonObject => ({
  roleRef: { apiGroup: rbac, ...role },
  subjects: [...who],
});

const nameOf = (operation: Operation) => (operation === 'CREATE' ? fresh : kept);
const operations = fc.constantFrom<Operation>('CREATE', 'CREATE', 'UPDATE', 'DELETE');

/** Bindings, mostly where and as they are meant, so that both verdicts are common. */
const bindings = (caller: Caller): fc.Arbitrary<Trial> => {
  const meant =
    caller === site
      ? { place: exampleNamespace, role: roles[0], who: subjects[1] }
      : { place: 'dept-parks', role: roles[2], who: subjects[1] };
  const often = <T>(usual: T, all: readonly T[]) =>
    fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...all) });
  return operations.chain((operation) =>
    fc
      .record({
        namespace: often(meant.place, places),
        role: often(meant.role ?? {}, roles),
        who: often(meant.who ?? [], subjects),
        name: nameOf(operation),
      })
      .map(({ namespace, role, who, name }) => {
        // What a binding binds never changes, so the name says it.
        const own = { name: `reach-${name}-${roles.indexOf(role)}`, namespace };
        return trialOf({ kind: bindingKind, operation, caller, how: 'put', now: own, body: bodyOf(role, who) });
      }),
  );
};

const others = (caller: Caller): fc.Arbitrary<Trial> =>
  fc.tuple(fc.constantFrom(...kinds), operations).chain(([kind, operation]) =>
    fc
      .record({ namespace: fc.constantFrom(...places), name: nameOf(operation), how: ways })
      .map(({ namespace, name, how }) =>
        trialOf({
          kind,
          operation,
          caller,
          how: how === 'apply' ? 'merge' : how,
          now: { name: `reach-${name}`, namespace, labels: { seen: 'twice' } },
          before: { name: `reach-${name}`, namespace },
        }),
      ),
  );

const starts = ['zoo-', 'dept-', 'site-', 'jinhong-', 'kube-', 'velero-', 'default-', 'defaults-'];
const namespaces = (caller: Caller): fc.Arbitrary<Trial> =>
  fc.constantFrom<Operation>('CREATE', 'UPDATE').chain((operation) =>
    fc.record({ start: fc.constantFrom(...starts), name: nameOf(operation) }).map(({ start, name }) =>
      trialOf({
        kind: 'namespaces.',
        operation,
        caller,
        how: 'merge',
        now: { name: `${start}${name}`, labels: { seen: 'twice' } },
        before: { name: `${start}${name}` },
      }),
    ),
  );

/** Generated writes, mostly by the controller that the rule is about. */
export const reachTrials: Readonly<Record<string, fc.Arbitrary<Trial>>> = Object.fromEntries(
  Object.entries(callers).map(([id, caller]) => {
    const other = caller === site ? management : site;
    const by = (who: Caller) =>
      fc.oneof(
        { weight: 4, arbitrary: bindings(who) },
        { weight: 3, arbitrary: others(who) },
        { weight: 2, arbitrary: namespaces(who) },
      );
    return [
      id,
      fc.oneof(
        { weight: 12, arbitrary: by(caller) },
        { weight: 1, arbitrary: by(other) },
        { weight: 1, arbitrary: by(prober) },
      ),
    ];
  }),
);

/** One write for each part of a rule. */
export const reachCorpus: Readonly<Record<string, () => readonly Trial[]>> = Object.fromEntries(
  Object.entries(callers).map(([id, caller]) => [
    id,
    () => {
      const written = [...kinds, bindingKind].flatMap((kind) =>
        (['CREATE', 'UPDATE', 'DELETE'] as const).flatMap((operation) =>
          ['jinhong-system', exampleNamespace, 'dept-parks', 'default'].map((namespace) => {
            const name = `reach-${operation === 'CREATE' ? 'corpus-new' : 'corpus'}`;
            return trialOf({ kind, operation, caller, how: 'merge', now: { name, namespace } });
          }),
        ),
      );
      const bound = places.slice(0, 4).flatMap((namespace) =>
        roles.flatMap((role, at) =>
          subjects.map((who, index) =>
            trialOf({
              kind: bindingKind,
              operation: 'CREATE',
              caller,
              now: { name: `reach-corpus-${at}-${index}`, namespace },
              body: bodyOf(role, who),
            }),
          ),
        ),
      );
      const made = starts.map((start) =>
        trialOf({ kind: 'namespaces.', operation: 'CREATE', caller, now: { name: `${start}corpus-new` } }),
      );
      const strange = trialOf({
        kind: bindingKind,
        operation: 'CREATE',
        caller: prober,
        now: { name: 'reach-prober', namespace: 'plain' },
        body: bodyOf(roles[4] ?? {}, []),
      });
      return [...written, ...bound, ...made, strange];
    },
  ]),
);
