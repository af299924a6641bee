import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiVersionOf, keyOf, pathOf, refOfKey, resourceOf, resources } from '../../kube/resource.ts';
import { isOlder, newerOf } from '../../kube/version.ts';

describe('paths', () => {
  it.each([
    [pathOf(resources.namespace), '/api/v1/namespaces'],
    [pathOf(resources.namespace, { name: 'a' }), '/api/v1/namespaces/a'],
    [pathOf(resources.configMap), '/api/v1/configmaps'],
    [pathOf(resources.configMap, { namespace: 'n' }), '/api/v1/namespaces/n/configmaps'],
    [
      pathOf(resources.roleBinding, { namespace: 'n', name: 'a' }),
      '/apis/rbac.authorization.k8s.io/v1/namespaces/n/rolebindings/a',
    ],
    [pathOf(resources.site, { name: 'a', subresource: 'status' }), '/apis/jinhong.dev/v1alpha1/sites/a/status'],
    [pathOf(resources.clusterRole, { name: 'system:a' }), '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa'],
    [pathOf(resources.site, { namespace: 'ignored', name: 'a' }), '/apis/jinhong.dev/v1alpha1/sites/a'],
  ])('%s', (path, expected) => expect(path).toBe(expected));

  it('no name, however written, leads out of its collection', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        let path: string;
        try {
          path = pathOf(resources.configMap, { namespace: 'n', name });
        } catch {
          return;
        }
        const url = new URL(path, 'https://host');
        expect(url.pathname.startsWith('/api/v1/namespaces/n/configmaps/')).toBe(true);
        expect(url.pathname.split('/')).toHaveLength(7);
        expect(url.search + url.hash).toBe('');
      }),
    );
    for (const name of ['', '.', '..', 'a/b', '../secrets', '%2e%2e']) {
      expect(() => pathOf(resources.configMap, { namespace: 'n', name })).toThrow(/cannot be the name/u);
    }
  });

  it('every resource is found by the apiVersion and kind of its objects', () => {
    for (const resource of Object.values(resources)) {
      expect(resourceOf({ apiVersion: apiVersionOf(resource), kind: resource.kind })).toBe(resource);
    }
    expect(() => resourceOf({ apiVersion: 'v1', kind: 'Nothing' })).toThrow(/No resource/u);
  });

  it('a key leads back to its object', () => {
    for (const metadata of [{ name: 'a' }, { namespace: 'n', name: 'a' }]) {
      expect(refOfKey(keyOf({ metadata }))).toEqual(metadata);
    }
  });
});

describe('versions', () => {
  it('are ordered as numbers of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (a, b) => {
        expect(isOlder(String(a), String(b))).toBe(a < b);
        expect(newerOf(String(a), String(b))).toBe(a < b ? String(b) : String(a));
      }),
    );
  });

  it('have no order when they are not numbers', () => {
    expect(isOlder('abc', '5')).toBe(false);
    expect(isOlder('5', 'abc')).toBe(false);
  });
});
