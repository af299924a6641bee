import { describe, expect, it } from 'vitest';
import { createStore } from '../../kube/store.ts';
import type { KubeObject } from '../../kube/types.ts';

function object(name: string, resourceVersion: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'n', resourceVersion } };
}

describe('a store', () => {
  it('tells of a removal also when nothing is kept of an object', () => {
    const store = createStore<undefined>(() => undefined);
    store.takeEvent('ADDED', object('a', '1'));
    store.takeEvent('ADDED', object('b', '2'));
    expect(store.takeEvent('DELETED', object('a', '3'))).toMatchObject({ key: 'n/a', kind: 'deleted' });
    expect(store.takeList(new Map(), '4')).toMatchObject([{ key: 'n/b', kind: 'deleted' }]);
    expect(store.size()).toBe(0);
  });

  it('keeps of a list what it was before where the version is the same, and all else of the list', () => {
    const store = createStore((each) => each.metadata.resourceVersion);
    const entry = (version: string) => ({ version, value: version });
    store.takeList(new Map(['a', 'b', 'c'].map((key) => [`n/${key}`, entry('1')])), '1');
    const next = new Map([
      ['n/a', entry('1')],
      ['n/b', entry('2')],
      ['n/d', entry('2')],
    ]);
    const changes = store.takeList(next, '2').map(({ key, kind, old }) => [key, kind, old]);
    expect(changes).toEqual([
      ['n/b', 'modified', '1'],
      ['n/d', 'added', undefined],
      ['n/c', 'deleted', '1'],
    ]);
    expect(store.keys().sort()).toEqual([...next.keys()]);
    expect(store.list().sort()).toEqual(['1', '2', '2']);
  });
});
