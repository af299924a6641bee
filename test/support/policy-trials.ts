/** Generated writes for the rules about objects, see test/apiserver/policies/objects.test.ts. Names that are stored are few. */
import fc from 'fast-check';
import { controllerUsers } from '../../core/access/objects.ts';
import { memberRoles } from '../../core/desired/names.ts';
import { annotations, labels } from '../../core/model/names.ts';
import { innerOf, type JsonObject, type Operation } from '../../policies/rule.ts';
import { cloud } from '../core/decide/fixture.ts';
import {
  bareNamespace,
  engineer,
  exampleNamespace,
  type How,
  ownerUid,
  prober,
  requestOf,
  standbyNamespace,
  type Trial,
} from './policies.ts';
import {
  type KindName,
  namespacedKinds,
  resourceOf,
  type Subresource,
  sampleOf,
  subresources,
} from './policy-samples.ts';

/** Who writes. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
}

const breaker: Caller = { user: 'breaker', groups: [cloud.groups.breakGlass] };
const site: Caller = { user: controllerUsers.site, groups: ['probers'] };
const collector: Caller = { user: 'system:serviceaccount:kube-system:generic-garbage-collector', groups: ['probers'] };
const apiServer: Caller = { user: 'system:apiserver', groups: ['probers'] };

/** Mostly somebody who is bound by the rules about tenants. */
export const inTenants: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Caller>(prober) },
  { weight: 1, arbitrary: fc.constant<Caller>(engineer) },
  { weight: 2, arbitrary: fc.constantFrom(breaker, site, collector, apiServer) },
);

/** As often somebody of a department as somebody of the platform or a part of the cluster. */
export const inCentre: fc.Arbitrary<Caller> = fc.oneof(
  fc.constantFrom<Caller>(prober, { user: 'reviewer-2', groups: ['probers', 'parks-staff'] }),
  fc.constantFrom<Caller>(
    engineer,
    breaker,
    site,
    collector,
    { user: controllerUsers.management, groups: ['probers'] },
    { user: 'installer', groups: ['probers', 'system:masters'] },
    { user: 'machine', groups: ['probers', 'system:nodes'] },
    { user: 'machine-to-be', groups: ['probers', 'system:bootstrappers'] },
    { user: 'disk-driver', groups: ['probers', 'system:serviceaccounts:kube-system'] },
    { user: 'system:kube-scheduler', groups: ['probers'] },
  ),
);

/** Namespaces of tenants, and now and then another one. */
export const somewhere = fc.oneof(
  { weight: 7, arbitrary: fc.constantFrom(exampleNamespace, bareNamespace) },
  { weight: 1, arbitrary: fc.constant('plain') },
);

/** A name that nothing has. */
export const fresh = fc.nat(2 ** 40).map((n) => `n${n.toString(36)}`);
/** A name out of a few, for what is stored. */
export const kept = fc.nat(15).map((n) => `k${n}`);
/** Names for the three operations. */
export const named = (operation: Operation): fc.Arbitrary<string> => (operation === 'CREATE' ? fresh : kept);

/** Every way of an update. */
export const ways = fc.constantFrom<How>('put', 'merge', 'strategic', 'json', 'apply');

/** What a trial is made of. */
export interface TrialParts {
  readonly kind: KindName;
  readonly operation: Operation;
  readonly caller: Caller;
  /** With name and namespace. */
  readonly now: JsonObject;
  readonly before?: JsonObject;
  readonly how?: How;
  readonly body?: JsonObject;
  readonly oldBody?: JsonObject;
  readonly subresource?: string;
}

/** The trial; a way that would not lead from the old object to the new one becomes a merge patch or a PUT. Pure. */
export function trialOf(parts: TrialParts): Trial {
  const { kind, operation, caller, now, before = now, body, oldBody = body, subresource = '' } = parts;
  const object = sampleOf(kind, now, body);
  const oldObject = operation === 'CREATE' ? undefined : sampleOf(kind, before, oldBody);
  const request = requestOf({ operation, object, oldObject, subresource, ...caller });
  if (operation === 'DELETE') return request;
  const how = wayFor(parts, now, before);
  return operation === 'UPDATE' || how === 'apply' ? { ...request, how } : request;
}

