import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { desiredEnvironment, environmentMode, memberRoles, policyNames } from '../../../core/desired/index.ts';
import type { EnvironmentInput } from '../../../core/desired/types.ts';
import { grantedEnvironment, grantSpec } from '../../../core/model/grant.ts';
import { parseQuantity } from '../../../core/model/quantity.ts';
import { arbitraryOf } from '../../support/arbitrary.ts';

const cloud = {
  registries: ['registry.city.example', 'mirror.city.example'],
  zones: { extranet: { hosting: true }, intranet: { hosting: false } },
  defaultZone: 'intranet',
};

function input(more: Partial<EnvironmentInput> = {}): EnvironmentInput {
  return {
    grant: {
      tenant: {
        department: 'alpha',
        name: 'permits',
        displayName: '许可',
        ancestors: ['hall'],
        uid: 'u',
        generation: 1,
      },
      members: [
        { group: 'alpha-staff', role: 'view' },
        { group: 'alpha-admins', role: 'admin' },
      ],
    },
    environment: {
      name: 'production',
      state: 'Active',
      quota: { 'requests.cpu': '1500m', 'requests.memory': '2048Mi', 'requests.storage': '10Gi', pods: 20 },
      objects: { services: 5, 'count/ingresses.networking.k8s.io': 2 },
      zone: 'extranet',
      hostnames: ['www.alpha.city.example'],
      egress: [
        { destination: 'registry', cidrs: ['10.20.0.0/16', '10.10.0.0/16'], port: 443 },
        { destination: 'mail', cidrs: ['10.30.0.0/24'], port: 25 },
      ],
    },
    mode: 'open',
    cloud,
    ...more,
  };
}

function golden(name: string): string {
  return join(import.meta.dirname, '../../golden/desired', `${name}.yaml`);
}

async function matches(name: string, value: EnvironmentInput): Promise<void> {
  const { steps, absent } = desiredEnvironment(value);
  await expect(stringify({ steps, absent }, { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(
    golden(name),
  );
}

describe('the objects of an environment', () => {
  it('with hosting and egress, open', () => matches('open', input()));

  it('readonly: no Pod can start and every group only looks', () => matches('readonly', input({ mode: 'readonly' })));

  it('with the least: no hosting, no egress, a quota of Pods alone', () =>
    matches('least', input({ environment: { name: 'test', state: 'Active', quota: { pods: '5' } } })));
});

const anyInput = fc
  .tuple(arbitraryOf(grantedEnvironment), arbitraryOf(grantSpec), fc.constantFrom('open' as const, 'readonly' as const))
  .map(([environment, grant, mode]) => input({ environment, grant, mode } as Partial<EnvironmentInput>));

describe('for any environment', () => {
  it('RoleBindings come last, after quota, limits and the default deny', () => {
    fc.assert(
      fc.property(anyInput, (value) => {
        const { steps } = desiredEnvironment(value);
        const kinds = steps.map((step) => step.map((object) => object.kind));
        expect(kinds[0]).toEqual(['Namespace']);
        expect(kinds[1]).toEqual(
          expect.arrayContaining(['ResourceQuota', 'LimitRange', 'NetworkPolicy', 'ServiceAccount']),
        );
        expect(kinds[1]).not.toContain('RoleBinding');
        expect(new Set(kinds[2])).toEqual(new Set(kinds[2]?.length === 0 ? [] : ['RoleBinding']));
      }),
    );
  });

  it('every own name is either wanted or must be absent, never both', () => {
    fc.assert(
      fc.property(anyInput, (value) => {
        const { steps, absent } = desiredEnvironment(value);
        const wanted = steps.flat().filter((object) => ['RoleBinding', 'NetworkPolicy'].includes(object.kind));
        const names = [...wanted.map((object) => object.metadata.name), ...absent.map((object) => object.name)];
        expect(names.toSorted()).toEqual([...Object.values(memberRoles), ...Object.values(policyNames)].toSorted());
      }),
    );
  });

  it('no way around the gateway is open, and readonly lets no Pod start and nobody write', () => {
    fc.assert(
      fc.property(anyInput, (value) => {
        const { steps } = desiredEnvironment(value);
        const quota = steps.flat().find((object) => object.kind === 'ResourceQuota')?.['spec'] as {
          hard: Record<string, string>;
        };
        expect(quota.hard).toMatchObject({ 'services.loadbalancers': '0', 'services.nodeports': '0' });
        if (value.mode === 'open') return;
        expect(quota.hard['pods']).toBe('0');
        const roles = steps.flat().filter((object) => object.kind === 'RoleBinding');
        for (const role of roles) expect(role.metadata.name).toBe(memberRoles.view);
      }),
    );
  });

  it('the limits of one container are within the quota, and requests within limits', () => {
    fc.assert(
      fc.property(anyInput, (value) => {
        const limits = desiredEnvironment(value)
          .steps.flat()
          .find((object) => object.kind === 'LimitRange')?.['spec'] as {
          limits: Record<string, Record<string, string>>[];
        };
        for (const name of ['cpu', 'memory']) {
          const of = (field: string) => parseQuantity(limits.limits[0]?.[field]?.[name] ?? 'missing');
          expect(of('min') <= of('defaultRequest')).toBe(true);
          expect(of('defaultRequest') <= of('default')).toBe(true);
          expect(of('default') <= of('max')).toBe(true);
        }
      }),
    );
  });

  it('a rule of a policy always names its peers: an empty list would mean everyone', () => {
    fc.assert(
      fc.property(anyInput, (value) => {
        for (const object of desiredEnvironment(value).steps.flat()) {
          if (object.kind !== 'NetworkPolicy') continue;
          const spec = object['spec'] as { ingress?: { from?: unknown[] }[]; egress?: { to?: unknown[] }[] };
          for (const rule of spec.ingress ?? []) expect(rule.from?.length).toBeGreaterThan(0);
          for (const rule of spec.egress ?? []) expect(rule.to?.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('what an environment may be used for', () => {
  it.for([
    ['active and Active: members work in it', 'active', 'Active', 'Active', true, 'open'],
    ['standby: readonly', 'standby', 'Active', 'Active', false, 'readonly'],
    ['frozen: readonly', 'active', 'Frozen', 'Active', true, 'readonly'],
    ['retiring: readonly', 'active', 'Retiring', 'Active', true, 'readonly'],
    ['an environment that retires: readonly', 'active', 'Active', 'Retiring', true, 'readonly'],
    ['retiring with no namespace: none is made', 'active', 'Retiring', 'Active', false, 'none'],
    ['a copy: no namespace', 'copy', 'Active', 'Active', false, 'none'],
    ['a copy that was active here: kept, readonly', 'copy', 'Active', 'Active', true, 'readonly'],
    ['removed: to be removed', 'active', 'Removed', 'Active', true, 'removed'],
    ['an environment that is removed', 'standby', 'Active', 'Removed', true, 'removed'],
  ] as const)('%s', ([, role, state, own, exists, mode]) => {
    expect(environmentMode({ role, state }, { state: own }, exists)).toBe(mode);
  });
});
