import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createClient } from '../../../kube/client.ts';
import { loadKubeconfig } from '../../../kube/config.ts';
import type { KubeClient } from '../../../kube/types.ts';
import { allRules } from '../../../policies/index.ts';
import { policyOf } from '../../../policies/objects.ts';
import { cloud } from '../../core/decide/fixture.ts';
import { uniqueName, until } from '../../support/centre.ts';

const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';

interface Stored {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly { fieldRef: string; warning: string }[] };
  };
}

let admin: KubeClient;
const prefix = uniqueName('types');
const nameOf = (id: string) => `${prefix}-${id.toLowerCase()}`;

/** Copies without bindings, which decide nothing. With its versions named, the server checks the types of a policy. */
beforeAll(async () => {
  const centre = inject('centre');
  admin = createClient(loadKubeconfig(centre.kubeconfig, centre.name));
  for (const rule of allRules) {
    const policy = policyOf(rule, cloud.groups);
    const spec = policy['spec'] as { matchConstraints: { resourceRules: object[] } };
    const resourceRules = spec.matchConstraints.resourceRules.map((one) => ({ ...one, apiVersions: ['v1', 'v2'] }));
    const body = {
      ...policy,
      metadata: { name: nameOf(rule.id) },
      spec: { ...spec, matchConstraints: { ...spec.matchConstraints, resourceRules } },
    };
    await admin.request('POST', path, { body });
  }
}, 60_000);

afterAll(async () => {
  for (const { id } of allRules) await admin.request('DELETE', `${path}/${nameOf(id)}`);
  await admin.close();
});

describe('the types in the CEL of a rule', () => {
  it.each(allRules.map(({ id }) => id))('are right in %s as the API server sees them', async (id) => {
    const stored = await until(
      `${id} is checked`,
      async () => {
        const found = JSON.parse((await admin.request('GET', `${path}/${nameOf(id)}`)).body) as Stored;
        return found.status?.observedGeneration === found.metadata.generation ? found : undefined;
      },
      60_000,
    );
    expect(stored.status?.typeChecking?.expressionWarnings ?? []).toEqual([]);
  });
});