const replaceable = /^(configmaps|secrets|deployments|networkpolicies|rolebindings|roles|services|namespaces)\./;
const lists = ['finalizers', 'ownerReferences'];

function wayFor(
  { kind, operation, how = 'put', subresource = '' }: TrialParts,
  now: JsonObject,
  before: JsonObject,
): How {
  if (operation === 'CREATE') return how === 'apply' && subresource === '' ? 'apply' : 'put';
  if (subresource === 'finalize') return 'put';
  const same = (field: string) => JSON.stringify(now[field]) === JSON.stringify(before[field]);
  const grows = ['labels', 'annotations'].every((field) =>
    Object.keys(innerOf(before, field)).every((key) => key in innerOf(now, field)),
  );
  const custom = resourceOf(kind).group.startsWith('gateway.');
  if (how === 'strategic' && (custom || !lists.every(same))) return 'merge';
  if (how === 'apply' && (!grows || !lists.every(same))) return 'merge';
  if (how === 'put' && !replaceable.test(kind) && subresource === '') return 'merge';
  return how;
}

/** An owner that is one of our kinds, and one that is not (and not there: never store it). */
export const ourOwner = { apiVersion: 'jinhong.dev/v1alpha1', kind: 'Department', name: 'parks', uid: ownerUid };
export const otherOwner = {
  apiVersion: 'v1',
  kind: 'Namespace',
  name: 'gone',
  uid: '6f1c2d7e-0000-4000-8000-000000000000',
};

const innocent: readonly JsonObject[] = [
  {},
  { labels: { app: 'web' } },
  { labels: { [labels.managedBy]: 'helm', 'jinhong.dev.example/tenant': 'web' } },
  { annotations: { note: 'jinhong.dev/groups' } },
  { finalizers: ['example.org/hold'] },
];
const marked: readonly JsonObject[] = [
  { labels: { [labels.managedBy]: 'jinhong' } },
  { labels: { app: 'web', [labels.tenant]: 'web' } },
  { labels: { [labels.tenant]: 'other' } },
  { labels: { 'ancestor.jinhong.dev/city': 'true' } },
  { annotations: { [annotations.groups]: 'parks-staff' } },
  { annotations: { note: 'x', 'jinhong.dev/anything': '' } },
  { finalizers: ['jinhong.dev/hold'] },
  { finalizers: ['example.org/hold', 'jinhong.dev/hold'] },
  { ownerReferences: [ourOwner] },
];

/** Metadata with or without a mark of the platform. */
export const metadata = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...innocent) },
  { weight: 2, arbitrary: fc.constantFrom(...marked) },
);

const prefix = (kind: KindName) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom('jinhong-', kind.includes('rbac') ? 'jinhong:' : 'jinhong-') },
  );

interface Around {
  readonly callers: fc.Arbitrary<Caller>;
  readonly namespaces: fc.Arbitrary<string>;
}

const onObjects = ({ callers, namespaces }: Around): fc.Arbitrary<Trial> =>
  fc
    .tuple(fc.constantFrom(...namespacedKinds), fc.constantFrom<Operation>('CREATE', 'UPDATE', 'DELETE'))
    .chain(([kind, operation]) =>
      fc
        .record({
          caller: callers,
          namespace: namespaces,
          name: fc.oneof(
            { weight: 15, arbitrary: fc.tuple(prefix(kind), named(operation)).map((parts) => parts.join('any-')) },
            { weight: 1, arbitrary: fc.constantFrom('jinhong', 'jinhongs') },
          ),
          now: metadata,
          before: fc.option(metadata),
          how: ways,
        })
        .map(({ caller, namespace, name, now, before, how }) => {
          const own = { namespace, name };
          return trialOf({
            kind,
            operation,
            caller,
            how,
            now: { ...now, ...own },
            before: { ...(before ?? now), ...own },
          });
        }),
    );

