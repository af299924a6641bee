import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadCrds } from '../../stacks/crds.ts';
import { platformHash } from '../../stacks/installed.ts';
import { isProtected, type PlatformInput, phaseOf, platformObjects } from '../../stacks/platform.ts';
import { annotated, resourceName, typeToken } from '../../stacks/registration.ts';
import { cloud } from '../core/decide/fixture.ts';

const input = (site: string, more: Partial<PlatformInput> = {}): PlatformInput => ({
  cloud,
  site,
  image: 'registry.city.example/jinhong:0.1.0',
  directory: ['water-admins', 'city-all'],
  crds: loadCrds(),
  ...more,
});
const names = (site: string) => platformObjects(input(site)).map(resourceName);

describe('the platform of a centre', () => {
  it.each(['control', 'north', 'vault'])('%s is as the golden file shows it', async (site) => {
    const objects = platformObjects(input(site)).filter(
      ({ kind, data }) => kind !== 'CustomResourceDefinition' && data === undefined,
    );
    const text = objects
      .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n');
    await expect(text).toMatchFileSnapshot(`../golden/platform/${site}.yaml`);
  });

  it('is the same for the same input, and its hash tells another image apart', () => {
    expect(platformObjects(input('north'))).toEqual(platformObjects(input('north')));
    const hash = platformHash(platformObjects(input('north')));
    expect(platformHash(platformObjects(input('north')))).toBe(hash);
    expect(platformHash(platformObjects(input('north', { image: 'jinhong:0.2.0' })))).not.toBe(hash);
  });

  it('has the Sites, all kinds and the directory at the management centre only', () => {
    expect(names('control')).toEqual(
      expect.arrayContaining(['Site/north', 'Site/control', 'Namespace/jinhong-operations']),
    );
    expect(names('control')).toContain('CustomResourceDefinition/approvals.jinhong.dev');
    expect(names('north').filter((name) => name.startsWith('CustomResourceDefinition'))).toEqual([
      'CustomResourceDefinition/departments.jinhong.dev',
      'CustomResourceDefinition/grants.jinhong.dev',
    ]);
    expect(names('north').some((name) => name.startsWith('Site/'))).toBe(false);
    expect(names('north')).not.toContain('ClusterRoleBinding/jinhong:directory-reader');
  });

  it('runs the management controller at the management centre and the site controller at the others', () => {
    expect(names('control').filter((name) => name.startsWith('Deployment'))).toEqual([
      'Deployment/jinhong-system/jinhong-management',
    ]);
    for (const site of ['north', 'vault']) {
      expect(names(site).filter((name) => name.startsWith('Deployment'))).toEqual([
        'Deployment/jinhong-system/jinhong-site',
      ]);
    }
  });

  it('gives no controller a wildcard, escalate or impersonate, and bind on named roles only', () => {
    for (const site of ['control', 'north']) {
      for (const object of platformObjects(input(site))) {
        if (object.kind !== 'ClusterRole' && object.kind !== 'Role') continue;
        const rules = object['rules'] as {
          verbs: string[];
          resources: string[];
          apiGroups: string[];
          resourceNames?: string[];
        }[];
        for (const rule of rules) {
          const words = [...rule.verbs, ...rule.resources, ...rule.apiGroups];
          expect(words.filter((word) => word.includes('*') || ['escalate', 'impersonate'].includes(word))).toEqual([]);
          if (rule.verbs.includes('bind')) expect(rule.resourceNames?.length ?? 0).toBeGreaterThan(0);
        }
      }
    }
  });

  it('never writes an object before one that it needs', () => {
    const objects = platformObjects(input('control'));
    const phases = objects.map(phaseOf);
    const first = (kind: string) => phaseOf({ kind });
    expect(first('Namespace')).toBeLessThan(first('ServiceAccount'));
    expect(first('ClusterRole')).toBeLessThan(first('ClusterRoleBinding'));
    expect(first('PriorityLevelConfiguration')).toBeLessThan(first('FlowSchema'));
    expect(first('CustomResourceDefinition')).toBeLessThan(first('Site'));
    expect(Math.max(...phases)).toBe(first('Deployment'));
  });

  it('gives every object a name of its own in the state', () => {
    for (const site of ['control', 'north']) expect(new Set(names(site)).size).toBe(names(site).length);
  });

  it('refuses a site that cloud.yaml does not have', () => {
    expect(() => platformObjects(input('elsewhere'))).toThrowError(/no site elsewhere/);
  });
});

describe('the Deployment of a controller', () => {
  const pod = (site: string) => {
    const found = platformObjects(input(site)).find(({ kind }) => kind === 'Deployment');
    if (found === undefined) throw new Error('no Deployment');
    return (found['spec'] as { template: { spec: Record<string, unknown> } }).template.spec;
  };

  it('meets the pod security level restricted', () => {
    const { securityContext, containers } = pod('north') as {
      securityContext: Record<string, unknown>;
      containers: { securityContext: Record<string, unknown> }[];
    };
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext: own } of containers) {
      expect(own).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('mounts the credential for the management centre at sites only, and starts without it', () => {
    const volume = { name: 'management', secret: expect.objectContaining({ optional: true }) };
    expect(pod('north')['volumes']).toEqual(expect.arrayContaining([expect.objectContaining(volume)]));
    expect(JSON.stringify(pod('control')['volumes'])).not.toContain('management-credential');
  });
});

describe('how objects are registered', () => {
  it('takes the core group as core and other groups as they are', () => {
    expect(typeToken({ apiVersion: 'v1', kind: 'Namespace' })).toBe('kubernetes:core/v1:Namespace');
    expect(typeToken({ apiVersion: 'jinhong.dev/v1alpha1', kind: 'Site' })).toBe(
      'kubernetes:jinhong.dev/v1alpha1:Site',
    );
  });

  it('protects CRDs and namespaces and nothing else', () => {
    const kinds = platformObjects(input('control'))
      .filter(isProtected)
      .map(({ kind }) => kind);
    expect([...new Set(kinds)].sort()).toEqual(['CustomResourceDefinition', 'Namespace']);
  });

  it('writes under one field manager, and waits only for what others need', () => {
    for (const object of platformObjects(input('control')).map(annotated)) {
      expect(object.metadata.annotations?.['pulumi.com/patchFieldManager']).toBe('jinhong-platform');
      const waits = object.metadata.annotations?.['pulumi.com/skipAwait'] === undefined;
      expect(waits, object.kind).toBe(isProtected(object));
    }
  });
});
