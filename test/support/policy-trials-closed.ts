/** Generated writes for the rules that close whole kinds, see test/apiserver/policies/objects.test.ts. */
import fc from 'fast-check';
import { objectRules } from '../../policies/object-rules.ts';
import type { JsonObject, Operation, Rule } from '../../policies/rule.ts';
import { bareNamespace, exampleNamespace, type How, prober, type Trial } from './policies.ts';
import { type KindName, resourceOf } from './policy-samples.ts';
import { inCentre, inTenants, named, trialOf, ways } from './policy-trials.ts';

interface Way {
  readonly kind: KindName;
  readonly subresource: string;
  readonly operation: Operation;
}

/** What each rule closes: the kinds, and their subresources that a server of 1.35 serves. */
const closed: Readonly<Record<string, readonly string[]>> = {
  HandMadeEndpoints: ['endpoints.', 'endpointslices.discovery.k8s.io'],
  OwnRoute: [
    'ingresses.networking.k8s.io/status',
    ...['gateways', 'httproutes', 'grpcroutes', 'tlsroutes', 'tcproutes', 'udproutes', 'backendtlspolicies']
      .concat('referencegrants')
      .map((plural) => `${plural}.gateway.networking.k8s.io/status`),
    'xlistenersets.gateway.networking.x-k8s.io/status',
  ],
  OwnQuota: ['resourcequotas./status', 'limitranges.'],
  OwnKind: ['customresourcedefinitions.apiextensions.k8s.io/status', 'apiservices.apiregistration.k8s.io/status'],
  OwnAdmission: [
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
    'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  ],
  ClusterWideRight: ['clusterroles.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io'],
  OwnEntrance: [
    'ingressclasses.networking.k8s.io',
    'ipaddresses.networking.k8s.io',
    'servicecidrs.networking.k8s.io/status',
    'gatewayclasses.gateway.networking.k8s.io/status',
  ],
  OwnStorage: [
    'persistentvolumes./status',
    ...['storageclasses', 'csidrivers', 'csinodes', 'csistoragecapacities', 'volumeattributesclasses'].map(
      (plural) => `${plural}.storage.k8s.io`,
    ),
    'volumeattachments.storage.k8s.io/status',
  ],
  OwnNode: ['nodes./status', 'deviceclasses.resource.k8s.io', 'resourceslices.resource.k8s.io'],
  OwnPriority: [
    'priorityclasses.scheduling.k8s.io',
    'runtimeclasses.node.k8s.io',
    'flowschemas.flowcontrol.apiserver.k8s.io/status',
    'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/status',
  ],
  OwnCertificate: [
    'certificatesigningrequests.certificates.k8s.io/status',
    'certificatesigningrequests.certificates.k8s.io/approval',
  ],
};

function waysInto(entry: string): Way[] {
  const [kind = '', subresource] = entry.split('/');
  const operations: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE'];
  // The API server takes stored addresses back that belong to no Service.
  const kept = kind.startsWith('ipaddresses.') ? operations.slice(0, 1) : operations;
  const own = kept.map((operation) => ({ kind, subresource: '', operation }));
  return subresource === undefined ? own : [...own, { kind, subresource, operation: 'UPDATE' }];
}

/** Kinds whose name says what they are: the name and the body for one word. */
const wordedAs: Readonly<Record<KindName, (word: string) => { name: string; body: JsonObject }>> = {
  'customresourcedefinitions.apiextensions.k8s.io': (word) => ({
    name: `${word}s.closed.example`,
    body: {
      spec: {
        group: 'closed.example',
        scope: 'Namespaced',
        names: { plural: `${word}s`, singular: word, kind: word.toUpperCase(), listKind: `${word.toUpperCase()}LIST` },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    },
  }),
  'ipaddresses.networking.k8s.io': (word) => ({
    name: `203.0.113.${word.length}`,
    body: { spec: { parentRef: { resource: 'services', namespace: 'plain', name: word } } },
  }),
  'apiservices.apiregistration.k8s.io': (word) => ({
    name: `v1.${word}.example`,
    body: {
      spec: {
        group: `${word}.example`,
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 10,
        service: { namespace: 'plain', name: 'zoo' },
      },
    },
  }),
};

const notes = fc.constantFrom<JsonObject>({}, { labels: { app: 'web' } }, { annotations: { note: 'x' } });

function trialsOf(rule: Rule, into: readonly Way[]): fc.Arbitrary<Trial> {
  const namespaces =
    rule.where === 'tenant'
      ? fc.constantFrom(exampleNamespace, bareNamespace, 'plain', 'plain')
      : fc.constantFrom(exampleNamespace, 'plain');
  return fc.constantFrom(...into).chain(({ kind, subresource, operation }) =>
    fc
      .record({
        caller: rule.binds === 'tenants' ? inTenants : inCentre,
        namespace: namespaces,
        name: named(operation),
        now: notes,
        how: ways,
      })
      .map(({ caller, namespace, name, now, how }) => {
        const special = wordedAs[kind]?.(operation === 'CREATE' ? name : 'animal');
        const own = { name: special?.name ?? `closed-${name}`, ...(resourceOf(kind).namespaced ? { namespace } : {}) };
        const way: How = how === 'apply' ? 'merge' : how;
        return trialOf({
          kind,
          operation,
          subresource,
          caller,
          how: subresource === '' || way !== 'put' ? way : 'merge',
          now: { ...now, ...own },
          before: { labels: { app: 'web' }, ...own },
          ...(special === undefined ? {} : { body: special.body }),
        });
      }),
  );
}

/** Writes for rules that let nobody of a department write, by rule. */
export const closedTrials: Readonly<Record<string, fc.Arbitrary<Trial>>> = Object.fromEntries(
  Object.entries(closed).map(([id, entries]) => {
    const rule = objectRules.find((one) => one.id === id);
    if (rule === undefined) throw new Error(`there is no rule ${id}`);
    return [id, trialsOf(rule, entries.flatMap(waysInto))];
  }),
);

/** One write of each kind, by each operation and subresource that a rule closes, by rule. */
export const closedCorpus: Readonly<Record<string, () => readonly Trial[]>> = Object.fromEntries(
  Object.entries(closed).map(([id, entries]) => [
    id,
    () =>
      entries.flatMap(waysInto).map(({ kind, subresource, operation }) => {
        const special = wordedAs[kind]?.(operation === 'CREATE' ? 'corpusnew' : 'corpus');
        const name = special?.name ?? (operation === 'CREATE' ? 'corpus-new' : 'corpus');
        const place = resourceOf(kind).namespaced ? { namespace: exampleNamespace } : {};
        const now = { name, ...place };
        return trialOf({
          kind,
          operation,
          subresource,
          caller: prober,
          how: 'merge',
          now,
          ...(special === undefined ? {} : { body: special.body }),
        });
      }),
  ]),
);