/** What is written through a subresource: its metadata count only where the server takes them over. */
const onSubresources = ({ callers, namespaces }: Around): fc.Arbitrary<Trial> =>
  fc.constantFrom(...subresources).chain((sub) =>
    fc
      .record({
        caller: callers,
        namespace: namespaces,
        name: fc.tuple(prefix(sub.kind), kept).map((parts) => parts.join('')),
        now: metadata,
        before: metadata,
        how: fc.constantFrom<How>('put', 'merge', 'json'),
      })
      .map(({ caller, namespace, name, now, before, how }) => {
        const own = { namespace, name: `${sub.name}-${name}`.replace(/^(.*)-jinhong-/, 'jinhong-$1-') };
        return throughSubresource({ sub, caller, how, now: { ...now, ...own }, before: { ...before, ...own } });
      }),
  );

interface SubresourceParts {
  readonly sub: Subresource;
  readonly caller: Caller;
  readonly how: How;
  readonly now: JsonObject;
  readonly before: JsonObject;
}

function throughSubresource({ sub, caller, how, now, before }: SubresourceParts): Trial {
  const { kind, name: subresource, operation } = sub;
  const stored = sampleOf(kind, before);
  if (sub.view !== undefined) {
    const seen = { ...sub.view, metadata: { name: now['name'], namespace: now['namespace'] } };
    const request = requestOf({
      operation,
      object: seen,
      oldObject: operation === 'UPDATE' ? seen : undefined,
      subresource,
      of: resourceOf(kind),
      ...caller,
    });
    return { ...request, stored };
  }
  const { ownerReferences: _, ...free } = now;
  const owners = before['ownerReferences'];
  const kept = owners === undefined ? free : { ...free, ownerReferences: owners };
  const object = sampleOf(kind, sub.keepsMetadata ? before : kept);
  return { ...requestOf({ operation, object, oldObject: stored, subresource, ...caller }), how };
}

/** What a member would hold the default account by, or have it removed by. */
const heldBy = fc.constantFrom<JsonObject>(
  {},
  {},
  { finalizers: ['example.org/hold'] },
  { ownerReferences: [otherOwner] },
);

/** The default account, which members may add pull secrets to. */
const onAccount: fc.Arbitrary<Trial> = fc
  .record({
    caller: inTenants,
    namespace: somewhere,
    now: metadata,
    before: fc.constantFrom(...marked, {}),
    keep: fc.integer({ min: 0, max: 3 }),
    held: heldBy,
    token: fc.constantFrom(undefined, true, false),
    oldToken: fc.constantFrom(undefined, true, false),
    how: fc.constantFrom<How>('put', 'merge', 'json'),
    operation: fc.constantFrom<Operation>('UPDATE', 'UPDATE', 'UPDATE', 'DELETE'),
  })
  .map(({ caller, namespace, now, before, keep, held, token, oldToken, how, operation }) => {
    const own = { namespace, name: 'default' };
    const account = (mount: boolean | undefined, secrets: JsonObject[]): JsonObject => ({
      ...(mount === undefined ? {} : { automountServiceAccountToken: mount }),
      imagePullSecrets: secrets,
    });
    return trialOf({
      kind: 'serviceaccounts.',
      operation,
      caller,
      how: how === 'put' ? 'json' : how,
      now: { ...(keep > 0 ? { ...before, ...held } : now), ...own },
      before: { ...before, ...own },
      body: account(keep > 1 ? oldToken : token, [{ name: 'registry' }]),
      oldBody: account(oldToken, []),
    });
  });

const inAnyTenant: Around = { callers: inTenants, namespaces: somewhere };

/** Writes of every kind in a namespace, by every operation and subresource. */
export const platformObjectTrials = fc.oneof(
  { weight: 5, arbitrary: onObjects(inAnyTenant) },
  { weight: 3, arbitrary: onSubresources(inAnyTenant) },
  { weight: 1, arbitrary: onAccount },
);

const inReadOnly: Around = {
  callers: inCentre,
  namespaces: fc.constantFrom(standbyNamespace, standbyNamespace, standbyNamespace, exampleNamespace),
};

/** The same, mostly where members may only read. */
export const readOnlyTrials = fc.oneof(
  { weight: 5, arbitrary: onObjects(inReadOnly) },
  { weight: 3, arbitrary: onSubresources(inReadOnly) },
);

/** Roles that a binding may name, good and bad. */
export const roleNames = [...Object.values(memberRoles), 'edit', 'cluster-admin', 'jinhong:asker'] as const;
