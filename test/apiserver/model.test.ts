import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../core/errors.ts';
import { type KindName, kinds, manifestSchema } from '../../core/model/kinds.ts';
import { apiVersion } from '../../core/model/names.ts';
import { pathOf, resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject, Resource } from '../../kube/types.ts';
import { arbitraryOf, spoiled } from '../support/arbitrary.ts';
import { clientWithCrds } from '../support/model-server.ts';

const resourceOfKind: Record<KindName, Resource> = {
  Site: resources.site,
  Department: resources.department,
  Tenant: resources.tenant,
  Approval: resources.approval,
  Grant: resources.grant,
  HostnameClaim: resources.hostnameClaim,
};

let client: KubeClient;
beforeAll(async () => {
  client = await clientWithCrds();
});
afterAll(() => client.close());

/** What the API server says to a strict dry-run create: undefined when it accepts, else its message. */
async function refusal(resource: Resource, object: unknown): Promise<string | undefined> {
  try {
    const namespace = resource.namespaced ? { namespace: 'default' } : {};
    const path = `${pathOf(resource, namespace)}?dryRun=All&fieldValidation=Strict`;
    await client.request('POST', path, { body: object });
    return undefined;
  } catch (error) {
    if (isAppError(error) && (error.kind === 'input' || error.kind === 'notFound')) return error.message;
    throw error;
  }
}

/** An object of the kind with a name that is not under test. */
function manifest(name: KindName, spec: unknown, objectName: string): KubeObject {
  const kind = kinds[name];
  const namespace = kind.namespaced ? { namespace: 'default' } : {};
  return { apiVersion, kind: kind.kind, metadata: { name: objectName, ...namespace }, spec };
}

/** Specs of the kind; half the Tenants follow their rules, which chance alone hardly ever does. */
function specsOf(name: KindName): fc.Arbitrary<unknown> {
  const any = arbitraryOf(kinds[name].spec);
  return name === 'Tenant' ? fc.oneof(any, any.map(orderly)) : any;
}

function orderly(value: unknown): unknown {
  const { exchange: _, ...spec } = value as Record<string, unknown> & { environments: Record<string, unknown>[] };
  const environments = spec.environments
    .slice(0, 1)
    .map(({ objectives: _objectives, hosting: _hosting, egress: _egress, ...rest }) => ({
      ...rest,
      size: 'small',
      ...('protection' in rest ? { protection: { tier: 'mutual' } } : {}),
    }));
  const members = [{ group: 'admins', role: 'admin' }];
  return {
    until: '2026-12-31',
    ...spec,
    members,
    environments: environments.length > 0 ? environments : [{ name: 'test', size: 'small' }],
  };
}

describe('zod and the API server give the same verdict', () => {
  it.for(Object.keys(kinds) as KindName[])('on %s, well formed or spoiled', async (name, { expect }) => {
    const schema = manifestSchema(name);
    const specs = specsOf(name).chain((spec) => fc.oneof(fc.constant(spec), spoiled(spec)));
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const object = manifest(name, spec, name === 'HostnameClaim' ? 'a.example' : 'abc');
        const ours = schema.safeParse(object);
        const theirs = await refusal(resourceOfKind[name], object);
        if (theirs === undefined) accepted += 1;
        const issues = ours.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
        expect({ accepted: ours.success, issues }, theirs ?? 'accepted by the server').toMatchObject({
          accepted: theirs === undefined,
        });
      }),
      { numRuns: 150 },
    );
    expect(accepted).toBeGreaterThan(5);
  });

  it.for([
    ['Department', 'kube'],
    ['Department', 'a-b'],
    ['Department', 'a2345678901234567'],
    ['Department', 'finance'],
    ['Tenant', 'a'.repeat(33)],
    ['Tenant', 'a.b'],
    ['Tenant', 'a-b'],
  ] as const)('on the name of a %s called %s', async ([name, objectName], { expect }) => {
    const [spec] = fc.sample(
      arbitraryOf(kinds[name].spec).filter((value) => kinds[name].spec.safeParse(value).success),
      { numRuns: 1, seed: 7 },
    );
    const object = manifest(name, spec, objectName);
    const theirs = await refusal(resourceOfKind[name], object);
    expect(manifestSchema(name).safeParse(object).success, theirs).toBe(theirs === undefined);
  });
});

describe('the CRDs on a real API server', () => {
  it('accept no change to an Approval', async () => {
    const spec = {
      for: { kind: 'Tenant', name: 'a' },
      part: 'funds',
      decision: 'approved',
      decidedBy: 'kate',
      decidedAt: '2026-04-20T09:00:00+08:00',
      funds: { fiscalYear: 2026, ceilingPerMonth: '10.00', priceList: 'p1' },
    };
    const object = manifest('Approval', spec, 'immutable-one');
    await client.create(object);
    const changed = manifest('Approval', { ...spec, decision: 'revoked' }, 'immutable-one');
    await expect(client.apply(changed, { fieldManager: 'test', force: true })).rejects.toThrow(/ApprovalImmutable/);
    await client.remove(resources.approval, { namespace: 'default', name: 'immutable-one' });
  });

  it('give a refusal with the same rule id as zod', async () => {
    const object = manifest(
      'Tenant',
      {
        displayName: '甲',
        planItem: 'P-1',
        class: 'trial',
        contacts: { owner: 'a', onCall: 'b' },
        members: [{ group: 'a', role: 'admin' }],
        environments: [{ name: 'test', size: 'small' }],
      },
      'abc',
    );
    const ids = manifestSchema('Tenant')
      .safeParse(object)
      .error?.issues.map((issue) => (issue as { params?: { rule?: string } }).params?.rule);
    expect(ids).toEqual(['UntilMissing']);
    expect(await refusal(resources.tenant, object)).toContain('UntilMissing');
  });
});
