/** A mistake that somebody could make, and the tests that have to notice it. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly search: string;
  readonly replacement: string;
  /** What the mistake would do. */
  readonly harm: string;
  /** Files of project `unit` that cover the place. */
  readonly unit: readonly string[];
  /** Files of project `apiserver` that cover it, with the name of the test to run of each; without unit tests, tried first. */
  readonly apiserver?: readonly { readonly file: string; readonly test: string }[];
}

const decide = ['test/core/decide/decide.test.ts', 'test/core/decide/invariants.test.ts'];
const siteDecisions = 'test/apiserver/site/decisions.test.ts';
const siteObjects = 'test/apiserver/site/objects.test.ts';
const management = 'test/apiserver/management.test.ts';
const crashes = { file: 'test/faults/crash/controllers.test.ts', test: 'the management controller' };

const deciding: readonly Mutant[] = [
  {
    name: 'a child without an allowance counts nowhere',
    file: 'core/decide/allowance.ts',
    search: '?? handedOut(tree, own, child, field);',
    replacement: '?? 0n;',
    harm: 'a street draws on the pool of its district without end',
    unit: decide,
  },
  {
    name: 'what fits exactly is refused',
    file: 'core/decide/capacity.ts',
    search: 'if (allowed === undefined || asked <= allowed) return [];',
    replacement: 'if (allowed === undefined || asked < allowed) return [];',
    harm: 'the last tenant that a centre has room for waits for ever',
    unit: decide,
  },
  {
    name: 'quota is counted once per centre',
    file: 'core/decide/ledger.ts',
    search: 'total: sumOf(active.spec.environments),',
    replacement: 'total: sumOf(grants.flatMap(({ spec }) => spec.environments)),',
    harm: 'a tenant that is held at the peer uses up its allowance two or three times',
    unit: decide,
  },
  {
    name: 'a production tenant goes without an approval',
    file: 'core/decide/decide.ts',
    search: 'const gone = leaves && mayLeave;',
    replacement: 'const gone = leaves;',
    harm: 'one `kubectl delete tenant` retires a running system',
    unit: decide,
  },
  {
    name: 'an absent request removes',
    file: 'core/decide/decide.ts',
    search: "if (spec.state !== 'Retiring' && spec.state !== 'Removed') {",
    replacement: 'if (false as boolean) {',
    harm: 'an empty list or a lost Tenant retires everything',
    unit: decide,
  },
  {
    name: 'a management centre that is behind decides',
    file: 'core/decide/decide.ts',
    search: 'if (behind.length > 0) return stay(view, world, behind);',
    replacement: '',
    harm: 'after a restore old decisions are made again over newer ones',
    unit: decide,
  },
  {
    name: 'a report of an older epoch counts',
    file: 'core/decide/change.ts',
    search: ' && status?.observedEpoch === spec.epoch;',
    replacement: ';',
    harm: 'Ready is claimed for a failover that the centre has not carried out',
    unit: ['test/core/decide/status.test.ts'],
  },
  {
    name: 'one person decides both parts',
    file: 'core/decide/envelope.ts',
    search: 'if (project.spec.decidedBy !== funds.spec.decidedBy) return undefined;',
    replacement: 'if (project.spec.decidedBy !== undefined) return undefined;',
    harm: 'the rule of two people is gone',
    unit: decide,
  },
  {
    name: 'a domain ends anywhere in a name',
    file: 'core/decide/hostnames.ts',
    search: 'return hostname === domain || hostname.endsWith(`.',
    replacement: 'return hostname === domain || hostname.endsWith(`',
    harm: 'notfinance.example counts as a name of finance.example',
    unit: [...decide, 'test/core/decide/values.test.ts'],
  },
  {
    name: 'a removal does not wait for its date',
    file: 'core/decide/assemble.ts',
    search: 'return removeAfter !== undefined && nowMs >= Date.parse(removeAfter);',
    replacement: 'return removeAfter !== undefined && nowMs <= Date.parse(removeAfter);',
    harm: 'what is retired by mistake is removed at the next look',
    unit: decide,
  },
];

const desired: readonly Mutant[] = [
  {
    name: 'members enter with the quota',
    file: 'core/desired/environment.ts',
    search: '[desiredQuota(input), desiredLimits(input), ...policies, desiredServiceAccount(input)],\n      bindings,',
    replacement:
      '[...bindings, desiredServiceAccount(input)],\n      [desiredQuota(input), desiredLimits(input), ...policies],',
    harm: 'for a moment a member works in a namespace without quota and policies',
    unit: ['test/core/desired/environment.test.ts'],
  },
  {
    name: 'an older epoch is taken',
    file: 'core/desired/bounds.ts',
    search: 'if (order > 0 && offered.epoch >= known.epoch) return undefined;',
    replacement: 'if (order > 0) return undefined;',
    harm: 'a centre that was failed over from becomes active again',
    unit: ['test/core/desired/bounds.test.ts'],
  },
  {
    name: 'retention counts from 1970',
    file: 'core/desired/removal.ts',
    search: '(retiringSinceMs ?? nowMs) + retainMs',
    replacement: '(retiringSinceMs ?? 0) + retainMs',
    harm: 'a removal that the site sees for the first time deletes at once',
    unit: ['test/core/desired/removal.test.ts'],
  },
  {
    name: 'a standby may start Pods',
    file: 'core/desired/quota.ts',
    search: "if (mode === 'readonly' || !runnable) hard['pods'] = '0';",
    replacement: "if (!runnable) hard['pods'] = '0';",
    harm: 'a tenant runs at two centres at once',
    unit: ['test/core/desired/environment.test.ts'],
  },
];

const reconcilers: readonly Mutant[] = [
  {
    name: 'a Grant is overwritten whatever it is by now',
    file: 'controller/management/tenants/commit.ts',
    search: '{ resourceVersion: old.object.metadata.resourceVersion, uid: old.object.metadata.uid }',
    replacement: '{}',
    harm: 'a leader that was stopped for a minute writes its old decision over a newer one',
    unit: [],
    apiserver: [{ file: 'test/faults/crash/late.test.ts', test: 'what it sends late is refused' }],
  },
  {
    name: 'nothing is reserved',
    file: 'controller/management/tenants/loop.ts',
    search: 'if (changed.length > 0) await reserve(ctx, state.ledger);',
    replacement: '',
    harm: 'two leaders hand out the same capacity',
    unit: [],
    apiserver: [{ file: management, test: 'stopped after it reserved' }, crashes],
  },
  {
    name: 'the finalizer comes too late',
    file: 'controller/management/tenants/commit.ts',
    search: 'if (decided.finalizer) await setFinalizer(ctx, plan, true);\n  await takeClaims(ctx, plan);',
    replacement: 'await takeClaims(ctx, plan);',
    harm: 'a Tenant vanishes while its Grants go on as if it were there',
    unit: [],
    apiserver: [{ file: management, test: 'is granted after both' }, crashes],
  },
  {
    name: 'any hash will do',
    file: 'controller/site/mirror.ts',
    search: 'return local.metadata.annotations?.[annotations.acceptedSpec] === hashOfSpec(spec);',
    replacement: 'return local.metadata.annotations?.[annotations.acceptedSpec] !== undefined;',
    harm: 'whoever edits the mirror at a site decides there',
    unit: [],
    apiserver: [{ file: siteDecisions, test: 'a mirror that someone changed' }],
  },
  {
    name: 'what is not ours is taken over',
    file: 'controller/site/apply.ts',
    search: "if (live !== undefined && !isOurs(live, scope.owner)) return 'foreign';",
    replacement: '',
    harm: 'a namespace of somebody else becomes a tenant and is removed with it',
    unit: [],
    apiserver: [{ file: siteObjects, test: 'is not taken over' }],
  },
  {
    name: 'a foreign quota does not keep members out',
    file: 'controller/site/environment.ts',
    search: 'if (foreign.length > 0) break;',
    replacement: '',
    harm: 'members enter a namespace whose quota somebody else has made',
    unit: [],
    apiserver: [{ file: siteObjects, test: 'keeps members out' }],
  },
];

/** Twenty mistakes in what decides, what is wanted, and the reconcilers. Each must make a test fail. */
export const mutants: readonly Mutant[] = [...deciding, ...desired, ...reconcilers];
